/*
 * base/utf8.h - UTF-8 by RFC 3629: no overlong forms, no surrogates, nothing past U+10FFFF.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* Bytes of the character at the front, 0 when it is not UTF-8; left is at least 1. */
size_t utf8_length(const char *text, size_t left);

/* How many characters; false when the text is not UTF-8 or holds a control character. */
bool utf8_count(const char *text, size_t len, size_t *characters);
