/*
 * Unit tests of campaign/freeze.c.
 */
#include "campaign/freeze.h"

#include "tests/support/campaign_documents.h"
#include "tests/support/unit.h"

static const int64_t LEASED_UNITS[SAMPLE_PRIZES] = {1, 50, 5000, 100, 100, 1000};
static const int64_t LEASED_FEN[SAMPLE_PRIZES] = {100000, 444400, 500000, 0, 0, 5000};

/* The problems of one edit of the published sample. Problems of the document by itself are left out. */
static struct problems *change(const char *pointer, const char *value, int64_t now_ms)
{
    json_t *old_json = sample_json();
    json_t *next_json = edited(pointer, value);
    struct document *published = sound_document(old_json);
    struct document *next = NULL;
    struct problems *ignored = problems_at(next_json, SAMPLE_NOW_MS, &next);
    struct problems *problems = problems_new();
    struct freeze_facts facts = {published, 2, now_ms, LEASED_UNITS, LEASED_FEN};

    freeze_check(next, &facts, problems);
    problems_free(ignored);
    document_free(next);
    document_free(published);
    json_decref(next_json);
    json_decref(old_json);
    return problems;
}

struct rule {
    const char *pointer, *value;
    const char *where, *code; /* code NULL: allowed */
};

static void check_rules(const struct rule *rules, size_t count, int64_t now_ms)
{
    for (size_t i = 0; i < count; i++) {
        struct problems *problems = change(rules[i].pointer, rules[i].value, now_ms);

        if (rules[i].code == NULL) {
            assert_int_equal(problems->count, 0);
        } else {
            assert_true(has_problem(problems, rules[i].where, rules[i].code));
        }
        problems_free(problems);
    }
}

TEST(what_publication_fixed_stays)
{
    static const struct rule RULES[] = {
        {"/id", "\"other\"", "/id", "frozen"},
        {"/time_zone", "\"Asia/Tokyo\"", "/time_zone", "frozen"},
        {"/shards", "3", "/shards", "frozen"},
        {"/fairness", NULL, "/fairness/public_source", "frozen"},
        {"/fairness/public_source/zh", "\"别的\"", "/fairness/public_source", "frozen"},
        {"/prizes/0", NULL, "/prizes", "frozen_prizes"},
        {"/prizes/0", NULL, "/prizes/0/id", "frozen_prizes"},
        {"/prizes/-",
         "{\"id\":\"new\",\"kind\":\"card\",\"name\":{\"zh\":\"a\",\"en\":\"a\"},\"mode\":\"always\","
         "\"units\":9}",
         "/prizes",
         "frozen_prizes"},
        {"/prizes/1/id", "\"cash2\"", "/prizes/1/id", "frozen_prizes"},
        {"/prizes/3/kind", "\"card\"", "/prizes/3/kind", "frozen"},
        {"/prizes/3/mode", "\"always\"", "/prizes/3/mode", "frozen"},
        {"/prizes/1/amount_fen", "8889", "/prizes/1/amount_fen", "frozen"},
        {"/prizes/2/min_fen", "51", "/prizes/2/min_fen", "frozen"},
        {"/prizes/2/max_fen", "501", "/prizes/2/max_fen", "frozen"},
        {"/prizes/2/total_fen", "1000001", "/prizes/2/total_fen", "frozen"},
        {"/prizes/2/units", "10001", "/prizes/2/units", "frozen"},
        {"/prizes/0/units", "4", "/prizes/0/units", "frozen"},
        {"/prizes/0/pacing",
         "{\"slots\":[{\"from\":\"20:00\",\"to\":\"21:00\"}]}",
         "/prizes/0/pacing/slots",
         "frozen_plan"},
        {"/prizes/0/pacing",
         "{\"curve\":[{\"at\":\"2026-02-23T20:00:00\",\"share\":1}]}",
         "/prizes/0/pacing/curve",
         "frozen_plan"},
        {"/ends_at", "\"2026-02-24T20:00:00\"", "/ends_at", "frozen_plan"},
        {"/starts_at", "\"2026-02-15T20:00:00\"", "/starts_at", "frozen_plan"},
        {"/prizes/3/units", "99", "/prizes/3/units", "units_below_leased"},
        {"/budget_fen", "1049399", "/budget_fen", "budget_below_leased"},
    };

    check_rules(RULES, sizeof RULES / sizeof RULES[0], SAMPLE_NOW_MS);
}

TEST(what_may_change_may_change)
{
    static const struct rule RULES[] = {
        {"/title/en", "\"Other words\"", NULL, NULL},
        {"/shards", NULL, NULL, NULL},
        {"/chances/base", "9", NULL, NULL},
        {"/caps", NULL, NULL, NULL},
        {"/cors_origins", "[]", NULL, NULL},
        {"/budget_fen", "1049400", NULL, NULL},
        {"/budget_fen", "9049400", NULL, NULL},
        {"/prizes/1/odds", "0.002", NULL, NULL},
        {"/prizes/1/units", "50", NULL, NULL},
        {"/prizes/1/units", "500", NULL, NULL},
        {"/prizes/1/pacing", NULL, NULL, NULL},
        {"/prizes/2/pacing/per_second", "99", NULL, NULL},
        {"/prizes/3/wins_per_player", "1", NULL, NULL},
        {"/prizes/3/value_fen", "1", NULL, NULL},
        {"/prizes/0/wins_per_player", NULL, NULL, NULL},
    };

    check_rules(RULES, sizeof RULES / sizeof RULES[0], SAMPLE_NOW_MS);
    check_rules(RULES, sizeof RULES / sizeof RULES[0], SAMPLE_START_MS + 1000);
}

TEST(the_start_is_fixed_once_it_has_come)
{
    struct problems *problems = change("/starts_at", "\"2026-02-17T20:00:00\"", SAMPLE_START_MS);

    assert_true(has_problem(problems, "/starts_at", "frozen_start"));
    problems_free(problems);
    problems = change("/starts_at", "\"2026-02-17T20:00:00\"", SAMPLE_START_MS - 1);
    assert_false(problems_has(problems, "frozen_start"));
    problems_free(problems);
}

TEST(the_end_does_not_move_into_the_past)
{
    struct problems *problems = change("/ends_at", "\"2026-02-17T20:00:00\"", SAMPLE_START_MS + 86400000);

    assert_true(has_problem(problems, "/ends_at", "end_in_past"));
    problems_free(problems);
    problems = change("/ends_at", "\"2026-02-17T20:00:01\"", SAMPLE_START_MS + 86400000);
    assert_false(problems_has(problems, "end_in_past"));
    problems_free(problems);
}

TEST(what_cannot_be_read_is_not_compared)
{
    static const struct rule RULES[] = {
        {"/id", "7", NULL, NULL},
        {"/starts_at", "7", NULL, NULL},
        {"/budget_fen", "\"x\"", NULL, NULL},
        {"/prizes/0/units", "{}", NULL, NULL},
        {"/prizes/0/kind", "7", NULL, NULL},
        {"/prizes/0/id", "7", NULL, NULL},
        {"/prizes/0/mode", "7", NULL, NULL},
    };

    check_rules(RULES, sizeof RULES / sizeof RULES[0], SAMPLE_START_MS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(what_publication_fixed_stays),
        RUN(what_may_change_may_change),
        RUN(the_start_is_fixed_once_it_has_come),
        RUN(the_end_does_not_move_into_the_past),
        RUN(what_cannot_be_read_is_not_compared),
    };

    return RUN_ALL(tests);
}
