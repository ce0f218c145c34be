/*
 * base/civil.h - calendar arithmetic in the Gregorian calendar, without zones and without libc.
 *
 * Inside base only: clock, zone and certificates.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct civil {
    int64_t year;
    int month, day; /* from 1 */
    int hour, minute, second;
};

int64_t civil_days(int64_t year, int month, int day); /* since 1970-01-01 */
int64_t civil_to_seconds(const struct civil *civil);
struct civil civil_from_seconds(int64_t seconds);
bool civil_valid(const struct civil *civil);
int civil_month_days(int64_t year, int month);
bool civil_leap_year(int64_t year);

/* "2026-02-16T20:00:00", 19 characters, no NUL; years outside 0-9999 are written as the nearest of them. */
enum { CIVIL_TEXT = 19 };
void civil_write(const struct civil *civil, char out[static CIVIL_TEXT]);
void civil_write_digits(char *out, size_t digits, int64_t value);

/* seconds / size rounded down, also below zero; *rest is in 0 to size - 1. */
int64_t civil_floor(int64_t value, int64_t size, int64_t *rest);
