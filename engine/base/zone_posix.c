/*
 * base/zone_posix.c - POSIX TZ rules with the extensions of RFC 8536 (quoted names, hours -167 to 167).
 */
#include "base/zone_posix.h"

#include "base/civil.h"

struct cursor {
    const char *at, *end;
    bool failed;
};

static char peek(const struct cursor *cursor)
{
    return cursor->at < cursor->end ? *cursor->at : '\0';
}

static bool skip(struct cursor *cursor, char c)
{
    bool found = peek(cursor) == c && c != '\0';

    cursor->at += found;
    return found;
}

static void expect(struct cursor *cursor, char c)
{
    cursor->failed = !skip(cursor, c) || cursor->failed;
}

static int read_number(struct cursor *cursor, int min, int max)
{
    int value = 0;
    int digits = 0;

    while (peek(cursor) >= '0' && peek(cursor) <= '9' && digits < 4) {
        value = value * 10 + (*cursor->at++ - '0');
        digits++;
    }
    cursor->failed = cursor->failed || digits == 0 || value < min || value > max;
    return value;
}

static bool is_letter(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

static void skip_name(struct cursor *cursor)
{
    const char *start = cursor->at;

    if (skip(cursor, '<')) {
        while (cursor->at < cursor->end && *cursor->at != '>') {
            cursor->at++;
        }
        expect(cursor, '>');
        return;
    }
    while (is_letter(peek(cursor))) {
        cursor->at++;
    }
    cursor->failed = cursor->failed || cursor->at - start < 3;
}

/* [+-]hh[:mm[:ss]] */
static int32_t read_time(struct cursor *cursor, int hours_max)
{
    bool negative = skip(cursor, '-');
    int32_t time_s;

    if (!negative) {
        (void)skip(cursor, '+');
    }
    time_s = read_number(cursor, 0, hours_max) * 3600;
    if (skip(cursor, ':')) {
        time_s += read_number(cursor, 0, 59) * 60;
        if (skip(cursor, ':')) {
            time_s += read_number(cursor, 0, 59);
        }
    }
    return negative ? -time_s : time_s;
}

static struct zone_day_rule read_rule(struct cursor *cursor)
{
    struct zone_day_rule rule = {.kind = 'N', .time_s = 2 * 3600};

    expect(cursor, ',');
    if (skip(cursor, 'M')) {
        rule.kind = 'M';
        rule.month = read_number(cursor, 1, 12);
        expect(cursor, '.');
        rule.week = read_number(cursor, 1, 5);
        expect(cursor, '.');
        rule.day = read_number(cursor, 0, 6);
    } else if (skip(cursor, 'J')) {
        rule.kind = 'J';
        rule.day = read_number(cursor, 1, 365);
    } else {
        rule.day = read_number(cursor, 0, 365);
    }
    if (skip(cursor, '/')) {
        rule.time_s = read_time(cursor, 167);
    }
    return rule;
}

static void read_summer(struct cursor *cursor, struct zone_posix *out)
{
    out->has_summer = true;
    skip_name(cursor);
    out->summer_s = peek(cursor) == ',' ? out->standard_s + 3600 : -read_time(cursor, 24);
    out->start = read_rule(cursor);
    out->end = read_rule(cursor);
}

bool zone_posix_parse(const char *text, size_t len, struct zone_posix *out)
{
    struct cursor cursor = {text, text + len, false};

    *out = (struct zone_posix){0};
    skip_name(&cursor);
    out->standard_s = -read_time(&cursor, 24); /* POSIX counts westwards */
    if (cursor.at < cursor.end && !cursor.failed) {
        read_summer(&cursor, out);
    }
    return !cursor.failed && cursor.at == cursor.end;
}

/* Weekday of a day since 1970, which began on a Thursday; 0 is Sunday. */
static int weekday(int64_t days)
{
    int64_t rest;

    (void)civil_floor(days + 4, 7, &rest);
    return (int)rest;
}

static int64_t month_rule_days(const struct zone_day_rule *rule, int64_t year)
{
    int64_t first = civil_days(year, rule->month, 1);
    int day = (rule->day - weekday(first) + 7) % 7 + (rule->week - 1) * 7;

    while (day >= civil_month_days(year, rule->month)) {
        day -= 7; /* week 5 is the last one */
    }
    return first + day;
}

/* The wall time at which the rule strikes in that year, as seconds. */
static int64_t rule_wall_s(const struct zone_day_rule *rule, int64_t year)
{
    int64_t days = civil_days(year, 1, 1);

    if (rule->kind == 'M') {
        days = month_rule_days(rule, year);
    } else if (rule->kind == 'J') {
        days += rule->day - 1 + (rule->day >= 60 && civil_leap_year(year));
    } else {
        days += rule->day;
    }
    return days * 86400 + rule->time_s;
}

int32_t zone_posix_offset_s(const struct zone_posix *posix, int64_t utc_s)
{
    int64_t year = civil_from_seconds(utc_s + posix->standard_s).year;
    int64_t start;
    int64_t end;
    bool summer;

    if (!posix->has_summer) {
        return posix->standard_s;
    }
    start = rule_wall_s(&posix->start, year) - posix->standard_s;
    end = rule_wall_s(&posix->end, year) - posix->summer_s;
    /* South of the equator summer goes over the new year. */
    summer = start < end ? utc_s >= start && utc_s < end : utc_s >= start || utc_s < end;
    return summer ? posix->summer_s : posix->standard_s;
}
