/*
 * base/json.h - jansson, and what we add to it. The only file that names the library.
 */
#pragma once

#include "base/err.h"

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

enum { JSON_DEPTH_MAX = 32 };

/* An object or array. Rejects duplicate keys, NUL in strings, more than JSON_DEPTH_MAX levels, trailing text.
 * *out is NULL on error; why may be NULL. */
HB_CHECKED hb_err json_parse(const char *text, size_t len, json_t **out, char *why, size_t why_max);

/* Sorted keys, no blanks: the form that is hashed and signed. malloc'ed; NULL when out of memory. */
char *json_canonical(const json_t *value);
