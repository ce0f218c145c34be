/*
 * tests/support/campaign_documents.c - the sample document and its edits.
 */
#include "tests/support/campaign_documents.h"

#include "tests/support/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* clang-format off */
static const char SAMPLE[] =
"{\"id\":\"spring-2026\",\"title\":{\"zh\":\"新春红包\",\"en\":\"Spring packets\"},"
"\"rules\":{\"zh\":\"第一行\\n第二行\",\"en\":\"Line one\\nLine two\"},"
"\"time_zone\":\"Asia/Shanghai\",\"starts_at\":\"2026-02-16T20:00:00\",\"ends_at\":\"2026-02-23T20:00:00\","
"\"budget_fen\":2488800,\"shards\":2,\"expected_draws\":100000,"
"\"cors_origins\":[\"https://www.example.com\",\"http://localhost:8080\"],"
"\"chances\":{\"base\":3,\"per_day\":2},\"caps\":{\"per_day\":10,\"per_campaign\":50},"
"\"fairness\":{\"public_source\":{\"zh\":\"上证指数收盘点位\",\"en\":\"Close of the index\"}},"
"\"prizes\":["
"{\"id\":\"grand\",\"kind\":\"cash\",\"name\":{\"zh\":\"大奖\",\"en\":\"Grand\"},\"mode\":\"moments\","
"\"amount_fen\":100000,\"units\":3,\"wins_per_player\":1},"
"{\"id\":\"cash\",\"kind\":\"cash\",\"name\":{\"zh\":\"现金\",\"en\":\"Cash\"},\"mode\":\"odds\",\"odds\":0.001,"
"\"amount_fen\":8888,\"units\":100,\"pacing\":{\"curve\":[{\"at\":\"2026-02-16T20:00:00\",\"share\":0.1},"
"{\"at\":\"2026-02-18T20:00:00\",\"share\":0.5},{\"at\":\"2026-02-23T20:00:00\",\"share\":1}]}},"
"{\"id\":\"luck\",\"kind\":\"cash_split\",\"name\":{\"zh\":\"拼手气\",\"en\":\"Luck\"},\"mode\":\"odds\",\"odds\":0.1,"
"\"total_fen\":1000000,\"min_fen\":50,\"max_fen\":500,\"units\":10000,\"pacing\":{\"slots\":["
"{\"from\":\"20:00\",\"to\":\"20:10\"},{\"from\":\"2026-02-17T12:00:00\",\"to\":\"2026-02-17T12:30:00\"}],"
"\"per_second\":50}},"
"{\"id\":\"tea\",\"kind\":\"voucher\",\"name\":{\"zh\":\"茶券\",\"en\":\"Tea\"},\"mode\":\"odds\",\"odds\":0.05,"
"\"value_fen\":500,\"units\":5000},"
"{\"id\":\"fu\",\"kind\":\"card\",\"name\":{\"zh\":\"福卡\",\"en\":\"Fu\"},\"mode\":\"odds\",\"odds\":0.2,\"units\":20000},"
"{\"id\":\"welcome\",\"kind\":\"cash_split\",\"name\":{\"zh\":\"见面礼\",\"en\":\"Welcome\"},\"mode\":\"always\","
"\"total_fen\":300000,\"min_fen\":1,\"max_fen\":50,\"units\":70000}"
"]}";
/* clang-format on */

json_t *sample_json(void)
{
    json_t *json = NULL;

    assert_int_equal(json_parse(SAMPLE, strlen(SAMPLE), &json, NULL, 0), HB_OK);
    return json;
}

static json_t *value_of(const char *text)
{
    json_t *value = json_loads(text, JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, NULL);

    assert_non_null(value);
    return value;
}

static void put(json_t *parent, const char *name, const char *value)
{
    size_t index = strtoul(name, NULL, 10);

    if (json_is_object(parent)) {
        assert_int_equal(value == NULL ? json_object_del(parent, name)
                                       : json_object_set_new(parent, name, value_of(value)),
                         0);
    } else if (value == NULL) {
        assert_int_equal(json_array_remove(parent, index), 0);
    } else if (strcmp(name, "-") == 0) {
        assert_int_equal(json_array_append_new(parent, value_of(value)), 0);
    } else {
        assert_int_equal(json_array_set_new(parent, index, value_of(value)), 0);
    }
}

void edit(json_t *document, const char *pointer, const char *value)
{
    char names[256];
    char *rest = NULL;
    char *name;
    json_t *parent = document;

    (void)snprintf(names, sizeof names, "%s", pointer);
    name = strtok_r(names, "/", &rest);
    for (char *next = strtok_r(NULL, "/", &rest); next != NULL; next = strtok_r(NULL, "/", &rest)) {
        parent = json_is_array(parent) ? json_array_get(parent, strtoul(name, NULL, 10))
                                       : json_object_get(parent, name);
        assert_non_null(parent);
        name = next;
    }
    put(parent, name, value);
}

json_t *edited(const char *pointer, const char *value)
{
    json_t *json = sample_json();

    edit(json, pointer, value);
    return json;
}

struct problems *problems_at(json_t *json, int64_t now_ms, struct document **out)
{
    struct validate_facts facts = {.now_ms = now_ms};
    struct problems *problems = problems_new();
    struct document *document = NULL;

    assert_non_null(problems);
    assert_int_equal(document_read(json, problems, &document), HB_OK);
    assert_int_equal(document_validate(document, &facts, problems), HB_OK);
    if (out != NULL) {
        *out = document;
    } else {
        document_free(document);
    }
    return problems;
}

struct problems *problems_of(json_t *json)
{
    return problems_at(json, SAMPLE_NOW_MS, NULL);
}

static void print_all(const struct problems *problems)
{
    for (size_t i = 0; i < problems->count; i++) {
        print_message(
            "%s %s: %s\n", problems->items[i].pointer, problems->items[i].code, problems->items[i].en);
    }
}

struct document *sound_document(json_t *json)
{
    struct document *document = NULL;
    struct problems *problems = problems_at(json, SAMPLE_NOW_MS, &document);

    if (problems->errors > 0) {
        print_all(problems);
    }
    assert_int_equal(problems->errors, 0);
    problems_free(problems);
    return document;
}

bool has_problem(const struct problems *problems, const char *pointer, const char *code)
{
    for (size_t i = 0; i < problems->count; i++) {
        if (strcmp(problems->items[i].pointer, pointer) == 0 && strcmp(problems->items[i].code, code) == 0) {
            return true;
        }
    }
    print_message("no %s at %s among %zu:\n", code, pointer, problems->count);
    print_all(problems);
    return false;
}
