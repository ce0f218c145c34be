/*
 * Unit tests of campaign/compile*.c, calendar.c and slots.c.
 */
#include "campaign/compile.h"

#include "campaign/table_check.h"
#include "lottery/pacing.h"
#include "tests/support/campaign_documents.h"
#include "tests/support/unit.h"

#include <stdio.h>
#include <string.h>

#define MINUTE_MS INT64_C(60000)
#define HOUR_MS (60 * MINUTE_MS)
#define DAY_MS (24 * HOUR_MS)

static struct table *compiled(json_t *json)
{
    struct document *document = sound_document(json);
    struct table *table = NULL;

    assert_int_equal(table_compile(document, 1, 1, &table), HB_OK);
    assert_null(table_flaw(table));
    document_free(document);
    json_decref(json);
    return table;
}

/* A generator of our own, so that a failure comes again. */
static uint64_t next_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

TEST(the_sample_compiles)
{
    struct table *table = compiled(sample_json());
    const struct table_prize *luck = &table->prizes[SAMPLE_LUCK];

    assert_string_equal(table->campaign, "spring-2026");
    assert_int_equal(table->version, 1);
    assert_int_equal(table->shards, 2);
    assert_int_equal(table->start_ms, SAMPLE_START_MS);
    assert_int_equal(table->day_count, 8);
    assert_int_equal(table->days[0], SAMPLE_START_MS - 20 * HOUR_MS);
    assert_int_equal(table->days[7], SAMPLE_START_MS + 4 * HOUR_MS + 6 * DAY_MS);
    assert_int_equal(table->prizes[SAMPLE_GRAND].wins_max, 1);
    assert_int_equal(luck->slot_count,
                     8); /* seven evenings and a noon; the eighth evening begins at the end */
    assert_int_equal(luck->slots[0].from_ms, SAMPLE_START_MS);
    assert_int_equal(luck->slots[1].from_ms, SAMPLE_START_MS + 16 * HOUR_MS);
    assert_int_equal(luck->slots[1].to_ms - luck->slots[1].from_ms, 30 * MINUTE_MS);
    assert_int_equal(luck->per_second, 50);
    table_free(table);
}

TEST(shards_come_from_the_document_or_the_engine)
{
    json_t *json = edited("/shards", NULL);
    struct document *document = sound_document(json);
    struct table *table = NULL;

    assert_int_equal(table_compile(document, 7, 5, &table), HB_OK);
    assert_int_equal(table->shards, 5);
    assert_int_equal(table->version, 7);
    table_free(table);
    document_free(document);
    json_decref(json);
}

TEST(a_document_with_an_error_is_not_compiled)
{
    static const char *const EDITS[][2] = {
        {"/titel", "1"}, {"/budget_fen", "1"}, {"/prizes/1/odds", "\"x\""}};

    for (size_t i = 0; i < 3; i++) {
        json_t *json = edited(EDITS[i][0], EDITS[i][1]);
        struct document *document = NULL;
        struct table *table = NULL;
        struct problems *problems = problems_at(json, SAMPLE_NOW_MS, &document);

        assert_int_equal(table_compile(document, 1, 1, &table), HB_E_INVALID_DOCUMENT);
        assert_null(table);
        problems_free(problems);
        document_free(document);
        json_decref(json);
    }
}

TEST(thresholds_are_exact)
{
    assert_int_equal(compile_threshold(0), 0);
    assert_int_equal(compile_threshold(NANO), NUMBER_SPAN);
    assert_int_equal(compile_threshold(NANO / 2), NUMBER_SPAN / 2);
    assert_int_equal(compile_threshold(1), 281474); /* 281474.976710656 */
    assert_int_equal(compile_threshold(NANO - 1), INT64_C(281474976429181));
}

static json_t *odds_document(const int64_t *odds, size_t count)
{
    json_t *json = edited("/prizes", "[]");
    char prize[300];

    edit(json, "/expected_draws", NULL);
    for (size_t i = 0; i < count; i++) {
        (void)snprintf(prize,
                       sizeof prize,
                       "{\"id\":\"p%zu\",\"kind\":\"card\",\"mode\":\"odds\",\"odds\":%s,\"units\":1000,"
                       "\"name\":{\"zh\":\"a\",\"en\":\"a\"}}",
                       i,
                       fact_decimal(odds[i]).text);
        edit(json, "/prizes/-", prize);
    }
    return json;
}

