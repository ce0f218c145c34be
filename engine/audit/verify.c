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
#include <time.h>

enum { LOOKS_MAX = 4 };

struct verify {
    struct pg *pg;
    const struct verify_options *options;
    struct campaign_facts *facts;
    struct findings findings;
    struct win_match match;
    struct ledger_totals ledger;
    struct replay_totals totals;
    uint64_t skipped_epochs; /* begun in the ledger, never opened */

    uint32_t shard; /* the one that is walked */
    uint32_t epoch; /* of the entry before; 0: none */
    struct replay *replay;
};

static const struct table *verify_table(void *arg, uint32_t version)
{
    const struct verify *verify = arg;

    return campaign_facts_table(verify->facts, version);
}

/* An entry's name in findings. */
static void entry_key(const struct verify *verify, uint32_t epoch, uint64_t position, char out[static 64])
{
    (void)snprintf(out, 64, "shard %" PRIu32 " %" PRIu32 "-%" PRIu64, verify->shard, epoch, position);
}

static void verify_found(void *arg, const struct replay_finding *finding)
{
    struct verify *verify = arg;
    char hex[PLAYER_HEX + 1], entry[64], draw[64] = "", key[128];

    entry_key(verify, finding->epoch, finding->position, entry);
    if (finding->draw_no != 0) {
        player_hex(&finding->player, hex);
        (void)snprintf(draw, sizeof draw, " player %s draw %" PRIu32, hex, finding->draw_no);
    }
    (void)snprintf(key, sizeof key, "%s%s", entry, draw);
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
        entry_key(verify, entry->epoch, entry->position, key);
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
    struct record_header header;
    const bool sound = record_header_read(entry->bytes, entry->len, &header);

    if (entry->epoch != verify->epoch) {
        epochs_skip(verify, entry->epoch);
    }
    replay_entry(verify->replay, entry->epoch, entry->position, entry->bytes, entry->len);
    if (sound && header.kind == RECORD_VERSION) {
        version_hash_check(verify, entry, header.version);
    }
    if (sound && header.kind == RECORD_DRAWS) {
        wins_collect(verify, entry, &header);
    }
    verify->epoch = entry->epoch;
    return true;
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
    verify->match.losses = verify->totals.lost_positions > 0;
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

enum { TOTAL_LINES = 9 };

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

static void verify_end(struct verify *verify)
{
    findings_free(&verify->findings);
    win_match_free(&verify->match);
    campaign_facts_free(verify->facts);
}

/* One look at everything, in a snapshot of its own. */
static hb_err verify_look(struct verify *verify, const char *slug)
{
    hb_err err = campaign_facts_load(verify->pg, slug, verify->options->secret, &verify->facts);

    if (err == HB_OK && !verify->facts->has_secret) {
        err = HB_E_FORBIDDEN;
    }
    if (err == HB_OK && !verify->facts->seeded) {
        err = HB_E_NOT_STARTED;
    }
    if (err == HB_OK) {
        campaign_facts_check(verify->facts, &verify->findings);
        err = verify_all(verify);
    }
    return err;
}

/* While a campaign runs, entries without a win come to the ledger up to a second after later ones with a win,
 * after an outage a little more. What is still found then is so. */
static hb_err verify_again(struct verify *first, const char *slug)
{
    const struct timespec pause = {.tv_sec = 1};
    hb_err err = HB_OK;

    for (int look = 0; look < LOOKS_MAX && err == HB_OK && first->findings.total > 0; look++) {
        struct verify again = {.pg = first->pg, .options = first->options};

        (void)nanosleep(&pause, NULL);
        err = verify_look(&again, slug);
        if (err == HB_OK) {
            findings_keep_common(&first->findings, &again.findings);
        }
        verify_end(&again);
    }
    return err;
}

hb_err verify_draws(struct pg *pg,
                    const char *slug,
                    const struct verify_options *options,
                    struct buf *report,
                    bool json,
                    bool *ok)
{
    struct verify verify = {.pg = pg, .options = options};
    hb_err err = verify_look(&verify, slug);

    *ok = false;
    if (err == HB_OK && options->so_far) {
        err = verify_again(&verify, slug);
    }
    if (err == HB_OK) {
        *ok = verify.findings.total == 0;
        if (json) {
            verify_json(&verify, report);
        } else {
            verify_text(&verify, report);
        }
    }
    verify_end(&verify);
    return err;
}
