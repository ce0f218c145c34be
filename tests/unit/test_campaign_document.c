/*
 * Unit tests of campaign/document.c, reader.c, problem.c and suggest.c.
 */
#include "campaign/document.h"

#include "campaign/suggest.h"
#include "tests/support/campaign_documents.h"
#include "tests/support/unit.h"

#include <stdlib.h>
#include <string.h>

TEST(a_document_is_read_to_the_last_member)
{
    json_t *json = sample_json();
    struct document *document = sound_document(json);
    const struct document_prize *luck = &document->prizes[SAMPLE_LUCK];

    assert_string_equal(document->id, "spring-2026");
    assert_string_equal(document->title.en, "Spring packets");
    assert_int_equal(document->starts_ms, SAMPLE_START_MS);
    assert_int_equal(document->ends_ms, SAMPLE_END_MS);
    assert_int_equal(document->shards, 2);
    assert_int_equal(document->base_chances, 3);
    assert_int_equal(document->campaign_cap, 50);
    assert_string_equal(document->cors_origins[1], "http://localhost:8080");
    assert_null(document->cors_origins[2]);
    assert_int_equal(document->prize_count, SAMPLE_PRIZES);
    assert_int_equal(document->prizes[SAMPLE_CASH].odds, 1000000);
    assert_int_equal(document->prizes[SAMPLE_CASH].curve[1].share, 500000000);
    assert_int_equal(luck->kind, PRIZE_CASH_SPLIT);
    assert_int_equal(luck->per_second, 50);
    assert_true(luck->slots[0].daily && luck->slots[0].from == 72000 && luck->slots[0].to == 72600);
    assert_false(luck->slots[1].daily);
    assert_true(document->sound);
    document_free(document);
    json_decref(json);
}

TEST(what_is_absent_is_zero)
{
    json_t *json = sample_json();
    struct document *document;

    edit(json, "/shards", NULL);
    edit(json, "/caps", NULL);
    edit(json, "/fairness", NULL);
    edit(json, "/cors_origins", NULL);
    edit(json, "/expected_draws", NULL);
    document = sound_document(json);
    assert_int_equal(document->shards, 0);
    assert_int_equal(document->day_cap, 0);
    assert_int_equal(document->expected_draws, 0);
    assert_null(document->public_source.zh);
    assert_null(document->cors_origins[0]);
    document_free(document);
    json_decref(json);
}

struct bad {
    const char *pointer, *value; /* the edit */
    const char *where, *code;    /* the problem */
};

static const struct bad BAD[] = {
    {"/titel", "1", "/titel", "unknown_member"},
    {"/prizes/0/a~1b", "1", "/prizes/0/a~01b", "unknown_member"},
    {"/chances/weekly", "1", "/chances/weekly", "unknown_member"},
    {"/title/fr", "\"x\"", "/title/fr", "unknown_member"},
    {"/id", NULL, "", "missing_member"},
    {"/chances", NULL, "", "missing_member"},
    {"/title/zh", NULL, "/title", "missing_member"},
    {"/prizes/1/name/en", NULL, "/prizes/1/name", "missing_member"},
    {"/prizes/1/units", NULL, "/prizes/1", "missing_member"},
    {"/title", "\"x\"", "/title", "wrong_type"},
    {"/prizes", "{}", "/prizes", "wrong_type"},
    {"/prizes/0", "7", "/prizes/0", "wrong_type"},
    {"/budget_fen", "\"5\"", "/budget_fen", "wrong_type"},
    {"/budget_fen", "5.5", "/budget_fen", "wrong_type"},
    {"/budget_fen", "1e300", "/budget_fen", "wrong_type"},
    {"/budget_fen", "-1", "/budget_fen", "out_of_range"},
    {"/shards", "0", "/shards", "out_of_range"},
    {"/shards", "257", "/shards", "out_of_range"},
    {"/prizes/3/units", "2147483648", "/prizes/3/units", "out_of_range"},
    {"/prizes/3/units", "0", "/prizes/3/units", "out_of_range"},
    {"/prizes/3/odds", "\"0.1\"", "/prizes/3/odds", "wrong_type"},
    {"/prizes/3/odds", "1.5", "/prizes/3/odds", "out_of_range"},
    {"/prizes/3/odds", "-0.1", "/prizes/3/odds", "out_of_range"},
    {"/prizes/3/odds", "0.0000000001", "/prizes/3/odds", "too_many_decimals"},
    {"/prizes/3/odds", "0.1234567891", "/prizes/3/odds", "too_many_decimals"},
    {"/title/en", "\" \"", "/title/en", "blank_text"},
    {"/title/en", "\"a\\u0007b\"", "/title/en", "control_character"},
    {"/title/en", "\"a\\nb\"", "/title/en", "control_character"},
    {"/id", "\"Spring\"", "/id", "bad_id"},
    {"/id", "\"-spring\"", "/id", "bad_id"},
    {"/prizes/2/id", "\"\"", "/prizes/2/id", "bad_id"},
    {"/prizes/2/kind", "\"gold\"", "/prizes/2/kind", "bad_choice"},
    {"/prizes/2/mode", "7", "/prizes/2/mode", "wrong_type"},
    {"/starts_at", "\"tomorrow\"", "/starts_at", "bad_time"},
    {"/starts_at", "\"2026-02-30T00:00:00\"", "/starts_at", "bad_time"},
    {"/starts_at", "\"1971-02-03T00:00:00\"", "/starts_at", "bad_time"},
    {"/time_zone", "\"Asia/Beijing2\"", "/time_zone", "unknown_time_zone"},
    {"/time_zone", "\"../zone\"", "/time_zone", "unknown_time_zone"},
    {"/cors_origins/0", "\"www.example.com\"", "/cors_origins/0", "bad_origin"},
    {"/cors_origins/0", "\"https://a.com/path\"", "/cors_origins/0", "bad_origin"},
    {"/cors_origins/0", "\"https://a.com:\"", "/cors_origins/0", "bad_origin"},
    {"/cors_origins/0", "\"https://a.com:70000\"", "/cors_origins/0", "bad_origin"},
    {"/cors_origins/0", "\"https://A.com\"", "/cors_origins/0", "bad_origin"},
    {"/cors_origins/0", "1", "/cors_origins/0", "wrong_type"},
    {"/cors_origins/1", "\"https://www.example.com\"", "/cors_origins/1", "duplicate_origin"},
    {"/prizes", "[]", "/prizes", "too_few_items"},
    {"/prizes/2/pacing/slots/0/from", "\"25:00\"", "/prizes/2/pacing/slots/0/from", "bad_time"},
    {"/prizes/2/pacing/slots/0/to", "\"24:00:01\"", "/prizes/2/pacing/slots/0/to", "bad_time"},
    {"/prizes/2/pacing/slots/0/to", "\"2026-02-17T12:30:00\"", "/prizes/2/pacing/slots/0", "slot_mixed"},
    {"/prizes/2/pacing/slots/0/to", "\"20:00\"", "/prizes/2/pacing/slots/0", "slot_empty"},
    {"/prizes/2/pacing/slots/1/to", "\"2026-02-17T11:30:00\"", "/prizes/2/pacing/slots/1", "slot_empty"},
    {"/prizes/1/pacing/curve/0/share", "2", "/prizes/1/pacing/curve/0/share", "out_of_range"},
    {"/prizes/1/pacing/curve/0/at", "\"20:00\"", "/prizes/1/pacing/curve/0/at", "bad_time"},
};

