/*
 * loadtest/text.h - bytes that belong to somebody else: a pointer and a length, no NUL.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct text {
    const char *at; /* may be NULL when len is 0 */
    size_t len;
};

static inline bool text_is(struct text text, const char *word)
{
    size_t len = strlen(word);

    return text.len == len && (len == 0 || memcmp(text.at, word, len) == 0);
}
