/*
 * Unit tests of campaign/validate*.c.
 */
#include "campaign/validate.h"

#include "tests/support/campaign_documents.h"
#include "tests/support/unit.h"

#include <stdio.h>
#include <string.h>

struct rule {
    const char *pointer, *value; /* the edit */
    const char *where, *code;    /* the problem */
};

static void check_rules(const struct rule *rules, size_t count, enum severity severity)
{
    for (size_t i = 0; i < count; i++) {
        json_t *json = edited(rules[i].pointer, rules[i].value);
        struct problems *problems = problems_of(json);

        assert_true(has_problem(problems, rules[i].where, rules[i].code));
        assert_true(severity == SEVERITY_ERROR ? problems->errors > 0
                                               : problems->errors == 0 && problems->warnings == 1);
        problems_free(problems);
        json_decref(json);
    }
}

TEST(the_sample_has_no_problem)
{
    json_t *json = sample_json();
    struct problems *problems = problems_of(json);

    assert_int_equal(problems->count, 0);
    problems_free(problems);
    json_decref(json);
}

TEST(errors_are_found)
{
    static const struct rule RULES[] = {
        {"/ends_at", "\"2026-02-16T20:00:00\"", "/ends_at", "window_reversed"},
        {"/ends_at", "\"2026-02-01T20:00:00\"", "/ends_at", "window_reversed"},
        {"/ends_at", "\"2028-02-17T20:00:00\"", "/ends_at", "window_too_long"},
        {"/ends_at", "\"2025-12-01T20:00:00\"", "/ends_at", "window_over"},
        {"/prizes/4/odds", "0.9", "/prizes", "odds_over_one"},
        {"/budget_fen", "2488799", "/budget_fen", "stock_over_budget"},
        {"/prizes/1/amount_fen", "5000001", "/prizes/1/amount_fen", "amount_over_limit"},
        {"/prizes/2/max_fen", "5000001", "/prizes/2/max_fen", "amount_over_limit"},
        {"/prizes/2/max_fen", "49", "/prizes/2/max_fen", "split_range_reversed"},
        {"/prizes/2/total_fen", "499999", "/prizes/2/total_fen", "split_impossible"},
        {"/prizes/2/total_fen", "5000001", "/prizes/2/total_fen", "split_impossible"},
        {"/prizes/2/id", "\"cash\"", "/prizes/2/id", "duplicate_prize"},
        {"/prizes/1/odds", NULL, "/prizes/1", "missing_member"},
        {"/prizes/0/odds", "0.1", "/prizes/0/odds", "not_for_mode"},
        {"/prizes/5/odds", "0.1", "/prizes/5/odds", "not_for_mode"},
        {"/prizes/0/pacing", "{\"per_second\":1}", "/prizes/0/pacing/per_second", "not_for_mode"},
        {"/prizes/0/units", "100001", "/prizes/0/units", "out_of_range"},
        {"/prizes/1/amount_fen", NULL, "/prizes/1", "missing_member"},
        {"/prizes/2/min_fen", NULL, "/prizes/2", "missing_member"},
        {"/prizes/2/amount_fen", "5", "/prizes/2/amount_fen", "not_for_kind"},
        {"/prizes/3/amount_fen", "5", "/prizes/3/amount_fen", "not_for_kind"},
        {"/prizes/4/value_fen", "5", "/prizes/4/value_fen", "not_for_kind"},
        {"/caps/per_day", "51", "/caps/per_day", "caps_contradict"},
        {"/prizes/2/pacing/slots/1/from",
         "\"2026-02-16T12:00:00\"",
         "/prizes/2/pacing/slots/1",
         "slot_outside_window"},
        {"/prizes/2/pacing/slots/1/to",
         "\"2026-03-17T12:00:00\"",
         "/prizes/2/pacing/slots/1",
         "slot_outside_window"},
        {"/prizes/2/pacing/slots/-",
         "{\"from\":\"20:09:59\",\"to\":\"20:20\"}",
         "/prizes/2/pacing/slots/2",
         "slots_overlap"},
        {"/prizes/2/pacing/slots/-",
         "{\"from\":\"23:00\",\"to\":\"20:01\"}",
         "/prizes/2/pacing/slots/2",
         "slots_overlap"},
        {"/prizes/2/pacing/slots/-",
         "{\"from\":\"2026-02-18T20:05:00\",\"to\":\"2026-02-18T20:06:00\"}",
         "/prizes/2/pacing/slots/2",
         "slots_overlap"},
        {"/prizes/1/pacing/curve/1/at",
         "\"2026-02-16T20:00:00\"",
         "/prizes/1/pacing/curve/1/at",
         "curve_not_rising"},
        {"/prizes/1/pacing/curve/1/share", "0.05", "/prizes/1/pacing/curve/1/share", "curve_not_rising"},
        {"/prizes/1/pacing/curve/2/at",
         "\"2026-02-23T20:00:01\"",
         "/prizes/1/pacing/curve/2/at",
         "curve_outside_window"},
        {"/prizes/1/pacing/curve/0/at",
         "\"2026-02-16T19:59:59\"",
         "/prizes/1/pacing/curve/0/at",
         "curve_outside_window"},
        {"/prizes/0/pacing",
         "{\"slots\":[{\"from\":\"2026-02-17T12:00:00\",\"to\":\"2026-02-17T12:00:00\"}]}",
         "/prizes/0/pacing/slots/0",
         "slot_empty"},
    };

    check_rules(RULES, sizeof RULES / sizeof RULES[0], SEVERITY_ERROR);
}

