/*
 * http/chars.h - which byte may stand where: the character classes of RFC 9110 and RFC 3986.
 */
#pragma once

#include "http/server.h"

#include <string.h>

enum {
    CHAR_TOKEN = 1, /* methods, field names, codings */
    CHAR_PATH = 2,  /* pchar and '/', without '%' */
    CHAR_QUERY = 4, /* the same, '?', and what browsers leave bare there: [ ] { } | ^ ` */
    CHAR_HOST = 8,  /* unreserved: names and IPv4 addresses */
    CHAR_PLAIN = 16 /* what stands for itself between quotes: visible, but no quote and no backslash */
};

extern const uint8_t HTTP_CHARS[256];

static inline bool char_is(char c, unsigned classes)
{
    return (HTTP_CHARS[(unsigned char)c] & classes) != 0;
}

static inline bool char_is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static inline bool char_is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* 0..15, or -1. */
static inline int char_hex(char c)
{
    if (char_is_digit(c)) {
        return c - '0';
    }
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static inline uint64_t chars_word(const char *at)
{
    uint64_t word;

    memcpy(&word, at, sizeof word);
    return word;
}

/* lower must be lower-case letters, digits and '-': only for these does `| 0x20` fold a token rightly. From
 * eight bytes on by words, the last of which may overlap the one before. */
static inline bool chars_equal_fold(const char *at, const char *lower, size_t len)
{
    const uint64_t fold = UINT64_C(0x2020202020202020);
    uint64_t differ = 0;

    if (len < sizeof differ) {
        for (size_t i = 0; i < len; i++) {
            differ |= (uint64_t)((at[i] | 0x20) ^ lower[i]);
        }
        return differ == 0;
    }
    for (size_t i = 0; i < len - sizeof differ; i += sizeof differ) {
        differ |= (chars_word(at + i) | fold) ^ chars_word(lower + i);
    }
    at += len - sizeof differ;
    lower += len - sizeof differ;
    return (differ | ((chars_word(at) | fold) ^ chars_word(lower))) == 0;
}

static inline bool text_equal(struct http_text text, const char *literal)
{
    return text.len == strlen(literal) && memcmp(text.at, literal, text.len) == 0;
}

static inline bool text_equal_fold(struct http_text text, const char *lower)
{
    return text.len == strlen(lower) && chars_equal_fold(text.at, lower, text.len);
}

static inline struct http_text text_trim(struct http_text text)
{
    while (text.len > 0 && char_is_blank(text.at[0])) {
        text.at++;
        text.len--;
    }
    while (text.len > 0 && char_is_blank(text.at[text.len - 1])) {
        text.len--;
    }
    return text;
}

static inline bool text_is(struct http_text text, unsigned classes)
{
    size_t i = 0;

    while (i < text.len && char_is(text.at[i], classes)) {
        i++;
    }
    return i == text.len;
}

/* Takes the next element of a comma list off rest, without blanks around it. False at the end. */
bool text_list_next(struct http_text *rest, struct http_text *element);

/* True when a field value holds no control character but tab (so no CR, LF, NUL). */
bool chars_are_value(const char *at, size_t len);

/* Percent-decodes into out (at most len bytes). False for a bad escape or %00. */
bool chars_unescape(const char *at, size_t len, bool plus_is_blank, char *out, size_t *out_len);
