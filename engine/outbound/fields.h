/*
 * outbound/fields.h - members of a provider's JSON objects into fixed places.
 *
 * An absent or null member is no mistake: it leaves "" or 0. A member of another type, or longer than its
 * place, is one: false, and the place is empty. Nothing is cut short: half a number is another number.
 */
#pragma once

#include "base/json.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

bool field_text(const json_t *object, const char *name, char *out, size_t out_bytes);
/* Numbers, states, codes: visible ASCII without quotes and backslashes, so that a log line stays one. */
bool field_word(const json_t *object, const char *name, char *out, size_t out_bytes);
bool field_fen(const json_t *object, const char *name, int64_t *out);     /* an integer above 0 */
bool field_yuan(const json_t *object, const char *name, int64_t *out);    /* text: "1.88" */
bool field_time(const json_t *object, const char *name, int64_t *out_ms); /* either form of base/beijing.h */
