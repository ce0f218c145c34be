/*
 * cli/campaign_publish.c - `hongbao campaign validate | publish`: document -> problems, or table -> database.
 */
#include "cli/campaign_internal.h"
#include "cli/nodes.h"
#include "cli/secret.h"

#include "base/clock.h"
#include "base/json.h"
#include "books/channels.h"
#include "campaign/compile.h"
#include "campaign/document.h"
#include "campaign/freeze.h"
#include "campaign/table_json.h"
#include "campaign/validate.h"
#include "lottery/fairness.h"
#include "store/pg.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- what is published ---- */

/* The newest version in the database, and what is leased of it. version 0: never published. */
struct published {
    uint32_t id, version, shards;
    struct document *document; /* NULL when never published */
    int64_t leased_units[PRIZES_MAX], leased_fen[PRIZES_MAX];
    struct channels *channels; /* that may pay for it; NULL: nobody asked */
};

static bool leased_read(struct pg *pg, struct published *out)
{
    static const char SQL[] = "SELECT prize, leased_units, leased_fen FROM prize WHERE campaign = $1::int";
    char id[16];
    const char *params[] = {id};
    struct pg_result *rows = NULL;

    snprintf(id, sizeof id, "%u", out->id);
    if (cli_failed(pg, pg_call(pg, SQL, 1, params, &rows), "publish")) {
        return false;
    }
    for (int row = 0; row < pg_rows(rows); row++) {
        int64_t prize = pg_i64(rows, row, 0);

        if (prize >= 1 && prize <= PRIZES_MAX) {
            out->leased_units[prize - 1] = pg_i64(rows, row, 1);
            out->leased_fen[prize - 1] = pg_i64(rows, row, 2);
        }
    }
    pg_result_free(rows);
    return true;
}

/* Says what failed. */
static bool published_read(struct pg *pg, const char *slug, struct published *out)
{
    static const char SQL[] = "SELECT c.id, v.version, c.shards, v.document FROM campaign c JOIN "
                              "campaign_version v ON v.campaign = c.id "
                              "WHERE c.slug = $1 ORDER BY v.version DESC LIMIT 1";
    const char *params[] = {slug};
    struct pg_result *rows = NULL;
    struct problems *problems = problems_new();
    bool good = true;

    *out = (struct published){.version = 0};
    if (problems == NULL || cli_failed(pg, pg_call(pg, SQL, 1, params, &rows), "publish")) {
        problems_free(problems);
        return false;
    }
    if (pg_rows(rows) == 1) {
        const char *text = pg_text(rows, 0, 3);

        out->id = (uint32_t)pg_i64(rows, 0, 0);
        out->version = (uint32_t)pg_i64(rows, 0, 1);
        out->shards = (uint32_t)pg_i64(rows, 0, 2);
        good = document_parse(text, strlen(text), problems, &out->document) == HB_OK && leased_read(pg, out);
    }
    pg_result_free(rows);
    problems_free(problems);
    return good;
}

static void published_free(struct published *published)
{
    document_free(published->document);
    published->document = NULL;
}

/* ---- checking ---- */

static void print_problems(const struct problems *problems, bool json)
{
    struct buf out;

    if (json) {
        buf_init(&out, 4 * 1024 * 1024);
        problems_write_json(problems, &out);
        puts(buf_cstr(&out));
        buf_free(&out);
        return;
    }
    for (size_t i = 0; i < problems->count; i++) {
        const struct problem *one = &problems->items[i];

        fprintf(stderr,
                "%s %s %s: %s / %s\n",
                one->severity == SEVERITY_ERROR ? "error  " : "warning",
                one->pointer[0] == '\0' ? "(document)" : one->pointer,
                one->code,
                one->en,
                one->zh);
    }
    if (problems->truncated) {
        fprintf(
            stderr, "... and more: %zu errors, %zu warnings in all\n", problems->errors, problems->warnings);
    }
}

/* Reads and checks the document at path; prints every problem. NULL when it cannot be published. */
static struct document *
document_load(const char *path, const struct published *published, uint32_t shards, char **text, bool json)
{
    struct validate_facts facts = {
        .now_ms = clock_wall_ms(), .published = published->version > 0, .shards = shards};
    struct freeze_facts frozen = {
        published->document, published->shards, facts.now_ms, published->leased_units, published->leased_fen};
    struct problems *problems = problems_new();
    struct document *document = NULL;
    size_t len;
    hb_err err;

    *text = cli_read_file(path, DOCUMENT_MAX_BYTES, &len);
    if (*text == NULL || problems == NULL) {
        problems_free(problems);
        return NULL;
    }
    err = document_check(*text, len, &facts, problems, &document);
    if (document != NULL && published->document != NULL) {
        freeze_check(document, &frozen, problems);
    }
    if (document != NULL && published->channels != NULL) {
        channels_check(document, published->channels, facts.published, problems);
    }
    print_problems(problems, json);
    if (err != HB_OK || problems->errors > 0) {
        document_free(document);
        document = NULL;
    }
    problems_free(problems);
    return document;
}