/* Any cut of 1 into odds: neighbours touch, all numbers are covered, and no prize is off by a whole number.
 */
TEST(odds_that_sum_to_one_cover_every_number)
{
    uint64_t random = 88172645463325252U;

    for (int round = 0; round < 60; round++) {
        size_t count = 1 + next_random(&random) % PRIZES_MAX;
        int64_t odds[PRIZES_MAX];
        int64_t left = NANO;
        int64_t passed = 0;
        struct table *table;

        for (size_t i = 0; i < count; i++) {
            odds[i] = i + 1 == count ? left : (int64_t)(next_random(&random) % (uint64_t)(left / 3 + 1));
            left -= odds[i];
        }
        table = compiled(odds_document(odds, count));
        for (size_t i = 0; i < count; i++) {
            int64_t width = table->prizes[i].number_to - table->prizes[i].number_from;
            double exact = (double)odds[i] * (double)NUMBER_SPAN / (double)NANO;

            assert_int_equal(table->prizes[i].number_from, passed);
            assert_true((double)width - exact < 1.001 && exact - (double)width < 1.001);
            passed = table->prizes[i].number_to;
        }
        assert_int_equal(passed, NUMBER_SPAN);
        table_free(table);
    }
}

TEST(prizes_of_other_modes_take_no_numbers)
{
    struct table *table = compiled(sample_json());

    assert_int_equal(table->prizes[SAMPLE_GRAND].number_to, 0);
    assert_int_equal(table->prizes[SAMPLE_CASH].number_from, 0);
    assert_int_equal(table->prizes[SAMPLE_WELCOME].number_to, 0);
    assert_int_equal(table->prizes[SAMPLE_FU].number_to, compile_threshold(351000000));
    table_free(table);
}

TEST(curves_begin_at_the_start)
{
    json_t *json = sample_json();
    struct table *table;
    const struct table_prize *cash;

    edit(json, "/prizes/1/pacing/curve/0/at", "\"2026-02-17T20:00:00\"");
    table = compiled(json);
    cash = &table->prizes[SAMPLE_CASH];
    assert_int_equal(cash->curve_count, 4);
    assert_int_equal(cash->curve[0].at_s, SAMPLE_START_MS / 1000);
    assert_int_equal(cash->curve[0].units, 0);
    assert_int_equal(cash->curve[1].units, 10);
    assert_int_equal(pacing_curve_units(cash, SAMPLE_START_MS + DAY_MS / 2), 5);
    assert_int_equal(pacing_curve_units(cash, SAMPLE_END_MS), 100);
    table_free(table);
}

/* Two years and 2^31 - 1 units: the product of a segment stays exact in a double. */
TEST(long_curves_are_cut)
{
    struct document_point points[2] = {{0, 0}, {INT64_C(1000) * DAY_S * WINDOW_DAYS_MAX, NANO}};
    struct document_prize prize = {.units = UNITS_MAX, .curve = points, .curve_count = 2};
    struct curve_point out[CURVE_MAX];
    uint32_t count = compile_curve(&prize, 0, out);

    assert_in_range(count, 3, 10);
    assert_int_equal(out[count - 1].units, UNITS_MAX);
    assert_int_equal(out[count - 1].at_s, (int64_t)DAY_S * WINDOW_DAYS_MAX);
    for (uint32_t i = 1; i < count; i++) {
        int64_t seconds = out[i].at_s - out[i - 1].at_s;
        int64_t exact = UNITS_MAX / 1000 * out[i].at_s / ((int64_t)DAY_S * WINDOW_DAYS_MAX) * 1000;

        assert_true(seconds > 0 && seconds * (out[i].units - out[i - 1].units) < CURVE_PRODUCT_MAX);
        assert_true(out[i].units >= exact && out[i].units < exact + 2000);
    }
}

