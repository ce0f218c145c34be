/*
 * campaign/reader.h - reads JSON objects into structs by a table of fields, and notes every problem.
 *
 * Reading never stops at a problem: a member that cannot be read leaves FIELD_UNKNOWN (integers, times)
 * or NULL (texts) behind, and later checks pass over it. An absent member leaves 0 or NULL.
 * Texts are borrowed from the JSON value.
 */
#pragma once

#include "base/json.h"
#include "campaign/problem.h"

#define FIELD_UNKNOWN INT64_MIN
#define NANO INT64_C(1000000000) /* decimals are kept as integers in steps of 1e-9 */

/* A text in both languages. */
struct words {
    const char *zh, *en;
};

struct reader {
    struct problems *problems;
    const char *zone;     /* in which times without an offset are read */
    struct arena *memory; /* for lists */
    bool out_of_memory;
};

enum field_type {
    FIELD_INTEGER, /* int64_t */
    FIELD_DECIMAL, /* int64_t in steps of 1e-9 */
    FIELD_CHOICE,  /* int64_t, place in `choices` */
    FIELD_TIME,    /* int64_t, ms */
    FIELD_SLUG,    /* const char * */
    FIELD_TEXT,    /* const char * */
    FIELD_WORDS,   /* struct words */
    FIELD_GROUP,   /* an object whose members are fields of the same struct */
    FIELD_LIST,    /* whatever read_list makes of it */
};

struct field {
    const char *name; /* NULL ends a table */
    enum field_type type;
    bool required;
    bool lines; /* texts: may hold line breaks */
    size_t offset;
    int64_t min, max; /* INTEGER, DECIMAL: the value; TEXT, WORDS: max characters; LIST: items */
    const char *const *choices;
    const struct field *group;
    void (*read_list)(struct reader *reader, const struct path *path, const json_t *list, void *object);
};

/* Returns which members were given, by bit: bit i is row i of the table. A value that is no object is a
 * problem. */
uint64_t reader_object(struct reader *reader,
                       const struct path *path,
                       const json_t *json,
                       const struct field *fields,
                       void *object);

/* A time of the campaign's zone, or with an offset; FIELD_UNKNOWN and a problem when it is not one. */
int64_t reader_time(struct reader *reader, const struct path *path, const char *text);

/* Zeroed memory of the reader; NULL (and noted) when there is none or count is 0. */
void *reader_alloc(struct reader *reader, size_t count, size_t size);