TEST(warnings_are_found_and_stay_warnings)
{
    static const struct rule RULES[] = {
        {"/budget_fen", "9000000", "/budget_fen", "budget_unused"},
        {"/chances", "{\"base\":0,\"per_day\":0}", "/chances", "no_chances"},
        {"/caps/per_day", "1", "/caps/per_day", "cap_below_chances"},
        {"/chances/base", "51", "/caps/per_campaign", "cap_below_chances"},
        {"/prizes/1/pacing/curve/2/share", "0.9", "/prizes/1/pacing/curve", "curve_incomplete"},
        {"/prizes/3/units", "6000", "/prizes/3/units", "odds_leave_stock"},
        {"/prizes/3/units", "4000", "/prizes/3/units", "odds_run_dry"},
        {"/prizes/5/units", "60000", "/prizes/5/units", "always_runs_dry"},
        {"/prizes/5/units", "64899", "/prizes/5/units", "always_runs_dry"},
    };

    check_rules(RULES, sizeof RULES / sizeof RULES[0], SEVERITY_WARNING);
}

TEST(expectations_follow_their_rules)
{
    json_t *json = edited("/prizes/5/units", "64900"); /* 100000 draws, 0.351 of them win otherwise */
    struct problems *problems = problems_of(json);

    assert_int_equal(problems->count, 0);
    problems_free(problems);
    edit(json, "/prizes/5/units", "35102"); /* without a number: not fewer than the others, 35103 */
    edit(json, "/expected_draws", NULL);
    problems = problems_of(json);
    assert_true(has_problem(problems, "/prizes/5/units", "always_runs_dry"));
    problems_free(problems);
    edit(json, "/prizes/5/units", "35103");
    problems = problems_of(json);
    assert_int_equal(problems->count, 0);
    problems_free(problems);
    edit(json, "/prizes/5/units", "10");
    edit(json, "/prizes/5/total_fen", "100");
    edit(json, "/prizes/5/wins_per_player", "1"); /* capped: not meant for every draw */
    edit(json, "/budget_fen", "2200000");
    problems = problems_of(json);
    assert_int_equal(problems->count, 0);
    problems_free(problems);
    json_decref(json);
}

TEST(odds_of_zero_are_a_switched_off_prize)
{
    json_t *json = edited("/prizes/3/odds", "0");
    struct problems *problems = problems_of(json);

    assert_true(has_problem(problems, "/prizes/3/odds", "odds_zero"));
    assert_int_equal(problems->errors, 0);
    problems_free(problems);
    json_decref(json);
}

TEST(the_clock_matters_before_the_first_publication_only)
{
    json_t *json = sample_json();
    struct document *document = NULL;
    struct problems *problems = problems_at(json, SAMPLE_START_MS + 9 * 60000, &document);
    struct validate_facts later = {.now_ms = SAMPLE_END_MS + 1, .published = true};

    assert_int_equal(problems->count, 0); /* a start just now is a start now */
    assert_int_equal(document_validate(document, &later, problems), HB_OK);
    assert_int_equal(problems->count, 0);
    problems_free(problems);
    document_free(document);
    problems = problems_at(json, SAMPLE_START_MS + 11 * 60000, NULL);
    assert_true(has_problem(problems, "/starts_at", "window_started"));
    assert_int_equal(problems->errors, 0);
    problems_free(problems);
    problems = problems_at(json, SAMPLE_END_MS, NULL);
    assert_true(has_problem(problems, "/ends_at", "window_over"));
    problems_free(problems);
    json_decref(json);
}

