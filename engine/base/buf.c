/*
 * base/buf.c - a growing byte buffer with a ceiling.
 *
 * One byte more than cap is always allocated, so that buf_cstr() and vsnprintf() have room for a NUL.
 */
#include "base/buf.h"

#include "base/crypto.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_CAP = 256 };

void buf_init(struct buf *buf, size_t max_bytes)
{
    *buf = (struct buf){.max = max_bytes};
}

void buf_over(struct buf *buf, char *memory, size_t bytes)
{
    *buf = (struct buf){.data = memory, .cap = bytes - 1, .max = bytes - 1};
}

void buf_free(struct buf *buf)
{
    free(buf->data);
    buf_init(buf, buf->max);
}

void buf_clear(struct buf *buf)
{
    buf->len = 0;
    buf->failed = false;
}

static size_t buf_next_cap(const struct buf *buf, size_t need)
{
    size_t cap = buf->cap < FIRST_CAP ? FIRST_CAP : buf->cap;

    while (cap < need && cap <= buf->max / 2) {
        cap *= 2;
    }
    return cap < need || cap > buf->max ? buf->max : cap;
}

static bool buf_grow(struct buf *buf, size_t need)
{
    size_t cap = buf_next_cap(buf, need);
    char *data = cap < SIZE_MAX ? realloc(buf->data, cap + 1) : NULL;

    if (data == NULL) {
        return false;
    }
    buf->data = data;
    buf->cap = cap;
    return true;
}

static char *buf_reserve_more(struct buf *buf, size_t more)
{
    if (buf->failed || more > buf->max - buf->len || !buf_grow(buf, buf->len + more)) {
        buf->failed = true;
        return NULL;
    }
    return buf->data + buf->len;
}

char *buf_reserve(struct buf *buf, size_t more)
{
    bool fits = more <= buf->cap - buf->len && buf->data != NULL && !buf->failed;

    return fits ? buf->data + buf->len : buf_reserve_more(buf, more);
}

void buf_add(struct buf *buf, const void *bytes, size_t len)
{
    char *at = buf_reserve(buf, len);

    if (at != NULL && len > 0) {
        memcpy(at, bytes, len);
        buf->len += len;
    }
}

void buf_addc(struct buf *buf, char c)
{
    buf_add(buf, &c, 1);
}

void buf_addf(struct buf *buf, const char *format, ...)
{
    va_list args;
    va_list again;
    int len;
    char *at;

    va_start(args, format);
    va_copy(again, args);
    len = vsnprintf(NULL, 0, format, args);
    va_end(args);
    at = len < 0 ? NULL : buf_reserve(buf, (size_t)len);
    if (at != NULL) {
        (void)vsnprintf(at, (size_t)len + 1, format, again);
        buf->len += (size_t)len;
    }
    va_end(again);
    buf->failed = buf->failed || len < 0;
}

void buf_add_u64(struct buf *buf, uint64_t value)
{
    char digits[20];
    size_t at = sizeof digits;

    do {
        digits[--at] = (char)('0' + value % 10);
        value /= 10;
    } while (value != 0);
    buf_add(buf, digits + at, sizeof digits - at);
}

void buf_consume(struct buf *buf, size_t len)
{
    assert(len <= buf->len);
    buf->len -= len;
    if (buf->len > 0 && len > 0) {
        memmove(buf->data, buf->data + len, buf->len);
    }
}

const char *buf_cstr(struct buf *buf)
{
    if (buf->data == NULL) {
        return "";
    }
    buf->data[buf->len] = '\0';
    return buf->data;
}

void buf_add_be(struct buf *buf, uint64_t value, unsigned bytes)
{
    uint8_t text[8];

    assert(bytes <= sizeof text);
    be_write(text, value, bytes);
    buf_add(buf, text, bytes);
}

void buf_add_hex(struct buf *buf, const void *bytes, size_t len)
{
    char *room = buf_reserve(buf, 2 * len + 1);

    if (room != NULL) {
        hex_encode(bytes, len, room);
        buf->len += 2 * len;
    }
}
