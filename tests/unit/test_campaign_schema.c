/*
 * Tests of docs/campaign.schema.json against the validator: what the engine takes the schema takes too, and
 * faults of form are refused by both. And docs/campaign-document.md names every problem.
 */
#include "campaign/demo.h"
#include "tests/support/campaign_documents.h"
#include "tests/support/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

enum { SKIPPED = 77, PATH_MAX_BYTES = 4096 };

struct change {
    const char *pointer, *value;
};

static const struct change SOUND[] = {
    {"/shards", NULL},
    {"/shards", "256"},
    {"/shards", "2.0"},
    {"/caps", NULL},
    {"/caps", "{}"},
    {"/fairness", "{}"},
    {"/cors_origins", "[\"*\"]"},
    {"/cors_origins", "[\"https://a-b.example:8443\",\"http://127.0.0.1\"]"},
    {"/expected_draws", NULL},
    {"/starts_at", "\"2026-02-16T12:00:00Z\""},
    {"/starts_at", "\"2026-02-16T20:00:00+08:00\""},
    {"/rules/zh", "\"一\\n\\t二\""},
    {"/title/en", "\" \\\"quoted\\\" \""},
    {"/prizes/3/odds", "0"},
    {"/prizes/3/odds", "0.123456789"},
    {"/prizes/3/value_fen", NULL},
    {"/prizes/3/wins_per_player", "65535"},
    {"/prizes/4/units", "2147483647"},
    {"/prizes/1/pacing", "{}"},
    {"/prizes/2/pacing/slots/0/to", "\"24:00\""},
    {"/prizes/2/pacing/slots/0/from", "\"20:00:01\""},
    {"/prizes/2/pacing/slots/0/to", "\"00:10\""},
    {"/prizes/0/pacing", "{\"slots\":[{\"from\":\"20:00\",\"to\":\"20:10\"}]}"},
};

static const struct change UNSOUND[] = {
    {"/titel", "1"},
    {"/id", NULL},
    {"/id", "\"Spring\""},
    {"/id", "\"a-name-that-is-longer-than-32-letters\""},
    {"/title", "\"x\""},
    {"/title/zh", NULL},
    {"/title/fr", "\"x\""},
    {"/title/en", "\" \""},
    {"/title/en", "\"a\\nb\""},
    {"/rules/en", "\"a\\u0007\""},
    {"/rules/en", "\"\\n\\t \""},
    {"/time_zone", "\"\""},
    {"/starts_at", "\"tomorrow\""},
    {"/starts_at", "\"2026-02-16 20:00:00\""},
    {"/starts_at", "\"2026-02-16T20:00\""},
    {"/starts_at", "\"1971-02-16T20:00:00\""},
    {"/budget_fen", "-1"},
    {"/budget_fen", "1.5"},
    {"/budget_fen", "10000000000001"},
    {"/shards", "0"},
    {"/shards", "null"},
    {"/chances", NULL},
    {"/chances/base", "10001"},
    {"/caps/per_day", "0"},
    {"/cors_origins/0", "\"https://a.com/\""},
    {"/cors_origins/1", "\"https://www.example.com\""},
    {"/prizes", "[]"},
    {"/prizes/0", "7"},
    {"/prizes/0/kind", "\"gold\""},
    {"/prizes/0/mode", "\"never\""},
    {"/prizes/0/odds", "0.1"},
    {"/prizes/1/odds", NULL},
    {"/prizes/1/odds", "1.1"},
    {"/prizes/1/amount_fen", NULL},
    {"/prizes/1/amount_fen", "5000001"},
    {"/prizes/1/units", "0"},
    {"/prizes/2/amount_fen", "1"},
    {"/prizes/2/total_fen", NULL},
    {"/prizes/3/amount_fen", "1"},
    {"/prizes/4/value_fen", "1"},
    {"/prizes/0/units", "100001"},
    {"/prizes/0/pacing", "{\"per_second\":5}"},
    {"/prizes/0/pacing", "{\"curve\":[]}"},
    {"/prizes/1/pacing/curve/0/share", "1.5"},
    {"/prizes/2/pacing/slots/0/to", "\"24:01\""},
    {"/prizes/2/pacing/slots/0/to", "\"2026-02-17T12:30:00\""},
    {"/prizes/2/pacing/slots/0/to", NULL},
    {"/prizes/2/pacing/per_second", "0"},
};

