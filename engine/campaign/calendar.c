/*
 * campaign/calendar.c - local days of a window.
 */
#include "campaign/calendar.h"

#include "base/zone.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DAY_SECONDS = 86400, RFC3339_TEXT = 26 };
#define DAY_MS (INT64_C(1000) * DAY_SECONDS)

static void describe_day(struct calendar *calendar, size_t day)
{
    char text[RFC3339_TEXT];
    bool at_midnight;

    zone_format(calendar->zone, calendar->starts_ms[day], text);
    at_midnight = strncmp(text + DATE_TEXT, "T00:00:00", 9) == 0;
    memcpy(calendar->dates[day], text, DATE_TEXT);
    calendar->dates[day][DATE_TEXT] = '\0';
    calendar->plain[day] = at_midnight && day + 1 < calendar->day_count &&
                           calendar->starts_ms[day + 1] - calendar->starts_ms[day] == DAY_MS;
}

static hb_err list_days(struct calendar *calendar, int64_t from_ms, int64_t to_ms)
{
    hb_err err = zone_day_starts(
        calendar->zone, from_ms, to_ms, calendar->starts_ms, CALENDAR_DAYS_MAX, &calendar->day_count);

    for (size_t day = 0; err == HB_OK && day < calendar->day_count; day++) {
        describe_day(calendar, day);
    }
    return err;
}

hb_err calendar_new(const char *zone, int64_t start_ms, int64_t end_ms, struct calendar **out)
{
    struct calendar *calendar = NULL;
    hb_err err;

    *out = NULL;
    if (start_ms >= end_ms || end_ms - start_ms > DAYS_MAX * DAY_MS) {
        return HB_E_INPUT;
    }
    calendar = calloc(1, sizeof *calendar);
    if (calendar == NULL) {
        return HB_E_NOMEM;
    }
    calendar->zone = zone;
    err = list_days(calendar, start_ms - DAY_MS, end_ms + 2 * DAY_MS);
    if (err != HB_OK) {
        calendar_free(calendar);
        return err;
    }
    *out = calendar;
    return HB_OK;
}

void calendar_free(struct calendar *calendar)
{
    free(calendar);
}

/* Days on which the clock changes are asked of the zone; all others are plain arithmetic. */
static int64_t wall_time(const struct calendar *calendar, size_t day, int second)
{
    char text[32];
    int64_t at_ms = 0;
    hb_err err;

    (void)snprintf(text,
                   sizeof text,
                   "%sT%02d:%02d:%02d",
                   calendar->dates[day],
                   second / 3600,
                   second / 60 % 60,
                   second % 60);
    err = zone_parse(calendar->zone, text, &at_ms);
    assert(err == HB_OK);
    (void)err;
    return at_ms;
}

int64_t calendar_at(const struct calendar *calendar, size_t day, int64_t second)
{
    if (second >= DAY_SECONDS) {
        day++;
        second -= DAY_SECONDS;
    }
    assert(day < calendar->day_count && second >= 0 && second < DAY_SECONDS);
    if (calendar->plain[day]) {
        return calendar->starts_ms[day] + second * 1000;
    }
    return wall_time(calendar, day, (int)second);
}