TEST(every_fault_of_form_is_told_at_its_place)
{
    for (size_t i = 0; i < sizeof BAD / sizeof BAD[0]; i++) {
        json_t *json = edited(BAD[i].pointer, BAD[i].value);
        struct document *document = NULL;
        struct problems *problems = problems_at(json, SAMPLE_NOW_MS, &document);

        assert_true(has_problem(problems, BAD[i].where, BAD[i].code));
        assert_false(document->sound);
        document_free(document);
        problems_free(problems);
        json_decref(json);
    }
}

TEST(all_problems_are_told_at_once)
{
    json_t *json = sample_json();
    struct problems *problems;

    for (size_t i = 0; i < 3; i++) {
        static const struct bad *const SOME[] = {&BAD[0], &BAD[10], &BAD[17]};

        edit(json, SOME[i]->pointer, SOME[i]->value);
    }
    edit(json, "/time_zone", "\"Nowhere\"");
    edit(json, "/starts_at", "\"then\"");
    problems = problems_of(json);
    assert_true(has_problem(problems, "/titel", "unknown_member"));
    assert_true(has_problem(problems, "/shards", "out_of_range"));
    assert_true(has_problem(problems, "/time_zone", "unknown_time_zone"));
    assert_true(has_problem(problems, "/starts_at", "bad_time"));
    problems_free(problems);
    json_decref(json);
}

TEST(an_unknown_member_gets_a_suggestion)
{
    json_t *json = edited("/prizes/0/wins_per_palyer", "1");
    struct problems *problems = problems_of(json);

    assert_int_equal(problems->count, 1);
    assert_non_null(strstr(problems->items[0].en, "did you mean \"wins_per_player\""));
    assert_non_null(strstr(problems->items[0].zh, "wins_per_player"));
    problems_free(problems);
    json_decref(json);
}

static const char *name_at(const void *names, size_t i)
{
    return ((const char *const *)names)[i];
}

TEST(suggestions_are_near_or_absent)
{
    static const char *const NAMES[] = {"id", "title", "time_zone", "budget_fen", "amount_fen", NULL};

    assert_string_equal(suggest_name("titel", name_at, NAMES), "title");
    assert_string_equal(suggest_name("timezone", name_at, NAMES), "time_zone");
    assert_string_equal(suggest_name("Budget_fen", name_at, NAMES), "budget_fen");
    assert_string_equal(suggest_name("amount", name_at, NAMES), "amount_fen");
    assert_null(suggest_name("colour", name_at, NAMES));
    assert_null(suggest_name("", name_at, NAMES));
    assert_null(suggest_name("a name that is much longer than any known one", name_at, NAMES));
}

