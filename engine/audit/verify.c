/* audit/verify.c - facts, then each shard's log through the replay, then the ledger's wins, then the report.
 */
#include "audit/verify.h"

#include "audit/campaign_facts.h"
#include "audit/ledger_wins.h"
#include "audit/log_walk.h"
#include "audit/verify_moments.h"
#include "lottery/replay.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

struct verify {
    struct pg *pg;
    const struct verify_options *options;
    struct campaign_facts *facts;
    struct findings findings;
    struct win_match match;
    struct ledger_totals ledger;
    struct replay_totals totals;
    uint64_t unstored;       /* entries behind a gap of a running shard's last epoch: not replayed yet */
    uint64_t skipped_epochs; /* begun in the ledger, never opened */

    uint32_t shard; /* the one that is walked */
    uint32_t last_epoch;
    uint32_t epoch; /* of the entry before; 0: none */
    uint64_t next;  /* the position after it */
    bool behind_gap;
    struct replay *replay;
};

static const struct table *verify_table(void *arg, uint32_t version)
{
    const struct verify *verify = arg;

    return campaign_facts_table(verify->facts, version);
}

static void verify_found(void *arg, const struct replay_finding *finding)
{
    struct verify *verify = arg;
    char hex[PLAYER_HEX + 1], key[128];

    player_hex(&finding->player, hex);
    if (finding->draw_no == 0) {
        (void)snprintf(key,
                       sizeof key,
                       "shard %" PRIu32 " %" PRIu32 "-%" PRIu64,
                       verify->shard,
                       finding->epoch,
                       finding->position);
    } else {
        (void)snprintf(key,
                       sizeof key,
                       "shard %" PRIu32 " %" PRIu32 "-%" PRIu64 " player %s draw %" PRIu32,
                       verify->shard,
                       finding->epoch,
                       finding->position,
                       hex,
                       finding->draw_no);
    }
    findings_add(&verify->findings, replay_finding_name(finding->kind), key, "%s", finding->text);
}

static void version_hash_check(struct verify *verify, const struct log_entry *entry, uint32_t version)
{
    char key[64];

    if (version < 1 || version > verify->facts->version_count) {
        return; /* the replay names it */
    }
    if (memcmp(entry->bytes + RECORD_HEADER_BYTES,
               verify->facts->versions[version - 1].table_hash,
               SHA256_BYTES) != 0) {
        (void)snprintf(key,
                       sizeof key,
                       "shard %" PRIu32 " %" PRIu32 "-%" PRIu64,
                       verify->shard,
                       entry->epoch,
                       entry->position);
        findings_add(&verify->findings,
                     "version",
                     key,
                     "the shard switched to a table that is not the published version %" PRIu32,
                     version);
    }
}

static void
wins_collect(struct verify *verify, const struct log_entry *entry, const struct record_header *header)
{
    struct draw_record record;

    for (uint16_t i = 0; i < header->count; i++) {
        if (record_draw_read(entry->bytes, entry->len, i, &record) && record.prize != 0) {
            win_match_record(&verify->match, verify->shard, header->version, &record, /* unstored= */ false);
        }
    }
}

/* Epochs without any entry were begun and not opened; what was missing at their beginning is lost. */
static void epochs_skip(struct verify *verify, uint32_t epoch)
{
    for (uint32_t skipped = verify->epoch + 1; skipped < epoch; skipped++) {
        replay_skipped_epoch(verify->replay, skipped, 0);
        verify->skipped_epochs++;
    }
}

static bool verify_entry(void *arg, const struct log_entry *entry)
{
    struct verify *verify = arg;
    struct record_header header = {.count = 1};
    const bool sound = record_header_read(entry->bytes, entry->len, &header);
    const bool same_epoch = entry->epoch == verify->epoch;

    if (!same_epoch) {
        epochs_skip(verify, entry->epoch);
    }
    if (verify->options->so_far && same_epoch && entry->epoch == verify->last_epoch &&
        entry->position > verify->next) {
        verify->behind_gap = true;
    }
    if (verify->behind_gap) {
        verify->unstored++;
    } else {
        replay_entry(verify->replay, entry->epoch, entry->position, entry->bytes, entry->len);
    }
    if (sound && header.kind == RECORD_VERSION) {
        version_hash_check(verify, entry, header.version);
    }
    if (sound && header.kind == RECORD_DRAWS) {
        wins_collect(verify, entry, &header);
    }
    verify->epoch = entry->epoch;
    verify->next = entry->position + (sound ? header.count : 1);
    return true;
}

static hb_err last_epoch_read(struct verify *verify)
{
    char numbers[2][24];
    const char *const params[] = {numbers[0], numbers[1]};
    struct pg_result *rows = NULL;
    hb_err err = HB_OK;

    (void)snprintf(numbers[0], sizeof numbers[0], "%" PRId64, verify->facts->id);
    (void)snprintf(numbers[1], sizeof numbers[1], "%" PRIu32, verify->shard);
    err = pg_call(verify->pg, "SELECT epoch FROM shard WHERE campaign = $1 AND shard = $2", 2, params, &rows);
    if (err == HB_OK) {
        verify->last_epoch = pg_rows(rows) == 1 ? (uint32_t)pg_i64(rows, 0, 0) : 0;
        pg_result_free(rows);
    }
    return err;
}

