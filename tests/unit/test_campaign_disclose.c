/*
 * Unit tests of campaign/disclose.c.
 */
#include "campaign/disclose.h"

#include "tests/support/campaign_documents.h"
#include "tests/support/unit.h"

#include <string.h>

/* The text, completed as the route completes it and parsed. */
static json_t *disclosed(const struct disclose_facts *facts)
{
    json_t *json = NULL;
    struct buf text;

    buf_init(&text, 1 << 20);
    assert_int_equal(disclose_write(facts, &text), HB_OK);
    buf_adds(&text, ",\"state\":\"live\",\"server_time\":\"2026-02-16T12:00:00Z\"}");
    assert_int_equal(json_parse(text.data, text.len, &json, NULL, 0), HB_OK);
    buf_free(&text);
    return json;
}

static const json_t *at(const json_t *json, const char *name)
{
    const json_t *value = json_object_get(json, name);

    assert_non_null(value);
    return value;
}

static const char *text_at(const json_t *json, const char *name)
{
    return json_string_value(at(json, name));
}

TEST(the_public_sees_the_campaign)
{
    json_t *json = sample_json();
    struct document *document = sound_document(json);
    struct disclose_facts facts = {.document = document, .version = 4, .sandbox = true};
    json_t *body = disclosed(&facts);

    assert_string_equal(text_at(body, "id"), "spring-2026");
    assert_int_equal(json_integer_value(at(body, "version")), 4);
    assert_string_equal(text_at(at(body, "title"), "zh"), "新春红包");
    assert_string_equal(text_at(body, "starts_at"), "2026-02-16T20:00:00+08:00");
    assert_string_equal(text_at(body, "ends_at"), "2026-02-23T20:00:00+08:00");
    assert_true(json_is_true(at(body, "sandbox")));
    assert_int_equal(json_integer_value(at(at(body, "chances"), "per_day")), 2);
    assert_int_equal(json_integer_value(at(at(body, "caps"), "per_campaign")), 50);
    assert_int_equal(json_array_size(at(body, "prizes")), SAMPLE_PRIZES);
    assert_int_equal(json_object_size(body), 14);
    json_decref(body);
    document_free(document);
    json_decref(json);
}

TEST(prizes_say_what_they_are)
{
    static const int64_t LEFT[SAMPLE_PRIZES] = {1, 2, 3, 4, 5, 6};
    json_t *json = sample_json();
    struct document *document = sound_document(json);
    struct disclose_facts facts = {.document = document, .version = 1, .units_left = LEFT};
    json_t *body = disclosed(&facts);
    const json_t *grand = json_array_get(at(body, "prizes"), SAMPLE_GRAND);
    const json_t *luck = json_array_get(at(body, "prizes"), SAMPLE_LUCK);

    assert_string_equal(text_at(grand, "mode"), "moments");
    assert_true(json_is_null(at(grand, "odds")));
    assert_int_equal(json_integer_value(at(grand, "amount_fen")), 100000);
    assert_int_equal(json_integer_value(at(grand, "wins_per_player")), 1);
    assert_true(json_is_null(at(grand, "amount_min_fen")));
    assert_string_equal(text_at(luck, "kind"), "cash_split");
    assert_true(json_is_null(at(luck, "amount_fen")));
    assert_int_equal(json_integer_value(at(luck, "amount_max_fen")), 500);
    assert_int_equal(json_integer_value(at(luck, "units")), 10000);
    assert_int_equal(json_integer_value(at(luck, "units_left")), 3);
    assert_true(json_is_null(at(luck, "wins_per_player")));
    assert_true(json_real_value(at(luck, "odds")) == 0.1);
    json_decref(body);
    document_free(document);
    json_decref(json);
}

TEST(fairness_is_null_until_it_is_known)
{
    json_t *json = edited("/fairness", NULL);
    struct document *document = sound_document(json);
    struct disclose_facts facts = {.document = document, .version = 1};
    json_t *body = disclosed(&facts);
    const json_t *fairness = at(body, "fairness");

    assert_true(json_is_null(at(fairness, "commitment")));
    assert_true(json_is_null(at(fairness, "public_source")));
    assert_true(json_is_null(at(fairness, "public_value")));
    assert_true(json_is_null(at(fairness, "secret")));
    assert_int_equal(json_array_size(at(fairness, "versions")), 0);
    json_decref(body);
    document_free(document);
    json_decref(json);
}

TEST(fairness_shows_the_commitment_versions_and_reveal)
{
    static const uint8_t COMMITMENT[SHA256_BYTES] = {0xab};
    static const uint8_t SECRET[SHA256_BYTES] = {0x01};
    static const struct disclose_version VERSIONS[] = {{1, {0x11}}, {2, {0x22}}};
    json_t *json = sample_json();
    struct document *document = sound_document(json);
    struct disclose_facts facts = {.document = document,
                                   .version = 2,
                                   .commitment = COMMITMENT,
                                   .public_value = "3\"14",
                                   .secret = SECRET,
                                   .versions = VERSIONS,
                                   .version_count = 2};
    json_t *body = disclosed(&facts);
    const json_t *fairness = at(body, "fairness");

    assert_int_equal(strncmp(text_at(fairness, "commitment"), "ab00", 4), 0);
    assert_int_equal(strlen(text_at(fairness, "secret")), 64);
    assert_string_equal(text_at(fairness, "public_value"), "3\"14");
    assert_string_equal(text_at(at(fairness, "public_source"), "en"), "Close of the index");
    assert_int_equal(json_integer_value(at(json_array_get(at(fairness, "versions"), 1), "version")), 2);
    assert_int_equal(strncmp(text_at(json_array_get(at(fairness, "versions"), 1), "hash"), "22", 2), 0);
    json_decref(body);
    document_free(document);
    json_decref(json);
}

TEST(no_caps_are_null)
{
    json_t *json = edited("/caps", NULL);
    struct document *document = sound_document(json);
    struct disclose_facts facts = {.document = document, .version = 1};
    json_t *body = disclosed(&facts);

    assert_true(json_is_null(at(at(body, "caps"), "per_day")));
    assert_true(json_is_null(at(at(body, "caps"), "per_campaign")));
    json_decref(body);
    document_free(document);
    json_decref(json);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(the_public_sees_the_campaign),
        RUN(prizes_say_what_they_are),
        RUN(fairness_is_null_until_it_is_known),
        RUN(fairness_shows_the_commitment_versions_and_reveal),
        RUN(no_caps_are_null),
    };

    return RUN_ALL(tests);
}
