/*
 * base/zone_posix.h - the rule at the end of a TZif file, "CET-1CEST,M3.5.0,M10.5.0/3": holds for ever.
 *
 * Inside base only.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct zone_day_rule {
    char kind; /* M: month, week, weekday; J: day 1-365 without 29 February; N: day 0-365 */
    int month, week, day;
    int32_t time_s; /* wall time, may be negative or over a day */
};

struct zone_posix {
    int32_t standard_s, summer_s; /* east of UTC is positive */
    bool has_summer;
    struct zone_day_rule start, end; /* of summer time */
};

bool zone_posix_parse(const char *text, size_t len, struct zone_posix *out);
int32_t zone_posix_offset_s(const struct zone_posix *posix, int64_t utc_s);
