/*
 * campaign/reader.c - table-driven reading of JSON objects.
 */
#include "campaign/reader.h"

#include "base/arena.h"
#include "base/ids.h"
#include "base/zone.h"
#include "campaign/suggest.h"

#include <math.h>
#include <string.h>

#define YEAR_2000_MS INT64_C(946684800000)
#define YEAR_2100_MS INT64_C(4102444800000)
#define WHOLE_MAX 9007199254740991.0 /* 2^53 - 1 */

enum { CHOICES_TEXT_MAX = 200, LANGUAGE_COUNT = 2 };

typedef void (*field_read_fn)(struct reader *reader,
                              const struct path *path,
                              const json_t *json,
                              const struct field *field,
                              void *object);

static int64_t *integer_at(void *object, const struct field *field)
{
    return (int64_t *)(void *)((char *)object + field->offset);
}

static const char **text_at(void *object, const struct field *field)
{
    return (const char **)(void *)((char *)object + field->offset);
}

/* JSON knows one kind of number: 5.0 is a whole one too. */
static bool whole_number(const json_t *json, int64_t *out)
{
    if (json_is_integer(json)) {
        *out = json_integer_value(json);
        return true;
    }
    if (!json_is_real(json) || fabs(json_real_value(json)) > WHOLE_MAX ||
        json_real_value(json) - trunc(json_real_value(json)) != 0) {
        return false;
    }
    *out = (int64_t)json_real_value(json);
    return true;
}

static void read_integer(struct reader *reader,
                         const struct path *path,
                         const json_t *json,
                         const struct field *field,
                         void *object)
{
    int64_t value;

    if (!whole_number(json, &value)) {
        problem_add(reader->problems, path, PROBLEM_NOT_INTEGER, NULL, NULL);
    } else if (value < field->min || value > field->max) {
        problem_add(
            reader->problems, path, PROBLEM_RANGE, fact_int(field->min).text, fact_int(field->max).text);
    } else {
        *integer_at(object, field) = value;
    }
}

/* A double near 1 is good to 1e-16, so a tenth decimal shows plainly. */
static void read_decimal(struct reader *reader,
                         const struct path *path,
                         const json_t *json,
                         const struct field *field,
                         void *object)
{
    double value = json_number_value(json);
    double nano = value * (double)NANO;

    if (!json_is_number(json)) {
        problem_add(reader->problems, path, PROBLEM_NOT_NUMBER, NULL, NULL);
    } else if (!(nano >= (double)field->min && nano <= (double)field->max)) {
        problem_add(reader->problems,
                    path,
                    PROBLEM_RANGE,
                    fact_decimal(field->min).text,
                    fact_decimal(field->max).text);
    } else if (fabs(nano - round(nano)) > 1e-6) {
        problem_add(reader->problems, path, PROBLEM_DECIMALS, NULL, NULL);
    } else {
        *integer_at(object, field) = llround(nano);
    }
}

static const char *text_value(struct reader *reader, const struct path *path, const json_t *json)
{
    if (!json_is_string(json)) {
        problem_add(reader->problems, path, PROBLEM_NOT_TEXT, NULL, NULL);
    }
    return json_string_value(json);
}

static void list_choices(const char *const *choices, struct buf *out)
{
    for (size_t i = 0; choices[i] != NULL; i++) {
        buf_adds(out, i == 0 ? "" : ", ");
        buf_adds(out, choices[i]);
    }
}

static void read_choice(struct reader *reader,
                        const struct path *path,
                        const json_t *json,
                        const struct field *field,
                        void *object)
{
    const char *text = text_value(reader, path, json);
    struct buf known;

    for (size_t i = 0; text != NULL && field->choices[i] != NULL; i++) {
        if (strcmp(text, field->choices[i]) == 0) {
            *integer_at(object, field) = (int64_t)i;
            return;
        }
    }
    if (text != NULL) {
        buf_init(&known, CHOICES_TEXT_MAX);
        list_choices(field->choices, &known);
        problem_add(reader->problems, path, PROBLEM_CHOICE, buf_cstr(&known), NULL);
        buf_free(&known);
    }
}

