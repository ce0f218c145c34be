/*
 * base/json.c - jansson with our limits.
 */
#include "base/json.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>

static void tell(char *why, size_t why_max, const char *format, ...) __attribute__((format(printf, 3, 4)));

static void tell(char *why, size_t why_max, const char *format, ...)
{
    va_list args;

    if (why != NULL && why_max > 0) {
        va_start(args, format);
        (void)vsnprintf(why, why_max, format, args);
        va_end(args);
    }
}

/* jansson stops at 2048 levels and recurses as deep; ours are counted before it sees the text. */
static bool is_too_deep(const char *text, size_t len)
{
    size_t depth = 0;
    bool in_string = false;

    for (size_t i = 0; i < len && depth <= JSON_DEPTH_MAX; i++) {
        if (in_string && text[i] == '\\') {
            i++; /* the escaped character ends nothing */
        } else if (text[i] == '"') {
            in_string = !in_string;
        } else if (!in_string && (text[i] == '{' || text[i] == '[')) {
            depth++;
        } else if (!in_string && (text[i] == '}' || text[i] == ']') && depth > 0) {
            depth--;
        }
    }
    return depth > JSON_DEPTH_MAX;
}

hb_err json_parse(const char *text, size_t len, json_t **out, char *why, size_t why_max)
{
    json_error_t error;

    *out = NULL;
    if (is_too_deep(text, len)) {
        tell(why, why_max, "more than %d levels", JSON_DEPTH_MAX);
        return HB_E_JSON;
    }
    *out = json_loadb(text, len, JSON_REJECT_DUPLICATES, &error);
    if (*out == NULL) {
        tell(why, why_max, "line %d column %d: %s", error.line, error.column, error.text);
        return json_error_code(&error) == json_error_out_of_memory ? HB_E_NOMEM : HB_E_JSON;
    }
    return HB_OK;
}

char *json_canonical(const json_t *value)
{
    return json_dumps(value, JSON_SORT_KEYS | JSON_COMPACT | JSON_ENCODE_ANY);
}
