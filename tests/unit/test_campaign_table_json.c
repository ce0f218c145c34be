/*
 * Unit tests of campaign/table_json_*.c and table_check.c.
 */
#include "campaign/table_json.h"

#include "campaign/compile.h"
#include "campaign/demo.h"
#include "tests/support/campaign_documents.h"
#include "tests/support/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The text in out, malloc'ed. */
static char *text_of(const struct table *table)
{
    struct buf text;
    char *copy;

    buf_init(&text, TABLE_JSON_MAX_BYTES);
    assert_int_equal(table_json_write(table, &text), HB_OK);
    copy = strdup(buf_cstr(&text));
    buf_free(&text);
    return copy;
}

static struct table *compiled(json_t *json)
{
    struct document *document = sound_document(json);
    struct table *table = NULL;

    assert_int_equal(table_compile(document, 3, 1, &table), HB_OK);
    document_free(document);
    json_decref(json);
    return table;
}

static hb_err read_again(const char *text, struct table **out)
{
    char why[200] = "";
    hb_err err = table_json_read(text, strlen(text), out, why, sizeof why);

    assert_true((err == HB_OK) == (why[0] == '\0'));
    assert_true((err == HB_OK) == (*out != NULL));
    return err;
}

static void check_round_trip(const struct table *table)
{
    struct table *again = NULL;
    char *text = text_of(table);
    char *text_again;

    assert_int_equal(read_again(text, &again), HB_OK);
    text_again = text_of(again);
    assert_string_equal(text, text_again);
    free(text_again);
    free(text);
    table_free(again);
}

static struct table small_table(struct table_prize *prize, int64_t *days)
{
    *prize = (struct table_prize){
        .id = "tea", .kind = PRIZE_VOUCHER, .mode = PRIZE_ODDS, .units = 7, .number_to = 10, .wins_max = 2};
    days[0] = 500;
    return (struct table){.campaign = "spring",
                          .version = 1,
                          .shards = 1,
                          .start_ms = 1000,
                          .end_ms = 9000,
                          .days = days,
                          .day_count = 1,
                          .base_chances = 3,
                          .day_chances = 2,
                          .prizes = prize,
                          .prize_count = 1};
}

/* Stored tables and published hashes depend on every byte of this. */
TEST(the_text_is_what_it_always_was)
{
    static const char TEXT[] =
        "{\"base\":3,\"campaign\":\"spring\",\"campaign_cap\":0,\"day_cap\":0,\"day_chances\":2,\"days\":["
        "500],"
        "\"end_ms\":9000,\"format\":1,\"prizes\":[{\"amount_fen\":0,\"curve\":[[1,0],[9,7]],\"id\":\"tea\","
        "\"kind\":\"voucher\",\"max_fen\":0,\"min_fen\":0,\"mode\":\"odds\",\"number_from\":0,\"number_to\":"
        "10,"
        "\"per_second\":0,\"slots\":[[1000,2000],[2000,9000]],\"total_fen\":0,\"units\":7,\"wins_max\":2}],"
        "\"shards\":1,\"start_ms\":1000,\"version\":1}";
    struct curve_point curve[] = {{1, 0}, {9, 7}};
    struct slot slots[] = {{1000, 2000}, {2000, 9000}};
    struct table_prize prize;
    int64_t days[1];
    struct table table = small_table(&prize, days);
    uint8_t hash[SHA256_BYTES];
    uint8_t expected[SHA256_BYTES];
    char *text;

    prize.curve = curve;
    prize.curve_count = 2;
    prize.slots = slots;
    prize.slot_count = 2;
    text = text_of(&table);
    assert_string_equal(text, TEXT);
    check_round_trip(&table);
    assert_int_equal(table_hash(&table, hash), HB_OK);
    sha256(TEXT, strlen(TEXT), expected);
    assert_memory_equal(hash, expected, sizeof hash);
    free(text);
}

TEST(tables_come_back_to_the_byte)
{
    struct table *table = compiled(sample_json());
    char *demo = demo_document(SAMPLE_NOW_MS);
    json_t *json = NULL;

    check_round_trip(table);
    table_free(table);
    assert_int_equal(json_parse(demo, strlen(demo), &json, NULL, 0), HB_OK);
    table = compiled(json);
    check_round_trip(table);
    table_free(table);
    free(demo);
}

/* Members are sorted as jansson sorts them, so any canonical writer agrees. */
TEST(the_text_is_canonical_json)
{
    struct table *table = compiled(sample_json());
    char *text = text_of(table);
    json_t *json = NULL;
    char *canonical;

    assert_int_equal(json_parse(text, strlen(text), &json, NULL, 0), HB_OK);
    canonical = json_canonical(json);
    assert_string_equal(text, canonical);
    free(canonical);
    json_decref(json);
    free(text);
    table_free(table);
}

struct change {
    const char *from, *to;
};

static char *replaced(const char *text, const struct change *change)
{
    const char *at = strstr(text, change->from);
    char *out = malloc(strlen(text) + strlen(change->to) + 1);

    assert_non_null(at);
    (void)sprintf(out, "%.*s%s%s", (int)(at - text), text, change->to, at + strlen(change->from));
    return out;
}

