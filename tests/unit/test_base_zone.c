/*
 * Unit tests of base/zone.c, zone_file.c and zone_posix.c: changes of offset, skipped and doubled times.
 */
#include "base/zone.h"

#include "base/zone_file.h"
#include "base/zone_posix.h"

#include "tests/support/unit.h"

#include <string.h>

TEST(only_names_of_zones_exist)
{
    assert_true(zone_exists("Asia/Shanghai"));
    assert_true(zone_exists("UTC"));
    assert_false(zone_exists(""));
    assert_false(zone_exists("Asia"));
    assert_false(zone_exists("Asia/Nowhere"));
    assert_false(zone_exists("../../../etc/passwd"));
    assert_false(zone_exists("/usr/share/zoneinfo/UTC"));
    assert_false(zone_exists("zone.tab"));
    assert_false(zone_exists("tzdata.zi"));
}

static void check_parse(const char *zone, const char *text, const char *expected_utc)
{
    int64_t ms;
    char utc[26];

    assert_int_equal(zone_parse(zone, text, &ms), HB_OK);
    zone_format("UTC", ms, utc);
    assert_string_equal(utc, expected_utc);
}

TEST(wall_times_become_instants)
{
    check_parse("Asia/Shanghai", "2026-02-16T20:00:00", "2026-02-16T12:00:00+00:00");
    check_parse("Asia/Shanghai", "2026-02-16T20:00:00Z", "2026-02-16T20:00:00+00:00");
    check_parse("Asia/Shanghai", "2026-02-16T20:00:00+09:30", "2026-02-16T10:30:00+00:00");
    check_parse("Asia/Kathmandu", "2026-02-16T20:00:00", "2026-02-16T14:15:00+00:00");
    check_parse(
        "Asia/Shanghai", "1988-07-01T12:00:00", "1988-07-01T03:00:00+00:00"); /* China had summer time */
}

TEST(a_skipped_time_is_the_first_instant_after_it)
{
    check_parse("Europe/Berlin", "2026-03-29T02:30:00", "2026-03-29T01:00:00+00:00");
    check_parse("America/New_York", "2026-03-08T02:00:00", "2026-03-08T07:00:00+00:00");
    check_parse("Pacific/Apia", "2011-12-30T12:00:00", "2011-12-30T10:00:00+00:00"); /* a whole day skipped */
    check_parse("Africa/Cairo", "2026-04-24T00:00:00", "2026-04-23T22:00:00+00:00"); /* midnight skipped */
}

TEST(a_doubled_time_is_its_first_instant)
{
    check_parse("Europe/Berlin", "2026-10-25T02:30:00", "2026-10-25T00:30:00+00:00");
    check_parse("America/New_York", "2026-11-01T01:30:00", "2026-11-01T05:30:00+00:00");
    check_parse("Australia/Lord_Howe", "2026-04-05T01:45:00", "2026-04-04T14:45:00+00:00"); /* half an hour */
}

TEST(far_years_follow_the_rule_at_the_end_of_the_file)
{
    check_parse("Europe/Berlin", "2085-07-01T12:00:00", "2085-07-01T10:00:00+00:00");
    check_parse("Europe/Berlin", "2085-12-01T12:00:00", "2085-12-01T11:00:00+00:00");
    check_parse("Australia/Sydney", "2085-01-01T12:00:00", "2085-01-01T01:00:00+00:00");
    check_parse("Asia/Shanghai", "2085-07-01T12:00:00", "2085-07-01T04:00:00+00:00");
}

TEST(what_is_not_a_time_is_refused)
{
    const char *bad[] = {
        "",
        "2026-02-16",
        "2026-02-16 20:00:00",
        "2026-02-16T20:00",
        "2026-02-29T20:00:00",
        "2026-13-01T20:00:00",
        "2026-00-01T20:00:00",
        "2026-02-16T24:00:00",
        "2026-02-16T20:60:00",
        "2026-02-16T20:00:60",
        "2026-02-16T20:00:00z",
        "2026-02-16T20:00:00+0800",
        "2026-02-16T20:00:00+08:60",
        "2026-02-16T20:00:00Z ",
        "+026-02-16T20:00:00",
        "1969-12-31T23:59:59",
    };
    int64_t ms;

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(zone_parse("Asia/Shanghai", bad[i], &ms), HB_E_INPUT);
    }
    assert_int_equal(zone_parse("Nowhere", "2026-02-16T20:00:00", &ms), HB_E_INPUT);
}

static void
check_days(const char *zone, const char *from, const char *to, size_t count, const char *const *expected)
{
    int64_t days[10];
    int64_t from_ms;
    int64_t to_ms;
    size_t got;
    char text[26];

    assert_int_equal(zone_parse(zone, from, &from_ms), HB_OK);
    assert_int_equal(zone_parse(zone, to, &to_ms), HB_OK);
    assert_int_equal(zone_day_starts(zone, from_ms, to_ms, days, 10, &got), HB_OK);
    assert_int_equal(got, count);
    for (size_t i = 0; i < count; i++) {
        zone_format(zone, days[i], text);
        assert_string_equal(text, expected[i]);
    }
}

