/*
 * Unit tests of campaign/demo.c: the demo is sound whenever it is made, and its first draws win.
 */
#include "campaign/demo.h"

#include "campaign/compile.h"
#include "lottery/fairness.h"
#include "lottery/shard.h"
#include "tests/support/campaign_documents.h"
#include "tests/support/unit.h"

#include <stdlib.h>
#include <string.h>

#define YEAR_MS (INT64_C(1000) * DAY_S * 365)

enum { NEWCOMERS = 2000, FIRST_DRAWS = 5 };

static json_t *demo_json(int64_t now_ms)
{
    json_t *json = NULL;
    char *text = demo_document(now_ms);

    assert_non_null(text);
    assert_int_equal(json_parse(text, strlen(text), &json, NULL, 0), HB_OK);
    free(text);
    return json;
}

TEST(the_demo_has_no_problem_at_any_time)
{
    for (int i = 0; i < 400; i++) {
        int64_t now_ms = SAMPLE_NOW_MS + i * (YEAR_MS / 100) + i * 1234567;
        json_t *json = demo_json(now_ms);
        struct document *document = NULL;
        struct problems *problems = problems_at(json, now_ms, &document);

        assert_int_equal(problems->errors + problems->warnings, 0);
        assert_string_equal(document->id, "spring");
        assert_in_range(now_ms - document->starts_ms, 60000, 60999);
        problems_free(problems);
        document_free(document);
        json_decref(json);
    }
}

TEST(the_demo_shows_every_kind_and_mode)
{
    json_t *json = demo_json(SAMPLE_NOW_MS);
    struct document *document = sound_document(json);
    unsigned kinds = 0;
    unsigned modes = 0;

    for (size_t i = 0; i < document->prize_count; i++) {
        kinds |= 1U << document->prizes[i].kind;
        modes |= 1U << document->prizes[i].mode;
    }
    assert_int_equal(kinds, 15);
    assert_int_equal(modes, 7);
    assert_int_equal(document->base_chances, 20);
    assert_int_equal(document->day_chances, 50);
    document_free(document);
    json_decref(json);
}

/* All stock on the one shard. */
static struct shard *shard_of(const struct table *table)
{
    struct shard *shard = calloc(1, sizeof *shard);

    assert_non_null(shard);
    shard->epoch = 1;
    shard->position = 1;
    shard->version = 1;
    shard->time_ms = table->start_ms + 60000;
    shard->prize_count = (uint8_t)table->prize_count;
    for (uint32_t i = 0; i < table->prize_count; i++) {
        if (table->prizes[i].mode != PRIZE_MOMENTS) {
            shard->pools[i].range_count = 1;
            shard->pools[i].ranges[0] = (struct unit_range){0, (uint32_t)table->prizes[i].units};
        }
    }
    return shard;
}

static unsigned
first_wins(struct shard *shard, const struct table *table, const struct seed *seed, unsigned number)
{
    struct draw_request request = {.player.bytes = {(uint8_t)number, (uint8_t)(number >> 8)}};
    struct player_state player = {0};
    unsigned wins = 0;

    for (unsigned i = 0; i < FIRST_DRAWS; i++) {
        struct draw_record record = {0};
        struct draw_result result;

        request.key.bytes[0] = (uint8_t)(i + 1);
        request.block = i / BLOCK_DRAWS;
        fairness_block(seed, table->campaign, &request.player, request.block, request.numbers);
        result = shard_draw(shard, table, &player, &request, 0, &record);
        assert_int_equal(result.status, DRAW_NEW);
        wins += result.prize != 0;
    }
    return wins;
}

TEST(a_newcomer_wins_within_a_few_draws)
{
    static const uint8_t SECRET[32] = {7};
    json_t *json = demo_json(SAMPLE_NOW_MS);
    struct document *document = sound_document(json);
    struct table *table = NULL;
    struct shard *shard;
    struct seed seed;

    assert_int_equal(table_compile(document, 1, 1, &table), HB_OK);
    fairness_seed(table->campaign, SECRET, "", &seed);
    shard = shard_of(table);
    for (unsigned i = 0; i < NEWCOMERS; i++) {
        assert_true(first_wins(shard, table, &seed, i) > 0);
    }
    free(shard);
    table_free(table);
    document_free(document);
    json_decref(json);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(the_demo_has_no_problem_at_any_time),
        RUN(the_demo_shows_every_kind_and_mode),
        RUN(a_newcomer_wins_within_a_few_draws),
    };

    return RUN_ALL(tests);
}
