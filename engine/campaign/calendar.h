/*
 * campaign/calendar.h - the local days around a campaign's window, and times of day in them.
 *
 * Days are as long as the zone makes them: 23 and 25 hours happen. A time of day that a day skips is the
 * first instant after the gap; one that it has twice is the first of the two.
 */
#pragma once

#include "base/err.h"
#include "lottery/table.h"

#include <stddef.h>
#include <stdint.h>

enum { CALENDAR_DAYS_MAX = DAYS_MAX + 4, DATE_TEXT = 10 };

struct calendar {
    const char *zone; /* borrowed */
    size_t day_count; /* from the day before the window to the second day after it */
    int64_t starts_ms[CALENDAR_DAYS_MAX];
    char dates[CALENDAR_DAYS_MAX][DATE_TEXT + 1]; /* "2026-02-16" */
    bool plain[CALENDAR_DAYS_MAX];                /* 24 hours long, beginning at 00:00 */
};

/* HB_E_INPUT when the window has no length or more than DAYS_MAX days. *out is the caller's, by
 * calendar_free(). */
HB_CHECKED hb_err calendar_new(const char *zone, int64_t start_ms, int64_t end_ms, struct calendar **out);
void calendar_free(struct calendar *calendar); /* accepts NULL */

/* second: of that day, or of the next one when it is a day's worth or more. day < day_count - 1. */
int64_t calendar_at(const struct calendar *calendar, size_t day, int64_t second);