TEST(a_window_of_730_days_is_allowed)
{
    json_t *json = edited("/ends_at", "\"2028-02-16T20:00:00\"");
    struct problems *problems = problems_of(json);

    assert_int_equal(problems->errors, 0);
    problems_free(problems);
    json_decref(json);
}

TEST(daily_slots_of_a_long_window_have_a_ceiling)
{
    json_t *json = edited("/ends_at", "\"2028-02-16T20:00:00\"");
    struct problems *problems;

    edit(json,
         "/prizes/2/pacing/slots",
         "[{\"from\":\"08:00\",\"to\":\"08:10\"},{\"from\":\"12:00\",\"to\":\"12:10\"},"
         "{\"from\":\"20:00\",\"to\":\"20:10\"}]");
    problems = problems_of(json);
    assert_true(has_problem(problems, "/prizes/2/pacing/slots", "too_many_slots"));
    problems_free(problems);
    json_decref(json);
}

TEST(moments_need_time)
{
    json_t *json = sample_json();
    struct problems *problems;

    edit(json,
         "/prizes/0/pacing",
         "{\"slots\":[{\"from\":\"2026-02-17T00:00:00\",\"to\":\"2026-02-17T00:01:00\"}]}");
    edit(json, "/prizes/0/amount_fen", "1");
    edit(json, "/prizes/0/units", "512"); /* two shards, 256 a minute each */
    problems = problems_of(json);
    assert_int_equal(problems->errors, 0);
    problems_free(problems);
    edit(json, "/prizes/0/units", "513");
    problems = problems_of(json);
    assert_true(has_problem(problems, "/prizes/0/units", "moments_too_dense"));
    problems_free(problems);
    json_decref(json);
}

TEST(touching_slots_do_not_overlap)
{
    json_t *json = edited("/prizes/2/pacing/slots/-", "{\"from\":\"20:10\",\"to\":\"24:00\"}");
    struct problems *problems;

    edit(json, "/prizes/2/pacing/slots/-", "{\"from\":\"00:00\",\"to\":\"00:10\"}");
    problems = problems_of(json);
    assert_int_equal(problems->count, 0);
    problems_free(problems);
    json_decref(json);
}

TEST(too_many_prizes_are_refused)
{
    json_t *json = edited("/prizes", "[]");
    struct problems *problems;
    char prize[300];

    for (int i = 0; i < PRIZES_MAX + 1; i++) {
        (void)snprintf(prize,
                       sizeof prize,
                       "{\"id\":\"p%d\",\"kind\":\"card\",\"mode\":\"odds\",\"odds\":0.01,\"units\":1000,"
                       "\"name\":{\"zh\":\"a\",\"en\":\"a\"}}",
                       i);
        edit(json, "/prizes/-", prize);
    }
    problems = problems_of(json);
    assert_true(has_problem(problems, "/prizes", "too_many_items"));
    problems_free(problems);
    edit(json, "/prizes/0", NULL);
    problems = problems_of(json);
    assert_int_equal(problems->errors, 0);
    problems_free(problems);
    json_decref(json);
}

TEST(the_check_of_a_text_says_which_way_it_failed)
{
    struct validate_facts facts = {.now_ms = SAMPLE_NOW_MS};
    struct problems *problems = problems_new();
    struct document *document = NULL;

    assert_int_equal(document_check("{}", 2, &facts, problems, &document), HB_E_INVALID_DOCUMENT);
    assert_non_null(document);
    assert_true(has_problem(problems, "", "missing_member"));
    document_free(document);
    assert_int_equal(document_check("{", 1, &facts, problems, &document), HB_E_JSON);
    assert_null(document);
    problems_free(problems);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(the_sample_has_no_problem),
        RUN(errors_are_found),
        RUN(warnings_are_found_and_stay_warnings),
        RUN(expectations_follow_their_rules),
        RUN(odds_of_zero_are_a_switched_off_prize),
        RUN(the_clock_matters_before_the_first_publication_only),
        RUN(a_window_of_730_days_is_allowed),
        RUN(daily_slots_of_a_long_window_have_a_ceiling),
        RUN(moments_need_time),
        RUN(touching_slots_do_not_overlap),
        RUN(too_many_prizes_are_refused),
        RUN(the_check_of_a_text_says_which_way_it_failed),
    };

    return RUN_ALL(tests);
}