int64_t reader_time(struct reader *reader, const struct path *path, const char *text)
{
    int64_t at_ms;

    if (zone_parse(reader->zone, text, &at_ms) != HB_OK) {
        problem_add(reader->problems, path, PROBLEM_TIME, NULL, NULL);
        return FIELD_UNKNOWN;
    }
    if (at_ms < YEAR_2000_MS || at_ms >= YEAR_2100_MS) {
        problem_add(reader->problems, path, PROBLEM_TIME_FAR, NULL, NULL);
        return FIELD_UNKNOWN;
    }
    return at_ms;
}

static void read_time(struct reader *reader,
                      const struct path *path,
                      const json_t *json,
                      const struct field *field,
                      void *object)
{
    const char *text = text_value(reader, path, json);

    if (text != NULL) {
        *integer_at(object, field) = reader_time(reader, path, text);
    }
}

static void read_slug(struct reader *reader,
                      const struct path *path,
                      const json_t *json,
                      const struct field *field,
                      void *object)
{
    const char *text = text_value(reader, path, json);

    if (text == NULL) {
        return;
    }
    if (slug_valid(text, strlen(text))) {
        *text_at(object, field) = text;
    } else {
        problem_add(reader->problems, path, PROBLEM_SLUG, NULL, NULL);
    }
}

struct text_facts {
    int64_t characters;
    bool blank, control;
};

static struct text_facts look_at(const char *text, bool lines)
{
    struct text_facts facts = {.blank = true};

    for (const unsigned char *at = (const unsigned char *)text; *at != '\0'; at++) {
        bool line_break = *at == '\n' || *at == '\t';

        facts.characters += (*at & 0xC0) != 0x80;
        facts.blank = facts.blank && (*at == ' ' || line_break);
        facts.control = facts.control || (*at < 0x20 && !(lines && line_break)) || *at == 0x7F;
    }
    return facts;
}

/* NULL, with a problem, when it is not a text that a person can be shown. */
static const char *
plain_text(struct reader *reader, const struct path *path, const json_t *json, const struct field *field)
{
    const char *text = text_value(reader, path, json);
    struct text_facts facts;

    if (text == NULL) {
        return NULL;
    }
    facts = look_at(text, field->lines);
    if (facts.blank) {
        problem_add(reader->problems, path, PROBLEM_BLANK, NULL, NULL);
    } else if (facts.control) {
        problem_add(reader->problems, path, PROBLEM_CONTROL, NULL, NULL);
    } else if (facts.characters > field->max) {
        problem_add(reader->problems, path, PROBLEM_TOO_LONG, fact_int(field->max).text, NULL);
    } else {
        return text;
    }
    return NULL;
}

static void read_text(struct reader *reader,
                      const struct path *path,
                      const json_t *json,
                      const struct field *field,
                      void *object)
{
    *text_at(object, field) = plain_text(reader, path, json, field);
}

static void read_words(struct reader *reader,
                       const struct path *path,
                       const json_t *json,
                       const struct field *field,
                       void *object)
{
    const struct field languages[LANGUAGE_COUNT + 1] = {
        {.name = "zh",
         .type = FIELD_TEXT,
         .required = true,
         .lines = field->lines,
         .offset = offsetof(struct words, zh),
         .max = field->max},
        {.name = "en",
         .type = FIELD_TEXT,
         .required = true,
         .lines = field->lines,
         .offset = offsetof(struct words, en),
         .max = field->max},
        {.name = NULL},
    };

    (void)reader_object(reader, path, json, languages, (char *)object + field->offset);
}

static void read_group(struct reader *reader,
                       const struct path *path,
                       const json_t *json,
                       const struct field *field,
                       void *object)
{
    (void)reader_object(reader, path, json, field->group, object);
}

