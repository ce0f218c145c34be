/*
 * Unit tests of base/beijing.c: both of the providers' forms of a time, written and read.
 */
#include "base/beijing.h"

#include "tests/support/unit.h"

#include <string.h>

static const int64_t MOMENT_MS = INT64_C(1700000001) * 1000; /* 2023-11-14 22:13:21 UTC */

TEST(a_time_is_written_eight_hours_ahead)
{
    char text[BEIJING_TEXT], rfc3339[BEIJING_RFC3339], day[BEIJING_DAY];

    beijing_write(MOMENT_MS + 999, text);
    assert_string_equal(text, "2023-11-15 06:13:21");
    beijing_write_rfc3339(MOMENT_MS, rfc3339);
    assert_string_equal(rfc3339, "2023-11-15T06:13:21+08:00");
    beijing_write_day(MOMENT_MS, day);
    assert_string_equal(day, "2023-11-15");
}

struct spelling {
    const char *text;
    int64_t ms;
};

static const struct spelling SPELLINGS[] = {
    {"2023-11-15 06:13:21", 0},
    {"2023-11-15T06:13:21+08:00", 0},
    {"2023-11-14T22:13:21Z", 0},
    {"2023-11-14T21:13:21-01:00", 0},
    {"2023-11-15T06:13:21.120+08:00", 120},
    {"2023-11-15T06:13:21.5+08:00", 500},
    {"2023-11-15T06:13:21.123456789+08:00", 123},
};

TEST(every_spelling_of_a_time_is_the_same_moment)
{
    for (size_t i = 0; i < sizeof SPELLINGS / sizeof SPELLINGS[0]; i++) {
        int64_t ms;

        assert_true(beijing_parse(SPELLINGS[i].text, strlen(SPELLINGS[i].text), &ms));
        assert_int_equal(ms, MOMENT_MS + SPELLINGS[i].ms);
    }
}

TEST(what_is_no_time_is_refused)
{
    static const char *const BAD[] = {"",
                                      "2023-11-15",
                                      "2023-11-15 06:13",
                                      "2023-11-15 06:13:21 ",
                                      "2023-11-15 06:13:21+08:00",
                                      "2023-11-15T06:13:21",
                                      "2023-11-15T06:13:21.+08:00",
                                      "2023-11-15T06:13:21.1234567890Z",
                                      "2023-11-15T06:13:21+0800",
                                      "2023-11-15T06:13:21+24:00",
                                      "2023-02-29 06:13:21",
                                      "2023-11-15 24:00:00",
                                      "2023-11-15 06:13:60",
                                      "0023-11-15 06:13:21",
                                      "2023-1-15 06:13:210"};

    for (size_t i = 0; i < sizeof BAD / sizeof BAD[0]; i++) {
        int64_t ms;

        assert_false(beijing_parse(BAD[i], strlen(BAD[i]), &ms));
    }
}

TEST(a_day_begins_at_midnight_in_china)
{
    int64_t ms;

    assert_true(beijing_parse_day("1970-01-02", 10, &ms));
    assert_int_equal(ms, INT64_C(16) * 3600 * 1000);
    assert_false(beijing_parse_day("1970-01-02 ", 11, &ms));
    assert_false(beijing_parse_day("1970-02-30", 10, &ms));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(a_time_is_written_eight_hours_ahead),
        RUN(every_spelling_of_a_time_is_the_same_moment),
        RUN(what_is_no_time_is_refused),
        RUN(a_day_begins_at_midnight_in_china),
    };

    return RUN_ALL(tests);
}