int campaign_validate(struct cli *cli)
{
    bool json = cli_flag(cli, "json");
    const char *path = cli_word(cli);
    struct published none = {.version = 0};
    struct document *document;
    char *text = NULL;
    uint32_t nodes;

    if (path == NULL || !cli_done(cli)) {
        return cli_usage("campaign validate FILE [--json]");
    }
    nodes = cli_nodes_count(cli->config);
    if (nodes == 0) {
        return EXIT_FAILED;
    }
    document = document_load(path, &none, nodes, &text, json);
    if (document != NULL && !json) {
        puts("valid");
    }
    free(text);
    document_free(document);
    return document != NULL ? EXIT_YES : EXIT_NO;
}

/* ---- publishing ---- */

struct publication {
    struct table *table;
    struct buf table_json;
    uint8_t hash[SHA256_BYTES], cover[SHA256_BYTES], commitment[SHA256_BYTES], secret[SECRET_BYTES];
    struct buf nodes, ids, kinds, units, fen;
};

static void publication_free(struct publication *publication)
{
    struct buf *const bufs[] = {&publication->table_json,
                                &publication->nodes,
                                &publication->ids,
                                &publication->kinds,
                                &publication->units,
                                &publication->fen};

    for (size_t i = 0; i < sizeof bufs / sizeof *bufs; i++) {
        buf_free(bufs[i]);
    }
    table_free(publication->table);
    crypto_wipe(publication->secret, sizeof publication->secret);
}

/* PostgreSQL's text form of arrays; ids and kinds are slugs, so nothing needs quoting. */
static void arrays_fill(struct publication *publication, const struct document *document, uint32_t nodes)
{
    const struct table *table = publication->table;

    for (uint32_t shard = 0; shard < table->shards; shard++) {
        buf_addf(&publication->nodes, "%s%u", shard == 0 ? "{" : ",", shard % nodes);
    }
    for (uint32_t i = 0; i < table->prize_count; i++) {
        const char *between = i == 0 ? "{" : ",";

        buf_addf(&publication->ids, "%s%s", between, table->prizes[i].id);
        buf_addf(&publication->kinds, "%s%s", between, prize_kind_name(table->prizes[i].kind));
        buf_addf(&publication->units, "%s%lld", between, (long long)table->prizes[i].units);
        buf_addf(&publication->fen, "%s%lld", between, (long long)prize_stock_fen(&document->prizes[i]));
    }
    buf_addc(&publication->nodes, '}');
    buf_addc(&publication->ids, '}');
    buf_addc(&publication->kinds, '}');
    buf_addc(&publication->units, '}');
    buf_addc(&publication->fen, '}');
}

static bool publication_make(const struct cli *cli,
                             const struct document *document,
                             uint32_t version,
                             uint32_t shards,
                             struct publication *out)
{
    enum { ARRAY_MAX = 1024 * 1024 };

    memset(out, 0, sizeof *out);
    buf_init(&out->table_json, TABLE_JSON_MAX_BYTES);
    buf_init(&out->nodes, ARRAY_MAX);
    buf_init(&out->ids, ARRAY_MAX);
    buf_init(&out->kinds, ARRAY_MAX);
    buf_init(&out->units, ARRAY_MAX);
    buf_init(&out->fen, ARRAY_MAX);
    if (!secret_of_campaign(cli, document->id, out->secret) ||
        table_compile(document, version, shards, &out->table) != HB_OK ||
        table_json_write(out->table, &out->table_json) != HB_OK ||
        table_hash(out->table, out->hash) != HB_OK) {
        cli_fail("could not compile the document");
        return false;
    }
    fairness_commitment(document->id, out->secret, out->commitment);
    fairness_cover(out->commitment, version, out->hash, out->cover);
    arrays_fill(out, document, cli_nodes_count(cli->config));
    return true;
}

static void bytea_text(const uint8_t bytes[static SHA256_BYTES], char out[static 2 * SHA256_BYTES + 3])
{
    out[0] = '\\';
    out[1] = 'x';
    hex_encode(bytes, SHA256_BYTES, out + 2);
}

