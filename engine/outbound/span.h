/*
 * outbound/span.h - a piece of somebody else's text; not NUL-terminated.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct span {
    const char *at;
    size_t len;
};

static inline struct span span_of(const char *text)
{
    return (struct span){text, strlen(text)};
}

static inline bool span_is(struct span span, const char *text)
{
    return span.len == strlen(text) && memcmp(span.at, text, span.len) == 0;
}

static inline bool span_starts(struct span span, const char *text)
{
    return span.len >= strlen(text) && memcmp(span.at, text, strlen(text)) == 0;
}