TEST(the_worst_curve_fits)
{
    struct document_point points[DOCUMENT_CURVE_MAX];
    struct document_prize prize = {.units = UNITS_MAX, .curve = points, .curve_count = DOCUMENT_CURVE_MAX};
    struct curve_point out[CURVE_MAX];
    uint64_t random = 1234567;

    for (int round = 0; round < 200; round++) {
        int64_t at_s = 5 + (int64_t)(next_random(&random) % 1000);
        int64_t share = 0;
        uint32_t count;

        for (size_t i = 0; i < DOCUMENT_CURVE_MAX; i++) {
            points[i] = (struct document_point){at_s * 1000, share};
            at_s += 1 + (int64_t)(next_random(&random) % (round % 2 == 0 ? 630000 : 6300000 / (i + 10)));
            share += (int64_t)(next_random(&random) % 10000000);
        }
        count = compile_curve(&prize, 0, out);
        assert_in_range(count, DOCUMENT_CURVE_MAX + 1, CURVE_MAX);
        for (uint32_t i = 1; i < count; i++) {
            int64_t product = (out[i].at_s - out[i - 1].at_s) * (out[i].units - out[i - 1].units);

            assert_true(out[i].at_s > out[i - 1].at_s && product >= 0 && product < CURVE_PRODUCT_MAX);
        }
    }
}

/* One card with one daily slot, in a zone and window. */
static struct table *slot_table(const char *zone, const char *starts, const char *ends, const char *slot)
{
    json_t *json = edited("/prizes",
                          "[{\"id\":\"p\",\"kind\":\"card\",\"mode\":\"odds\",\"odds\":0.1,\"units\":9,"
                          "\"name\":{\"zh\":\"a\",\"en\":\"a\"},\"pacing\":{\"slots\":[]}}]");
    char text[64];

    edit(json, "/prizes/0/pacing/slots/-", slot);
    (void)snprintf(text, sizeof text, "\"%s\"", zone);
    edit(json, "/time_zone", text);
    (void)snprintf(text, sizeof text, "\"%s\"", starts);
    edit(json, "/starts_at", text);
    (void)snprintf(text, sizeof text, "\"%s\"", ends);
    edit(json, "/ends_at", text);
    return compiled(json);
}

struct clock_change {
    const char *zone, *starts, *ends, *slot;
    int64_t from_ms, to_ms; /* of the slot on the second day, from the window's start */
    int64_t day_ms;         /* length of the second day */
};

/* Windows begin at noon on the day before the clocks change. */
TEST(slots_follow_the_clock_across_its_changes)
{
    static const struct clock_change CHANGES[] = {
        /* in spring 02:00 to 03:00 is missing: it begins at 03:00, half of it is left */
        {"Europe/Berlin",
         "2026-03-28T12:00:00",
         "2026-03-30T12:00:00",
         "{\"from\":\"02:30\",\"to\":\"03:30\"}",
         14 * HOUR_MS,
         14 * HOUR_MS + 30 * MINUTE_MS,
         23 * HOUR_MS},
        {"America/New_York",
         "2026-03-07T12:00:00",
         "2026-03-09T12:00:00",
         "{\"from\":\"02:30\",\"to\":\"03:30\"}",
         14 * HOUR_MS,
         14 * HOUR_MS + 30 * MINUTE_MS,
         23 * HOUR_MS},
        /* in autumn an hour comes twice: the first of the two begins it */
        {"Europe/Berlin",
         "2026-10-24T12:00:00",
         "2026-10-26T12:00:00",
         "{\"from\":\"02:30\",\"to\":\"03:30\"}",
         14 * HOUR_MS + 30 * MINUTE_MS,
         16 * HOUR_MS + 30 * MINUTE_MS,
         25 * HOUR_MS},
        {"America/New_York",
         "2026-10-31T12:00:00",
         "2026-11-02T12:00:00",
         "{\"from\":\"01:30\",\"to\":\"02:30\"}",
         13 * HOUR_MS + 30 * MINUTE_MS,
         15 * HOUR_MS + 30 * MINUTE_MS,
         25 * HOUR_MS},
        /* after the change the evening is an hour nearer or farther */
        {"Europe/Berlin",
         "2026-03-28T12:00:00",
         "2026-03-30T12:00:00",
         "{\"from\":\"10:00\",\"to\":\"11:00\"}",
         21 * HOUR_MS,
         22 * HOUR_MS,
         23 * HOUR_MS},
        {"America/New_York",
         "2026-10-31T12:00:00",
         "2026-11-02T12:00:00",
         "{\"from\":\"10:00\",\"to\":\"11:00\"}",
         23 * HOUR_MS,
         24 * HOUR_MS,
         25 * HOUR_MS},
    };

    for (size_t i = 0; i < sizeof CHANGES / sizeof CHANGES[0]; i++) {
        const struct clock_change *change = &CHANGES[i];
        struct table *table = slot_table(change->zone, change->starts, change->ends, change->slot);
        const struct slot *slots = table->prizes[0].slots;

        assert_int_equal(table->day_count, 3);
        assert_int_equal(table->days[2] - table->days[1], change->day_ms);
        assert_int_equal(table->prizes[0].slot_count, 2);
        assert_int_equal(slots[0].from_ms - table->start_ms, change->from_ms);
        assert_int_equal(slots[0].to_ms - table->start_ms, change->to_ms);
        table_free(table);
    }
}