/* {"zh":..,"en":..}, malloc'ed, or NULL when no public value is named. */
static char *public_name_json(const struct document *document)
{
    const json_t *fairness = json_object_get(document->json, "fairness");
    const json_t *source = json_object_get(fairness, "public_source");

    return source == NULL ? NULL : json_canonical(source);
}

static bool publication_store(struct pg *pg,
                              const struct document *document,
                              const char *text,
                              uint32_t version,
                              struct publication *publication)
{
    static const char SQL[] =
        "SELECT campaign_publish($1, $2::int, $3::jsonb, $4, $5::bytea, $6::bytea, $7::bytea, $8::bytea, "
        "$9::jsonb, "
        "$10, $11::bigint, $12::bigint, $13::int[], $14::text[], $15::text[], $16::bigint[], $17::bigint[])";
    char number[16], starts[32], ends[32];
    char hash[2 * SHA256_BYTES + 3], cover[2 * SHA256_BYTES + 3], commitment[2 * SHA256_BYTES + 3],
        secret[2 * SHA256_BYTES + 3];
    char *public_name = public_name_json(document);
    bool failed;

    snprintf(number, sizeof number, "%u", version);
    snprintf(starts, sizeof starts, "%lld", (long long)publication->table->start_ms);
    snprintf(ends, sizeof ends, "%lld", (long long)publication->table->end_ms);
    bytea_text(publication->hash, hash);
    bytea_text(publication->cover, cover);
    bytea_text(publication->commitment, commitment);
    bytea_text(publication->secret, secret);
    const char *params[] = {document->id,
                            number,
                            text,
                            buf_cstr(&publication->table_json),
                            hash,
                            cover,
                            commitment,
                            secret,
                            public_name,
                            document->time_zone,
                            starts,
                            ends,
                            buf_cstr(&publication->nodes),
                            buf_cstr(&publication->ids),
                            buf_cstr(&publication->kinds),
                            buf_cstr(&publication->units),
                            buf_cstr(&publication->fen)};

    failed = cli_failed(pg, pg_call(pg, SQL, sizeof params / sizeof *params, params, NULL), "publish");
    crypto_wipe(secret, sizeof secret);
    free(public_name);
    return !failed;
}

/* The id alone, quietly, so that what is frozen can be checked together with the rest. false: unreadable. */
static bool document_slug(const char *path, char out[static SLUG_MAX + 1])
{
    struct problems *problems = problems_new();
    struct document *document = NULL;
    size_t len;
    char *text = problems == NULL ? NULL : cli_read_file(path, DOCUMENT_MAX_BYTES, &len);
    bool good = text != NULL && document_parse(text, len, problems, &document) == HB_OK &&
                document->id != NULL && slug_valid(document->id, strlen(document->id));

    snprintf(out, SLUG_MAX + 1, "%s", good ? document->id : "");
    document_free(document);
    problems_free(problems);
    free(text);
    return good;
}

static int publish(struct cli *cli, struct pg *pg, const char *path)
{
    struct channels channels = {.count = 0};
    struct published published = {.version = 0};
    struct publication publication;
    struct document *document;
    char *text = NULL, slug[SLUG_MAX + 1];
    uint32_t shards;
    int code = EXIT_NO;

    if (document_slug(path, slug) && !published_read(pg, slug, &published)) {
        return EXIT_FAILED;
    }
    if (cli_failed(pg, channels_read(pg, slug, &channels), "publish")) {
        published_free(&published);
        return EXIT_FAILED;
    }
    published.channels = &channels;
    /* Shards stay as first published, however many nodes there are by now. */
    shards = published.version > 0 ? published.shards : cli_nodes_count(cli->config);
    document = document_load(path, &published, shards, &text, false);
    if (document != NULL) {
        uint32_t version = published.version + 1;

        code = publication_make(cli, document, version, shards, &publication) &&
                       publication_store(pg, document, text, version, &publication)
                   ? EXIT_YES
                   : EXIT_FAILED;
        publication_free(&publication);
        if (code == EXIT_YES) {
            printf("%s version %u\n", document->id, version);
        }
    }
    document_free(document);
    channels_free(&channels);
    published_free(&published);
    free(text);
    return code;
}

int campaign_publish(struct cli *cli)
{
    const char *path = cli_word(cli);
    struct pg *pg;
    int code;

    if (path == NULL || strcmp(path, "-") == 0 || !cli_done(cli)) {
        return cli_usage("campaign publish FILE");
    }
    if (cli_nodes_count(cli->config) == 0) {
        return EXIT_FAILED;
    }
    pg = cli_database(cli, /* admin= */ false);
    if (pg == NULL) {
        return EXIT_FAILED;
    }
    code = publish(cli, pg, path);
    pg_close(pg);
    return code;
}
