/*
 * campaign/document_pacing.c - reads a prize's curve and slots.
 */
#include "campaign/document_internal.h"

#include <string.h>

static void read_curve(struct reader *reader, const struct path *path, const json_t *list, void *object);
static void read_slots(struct reader *reader, const struct path *path, const json_t *list, void *object);

/* clang-format off */
#define OWNER document_point
static const struct field POINT_FIELDS[] = {
    TIME("at", at_ms),
    DECIMAL("share", true, share),
    END,
};
#undef OWNER

struct slot_texts {
    const char *from, *to;
};
#define OWNER slot_texts
static const struct field SLOT_FIELDS[] = {
    TEXT("from", from, TIME_TEXT_MAX),
    TEXT("to", to, TIME_TEXT_MAX),
    END,
};
#undef OWNER

#define OWNER document_prize
const struct field PACING_FIELDS[] = {
    LIST("curve", false, 1, DOCUMENT_CURVE_MAX, read_curve),
    LIST("slots", false, 1, DOCUMENT_SLOTS_MAX, read_slots),
    INTEGER("per_second", false, per_second, 1, UNITS_MAX),
    END,
};
#undef OWNER
/* clang-format on */

static void read_curve(struct reader *reader, const struct path *path, const json_t *list, void *object)
{
    struct document_prize *prize = object;
    size_t count = json_array_size(list);

    prize->curve = reader_alloc(reader, count, sizeof *prize->curve);
    prize->curve_count = prize->curve == NULL ? 0 : count;
    for (size_t i = 0; i < prize->curve_count; i++) {
        struct path here = path_item(path, i);

        (void)reader_object(reader, &here, json_array_get(list, i), POINT_FIELDS, &prize->curve[i]);
    }
}

static bool two_digits(const char *at, int64_t most, int64_t *out)
{
    if (at[0] < '0' || at[0] > '9' || at[1] < '0' || at[1] > '9') {
        return false;
    }
    *out = (at[0] - '0') * 10 + (at[1] - '0');
    return *out <= most;
}

/* "20:00", "20:00:30", and "24:00" for the end of the day. */
static bool clock_value(const char *text, int64_t *out_s)
{
    int64_t hours;
    int64_t minutes;
    int64_t seconds = 0;
    size_t len = strlen(text);

    if ((len != 5 && len != 8) || !two_digits(text, 24, &hours) || text[2] != ':' ||
        !two_digits(text + 3, 59, &minutes)) {
        return false;
    }
    if (len == 8 && (text[5] != ':' || !two_digits(text + 6, 59, &seconds))) {
        return false;
    }
    *out_s = hours * 3600 + minutes * 60 + seconds;
    return *out_s <= DAY_S;
}

/* A full time has a date in front; whatever has none was meant as a time of day. */
static bool is_clock(const char *text)
{
    return strlen(text) <= 8;
}

static int64_t slot_end(struct reader *reader, const struct path *path, const char *text)
{
    int64_t at_s;

    if (!is_clock(text)) {
        return reader_time(reader, path, text);
    }
    if (!clock_value(text, &at_s)) {
        problem_add(reader->problems, path, PROBLEM_CLOCK, NULL, NULL);
        return FIELD_UNKNOWN;
    }
    return at_s;
}

static void read_slot_ends(struct reader *reader,
                           const struct path *path,
                           const struct slot_texts *texts,
                           struct document_slot *slot)
{
    struct path from = path_member(path, "from");
    struct path to = path_member(path, "to");

    slot->from = slot_end(reader, &from, texts->from);
    slot->to = slot_end(reader, &to, texts->to);
    slot->daily = is_clock(texts->from);
    if (slot->daily != is_clock(texts->to)) {
        problem_add(reader->problems, path, PROBLEM_SLOT_MIXED, NULL, NULL);
    } else if (slot->from != FIELD_UNKNOWN && slot->to != FIELD_UNKNOWN) {
        slot->sound = slot->daily ? slot->from != slot->to && slot->from < DAY_S : slot->from < slot->to;
        if (!slot->sound) {
            problem_add(reader->problems, path, PROBLEM_SLOT_EMPTY, NULL, NULL);
        }
    }
}

static void read_slots(struct reader *reader, const struct path *path, const json_t *list, void *object)
{
    struct document_prize *prize = object;
    size_t count = json_array_size(list);

    prize->slots = reader_alloc(reader, count, sizeof *prize->slots);
    prize->slot_count = prize->slots == NULL ? 0 : count;
    for (size_t i = 0; i < prize->slot_count; i++) {
        struct slot_texts texts = {NULL, NULL};
        struct path here = path_item(path, i);

        (void)reader_object(reader, &here, json_array_get(list, i), SLOT_FIELDS, &texts);
        if (texts.from != NULL && texts.to != NULL) {
            read_slot_ends(reader, &here, &texts, &prize->slots[i]);
        }
    }
}
