/*
 * Fuzzes module campaign: a document of any bytes gives problems, or a table that keeps all promises and
 * comes back from its text; and any bytes as a table's text are refused, or are exactly that table's text.
 */
#include "campaign/compile.h"
#include "campaign/disclose.h"
#include "campaign/freeze.h"
#include "campaign/table_check.h"
#include "campaign/table_json.h"
#include "campaign/validate.h"

#include <stdlib.h>
#include <string.h>

#define NOW_MS INT64_C(1767225600000) /* 2026-01-01T00:00:00Z */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool good)
{
    if (!good) {
        abort();
    }
}

static void check_text(const struct table *table, const char *expected, size_t len)
{
    struct buf text;

    buf_init(&text, TABLE_JSON_MAX_BYTES);
    require(table_json_write(table, &text) == HB_OK);
    require(text.len == len && memcmp(text.data, expected, len) == 0);
    buf_free(&text);
}

static void check_table(const struct table *table)
{
    struct table *again = NULL;
    struct buf text;

    require(table_flaw(table) == NULL);
    buf_init(&text, TABLE_JSON_MAX_BYTES);
    require(table_json_write(table, &text) == HB_OK);
    require(table_json_read(text.data, text.len, &again, NULL, 0) == HB_OK);
    check_text(again, text.data, text.len);
    table_free(again);
    buf_free(&text);
}

static void check_disclosure(const struct document *document)
{
    struct disclose_facts facts = {.document = document, .version = 1};
    json_t *json = NULL;
    struct buf text;

    buf_init(&text, 4 * DOCUMENT_MAX_BYTES);
    require(disclose_write(&facts, &text) == HB_OK);
    buf_addc(&text, '}');
    require(json_parse(text.data, text.len, &json, NULL, 0) == HB_OK);
    json_decref(json);
    buf_free(&text);
}

/* A version that changes nothing breaks nothing. */
static void check_freeze(const struct document *document, uint32_t shards)
{
    static const int64_t NONE[PRIZES_MAX];
    struct freeze_facts facts = {document, shards, NOW_MS, NONE, NONE};
    struct problems *problems = problems_new();

    require(problems != NULL);
    freeze_check(document, &facts, problems);
    require(problems->errors == 0);
    problems_free(problems);
}

static void check_sound(const struct document *document)
{
    struct table *table = NULL;

    require(table_compile(document, 1, 3, &table) == HB_OK);
    check_table(table);
    check_disclosure(document);
    check_freeze(document, table->shards);
    table_free(table);
}

static void check_problems(const struct problems *problems)
{
    json_t *json = NULL;
    struct buf text;

    buf_init(&text, 16 * DOCUMENT_MAX_BYTES);
    problems_write_json(problems, &text);
    require(json_parse(text.data, text.len, &json, NULL, 0) == HB_OK);
    json_decref(json);
    buf_free(&text);
}

static void check_as_document(const char *text, size_t len)
{
    struct validate_facts facts = {.now_ms = NOW_MS};
    struct problems *problems = problems_new();
    struct document *document = NULL;
    hb_err err;

    require(problems != NULL);
    err = document_check(text, len, &facts, problems, &document);
    require((err == HB_OK) == (document != NULL && problems->errors == 0));
    if (err == HB_OK) {
        check_sound(document);
    }
    check_problems(problems);
    document_free(document);
    problems_free(problems);
}

static void check_as_table(const char *text, size_t len)
{
    struct table *table = NULL;

    if (table_json_read(text, len, &table, NULL, 0) == HB_OK) {
        check_text(table, text, len);
    }
    table_free(table);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    check_as_document((const char *)data, size);
    check_as_table((const char *)data, size);
    return 0;
}
