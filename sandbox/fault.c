/*
 * sandbox/fault.c - misbehaviour on demand.
 */
#include "sandbox/fault.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

enum { RULES_MAX = 1024, ALWAYS = -1, PER_MILLE = 1000 };

#define FAULT_NAME(symbol, name) [symbol] = (name),
static const char *const FAULT_NAMES[] = {FAULTS(FAULT_NAME)};

static const char *const CALL_NAMES[] = {
    [CALL_CREATE] = "create",
    [CALL_QUERY] = "query",
    [CALL_CANCEL] = "cancel",
    [CALL_BILL] = "bill",
    [CALL_CERTIFICATES] = "certificates",
    [CALL_NOTICE] = "notice",
};

struct faults {
    struct rule rules[RULES_MAX];
    size_t count;
    uint64_t random;
    int64_t acted[CALL_KINDS][FAULT_COUNT];
};

struct faults *faults_new(uint64_t seed)
{
    struct faults *faults = calloc(1, sizeof *faults);

    if (faults != NULL) {
        faults->random = seed;
    }
    return faults;
}

void faults_free(struct faults *faults)
{
    free(faults);
}

const char *call_name(enum call_kind call)
{
    return CALL_NAMES[call];
}

const char *fault_name(enum fault fault)
{
    return FAULT_NAMES[fault];
}

/* ---- reading ---- */

struct text_member {
    const char *name;
    size_t offset, size;
};

struct number_member {
    const char *name;
    size_t offset;
    int64_t min, max;
};

static const struct text_member TEXTS[] = {
    {"shop", offsetof(struct rule, shop), sizeof((struct rule *)0)->shop},
    {"order_no", offsetof(struct rule, order_no), sizeof((struct rule *)0)->order_no},
    {"code", offsetof(struct rule, code), sizeof((struct rule *)0)->code},
    {"reason", offsetof(struct rule, reason), sizeof((struct rule *)0)->reason},
};

static const struct number_member NUMBERS[] = {
    {"amount_fen", offsetof(struct rule, amount_fen), 0, INT64_MAX},
    {"status", offsetof(struct rule, status), 200, 599},
    {"delay_ms", offsetof(struct rule, delay_ms), 0, 3600000},
    {"times", offsetof(struct rule, times), ALWAYS, INT64_MAX},
    {"per_mille", offsetof(struct rule, per_mille), 0, PER_MILLE},
};

static bool text_read(struct rule *rule, const char *name, const json_t *value)
{
    for (size_t i = 0; i < sizeof TEXTS / sizeof TEXTS[0]; i++) {
        if (strcmp(name, TEXTS[i].name) == 0) {
            bool fits = json_is_string(value) && json_string_length(value) < TEXTS[i].size;

            if (fits) {
                memcpy(
                    (char *)rule + TEXTS[i].offset, json_string_value(value), json_string_length(value) + 1);
            }
            return fits;
        }
    }
    return false;
}

static bool number_read(struct rule *rule, const char *name, const json_t *value)
{
    for (size_t i = 0; i < sizeof NUMBERS / sizeof NUMBERS[0]; i++) {
        if (strcmp(name, NUMBERS[i].name) == 0) {
            int64_t number = json_integer_value(value);

            memcpy((char *)rule + NUMBERS[i].offset, &number, sizeof number);
            return json_is_integer(value) && number >= NUMBERS[i].min && number <= NUMBERS[i].max;
        }
    }
    return false;
}

/* The place of a word in a list of words; false when it is not there. */
static bool word_find(const json_t *value, const char *const *words, size_t count, size_t *out)
{
    for (*out = 0; json_is_string(value) && *out < count; ++*out) {
        if (strcmp(json_string_value(value), words[*out]) == 0) {
            return true;
        }
    }
    return false;
}

static bool member_read(struct rule *rule, const char *name, const json_t *value)
{
    size_t at;

    if (strcmp(name, "call") == 0) {
        bool known = word_find(value, CALL_NAMES, CALL_KINDS, &at);

        rule->call = known ? (enum call_kind)at : CALL_CREATE;
        return known;
    }
    if (strcmp(name, "fault") == 0) {
        bool known = word_find(value, FAULT_NAMES, FAULT_COUNT, &at);

        rule->fault = known ? (enum fault)at : FAULT_NONE;
        return known;
    }
    return text_read(rule, name, value) || number_read(rule, name, value);
}

static bool rule_read(json_t *json, struct rule *out, const char **why)
{
    const char *name;
    json_t *value;

    *out = (struct rule){.call = CALL_CREATE, .times = ALWAYS, .per_mille = PER_MILLE};
    if (json_object_get(json, "fault") == NULL) {
        *why = "a rule without a fault";
        return false;
    }
    json_object_foreach(json, name, value)
    {
        if (!member_read(out, name, value)) {
            *why = "a member or a word of a rule that is not known";
            return false;
        }
    }
    if (out->fault == FAULT_REFUSE && out->code[0] == '\0') {
        *why = "refuse without a code";
        return false;
    }
    return true;
}

bool faults_set(struct faults *faults, const json_t *rules, const char **why)
{
    size_t count = json_array_size(rules);
    struct rule *read = calloc(RULES_MAX, sizeof *read);
    bool good = read != NULL && json_is_array(rules) && count <= RULES_MAX;

    *why = "not a list of rules, or too many";
    for (size_t i = 0; good && i < count; i++) {
        good = rule_read(json_array_get(rules, i), &read[i], why);
    }
    if (good) {
        memcpy(faults->rules, read, count * sizeof *read);
        faults->count = count;
    }
    free(read);
    return good;
}

/* ---- acting ---- */

/* splitmix64 */
static uint64_t next_random(struct faults *faults)
{
    uint64_t z = faults->random += UINT64_C(0x9E3779B97F4A7C15);

    z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
    return z ^ z >> 31;
}

static bool
fits(const struct rule *rule, enum call_kind call, const char *shop, const char *order_no, int64_t amount_fen)
{
    return rule->call == call && rule->times != 0 &&
           (rule->shop[0] == '\0' || strcmp(rule->shop, shop) == 0) &&
           (rule->order_no[0] == '\0' || strcmp(rule->order_no, order_no) == 0) &&
           (rule->amount_fen == 0 || rule->amount_fen == amount_fen);
}

struct rule faults_match(
    struct faults *faults, enum call_kind call, const char *shop, const char *order_no, int64_t amount_fen)
{
    for (size_t i = 0; i < faults->count; i++) {
        struct rule *rule = &faults->rules[i];

        if (fits(rule, call, shop, order_no, amount_fen) &&
            next_random(faults) % PER_MILLE < (uint64_t)rule->per_mille) {
            rule->times -= rule->times > 0;
            faults->acted[call][rule->fault]++;
            return *rule;
        }
    }
    return (struct rule){.call = call, .fault = FAULT_NONE};
}

int64_t faults_acted(const struct faults *faults, enum call_kind call, enum fault fault)
{
    return faults->acted[call][fault];
}
