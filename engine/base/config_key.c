/*
 * base/config_key.c - finds a key, checks its value, and guesses what an unknown key was meant to be.
 */
#include "base/config_internal.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { KEY_MAX = 64, DIGITS_MAX = 18 };

/* Texts of which only some words are possible. */
struct choice {
    enum config_key key;
    const char *words[5];
};

static const struct choice CHOICES[] = {
    {CFG_ENGINE_ENVIRONMENT, {"production", "demo"}},
    {CFG_ENGINE_LOG_LEVEL, {"error", "warn", "info", "debug"}},
    {CFG_WALLET_PROOF, {"auto", "required", "off"}},
};

static bool span_is(struct config_span span, const char *text)
{
    return strlen(text) == span.len && memcmp(text, span.at, span.len) == 0;
}

bool config_find(struct config_span key, enum config_key *out)
{
    for (enum config_key i = 0; i < CONFIG_KEY_COUNT; i++) {
        if (span_is(key, CONFIG_ROWS[i].key)) {
            *out = i;
            return true;
        }
    }
    return false;
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Levenshtein distance, one row of the table at a time. */
static size_t edit_distance(struct config_span a, const char *b)
{
    size_t row[KEY_MAX + 1];
    size_t len = strlen(b);

    for (size_t j = 0; j <= len; j++) {
        row[j] = j;
    }
    for (size_t i = 1; i <= a.len; i++) {
        size_t diagonal = row[0];

        row[0] = i;
        for (size_t j = 1; j <= len; j++) {
            size_t replaced = diagonal + (a.at[i - 1] != b[j - 1]);

            diagonal = row[j];
            row[j] = least(replaced, 1 + least(row[j], row[j - 1]));
        }
    }
    return row[len];
}

/* The nearest key, or NULL when none is near: a third of its letters may differ. Without its section a
 * key is as near as with it ("port" means http.port). */
static const char *suggest(struct config_span key)
{
    const char *best = NULL;
    size_t best_distance = SIZE_MAX;

    for (enum config_key i = 0; key.len <= KEY_MAX && i < CONFIG_KEY_COUNT; i++) {
        const char *known = CONFIG_ROWS[i].key;
        size_t whole = edit_distance(key, known);
        size_t bare = edit_distance(key, strchr(known, '.') + 1);
        size_t distance = least(whole, bare);

        if (distance < best_distance && distance <= least(key.len, strlen(known)) / 3 + 1) {
            best = known;
            best_distance = distance;
        }
    }
    return best;
}

void config_report_unknown(struct config_span key, const char *where, struct buf *problems)
{
    const char *near = suggest(key);
    int shown = (int)least(key.len, KEY_MAX);

    buf_addf(problems, "%s: unknown key \"%.*s\"", where, shown, key.at);
    if (near != NULL) {
        buf_addf(problems, ", did you mean \"%s\"?", near);
    }
    buf_addc(problems, '\n');
}

static bool parse_int(struct config_span text, int64_t *out)
{
    bool negative = text.len > 0 && text.at[0] == '-';
    int64_t value = 0;

    if (text.len == (size_t)negative || text.len - negative > DIGITS_MAX) {
        return false;
    }
    for (size_t i = negative; i < text.len; i++) {
        if (text.at[i] < '0' || text.at[i] > '9') {
            return false;
        }
        value = value * 10 + (text.at[i] - '0');
    }
    *out = negative ? -value : value;
    return true;
}

static bool check_int(
    enum config_key key, struct config_span value, int64_t *out, const char *where, struct buf *problems)
{
    const struct config_row *row = &CONFIG_ROWS[key];

    if (parse_int(value, out) && *out >= row->min && *out <= row->max) {
        return true;
    }
    buf_addf(problems,
             "%s: %s must be a whole number from %" PRId64 " to %" PRId64 ", not \"%.*s\"\n",
             where,
             row->key,
             row->min,
             row->max,
             (int)least(value.len, KEY_MAX),
             value.at);
    return false;
}

static const struct choice *choice_of(enum config_key key)
{
    for (size_t i = 0; i < sizeof CHOICES / sizeof CHOICES[0]; i++) {
        if (CHOICES[i].key == key) {
            return &CHOICES[i];
        }
    }
    return NULL;
}

static bool
check_choice(const struct choice *choice, struct config_span value, const char *where, struct buf *problems)
{
    for (size_t i = 0; choice->words[i] != NULL; i++) {
        if (span_is(value, choice->words[i])) {
            return true;
        }
    }
    buf_addf(problems, "%s: %s must be", where, CONFIG_ROWS[choice->key].key);
    for (size_t i = 0; choice->words[i] != NULL; i++) {
        buf_addf(problems, "%s %s", i == 0 ? "" : " or", choice->words[i]);
    }
    buf_addf(problems, ", not \"%.*s\"\n", (int)least(value.len, KEY_MAX), value.at);
    return false;
}

static bool check_text(enum config_key key, struct config_span value, const char *where, struct buf *problems)
{
    const struct choice *choice = choice_of(key);

    for (size_t i = 0; i < value.len; i++) {
        if ((unsigned char)value.at[i] < 0x20 || value.at[i] == 0x7F) {
            buf_addf(problems, "%s: %s has a control character\n", where, CONFIG_ROWS[key].key);
            return false;
        }
    }
    return choice == NULL || check_choice(choice, value, where, problems);
}

static bool check_value(
    enum config_key key, struct config_span value, int64_t *out, const char *where, struct buf *problems)
{
    if (value.len > CONFIG_VALUE_MAX) {
        buf_addf(problems, "%s: %s is longer than %d bytes\n", where, CONFIG_ROWS[key].key, CONFIG_VALUE_MAX);
        return false;
    }
    return CONFIG_ROWS[key].type == CONFIG_INT ? check_int(key, value, out, where, problems)
                                               : check_text(key, value, where, problems);
}

bool config_set(struct config *config,
                enum config_key key,
                struct config_span value,
                enum config_origin origin,
                const char *where,
                struct buf *problems)
{
    int64_t number = 0;
    char *copy;

    if (!check_value(key, value, &number, where, problems)) {
        return false;
    }
    copy = strndup(value.at, value.len);
    if (copy == NULL) {
        buf_addf(problems, "%s: out of memory\n", where);
        return false;
    }
    free(config->values[key].text);
    config->values[key] = (struct config_value){copy, number, origin};
    return true;
}
