/* audit/export.c - header, entries shard by shard, wins, and an end line that tells a whole file from a cut
 * one. */
#include "audit/export.h"

#include "audit/campaign_facts.h"
#include "audit/ledger_wins.h"
#include "audit/log_walk.h"
#include "audit/record_json.h"

#include <inttypes.h>
#include <string.h>

enum { LINE_MAX_BYTES = 256 * 1024 * 1024 };

struct export_run {
    FILE *out;
    const struct campaign_facts *facts;
    struct buf line;
    uint32_t shard;
    uint64_t entries, wins;
    hb_err err;
};

static bool line_write(struct export_run *export)
{
    buf_addc(&export->line, '\n');
    if (export->line.failed) {
        export->err = HB_E_NOMEM;
    } else if (fwrite(export->line.data, 1, export->line.len, export->out) != export->line.len) {
        export->err = HB_E_IO;
    }
    buf_clear(&export->line);
    return export->err == HB_OK;
}

static void text_member(struct buf *line, const char *name, const char *text)
{
    buf_addf(line, ",\"%s\":", name);
    if (text == NULL) {
        buf_adds(line, "null");
    } else {
        buf_add_json_string(line, text, strlen(text));
    }
}

static bool header_write(struct export_run *export)
{
    const struct campaign_facts *facts = export->facts;
    struct buf *line = &export->line;

    buf_addf(
        line, "{\"hongbao_records\":1,\"campaign\":\"%s\",\"shards\":%" PRIu32, facts->slug, facts->shards);
    json_member_hex(line, "commitment", facts->commitment, sizeof facts->commitment);
    if (facts->revealed) {
        json_member_hex(line, "secret", facts->secret, sizeof facts->secret);
    } else {
        buf_adds(line, ",\"secret\":null");
    }
    buf_addf(line, ",\"public_name\":%s", facts->public_name == NULL ? "null" : facts->public_name);
    text_member(line, "public_value", facts->public_value);
    buf_adds(line, ",\"versions\":[");
    for (uint32_t i = 0; i < facts->version_count; i++) {
        const struct published_version *version = &facts->versions[i];

        buf_addf(line,
                 "%s{\"version\":%" PRIu32 ",\"published_ms\":%" PRId64,
                 i == 0 ? "" : ",",
                 i + 1,
                 version->published_ms);
        json_member_hex(line, "hash", version->table_hash, sizeof version->table_hash);
        json_member_hex(line, "cover", version->cover, sizeof version->cover);
        text_member(line, "table", version->table_json);
        buf_addc(line, '}');
    }
    buf_adds(line, "]}");
    return line_write(export);
}

static bool export_entry(void *arg, const struct log_entry *entry)
{
    struct export_run *export = arg;

    export->entries++;
    record_json(export->shard, entry, &export->line);
    return line_write(export);
}

static bool export_win(void *arg, const struct pg_result *row)
{
    struct export_run *export = arg;
    struct ledger_win win;
    char hex[PLAYER_HEX + 1];

    if (!ledger_win_read(row, &win)) {
        export->err = HB_E_INTERNAL;
        return false;
    }
    export->wins++;
    player_hex(&win.player, hex);
    buf_addf(&export->line,
             "{\"shard\":%u,\"kind\":\"win\",\"player\":\"%s\",\"draw_no\":%" PRIu32
             ",\"prize\":%u,\"unit\":%" PRIu32 ",\"amount_fen\":%" PRId64 "}",
             win.shard,
             hex,
             win.draw_no,
             win.prize,
             win.unit,
             win.amount_fen);
    return line_write(export);
}

static hb_err export_rows(struct export_run *export, struct pg *pg)
{
    char id[24];
    const char *const params[] = {id};
    hb_err err = HB_OK;

    (void)snprintf(id, sizeof id, "%" PRId64, export->facts->id);
    for (export->shard = 0; export->shard < export->facts->shards && err == HB_OK && export->err == HB_OK;
         export->shard++) {
        err = log_walk(pg, export->facts->id, export->shard, export_entry, export);
    }
    if (err == HB_OK && export->err == HB_OK) {
        err = pg_stream(pg, LEDGER_WINS_SQL, 1, params, export_win, export);
    }
    return err != HB_OK ? err : export->err;
}

hb_err records_export(struct pg *pg, const char *slug, FILE *out)
{
    struct export_run export = {.out = out};
    struct campaign_facts *facts = NULL;
    hb_err err = campaign_facts_load(pg, slug, NULL, &facts);

    buf_init(&export.line, LINE_MAX_BYTES);
    if (err == HB_OK) {
        export.facts = facts;
        err = pg_begin(pg, /* repeatable_read= */ true);
    }
    if (err != HB_OK) {
        goto done;
    }
    err = header_write(&export) ? export_rows(&export, pg) : export.err;
    pg_rollback(pg); /* nothing was written */
    if (err == HB_OK) {
        buf_addf(&export.line,
                 "{\"end\":true,\"entries\":%" PRIu64 ",\"wins\":%" PRIu64 "}",
                 export.entries,
                 export.wins);
        (void)line_write(&export);
        err = export.err;
    }
    if (err == HB_OK && fflush(out) != 0) {
        err = HB_E_IO;
    }

done:
    buf_free(&export.line);
    campaign_facts_free(facts);
    return err;
}