TEST(any_other_text_is_refused)
{
    static const struct change CHANGES[] = {
        {"\"format\":1", "\"format\":2"},
        {"\"format\":1", "\"format\":1.0"},
        {"{\"base\":3", "{ \"base\":3"},
        {"\"version\":3", "\"version\":0"},
        {"\"version\":3", "\"version\":3,\"x\":1"},
        {"\"version\":3", "\"version\":\"3\""},
        {"\"version\":3", "\"version\":4294967296"},
        {"\"shards\":2", "\"shards\":257"},
        {"\"base\":3,", ""},
        {"\"base\":3", "\"base\":-3"},
        {"\"base\":3", "\"base\":65536"},
        {"\"campaign\":\"spring-2026\"", "\"campaign\":\"Spring\""},
        {"\"campaign\":\"spring-2026\"", "\"campaign\":\"a-name-that-is-longer-than-32-letters\""},
        {"\"days\":[", "\"days\":[1,"},
        {"\"end_ms\":", "\"end_ms\":9"},
        {"\"id\":\"cash\"", "\"id\":\"grand\""},
        {"\"id\":\"cash\"", "\"id\":\"c\\u0061sh\""},
        {"\"kind\":\"cash\"", "\"kind\":\"gold\""},
        {"\"kind\":\"voucher\"", "\"kind\":\"cash\""},
        {"\"mode\":\"always\"", "\"mode\":\"odds\""},
        {"\"mode\":\"always\"", "\"mode\":\"never\""},
        {"\"number_from\":0,\"number_to\":281474976710", "\"number_from\":1,\"number_to\":281474976710"},
        {"\"per_second\":50", "\"per_second\":2147483648"},
        {"\"amount_fen\":8888", "\"amount_fen\":5000001"},
        {"\"amount_fen\":8888", "\"amount_fen\":0"},
        {"\"total_fen\":1000000", "\"total_fen\":1"},
        {"\"min_fen\":50", "\"min_fen\":501"},
        {"\"units\":10000", "\"units\":0"},
        {"\"units\":10000", "\"units\":9223372036854775807"},
        {"\"wins_max\":1}", "\"wins_max\":1,\"x\":0}"},
        {"\"wins_max\":1}", "\"wins_max\":65536}"},
        {"\"curve\":[[", "\"curve\":[[0,0],["},
        {"\"curve\":[[", "\"curve\":[[1,2,3],["},
        {"\"curve\":[[", "\"curve\":[7,["},
        {"\"slots\":[[", "\"slots\":[[0,1],["},
        {"\"slots\":[]", "\"slots\":{}"},
        {"\"prizes\":[{", "\"prizes\":[7,{"},
        {"\"prizes\":[", "\"prices\":["},
    };
    struct table *table = compiled(sample_json());
    char *text = text_of(table);

    for (size_t i = 0; i < sizeof CHANGES / sizeof CHANGES[0]; i++) {
        char *other = replaced(text, &CHANGES[i]);
        struct table *again = NULL;

        if (read_again(other, &again) != HB_E_INPUT) {
            fail_msg("taken: %s", CHANGES[i].to);
        }
        free(other);
    }
    free(text);
    table_free(table);
}

TEST(text_that_is_no_json_is_refused)
{
    static const char *const TEXTS[] = {"", "{", "7", "{\"base\":1,\"base\":1}"};

    for (size_t i = 0; i < sizeof TEXTS / sizeof TEXTS[0]; i++) {
        struct table *table = NULL;

        assert_int_equal(read_again(TEXTS[i], &table), HB_E_JSON);
    }
}

/* Whatever a byte turns into: refused, or a table with exactly that text. */
TEST(a_flipped_byte_is_noticed_or_makes_another_sound_table)
{
    struct table *table = compiled(sample_json());
    char *text = text_of(table);
    size_t len = strlen(text);

    for (size_t i = 0; i < len; i++) {
        char before = text[i];
        struct table *again = NULL;

        text[i] = (char)('0' + (before + 1) % 10);
        if (read_again(text, &again) == HB_OK) {
            char *text_again = text_of(again);

            assert_string_equal(text, text_again);
            free(text_again);
            table_free(again);
        }
        text[i] = before;
    }
    free(text);
    table_free(table);
}

TEST(a_buffer_too_small_is_an_error)
{
    struct table *table = compiled(sample_json());
    struct buf text;

    buf_init(&text, 100);
    assert_int_equal(table_json_write(table, &text), HB_E_NOMEM);
    buf_free(&text);
    table_free(table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(the_text_is_what_it_always_was),
        RUN(tables_come_back_to_the_byte),
        RUN(the_text_is_canonical_json),
        RUN(any_other_text_is_refused),
        RUN(text_that_is_no_json_is_refused),
        RUN(a_flipped_byte_is_noticed_or_makes_another_sound_table),
        RUN(a_buffer_too_small_is_an_error),
    };

    return RUN_ALL(tests);
}
