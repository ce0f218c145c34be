/*
 * audit/audit_log.c - the stored log of every shard: whole but for recorded losses, and its wins are the
 * ledger's.
 *
 * A position may be missing when it is in the stream that Redis had before the snapshot, when it is at or
 * after what Redis had reached, or when the opening of the next epoch recorded it as lost. Of an epoch whose
 * Redis is gone and whose next opening is not stored yet nothing can be said.
 */
#include "audit/audit_internal.h"
#include "audit/ledger_wins.h"
#include "audit/log_walk.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

struct log_audit {
    struct audit_look *look;
    struct shard_look *shard;
    struct win_match *match;
    size_t at; /* in the shard's stream entries */
    uint32_t epoch;
    uint64_t next;             /* the position behind the last entry of the epoch */
    uint64_t gap_from, gap_to; /* the epoch's first gap that nothing excuses yet; empty: none */
};

/* An entry's name in findings. */
static void entry_key(const struct log_audit *audit, uint32_t epoch, uint64_t position, char out[static 160])
{
    char shard[96];

    shard_look_key(audit->shard, 0, shard);
    (void)snprintf(out, 160, "%s %" PRIu32 "-%" PRIu64, shard, epoch, position);
}

static void gap_found(const struct log_audit *audit, uint32_t epoch, uint64_t from, uint64_t to)
{
    char key[160];

    entry_key(audit, epoch, from, key);
    findings_add(&audit->look->findings,
                 "log_gap",
                 key,
                 "positions %" PRIu64 " to %" PRIu64 " are neither stored nor in Redis",
                 from,
                 to - 1);
}

static const struct stream_entry *
stream_find(const struct shard_look *shard, uint32_t epoch, uint64_t position)
{
    size_t low = 0, high = shard->entry_count;

    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        const struct stream_entry *entry = &shard->entries[middle];

        if (entry->epoch < epoch || (entry->epoch == epoch && entry->position < position)) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low < shard->entry_count && shard->entries[low].epoch == epoch &&
                   shard->entries[low].position == position
               ? &shard->entries[low]
               : NULL;
}

/* What of [from, to) is not in the stream either, up to where Redis was. */
static void gap_look(struct log_audit *audit, uint64_t from, uint64_t to)
{
    const struct shard_look *shard = audit->shard;
    const bool current = shard->seen && shard->state->epoch == audit->epoch;
    const uint64_t end = current && to > shard->state->position ? shard->state->position : to;

    while (from < end) {
        const struct stream_entry *entry = stream_find(shard, audit->epoch, from);

        if (entry == NULL) {
            break;
        }
        from = entry->after;
    }
    if (from >= end) {
        return;
    }
    if (current) {
        gap_found(audit, audit->epoch, from, end);
    } else if (audit->gap_from == audit->gap_to) {
        audit->gap_from = from;
        audit->gap_to = end;
    }
}

/* The epoch is over: its first unexcused gap must not lie below what the next opening says was kept. */
static void epoch_close(struct log_audit *audit, uint32_t next_epoch, bool opening, uint64_t kept)
{
    if (opening && next_epoch == audit->epoch + 1) {
        if (audit->gap_from < audit->gap_to && audit->gap_from < kept) {
            gap_found(audit, audit->epoch, audit->gap_from, audit->gap_to < kept ? audit->gap_to : kept);
        } else if (audit->gap_from == audit->gap_to && audit->epoch > 0 && audit->next < kept) {
            gap_found(audit, audit->epoch, audit->next, kept);
        }
    }
    if (audit->gap_from < audit->gap_to) {
        audit->match->losses = true;
    }
    audit->gap_from = audit->gap_to = 0;
}

static void entry_wins(struct log_audit *audit, const uint8_t *bytes, size_t len, bool unstored)
{
    struct record_header header;
    struct draw_record record;

    if (!record_header_read(bytes, len, &header) || header.kind != RECORD_DRAWS) {
        return;
    }
    for (uint16_t i = 0; i < header.count; i++) {
        if (record_draw_read(bytes, len, i, &record) && record.prize != 0) {
            win_match_record(audit->match, audit->shard->shard, header.version, &record, unstored);
        }
    }
}

