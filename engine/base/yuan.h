/*
 * base/yuan.h - fen as yuan in decimals and back, by whole numbers alone.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { YUAN_TEXT_MAX = 24 };

/* "1.88", "-0.05": always two decimals. Returns the length; out is NUL-terminated. */
size_t yuan_write(int64_t fen, char out[static YUAN_TEXT_MAX]);

/* An optional sign, at least one digit, at most two decimals; no blanks, no separators. False for anything
 * else and for what int64_t does not hold. */
bool yuan_parse(const char *text, size_t len, int64_t *fen);