TEST(a_slot_that_the_clock_skips_is_left_out_that_day)
{
    struct table *table = slot_table("Europe/Berlin",
                                     "2026-03-28T00:00:00",
                                     "2026-03-31T00:00:00",
                                     "{\"from\":\"02:10\",\"to\":\"02:50\"}");

    assert_int_equal(table->prizes[0].slot_count, 2);
    assert_int_equal(table->prizes[0].slots[1].from_ms - table->prizes[0].slots[0].from_ms, 47 * HOUR_MS);
    table_free(table);
}

TEST(a_slot_may_pass_midnight_and_is_cut_to_the_window)
{
    struct table *table = slot_table("Asia/Shanghai",
                                     "2026-02-16T00:05:00",
                                     "2026-02-17T23:55:00",
                                     "{\"from\":\"23:50\",\"to\":\"00:10\"}");
    const struct table_prize *prize = &table->prizes[0];

    assert_int_equal(prize->slot_count, 3);
    assert_int_equal(prize->slots[0].from_ms, table->start_ms);
    assert_int_equal(prize->slots[0].to_ms - prize->slots[0].from_ms, 5 * MINUTE_MS);
    assert_int_equal(prize->slots[1].to_ms - prize->slots[1].from_ms, 20 * MINUTE_MS);
    assert_int_equal(prize->slots[2].to_ms, table->end_ms);
    table_free(table);
}

TEST(midnight_may_be_written_24_00)
{
    struct table *table = slot_table("Asia/Shanghai",
                                     "2026-02-16T00:00:00",
                                     "2026-02-18T00:00:00",
                                     "{\"from\":\"23:00\",\"to\":\"24:00\"}");

    assert_int_equal(table->prizes[0].slot_count, 2);
    assert_int_equal(table->prizes[0].slots[1].to_ms, table->end_ms);
    table_free(table);
}

TEST(two_years_have_all_their_days)
{
    struct table *table = slot_table("America/New_York",
                                     "2026-01-01T00:00:00",
                                     "2027-12-31T23:59:59",
                                     "{\"from\":\"09:00\",\"to\":\"09:01\"}");

    assert_int_equal(table->day_count, 730);
    assert_int_equal(table->prizes[0].slot_count, 730);
    table_free(table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(the_sample_compiles),
        RUN(shards_come_from_the_document_or_the_engine),
        RUN(a_document_with_an_error_is_not_compiled),
        RUN(thresholds_are_exact),
        RUN(odds_that_sum_to_one_cover_every_number),
        RUN(prizes_of_other_modes_take_no_numbers),
        RUN(curves_begin_at_the_start),
        RUN(long_curves_are_cut),
        RUN(the_worst_curve_fits),
        RUN(slots_follow_the_clock_across_its_changes),
        RUN(a_slot_that_the_clock_skips_is_left_out_that_day),
        RUN(a_slot_may_pass_midnight_and_is_cut_to_the_window),
        RUN(midnight_may_be_written_24_00),
        RUN(two_years_have_all_their_days),
    };

    return RUN_ALL(tests);
}
