/*
 * store/pg_array.h - one-dimensional arrays in PostgreSQL's binary form, as parameters of a statement.
 *
 * Elements are never NULL. Ownership: the bytes live in the array until it is freed or started again.
 */
#pragma once

#include "base/buf.h"

#include <stdint.h>

/* Element types by their fixed oids (pg_type.dat). */
enum pg_element { PG_BYTEA = 17, PG_INT8 = 20, PG_INT2 = 21, PG_INT4 = 23, PG_UUID = 2950 };

struct pg_array {
    struct buf bytes;
    uint32_t count;
    enum pg_element element;
};

void pg_array_init(struct pg_array *array, enum pg_element element, size_t max_bytes);
void pg_array_free(struct pg_array *array);
void pg_array_clear(struct pg_array *array);                                    /* keeps the memory */
void pg_array_add_int(struct pg_array *array, int64_t value);                   /* INT2, INT4, INT8 */
void pg_array_add_bytes(struct pg_array *array, const void *bytes, size_t len); /* BYTEA, UUID */
/* False when the memory or the ceiling did not suffice. The bytes are valid until the array changes. */
bool pg_array_finish(struct pg_array *array, const char **bytes, int *len);