static void read_list(struct reader *reader,
                      const struct path *path,
                      const json_t *json,
                      const struct field *field,
                      void *object)
{
    if (!json_is_array(json)) {
        problem_add(reader->problems, path, PROBLEM_NOT_LIST, NULL, NULL);
    } else if ((int64_t)json_array_size(json) > field->max) {
        problem_add(reader->problems, path, PROBLEM_TOO_MANY, fact_int(field->max).text, NULL);
    } else if ((int64_t)json_array_size(json) < field->min) {
        problem_add(reader->problems, path, PROBLEM_TOO_FEW, fact_int(field->min).text, NULL);
    } else {
        field->read_list(reader, path, json, object);
    }
}

static const field_read_fn READ[] = {
    [FIELD_INTEGER] = read_integer,
    [FIELD_DECIMAL] = read_decimal,
    [FIELD_CHOICE] = read_choice,
    [FIELD_TIME] = read_time,
    [FIELD_SLUG] = read_slug,
    [FIELD_TEXT] = read_text,
    [FIELD_WORDS] = read_words,
    [FIELD_GROUP] = read_group,
    [FIELD_LIST] = read_list,
};

static bool is_number_like(const struct field *field)
{
    return field->type <= FIELD_TIME;
}

static bool read_field(struct reader *reader,
                       const struct path *path,
                       const json_t *json,
                       const struct field *field,
                       void *object)
{
    const json_t *member = json_object_get(json, field->name);
    struct path here = path_member(path, field->name);

    if (is_number_like(field) && (member != NULL || field->required)) {
        *integer_at(object, field) = FIELD_UNKNOWN; /* until it is read */
    }
    if (member == NULL && field->required) {
        problem_add(reader->problems, path, PROBLEM_MISSING, field->name, NULL);
    }
    if (member != NULL) {
        READ[field->type](reader, &here, member, field, object);
    }
    return member != NULL;
}

static const char *field_name(const void *fields, size_t i)
{
    return ((const struct field *)fields)[i].name;
}

static bool is_known(const struct field *fields, const char *name)
{
    for (size_t i = 0; fields[i].name != NULL; i++) {
        if (strcmp(fields[i].name, name) == 0) {
            return true;
        }
    }
    return false;
}

static void
find_unknown(struct reader *reader, const struct path *path, const json_t *json, const struct field *fields)
{
    const char *name;
    json_t *member;

    json_object_foreach((json_t *)(uintptr_t)json, name, member)
    {
        if (!is_known(fields, name)) {
            struct path here = path_member(path, name);
            const char *near = suggest_name(name, field_name, fields);

            problem_add(
                reader->problems, &here, near == NULL ? PROBLEM_UNKNOWN : PROBLEM_UNKNOWN_LIKE, name, near);
        }
    }
}

/* A group that cannot be read: its numbers are as unknown as the group. */
static void forget_numbers(const struct field *fields, void *object)
{
    for (size_t i = 0; fields[i].name != NULL; i++) {
        if (is_number_like(&fields[i]) && fields[i].required) {
            *integer_at(object, &fields[i]) = FIELD_UNKNOWN;
        }
    }
}

uint64_t reader_object(struct reader *reader,
                       const struct path *path,
                       const json_t *json,
                       const struct field *fields,
                       void *object)
{
    uint64_t given = 0;

    if (!json_is_object(json)) {
        problem_add(reader->problems, path, PROBLEM_NOT_OBJECT, NULL, NULL);
        forget_numbers(fields, object);
        return 0;
    }
    for (size_t i = 0; fields[i].name != NULL; i++) {
        if (read_field(reader, path, json, &fields[i], object)) {
            given |= UINT64_C(1) << i;
        }
    }
    find_unknown(reader, path, json, fields);
    return given;
}

void *reader_alloc(struct reader *reader, size_t count, size_t size)
{
    void *memory = count == 0 ? NULL : arena_alloc(reader->memory, count * size);

    if (memory != NULL) {
        memset(memory, 0, count * size);
    }
    reader->out_of_memory = reader->out_of_memory || (memory == NULL && count > 0);
    return memory;
}
