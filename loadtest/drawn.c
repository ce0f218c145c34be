/*
 * loadtest/drawn.c - walks the members of an object, and one object deeper for `prize` and `session`.
 *
 * A tree of allocated values for each answer would cost more than all the rest of a request here.
 */
#include "loadtest/drawn.h"

struct cursor {
    const char *at, *end;
};

static void blanks_skip(struct cursor *cursor)
{
    while (cursor->at < cursor->end &&
           (*cursor->at == ' ' || *cursor->at == '\n' || *cursor->at == '\r' || *cursor->at == '\t')) {
        cursor->at++;
    }
}

static bool char_take(struct cursor *cursor, char c)
{
    blanks_skip(cursor);
    if (cursor->at == cursor->end || *cursor->at != c) {
        return false;
    }
    cursor->at++;
    return true;
}

/* At its opening quote. The value is what is between the quotes. */
static bool string_take(struct cursor *cursor, struct text *value)
{
    const char *start = cursor->at + 1;

    for (const char *at = start; at < cursor->end; at++) {
        if (*at == '"') {
            *value = (struct text){start, (size_t)(at - start)};
            cursor->at = at + 1;
            return true;
        }
        at += *at == '\\' ? 1 : 0;
    }
    return false;
}

/* An object or array as one piece; only strings are looked into, for their brackets. */
static bool nest_take(struct cursor *cursor, struct text *value)
{
    const char *start = cursor->at;
    struct text ignored;
    unsigned depth = 0;

    while (cursor->at < cursor->end) {
        char c = *cursor->at;

        if (c == '"') {
            if (!string_take(cursor, &ignored)) {
                return false;
            }
            continue;
        }
        cursor->at++;
        depth += c == '{' || c == '[' ? 1U : 0U;
        depth -= c == '}' || c == ']' ? 1U : 0U;
        if (depth == 0) {
            *value = (struct text){start, (size_t)(cursor->at - start)};
            return true;
        }
    }
    return false;
}

static bool word_take(struct cursor *cursor, struct text *value)
{
    const char *start = cursor->at;

    while (cursor->at < cursor->end && strchr(",}] \r\n\t\"", *cursor->at) == NULL) {
        cursor->at++;
    }
    *value = (struct text){start, (size_t)(cursor->at - start)};
    return value->len > 0;
}

/* kind: the value's first character. */
static bool value_take(struct cursor *cursor, char *kind, struct text *value)
{
    blanks_skip(cursor);
    if (cursor->at == cursor->end) {
        return false;
    }
    *kind = *cursor->at;
    if (*kind == '"') {
        return string_take(cursor, value);
    }
    return *kind == '{' || *kind == '[' ? nest_take(cursor, value) : word_take(cursor, value);
}

static void number_set(int64_t *out, struct text value)
{
    int64_t number = 0;

    for (size_t i = 0; i < value.len; i++) {
        if (value.at[i] < '0' || value.at[i] > '9' || number > INT64_MAX / 10 - 1) {
            return;
        }
        number = number * 10 + (value.at[i] - '0');
    }
    *out = number;
}

static void text_set(struct text *out, char kind, struct text value)
{
    if (kind == '"' && value.len > 0 && memchr(value.at, '\\', value.len) == NULL) {
        *out = value;
    }
}

typedef void (*member_fn)(struct drawn *out, struct text name, char kind, struct text value);

static bool members_walk(struct text object, member_fn take, struct drawn *out)
{
    struct cursor cursor = {object.at, object.at + object.len};

    if (!char_take(&cursor, '{')) {
        return false;
    }
    if (char_take(&cursor, '}')) {
        return true;
    }
    do {
        struct text name, value;
        char kind;

        if (!value_take(&cursor, &kind, &name) || kind != '"' || !char_take(&cursor, ':') ||
            !value_take(&cursor, &kind, &value)) {
            return false;
        }
        take(out, name, kind, value);
    } while (char_take(&cursor, ','));
    return char_take(&cursor, '}');
}

static void prize_take(struct drawn *out, struct text name, char kind, struct text value)
{
    if (text_is(name, "id")) {
        text_set(&out->prize, kind, value);
    } else if (text_is(name, "kind")) {
        text_set(&out->kind, kind, value);
    } else if (text_is(name, "amount_fen")) {
        number_set(&out->amount_fen, value);
    }
}

static void session_take(struct drawn *out, struct text name, char kind, struct text value)
{
    if (text_is(name, "token")) {
        text_set(&out->session, kind, value);
    }
}

static void draw_take(struct drawn *out, struct text name, char kind, struct text value)
{
    if (text_is(name, "outcome")) {
        text_set(&out->outcome, kind, value);
    } else if (text_is(name, "draw_no")) {
        number_set(&out->draw_no, value);
    } else if (text_is(name, "draw_id")) {
        text_set(&out->draw_id, kind, value);
    } else if (text_is(name, "chances_left")) {
        number_set(&out->chances_left, value);
    } else if (text_is(name, "code")) {
        text_set(&out->code, kind, value);
    } else if (text_is(name, "prize") && kind == '{') {
        (void)members_walk(value, prize_take, out);
    } else if (text_is(name, "session") && kind == '{') {
        (void)members_walk(value, session_take, out);
    }
}

bool drawn_read(struct text body, struct drawn *out)
{
    *out = (struct drawn){.draw_no = -1, .chances_left = -1, .amount_fen = -1};
    return body.len > 0 && members_walk(body, draw_take, out);
}