/* A file of the project: this one's own place is known. */
static void path_of(const char *file, char *out)
{
    const char *tests = strstr(__FILE__, "tests/unit/");

    assert_non_null(tests);
    (void)snprintf(out, PATH_MAX_BYTES, "%.*s%s", (int)(tests - __FILE__), __FILE__, file);
}

static FILE *checker_start(void)
{
    char script[PATH_MAX_BYTES];
    char command[PATH_MAX_BYTES + 64];
    FILE *checker;

    path_of("tests/support/check_campaign_schema.py", script);
    (void)snprintf(command, sizeof command, "/usr/bin/python3 '%s'", script);
    checker = popen(command, "w");
    assert_non_null(checker);
    return checker;
}

static void checker_end(FILE *checker)
{
    int status = pclose(checker);

    assert_true(WIFEXITED(status));
    if (WEXITSTATUS(status) == SKIPPED) {
        skip();
    }
    assert_int_equal(WEXITSTATUS(status), 0);
}

/* The engine's own answer has to be the same, or the example is no example. */
static void tell(FILE *checker, json_t *json, bool sound)
{
    struct problems *problems = problems_of(json);
    char *text = json_canonical(json);

    assert_true((problems->errors == 0) == sound);
    (void)fprintf(checker, "%s %s\n", sound ? "sound" : "unsound", text);
    free(text);
    problems_free(problems);
    json_decref(json);
}

TEST(the_schema_takes_what_the_engine_takes)
{
    FILE *checker = checker_start();
    char *demo = demo_document(SAMPLE_NOW_MS);
    json_t *json = NULL;

    tell(checker, sample_json(), true);
    assert_int_equal(json_parse(demo, strlen(demo), &json, NULL, 0), HB_OK);
    free(demo);
    tell(checker, json, true);
    for (size_t i = 0; i < sizeof SOUND / sizeof SOUND[0]; i++) {
        tell(checker, edited(SOUND[i].pointer, SOUND[i].value), true);
    }
    checker_end(checker);
}

TEST(the_schema_refuses_faults_of_form)
{
    FILE *checker = checker_start();

    for (size_t i = 0; i < sizeof UNSOUND / sizeof UNSOUND[0]; i++) {
        tell(checker, edited(UNSOUND[i].pointer, UNSOUND[i].value), false);
    }
    checker_end(checker);
}

static char *file_text(const char *file)
{
    char path[PATH_MAX_BYTES];
    char *text = calloc(1, 1 << 20);
    FILE *in;

    path_of(file, path);
    in = fopen(path, "r");
    assert_non_null(in);
    assert_non_null(text);
    assert_true(fread(text, 1, (1 << 20) - 1, in) > 0);
    (void)fclose(in);
    return text;
}

TEST(the_reference_names_every_problem)
{
    char *text = file_text("docs/campaign-document.md");
    char quoted[64];

    for (int id = 0; id < PROBLEM_IDS; id++) {
        (void)snprintf(quoted, sizeof quoted, "| `%s` |", problem_code((enum problem_id)id));
        if (strstr(text, quoted) == NULL) {
            fail_msg("docs/campaign-document.md has no %s", quoted);
        }
    }
    free(text);
}

TEST(the_example_of_the_reference_is_sound)
{
    char *text = file_text("docs/campaign-document.md");
    char *from = strstr(text, "```json\n");
    char *to = from == NULL ? NULL : strstr(from + 8, "```");
    json_t *json = NULL;
    struct problems *problems;

    assert_non_null(to);
    assert_int_equal(json_parse(from + 8, (size_t)(to - from) - 8, &json, NULL, 0), HB_OK);
    problems = problems_of(json);
    assert_int_equal(problems->count, 0);
    problems_free(problems);
    json_decref(json);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(the_schema_takes_what_the_engine_takes),
        RUN(the_schema_refuses_faults_of_form),
        RUN(the_reference_names_every_problem),
        RUN(the_example_of_the_reference_is_sound),
    };

    return RUN_ALL(tests);
}
