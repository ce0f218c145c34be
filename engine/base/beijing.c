/*
 * base/beijing.c - China's time, UTC+8 all year.
 */
#include "base/beijing.h"

#include "base/civil.h"

#include <string.h>

enum { OFFSET_S = 8 * 3600, OFFSET_TEXT = 6, YEAR_MIN = 1970, FRACTION_MAX = 9, DATE_TEXT = 10 };

static void write_civil(int64_t wall_ms, char separator, char out[static CIVIL_TEXT])
{
    int64_t rest;
    struct civil civil = civil_from_seconds(civil_floor(wall_ms, 1000, &rest) + OFFSET_S);

    civil_write(&civil, out);
    out[DATE_TEXT] = separator;
}

void beijing_write(int64_t wall_ms, char out[static BEIJING_TEXT])
{
    write_civil(wall_ms, ' ', out);
    out[CIVIL_TEXT] = '\0';
}

void beijing_write_rfc3339(int64_t wall_ms, char out[static BEIJING_RFC3339])
{
    write_civil(wall_ms, 'T', out);
    memcpy(out + CIVIL_TEXT, "+08:00", OFFSET_TEXT + 1);
}

void beijing_write_day(int64_t wall_ms, char out[static BEIJING_DAY])
{
    char text[CIVIL_TEXT];

    write_civil(wall_ms, ' ', text);
    memcpy(out, text, DATE_TEXT);
    out[DATE_TEXT] = '\0';
}

/* A number of so many digits, moving *at behind it. */
static bool take_number(const char **at, const char *end, size_t digits, int *out)
{
    *out = 0;
    for (size_t i = 0; i < digits; i++, ++*at) {
        if (*at == end || **at < '0' || **at > '9') {
            return false;
        }
        *out = *out * 10 + (**at - '0');
    }
    return true;
}

static bool take_char(const char **at, const char *end, const char *any)
{
    bool good = *at < end && **at != '\0' && strchr(any, **at) != NULL;

    *at += good;
    return good;
}

static bool take_date(const char **at, const char *end, struct civil *out)
{
    int year;

    if (!take_number(at, end, 4, &year) || !take_char(at, end, "-") ||
        !take_number(at, end, 2, &out->month) || !take_char(at, end, "-") ||
        !take_number(at, end, 2, &out->day)) {
        return false;
    }
    out->year = year;
    return year >= YEAR_MIN;
}

static bool take_time(const char **at, const char *end, struct civil *out)
{
    return take_number(at, end, 2, &out->hour) && take_char(at, end, ":") &&
           take_number(at, end, 2, &out->minute) && take_char(at, end, ":") &&
           take_number(at, end, 2, &out->second);
}

/* Milliseconds of ".120"; what is finer is cut off. */
static bool take_fraction(const char **at, const char *end, int *out_ms)
{
    int scale = 100;
    size_t digits = 0;

    *out_ms = 0;
    if (!take_char(at, end, ".")) {
        return true;
    }
    for (; *at < end && **at >= '0' && **at <= '9'; ++*at, digits++) {
        *out_ms += (**at - '0') * scale;
        scale /= 10;
    }
    return digits > 0 && digits <= FRACTION_MAX;
}

static bool take_offset(const char **at, const char *end, int64_t *out_s)
{
    int sign = *at < end && **at == '-' ? -1 : 1, hours, minutes;

    *out_s = 0;
    if (take_char(at, end, "Z")) {
        return true;
    }
    if (!take_char(at, end, "+-") || !take_number(at, end, 2, &hours) || !take_char(at, end, ":") ||
        !take_number(at, end, 2, &minutes) || hours > 23 || minutes > 59) {
        return false;
    }
    *out_s = sign * (int64_t)(hours * 3600 + minutes * 60);
    return true;
}

bool beijing_parse(const char *text, size_t len, int64_t *wall_ms)
{
    const char *at = text, *end = text + len;
    int64_t offset_s = OFFSET_S;
    struct civil civil = {0};
    int ms = 0;

    if (!take_date(&at, end, &civil) || !take_char(&at, end, "T ")) {
        return false;
    }
    if (!take_time(&at, end, &civil) ||
        (text[DATE_TEXT] == 'T' && (!take_fraction(&at, end, &ms) || !take_offset(&at, end, &offset_s))) ||
        at != end || !civil_valid(&civil)) {
        return false;
    }
    *wall_ms = (civil_to_seconds(&civil) - offset_s) * 1000 + ms;
    return true;
}

bool beijing_parse_day(const char *text, size_t len, int64_t *wall_ms)
{
    const char *at = text, *end = text + len;
    struct civil civil = {0};

    if (!take_date(&at, end, &civil) || at != end || !civil_valid(&civil)) {
        return false;
    }
    *wall_ms = (civil_to_seconds(&civil) - OFFSET_S) * 1000;
    return true;
}
