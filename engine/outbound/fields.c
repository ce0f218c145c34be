/*
 * outbound/fields.c - members of a provider's JSON objects into fixed places.
 */
#include "outbound/fields.h"

#include "base/beijing.h"
#include "base/yuan.h"

#include <string.h>

static const json_t *member_of(const json_t *object, const char *name)
{
    const json_t *member = json_object_get(object, name);

    return json_is_null(member) ? NULL : member;
}

bool field_text(const json_t *object, const char *name, char *out, size_t out_bytes)
{
    const json_t *member = member_of(object, name);

    out[0] = '\0';
    if (member == NULL) {
        return true;
    }
    if (!json_is_string(member) || json_string_length(member) >= out_bytes) {
        return false;
    }
    memcpy(out, json_string_value(member), json_string_length(member) + 1);
    return true;
}

bool field_word(const json_t *object, const char *name, char *out, size_t out_bytes)
{
    bool good = field_text(object, name, out, out_bytes);

    for (size_t i = 0; good && out[i] != '\0'; i++) {
        good = out[i] > ' ' && out[i] < 0x7F && out[i] != '"' && out[i] != '\\';
    }
    if (!good) {
        out[0] = '\0';
    }
    return good;
}

bool field_fen(const json_t *object, const char *name, int64_t *out)
{
    const json_t *member = member_of(object, name);
    int64_t fen = json_integer_value(member); /* 0 for NULL and for other types */

    *out = fen > 0 ? fen : 0;
    return member == NULL || fen > 0;
}

bool field_yuan(const json_t *object, const char *name, int64_t *out)
{
    const json_t *member = member_of(object, name);
    int64_t fen = 0;
    bool good = json_is_string(member) &&
                yuan_parse(json_string_value(member), json_string_length(member), &fen) && fen > 0;

    *out = good ? fen : 0;
    return member == NULL || good;
}

bool field_time(const json_t *object, const char *name, int64_t *out_ms)
{
    const json_t *member = member_of(object, name);

    *out_ms = 0;
    return member == NULL || (json_is_string(member) &&
                              beijing_parse(json_string_value(member), json_string_length(member), out_ms));
}
