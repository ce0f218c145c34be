/*
 * base/buf.h - a growing byte buffer with a ceiling.
 *
 * Ownership  buf_init() borrows nothing; buf_free() gives the memory back and accepts an empty buffer.
 * Errors     past the ceiling or out of memory nothing more is added and `failed` stays true:
 *            callers may add freely and look once at the end.
 */
#pragma once

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct buf {
    char *data;
    size_t len, cap, max;
    bool failed;
};

void buf_init(struct buf *buf, size_t max_bytes);
void buf_over(struct buf *buf,
              char *memory,
              size_t bytes); /* in the caller's memory; never freed, never grows */
void buf_free(struct buf *buf);
void buf_clear(struct buf *buf);                 /* keeps the memory; a failed buffer may be used again */
char *buf_reserve(struct buf *buf, size_t more); /* room for `more` bytes at data + len; NULL when failed */
void buf_add(struct buf *buf, const void *bytes, size_t len);
static inline void buf_adds(struct buf *buf, const char *text)
{
    buf_add(buf, text, strlen(text)); /* inline: a literal's length is known */
}
void buf_addc(struct buf *buf, char c);
void buf_addf(struct buf *buf, const char *format, ...) __attribute__((format(printf, 2, 3)));
void buf_add_u64(struct buf *buf, uint64_t value);                       /* decimal, without printf */
void buf_add_json_string(struct buf *buf, const char *text, size_t len); /* quoted and escaped */
void buf_add_hex(struct buf *buf, const void *bytes, size_t len);        /* two lower-case digits a byte */
void buf_consume(struct buf *buf, size_t len);                           /* drops the first len bytes */
const char *buf_cstr(struct buf *buf);                                   /* NUL-terminated; "" when empty */

/* Big-endian integers, as the packed formats of lottery/ use them. */
void buf_add_be(struct buf *buf, uint64_t value, unsigned bytes);
static inline void be_write(uint8_t *p, uint64_t value, unsigned bytes)
{
    for (unsigned i = 0; i < bytes; i++) {
        p[i] = (uint8_t)(value >> 8 * (bytes - 1 - i));
    }
}
static inline uint64_t be_read(const uint8_t *p, unsigned bytes)
{
    uint64_t value = 0;

    for (unsigned i = 0; i < bytes; i++) {
        value = value << 8 | p[i];
    }
    return value;
}
