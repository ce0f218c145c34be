/*
 * Unit tests of base/clock.c and the calendar behind it.
 */
#include "base/civil.h"
#include "base/clock.h"

#include "tests/support/unit.h"

static void check_utc(int64_t wall_ms, const char *expected)
{
    char text[25];

    clock_format_utc(wall_ms, text);
    assert_string_equal(text, expected);
}

TEST(utc_is_written_as_rfc_3339)
{
    check_utc(0, "1970-01-01T00:00:00.000Z");
    check_utc(-1, "1969-12-31T23:59:59.999Z");
    check_utc(1771243200123, "2026-02-16T12:00:00.123Z");
    check_utc(951782400000, "2000-02-29T00:00:00.000Z");
    check_utc(4107542399999, "2100-02-28T23:59:59.999Z");
    check_utc(4107542400000, "2100-03-01T00:00:00.000Z");
    check_utc(INT64_MAX, "9999-08-17T07:12:55.807Z"); /* the year is cut, the room is not */
}

TEST(the_calendar_goes_there_and_back_for_every_day_of_a_millennium)
{
    for (int64_t day = -100000; day < 300000; day++) {
        struct civil civil = civil_from_seconds(day * 86400 + 3661);

        assert_true(civil_valid(&civil));
        assert_int_equal(civil_to_seconds(&civil), day * 86400 + 3661);
    }
}

TEST(monotonic_time_does_not_go_back)
{
    int64_t before = clock_mono_us();

    assert_true(clock_mono_us() >= before);
    assert_true(clock_wall_ms() > 1700000000000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(utc_is_written_as_rfc_3339),
        RUN(the_calendar_goes_there_and_back_for_every_day_of_a_millennium),
        RUN(monotonic_time_does_not_go_back),
    };

    return RUN_ALL(tests);
}