TEST(whole_numbers_may_be_written_as_5_0)
{
    json_t *json = edited("/prizes/0/units", "3.0");
    struct document *document = sound_document(json);

    assert_int_equal(document->prizes[0].units, 3);
    document_free(document);
    json_decref(json);
}

TEST(decimals_are_exact_to_the_ninth_digit)
{
    static const struct {
        const char *text;
        int64_t nano;
    } CASES[] = {{"0.000000001", 1},
                 {"0.999999999", 999999999},
                 {"1", NANO},
                 {"1.0", NANO},
                 {"1e-9", 1},
                 {"0.1", 100000000},
                 {"0.123456789", 123456789},
                 {"0", 0}};

    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        json_t *json = edited("/prizes/3/odds", CASES[i].text);
        struct document *document = NULL;
        struct problems *problems = problems_at(json, SAMPLE_NOW_MS, &document);

        assert_int_equal(document->prizes[3].odds, CASES[i].nano);
        problems_free(problems);
        document_free(document);
        json_decref(json);
    }
    assert_string_equal(fact_decimal(1).text, "0.000000001");
    assert_string_equal(fact_decimal(NANO).text, "1");
    assert_string_equal(fact_decimal(1500000000).text, "1.5");
}

TEST(text_that_is_no_document_is_a_problem_too)
{
    static const char *const TEXTS[] = {"", "{", "[]", "{\"id\":1,\"id\":2}", "nonsense"};

    for (size_t i = 0; i < sizeof TEXTS / sizeof TEXTS[0]; i++) {
        struct problems *problems = problems_new();
        struct document *document = NULL;

        assert_int_equal(document_parse(TEXTS[i], strlen(TEXTS[i]), problems, &document), HB_E_JSON);
        assert_null(document);
        assert_int_equal(problems->errors, 1);
        assert_string_equal(problems->items[0].pointer, "");
        problems_free(problems);
    }
}

TEST(too_large_a_document_is_not_parsed)
{
    struct problems *problems = problems_new();
    struct document *document = NULL;
    char *text = calloc(1, DOCUMENT_MAX_BYTES + 1);

    assert_int_equal(document_parse(text, DOCUMENT_MAX_BYTES + 1, problems, &document), HB_E_JSON);
    assert_true(problems_has(problems, "document_too_large"));
    free(text);
    problems_free(problems);
}

TEST(problems_past_the_ceiling_are_counted)
{
    json_t *json = sample_json();
    struct problems *problems;
    char name[32];

    for (int i = 0; i < PROBLEMS_MAX + 10; i++) {
        (void)snprintf(name, sizeof name, "/strange member %d", i);
        edit(json, name, "1");
    }
    problems = problems_of(json);
    assert_int_equal(problems->count, PROBLEMS_MAX);
    assert_int_equal(problems->errors, PROBLEMS_MAX + 10);
    assert_true(problems->truncated);
    problems_free(problems);
    json_decref(json);
}

TEST(a_name_as_long_as_a_book_is_cut_in_the_message)
{
    json_t *json = sample_json();
    struct problems *problems;
    char name[6000];

    memset(name, 'x', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    assert_int_equal(json_object_set_new(json, name, json_true()), 0);
    problems = problems_of(json);
    assert_int_equal(problems->count, 1);
    assert_string_equal(problems->items[0].pointer, "");
    assert_true(strlen(problems->items[0].en) < 300);
    problems_free(problems);
    json_decref(json);
}

TEST(problems_are_written_as_json)
{
    json_t *json = edited("/prizes/0/odd\"s", "1");
    struct problems *problems = problems_of(json);
    json_t *list = NULL;
    struct buf text;

    buf_init(&text, 10000);
    problems_write_json(problems, &text);
    assert_int_equal(json_parse(text.data, text.len, &list, NULL, 0), HB_OK);
    assert_int_equal(json_array_size(list), 1);
    assert_string_equal(json_string_value(json_object_get(json_array_get(list, 0), "pointer")),
                        "/prizes/0/odd\"s");
    assert_string_equal(json_string_value(json_object_get(json_array_get(list, 0), "severity")), "error");
    buf_free(&text);
    json_decref(list);
    problems_free(problems);
    json_decref(json);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(a_document_is_read_to_the_last_member),
        RUN(what_is_absent_is_zero),
        RUN(every_fault_of_form_is_told_at_its_place),
        RUN(all_problems_are_told_at_once),
        RUN(an_unknown_member_gets_a_suggestion),
        RUN(suggestions_are_near_or_absent),
        RUN(whole_numbers_may_be_written_as_5_0),
        RUN(decimals_are_exact_to_the_ninth_digit),
        RUN(text_that_is_no_document_is_a_problem_too),
        RUN(too_large_a_document_is_not_parsed),
        RUN(problems_past_the_ceiling_are_counted),
        RUN(a_name_as_long_as_a_book_is_cut_in_the_message),
        RUN(problems_are_written_as_json),
    };

    return RUN_ALL(tests);
}
