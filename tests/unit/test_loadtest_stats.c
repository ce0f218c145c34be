/*
 * Unit tests of loadtest/stats.c: totals, classes, rows.
 */
#include "loadtest/stats.h"

#include "tests/support/unit.h"

#include <stdio.h>
#include <string.h>

enum { START_US = 5000000, SECOND_US = 1000000 };

static struct stats stats;

static void setup(void)
{
    assert_true(stats_init(&stats, 1000));
    stats_start(&stats, START_US);
}

/* A draw planned, sent and ended at these times since the start. */
static void
draw(int64_t planned_us, int64_t sent_us, int64_t ended_us, size_t class_at, const char *name, int total)
{
    stats_planned(&stats, START_US + planned_us, true);
    stats_sent(&stats, START_US + planned_us, START_US + sent_us, true);
    stats_ended(&stats,
                &(struct stats_end){.planned_us = START_US + planned_us,
                                    .sent_us = START_US + sent_us,
                                    .now_us = START_US + ended_us,
                                    .class_name = name,
                                    .class_at = class_at,
                                    .total = (enum stats_total)total});
}

TEST(both_latencies_and_what_was_late_are_kept)
{
    setup();
    draw(0, 500, 2500, CLASS_WON, "", TOTAL_WON);
    draw(1000, 3001, 4000, CLASS_REPLAYED, "", TOTAL_NONE);
    stats_finish(&stats, START_US + 10000);
    assert_int_equal(stats.planned.max_us, 3000);
    assert_int_equal(stats.planned.min_us, 2500);
    assert_int_equal(stats.sent.max_us, 2000);
    assert_int_equal(stats.sent.min_us, 999);
    assert_int_equal(stats.totals[TOTAL_LATE], 1);
    assert_int_equal(stats.late_max_us, 2001);
    assert_int_equal(stats.totals[TOTAL_DONE], 2);
    assert_int_equal(stats.totals[TOTAL_REPLAYED], 1);
    assert_int_equal(stats.in_flight, 0);
    assert_true(stats_rate(&stats) == 500);
    stats_free(&stats);
}

TEST(each_second_has_its_row_and_its_own_percentiles)
{
    setup();
    draw(100, 100, 200, CLASS_WON, "", TOTAL_WON);
    draw(300, 300, 3 * SECOND_US + 300, CLASS_FIXED, "refused:x", TOTAL_REFUSED);
    draw(3 * SECOND_US, 3 * SECOND_US, 3 * SECOND_US + 500, CLASS_NONE, "", TOTAL_NONE);
    stats_planned(&stats, START_US + 2 * SECOND_US, false);
    stats_finish(&stats, START_US + 3 * SECOND_US + 600);
    assert_int_equal(stats.second_count, 4);
    assert_int_equal(stats.seconds[0].planned, 2);
    assert_int_equal(stats.seconds[0].won, 1);
    assert_int_equal(stats.seconds[0].max_us, 100);
    assert_int_equal(stats.seconds[0].in_flight, 1);
    assert_int_equal(stats.seconds[1].max_us, 0);
    assert_int_equal(stats.seconds[2].planned, 1);
    assert_int_equal(stats.seconds[3].refused, 1);
    assert_int_equal(stats.seconds[3].none, 1);
    assert_int_equal(stats.seconds[3].p50_us, 500);
    assert_int_equal(stats.seconds[3].max_us, 3 * SECOND_US);
    assert_int_equal(stats.totals[TOTAL_UNSENT], 1);
    stats_free(&stats);
}

TEST(an_attempt_that_is_repeated_is_a_class_but_no_draw)
{
    setup();
    stats_sent(&stats, START_US, START_US, true);
    stats_ended(&stats,
                &(struct stats_end){.planned_us = START_US,
                                    .now_us = START_US + 700,
                                    .class_name = "retried:connect",
                                    .class_at = CLASS_FIXED,
                                    .total = TOTAL_RETRIES});
    stats_sent(&stats, START_US, START_US + 1000, false);
    stats_finish(&stats, START_US + 2000);
    assert_int_equal(stats.totals[TOTAL_DONE], 0);
    assert_int_equal(stats.totals[TOTAL_RETRIES], 1);
    assert_int_equal(stats.planned.count, 0);
    assert_int_equal(stats.in_flight, 1);
    assert_string_equal(stats.classes[CLASS_FIXED].name, "retried:connect");
    assert_int_equal(stats.classes[CLASS_FIXED].planned.max_us, 700);
    assert_int_equal(stats.classes[CLASS_FIXED].sent.count, 0);
    stats_free(&stats);
}

TEST(classes_past_the_last_place_are_one)
{
    uint64_t sum = 0;

    setup();
    for (int i = 0; i < 200; i++) {
        char name[CLASS_NAME_MAX + 1];

        snprintf(name, sizeof name, "refused:%d", i);
        draw(i, i, i + 10, CLASS_FIXED, name, TOTAL_REFUSED);
    }
    assert_int_equal(stats.class_count, CLASSES_MAX);
    assert_string_equal(stats.classes[CLASSES_MAX - 1].name, "others");
    for (size_t i = 0; i < stats.class_count; i++) {
        sum += stats.classes[i].planned.count;
    }
    assert_int_equal(sum, 200);
    stats_free(&stats);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(both_latencies_and_what_was_late_are_kept),
        RUN(each_second_has_its_row_and_its_own_percentiles),
        RUN(an_attempt_that_is_repeated_is_a_class_but_no_draw),
        RUN(classes_past_the_last_place_are_one),
    };

    return RUN_ALL(tests);
}
