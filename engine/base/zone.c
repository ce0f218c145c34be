/*
 * base/zone.c - wall clock of a zone to instants and back.
 */
#include "base/zone.h"

#include "base/civil.h"
#include "base/zone_file.h"

#include <string.h>

enum {
    DAY_S = 86400,
    FAR_S = 26 * 3600 /* no offset is farther from UTC */,
    YEAR_MIN = 1970,
    YEAR_MAX = 9998
};

bool zone_exists(const char *zone)
{
    struct zone_rules *rules = zone_rules_load(zone);

    zone_rules_free(rules);
    return rules != NULL;
}

/* The instant in (low, high] at which the offset becomes that of high. */
static int64_t find_change(const struct zone_rules *rules, int64_t low, int64_t high)
{
    int32_t after = zone_offset_s(rules, high);

    while (high - low > 1) {
        int64_t middle = low + (high - low) / 2;

        if (zone_offset_s(rules, middle) == after) {
            high = middle;
        } else {
            low = middle;
        }
    }
    return high;
}

/* The first instant at or after a wall time. There is at most one change of offset within the two days
 * around it, so the offsets before and after are the only two in question. */
static int64_t instant_of(const struct zone_rules *rules, int64_t wall_s)
{
    int64_t early = wall_s - zone_offset_s(rules, wall_s - FAR_S);
    int64_t late = wall_s - zone_offset_s(rules, wall_s + FAR_S);
    bool early_fits = early + zone_offset_s(rules, early) == wall_s;
    bool late_fits = late + zone_offset_s(rules, late) == wall_s;

    if (early_fits && late_fits) {
        return early < late ? early : late;
    }
    if (early_fits || late_fits) {
        return early_fits ? early : late;
    }
    return find_change(rules, late, early); /* skipped: the clock jumped over it */
}

static bool read_digits(const char *text, size_t digits, int *out)
{
    *out = 0;
    for (size_t i = 0; i < digits; i++) {
        if (text[i] < '0' || text[i] > '9') {
            return false;
        }
        *out = *out * 10 + (text[i] - '0');
    }
    return true;
}

static bool read_civil(const char *text, struct civil *out)
{
    int year;

    if (strnlen(text, CIVIL_TEXT) < CIVIL_TEXT || text[4] != '-' || text[7] != '-' || text[10] != 'T' ||
        text[13] != ':' || text[16] != ':') {
        return false;
    }
    if (!read_digits(text, 4, &year) || !read_digits(text + 5, 2, &out->month) ||
        !read_digits(text + 8, 2, &out->day) || !read_digits(text + 11, 2, &out->hour) ||
        !read_digits(text + 14, 2, &out->minute) || !read_digits(text + 17, 2, &out->second)) {
        return false;
    }
    out->year = year;
    return year >= YEAR_MIN && year <= YEAR_MAX && civil_valid(out);
}

/* "Z" or "+08:00", nothing behind it. */
static bool read_offset(const char *text, int64_t *out_s)
{
    int hours;
    int minutes;

    *out_s = 0;
    if (strcmp(text, "Z") == 0) {
        return true;
    }
    if (strlen(text) != 6 || (text[0] != '+' && text[0] != '-') || text[3] != ':' ||
        !read_digits(text + 1, 2, &hours) || !read_digits(text + 4, 2, &minutes) || hours > 23 ||
        minutes > 59) {
        return false;
    }
    *out_s = (text[0] == '-' ? -1 : 1) * (int64_t)(hours * 3600 + minutes * 60);
    return true;
}

hb_err zone_parse(const char *zone, const char *text, int64_t *out_ms)
{
    struct zone_rules *rules = zone_rules_load(zone);
    struct civil civil;
    int64_t offset_s;
    hb_err err = HB_E_INPUT;

    *out_ms = 0;
    if (rules == NULL || !read_civil(text, &civil)) {
        goto done;
    }
    if (text[CIVIL_TEXT] == '\0') {
        *out_ms = instant_of(rules, civil_to_seconds(&civil)) * 1000;
        err = HB_OK;
    } else if (read_offset(text + CIVIL_TEXT, &offset_s)) {
        *out_ms = (civil_to_seconds(&civil) - offset_s) * 1000;
        err = HB_OK;
    }

done:
    zone_rules_free(rules);
    return err;
}

static int64_t day_start(const struct zone_rules *rules, int64_t days)
{
    return instant_of(rules, days * DAY_S);
}

struct day_list {
    int64_t *out;
    size_t max, count;
};

/* A zone that skips a whole day (Samoa, 2011) begins two days at one instant: it is listed once. Of the
 * starts at or before from_s only the last one counts. */
static bool day_list_add(struct day_list *list, int64_t start_s, int64_t from_s)
{
    if (list->count > 0 && (start_s <= from_s || list->out[list->count - 1] == start_s * 1000)) {
        list->out[list->count - 1] = start_s * 1000;
        return true;
    }
    if (list->count == list->max) {
        return false;
    }
    list->out[list->count++] = start_s * 1000;
    return true;
}

static hb_err list_days(const struct zone_rules *rules, int64_t from_ms, int64_t to_ms, struct day_list *list)
{
    int64_t rest;
    int64_t from_s = civil_floor(from_ms, 1000, &rest);
    int64_t day = civil_floor(from_s + zone_offset_s(rules, from_s), DAY_S, &rest);
    int64_t start_s = day_start(rules, day);

    do {
        if (!day_list_add(list, start_s, from_s)) {
            return HB_E_INPUT;
        }
        start_s = day_start(rules, ++day);
    } while (start_s <= from_s || start_s * 1000 < to_ms);
    return HB_OK;
}

hb_err
zone_day_starts(const char *zone, int64_t from_ms, int64_t to_ms, int64_t *out, size_t max, size_t *out_count)
{
    struct zone_rules *rules = zone_rules_load(zone);
    struct day_list list = {out, max, 0};
    hb_err err = HB_E_INPUT;

    if (rules != NULL) {
        err = list_days(rules, from_ms, to_ms, &list);
    }
    *out_count = err == HB_OK ? list.count : 0;
    zone_rules_free(rules);
    return err;
}

/* RFC 3339 has no seconds in an offset (local mean times before about 1900 do): they are dropped, and the
 * text stays the same instant. */
void zone_format(const char *zone, int64_t wall_ms, char out[static 26])
{
    struct zone_rules *rules = zone_rules_load(zone);
    int64_t rest;
    int64_t utc_s = civil_floor(wall_ms, 1000, &rest);
    int32_t minutes = rules == NULL ? 0 : zone_offset_s(rules, utc_s) / 60;
    int32_t size = minutes < 0 ? -minutes : minutes;
    struct civil civil = civil_from_seconds(utc_s + minutes * 60);

    civil_write(&civil, out);
    out[19] = minutes < 0 ? '-' : '+';
    civil_write_digits(out + 20, 2, size / 60);
    out[22] = ':';
    civil_write_digits(out + 23, 2, size % 60);
    out[25] = '\0';
    zone_rules_free(rules);
}
