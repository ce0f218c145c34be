/*
 * store/pg_array.c - PostgreSQL's binary form of arrays (array_recv):
 *
 *   dimensions i32 = 1 | has nulls i32 = 0 | element oid i32 | count i32 | lower bound i32 = 1 | count x
 * (length i32, bytes)
 */
#include "store/pg_array.h"

#include <assert.h>
#include <limits.h>

enum { HEADER_BYTES = 20, COUNT_AT = 12 };

static unsigned int_bytes(enum pg_element element)
{
    assert(element == PG_INT2 || element == PG_INT4 || element == PG_INT8);
    return element == PG_INT2 ? 2 : element == PG_INT4 ? 4 : 8;
}

void pg_array_init(struct pg_array *array, enum pg_element element, size_t max_bytes)
{
    buf_init(&array->bytes, max_bytes);
    array->element = element;
    pg_array_clear(array);
}

void pg_array_free(struct pg_array *array)
{
    buf_free(&array->bytes);
}

void pg_array_clear(struct pg_array *array)
{
    buf_clear(&array->bytes);
    array->count = 0;
    buf_add_be(&array->bytes, 1, 4);
    buf_add_be(&array->bytes, 0, 4);
    buf_add_be(&array->bytes, array->element, 4);
    buf_add_be(&array->bytes, 0, 4);
    buf_add_be(&array->bytes, 1, 4);
}

void pg_array_add_int(struct pg_array *array, int64_t value)
{
    unsigned width = int_bytes(array->element);

    buf_add_be(&array->bytes, width, 4);
    buf_add_be(&array->bytes, (uint64_t)value, width);
    array->count++;
}

void pg_array_add_bytes(struct pg_array *array, const void *bytes, size_t len)
{
    assert(len <= INT32_MAX);
    buf_add_be(&array->bytes, len, 4);
    buf_add(&array->bytes, bytes, len);
    array->count++;
}

bool pg_array_finish(struct pg_array *array, const char **bytes, int *len)
{
    if (array->bytes.failed || array->bytes.len < HEADER_BYTES || array->bytes.len > INT_MAX) {
        return false;
    }
    be_write((uint8_t *)array->bytes.data + COUNT_AT, array->count, 4);
    *bytes = array->bytes.data;
    *len = (int)array->bytes.len;
    return true;
}