/* Stored and still in the stream: the bytes must be the same. */
static void entry_compare(struct log_audit *audit, const struct log_entry *entry)
{
    struct shard_look *shard = audit->shard;
    const struct stream_entry *twin = stream_find(shard, entry->epoch, entry->position);
    char key[160];

    if (twin == NULL) {
        return;
    }
    shard->entries[twin - shard->entries].stored = true;
    if (twin->len != entry->len || memcmp(stream_entry_bytes(shard, twin), entry->bytes, entry->len) != 0) {
        entry_key(audit, entry->epoch, entry->position, key);
        findings_add(
            &audit->look->findings, "log_differs", key, "Redis and the ledger hold different entries");
    }
}

static bool log_audit_entry(void *arg, const struct log_entry *entry)
{
    struct log_audit *audit = arg;
    struct record_header header = {.count = 1};
    const bool sound = record_header_read(entry->bytes, entry->len, &header);
    char key[160];

    audit->look->entries++;
    if (entry->epoch != audit->epoch) {
        const bool opening = sound && header.kind == RECORD_OPENING;

        epoch_close(
            audit, entry->epoch, opening, opening ? be_read(entry->bytes + RECORD_HEADER_BYTES, 8) : 0);
        audit->epoch = entry->epoch;
        audit->next = 1;
    }
    if (entry->position > audit->next) {
        gap_look(audit, audit->next, entry->position);
    } else if (entry->position < audit->next || !sound) {
        entry_key(audit, entry->epoch, entry->position, key);
        findings_add(&audit->look->findings,
                     "log_entry",
                     key,
                     sound ? "the position was taken before" : "the entry is not in the format");
    }
    audit->next = entry->position + (sound ? header.count : 1);
    entry_compare(audit, entry);
    entry_wins(audit, entry->bytes, entry->len, /* unstored= */ false);
    return true;
}

static hb_err log_audit_shard(struct audit_look *look, struct shard_look *shard, struct win_match *match)
{
    struct log_audit audit = {.look = look, .shard = shard, .match = match};
    hb_err err = log_walk(look->pg, shard->campaign, shard->shard, log_audit_entry, &audit);

    if (err != HB_OK) {
        return err;
    }
    if (shard->seen && shard->state->epoch == audit.epoch) {
        gap_look(&audit, audit.next, shard->state->position);
    }
    for (size_t i = 0; i < shard->entry_count; i++) {
        if (!shard->entries[i].stored) {
            entry_wins(&audit, stream_entry_bytes(shard, &shard->entries[i]), shard->entries[i].len, true);
        }
    }
    return HB_OK;
}

/* All shards of the campaign that begins at `first`; answers where the next one begins. */
static hb_err log_audit_campaign(struct audit_look *look, size_t *first)
{
    struct campaign_facts *facts = NULL;
    struct win_match match = {0};
    struct ledger_totals totals = {0};
    const int64_t campaign = look->shards[*first].campaign;
    hb_err err = campaign_facts_load(look->pg, look->shards[*first].slug, NULL, &facts);

    if (err == HB_OK) {
        campaign_facts_check(facts, &look->findings);
    }
    while (err == HB_OK && *first < look->shard_count && look->shards[*first].campaign == campaign) {
        err = log_audit_shard(look, &look->shards[*first], &match);
        (*first)++;
    }
    if (err == HB_OK) {
        err = ledger_wins_check(look->pg, facts, &match, &look->findings, &totals);
    }
    look->wins += totals.wins;
    look->fen += totals.fen;
    win_match_free(&match);
    campaign_facts_free(facts);
    return err;
}

hb_err audit_logs(struct audit_look *look)
{
    hb_err err = HB_OK;

    for (size_t first = 0; first < look->shard_count && err == HB_OK;) {
        err = log_audit_campaign(look, &first);
    }
    return err;
}