TEST(days_begin_when_the_zone_says)
{
    check_days("Asia/Shanghai",
               "2026-02-16T20:00:00",
               "2026-02-18T00:00:00",
               2,
               (const char *[]){"2026-02-16T00:00:00+08:00", "2026-02-17T00:00:00+08:00"});
    check_days("Europe/Berlin",
               "2026-03-29T12:00:00",
               "2026-03-30T00:00:01",
               2,
               (const char *[]){"2026-03-29T00:00:00+01:00", "2026-03-30T00:00:00+02:00"});
    check_days("Africa/Cairo",
               "2026-04-23T12:00:00",
               "2026-04-24T12:00:00",
               2,
               (const char *[]){"2026-04-23T00:00:00+02:00", "2026-04-24T01:00:00+03:00"});
    check_days("America/Sao_Paulo", /* from the second 23:30 of the day */
               "2018-02-18T02:30:00Z",
               "2018-02-18T12:00:00",
               2,
               (const char *[]){"2018-02-17T00:00:00-02:00", "2018-02-18T00:00:00-03:00"});
}

TEST(a_day_that_was_skipped_is_not_listed)
{
    check_days("Pacific/Apia",
               "2011-12-29T12:00:00",
               "2012-01-01T12:00:00",
               3,
               (const char *[]){
                   "2011-12-29T00:00:00-10:00", "2011-12-31T00:00:00+14:00", "2012-01-01T00:00:00+14:00"});
}

TEST(too_many_days_are_refused)
{
    int64_t days[3];
    size_t count;

    assert_int_equal(zone_day_starts("UTC", 0, 3 * 86400000, days, 3, &count), HB_OK);
    assert_int_equal(count, 3);
    assert_int_equal(zone_day_starts("UTC", 0, 3 * 86400000 + 1, days, 3, &count), HB_E_INPUT);
    assert_int_equal(count, 0);
    assert_int_equal(zone_day_starts("Nowhere", 0, 1, days, 3, &count), HB_E_INPUT);
}

TEST(times_are_written_with_their_offset)
{
    char text[26];

    zone_format("Asia/Shanghai", 1771243200999, text);
    assert_string_equal(text, "2026-02-16T20:00:00+08:00");
    zone_format("America/St_Johns", 1771243200000, text);
    assert_string_equal(text, "2026-02-16T08:30:00-03:30");
    zone_format("Nowhere", 0, text);
    assert_string_equal(text, "1970-01-01T00:00:00+00:00");
}

TEST(rules_are_read_strictly)
{
    const char *bad[] = {
        "", "A1", "ABC", "ABC1DEF", "ABC1DEF,M13.1.0,M1.1.0", "ABC1DEF,M1.1.0", "ABC25", "ABC1 ", "<+1"};
    struct zone_posix posix;

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_false(zone_posix_parse(bad[i], strlen(bad[i]), &posix));
    }
    assert_true(zone_posix_parse("<+1030>-10:30<+11>-11,M10.1.0,M4.1.0", 36, &posix));
    assert_int_equal(posix.standard_s, 37800);
    assert_int_equal(posix.summer_s, 39600);
    assert_true(zone_posix_parse("EST5EDT,J60/0,300/25:30", 23, &posix));
    assert_int_equal(zone_posix_offset_s(&posix, 1772341199), -18000); /* 2026-03-01T04:59:59Z */
    assert_int_equal(zone_posix_offset_s(&posix, 1772341200), -14400); /* 1 March, though no leap year */
}

TEST(a_damaged_file_is_refused)
{
    uint8_t bytes[100] = "TZif2";

    assert_null(zone_rules_parse(bytes, 0));
    assert_null(zone_rules_parse(bytes, sizeof bytes));
    memset(bytes + 20, 0xFF, 24);
    assert_null(zone_rules_parse(bytes, sizeof bytes));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(only_names_of_zones_exist),
        RUN(wall_times_become_instants),
        RUN(a_skipped_time_is_the_first_instant_after_it),
        RUN(a_doubled_time_is_its_first_instant),
        RUN(far_years_follow_the_rule_at_the_end_of_the_file),
        RUN(what_is_not_a_time_is_refused),
        RUN(days_begin_when_the_zone_says),
        RUN(a_day_that_was_skipped_is_not_listed),
        RUN(too_many_days_are_refused),
        RUN(times_are_written_with_their_offset),
        RUN(rules_are_read_strictly),
        RUN(a_damaged_file_is_refused),
    };

    return RUN_ALL(tests);
}
