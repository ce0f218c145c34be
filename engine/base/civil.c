/*
 * base/civil.c - calendar arithmetic in the Gregorian calendar.
 *
 * Years begin in March here, so that the leap day is a year's last one, and 400 years (an era) are
 * always 146097 days.
 */
#include "base/civil.h"

enum { DAY_S = 86400, ERA_DAYS = 146097, EPOCH_DAYS = 719468 /* 0000-03-01 to 1970-01-01 */ };

int64_t civil_floor(int64_t value, int64_t size, int64_t *rest)
{
    int64_t whole = value / size;

    *rest = value % size;
    if (*rest < 0) {
        *rest += size;
        whole--;
    }
    return whole;
}

int64_t civil_days(int64_t year, int month, int day)
{
    int64_t year_of_era;
    int64_t era = civil_floor(month <= 2 ? year - 1 : year, 400, &year_of_era);
    int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;

    return era * ERA_DAYS + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year -
           EPOCH_DAYS;
}

int64_t civil_to_seconds(const struct civil *civil)
{
    return civil_days(civil->year, civil->month, civil->day) * DAY_S + civil->hour * 3600 +
           civil->minute * 60 + civil->second;
}

static void civil_set_date(struct civil *civil, int64_t days)
{
    int64_t day_of_era;
    int64_t era = civil_floor(days + EPOCH_DAYS, ERA_DAYS, &day_of_era);
    int64_t year = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year + year / 4 - year / 100);
    int month = (int)((5 * day_of_year + 2) / 153);

    civil->day = (int)(day_of_year - (153 * month + 2) / 5 + 1);
    civil->month = month < 10 ? month + 3 : month - 9;
    civil->year = year + era * 400 + (civil->month <= 2);
}

struct civil civil_from_seconds(int64_t seconds)
{
    struct civil civil = {0};
    int64_t rest;

    civil_set_date(&civil, civil_floor(seconds, DAY_S, &rest));
    civil.hour = (int)(rest / 3600);
    civil.minute = (int)(rest / 60 % 60);
    civil.second = (int)(rest % 60);
    return civil;
}

bool civil_leap_year(int64_t year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

int civil_month_days(int64_t year, int month)
{
    static const int DAYS[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

    return DAYS[month - 1] + (month == 2 && civil_leap_year(year));
}

bool civil_valid(const struct civil *civil)
{
    return civil->month >= 1 && civil->month <= 12 && civil->day >= 1 &&
           civil->day <= civil_month_days(civil->year, civil->month) && civil->hour >= 0 &&
           civil->hour <= 23 && civil->minute >= 0 && civil->minute <= 59 && civil->second >= 0 &&
           civil->second <= 59;
}

void civil_write_digits(char *out, size_t digits, int64_t value)
{
    while (digits > 0) {
        out[--digits] = (char)('0' + value % 10);
        value /= 10;
    }
}

void civil_write(const struct civil *civil, char out[static CIVIL_TEXT])
{
    int64_t year = civil->year < 0 ? 0 : civil->year > 9999 ? 9999 : civil->year;

    civil_write_digits(out, 4, year);
    out[4] = '-';
    civil_write_digits(out + 5, 2, civil->month);
    out[7] = '-';
    civil_write_digits(out + 8, 2, civil->day);
    out[10] = 'T';
    civil_write_digits(out + 11, 2, civil->hour);
    out[13] = ':';
    civil_write_digits(out + 14, 2, civil->minute);
    out[16] = ':';
    civil_write_digits(out + 17, 2, civil->second);
}