static void totals_add(struct verify *verify, const struct replay_totals *one)
{
    verify->totals.entries += one->entries;
    verify->totals.draws += one->draws;
    verify->totals.wins += one->wins;
    verify->totals.lost_positions += one->lost_positions;
    verify->totals.redrawn += one->redrawn;
}

static hb_err verify_shard(struct verify *verify, uint32_t shard)
{
    struct replay_totals totals;
    hb_err err = HB_OK;

    verify->shard = shard;
    verify->epoch = 0;
    verify->next = 0;
    verify->behind_gap = false;
    err = last_epoch_read(verify);
    if (err != HB_OK) {
        return err;
    }
    verify->replay =
        replay_new(&verify->facts->seed, verify->facts->slug, shard, verify_table, verify_found, verify);
    if (verify->replay == NULL) {
        return HB_E_NOMEM;
    }
    err = log_walk(verify->pg, verify->facts->id, shard, verify_entry, verify);
    totals = replay_end(verify->replay);
    totals_add(verify, &totals);
    replay_free(verify->replay);
    return err;
}

static hb_err verify_all(struct verify *verify)
{
    hb_err err = pg_begin(verify->pg, /* repeatable_read= */ true);

    if (err != HB_OK) {
        return err;
    }
    for (uint32_t shard = 0; shard < verify->facts->shards && err == HB_OK; shard++) {
        err = verify_shard(verify, shard);
    }
    if (err == HB_OK) {
        err =
            ledger_wins_check(verify->pg, verify->facts, &verify->match, &verify->findings, &verify->ledger);
    }
    if (err == HB_OK) {
        err = verify_moments(verify->pg, verify->facts, &verify->findings);
    }
    pg_rollback(verify->pg); /* nothing was written */
    return err;
}

struct total_line {
    const char *name;
    uint64_t value;
};

enum { TOTAL_LINES = 10 };

static void verify_totals(const struct verify *verify, struct total_line out[static TOTAL_LINES])
{
    const struct total_line lines[TOTAL_LINES] = {
        {"shards", verify->facts->shards},
        {"versions", verify->facts->version_count},
        {"entries", verify->totals.entries},
        {"draws", verify->totals.draws},
        {"wins", verify->ledger.wins},
        {"fen", (uint64_t)verify->ledger.fen},
        {"lost_positions", verify->totals.lost_positions},
        {"redrawn", verify->totals.redrawn},
        {"skipped_epochs", verify->skipped_epochs},
        {"entries_not_replayed", verify->unstored},
    };

    memcpy(out, lines, sizeof lines);
}

static void verify_text(const struct verify *verify, struct buf *report)
{
    struct total_line lines[TOTAL_LINES];

    verify_totals(verify, lines);
    buf_addf(report,
             "%s: %s\n",
             verify->facts->slug,
             verify->findings.total == 0 ? "every draw is as the seed and the log say"
                                         : "NOT as it should be");
    for (size_t i = 0; i < TOTAL_LINES; i++) {
        buf_addf(report, "  %-22s %" PRIu64 "\n", lines[i].name, lines[i].value);
    }
    buf_addf(report, "  %-22s %" PRIu64 "\n", "findings", verify->findings.total);
    findings_text(&verify->findings, report);
}

static void verify_json(const struct verify *verify, struct buf *report)
{
    struct total_line lines[TOTAL_LINES];

    verify_totals(verify, lines);
    buf_addf(report,
             "{\"campaign\":\"%s\",\"ok\":%s,\"revealed\":%s",
             verify->facts->slug,
             verify->findings.total == 0 ? "true" : "false",
             verify->facts->revealed ? "true" : "false");
    for (size_t i = 0; i < TOTAL_LINES; i++) {
        buf_addf(report, ",\"%s\":%" PRIu64, lines[i].name, lines[i].value);
    }
    buf_addf(report, ",\"findings_total\":%" PRIu64 ",\"findings\":", verify->findings.total);
    findings_json(&verify->findings, report);
    buf_adds(report, "}\n");
}

hb_err verify_draws(struct pg *pg,
                    const char *slug,
                    const struct verify_options *options,
                    struct buf *report,
                    bool json,
                    bool *ok)
{
    struct verify verify = {.pg = pg, .options = options};
    hb_err err = campaign_facts_load(pg, slug, options->secret, &verify.facts);

    *ok = false;
    if (err == HB_OK && !verify.facts->has_secret) {
        err = HB_E_FORBIDDEN;
    }
    if (err == HB_OK && !verify.facts->seeded) {
        err = HB_E_NOT_STARTED;
    }
    if (err != HB_OK) {
        goto done;
    }
    verify.match.rows_may_come_first = options->so_far;
    campaign_facts_check(verify.facts, &verify.findings);
    err = verify_all(&verify);
    if (err != HB_OK) {
        goto done;
    }
    *ok = verify.findings.total == 0;
    if (json) {
        verify_json(&verify, report);
    } else {
        verify_text(&verify, report);
    }

done:
    findings_free(&verify.findings);
    win_match_free(&verify.match);
    campaign_facts_free(verify.facts);
    return err;
}
