/*
 * Unit tests of engine/ledger/window.c.
 */
#include "ledger/window.h"

#include "tests/support/unit.h"

#define SHANGHAI "Asia/Shanghai"

enum { HOUR = 3600 * 1000 };

static struct window window_of(const char *zone, const char *text)
{
    struct window window = {0, 0};

    assert_int_equal(window_parse(zone, text, &window), HB_OK);
    return window;
}

TEST(a_date_is_a_whole_day_of_the_zone)
{
    struct window day = window_of(SHANGHAI, "2026-02-04");

    assert_int_equal(day.from_ms, INT64_C(1770134400000)); /* 2026-02-03T16:00:00Z */
    assert_int_equal(day.to_ms - day.from_ms, 24 * HOUR);
}

TEST(a_day_on_which_the_clock_changes_has_another_length)
{
    struct window spring = window_of("Europe/Berlin", "2026-03-29"),
                  autumn = window_of("Europe/Berlin", "2026-10-25");

    assert_int_equal(spring.to_ms - spring.from_ms, 23 * HOUR);
    assert_int_equal(autumn.to_ms - autumn.from_ms, 25 * HOUR);
}

TEST(two_times_are_a_span)
{
    struct window local = window_of(SHANGHAI, "2026-02-04T10:00:00/2026-02-04T22:00:00");
    struct window absolute = window_of(SHANGHAI, "2026-02-04T02:00:00Z/2026-02-04T22:00:00+08:00");

    assert_int_equal(local.from_ms, absolute.from_ms);
    assert_int_equal(local.to_ms, absolute.to_ms);
    assert_int_equal(local.to_ms - local.from_ms, 12 * HOUR);
}

TEST(what_is_no_window_is_refused)
{
    const char *const texts[] = {"",
                                 "2026-02-30",
                                 "2026-02-4",
                                 "tomorrow",
                                 "2026-02-04/2026-02-05",
                                 "/",
                                 "2026-02-04T10:00:00/2026-02-04T10:00:00",
                                 "2026-02-04T10:00:00/2026-02-03T10:00:00",
                                 "2026-02-04T10:00:00",
                                 "2026-02-04T10:00:00/",
                                 "2026-02-04T10:00:00 and much more than any time has/2026-02-05"};
    struct window window;

    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        assert_int_equal(window_parse(SHANGHAI, texts[i], &window), HB_E_INPUT);
    }
}

TEST(windows_come_one_after_the_other)
{
    const struct window good[] = {{10, 20}, {30, 40}}, touching[] = {{10, 20}, {20, 40}},
                        back[] = {{30, 40}, {10, 20}};

    assert_true(windows_ordered(NULL, 0));
    assert_true(windows_ordered(good, 2));
    assert_false(windows_ordered(touching, 2));
    assert_false(windows_ordered(back, 2));
}

static void check_at(const struct window *windows, size_t count, int64_t now_ms, bool open, int64_t until_ms)
{
    struct window_state at = windows_at(windows, count, now_ms);

    assert_int_equal(at.open, open);
    assert_int_equal(at.until_ms, until_ms);
}

TEST(a_window_s_end_is_outside)
{
    const struct window windows[] = {{10, 20}, {30, 40}};

    check_at(windows, 2, 9, false, 10);
    check_at(windows, 2, 10, true, 20);
    check_at(windows, 2, 19, true, 20);
    check_at(windows, 2, 20, false, 30);
    check_at(windows, 2, 39, true, 40);
    check_at(windows, 2, 40, false, WINDOW_NEVER);
}

TEST(without_windows_it_is_always_open)
{
    check_at(NULL, 0, 12345, true, WINDOW_NEVER);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(a_date_is_a_whole_day_of_the_zone),
        RUN(a_day_on_which_the_clock_changes_has_another_length),
        RUN(two_times_are_a_span),
        RUN(what_is_no_window_is_refused),
        RUN(windows_come_one_after_the_other),
        RUN(a_window_s_end_is_outside),
        RUN(without_windows_it_is_always_open),
    };

    return RUN_ALL(tests);
}
