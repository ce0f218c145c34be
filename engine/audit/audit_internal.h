/*
 * audit/audit_internal.h - one look at everything: audit_look.c (Redis), audit_books.c (SQL), audit_log.c
 * (entries and wins), audit_pools.c (stock in both places).
 */
#pragma once

#include "audit/audit.h"
#include "audit/campaign_facts.h"
#include "audit/win_match.h"
#include "lottery/shard.h"

struct stream_entry { /* not yet stored when Redis was looked at */
    uint32_t epoch;
    uint64_t position;
    uint64_t after; /* the position behind it */
    size_t offset, len;
    bool stored; /* the snapshot has it */
};

struct shard_look {
    int64_t campaign;
    char slug[SLUG_MAX + 1];
    uint32_t shard, node;
    bool seen;           /* Redis answered and has a state */
    bool open;           /* and it was opened for this process: a restarted one may have forgotten */
    struct shard *state; /* when seen */
    struct buf bytes;    /* of the entries */
    struct stream_entry *entries;
    size_t entry_count, entry_capacity;
    uint32_t ledger_epoch, ledger_lease_no; /* in the snapshot */
};

struct audit_look {
    struct pg *pg;
    const struct audit_options *options;
    struct findings findings;
    struct shard_look *shards; /* by (campaign, shard) */
    size_t shard_count;
    uint64_t seen, entries, wins;
    int64_t fen;
    int64_t archived; /* campaigns: not looked at, but for their heads */
};

/* Which shards there are, and what Redis has of each. */
HB_CHECKED hb_err audit_look_shards(struct audit_look *look);
HB_CHECKED hb_err audit_look_archives(struct audit_look *look); /* how many are archived */
void audit_look_free(struct audit_look *look);
/* State and stream of one shard now; seen stays false when Redis does not answer. */
hb_err shard_look_inspect(const struct audit_options *options, struct shard_look *shard);
void shard_look_clear(struct shard_look *shard);
const uint8_t *stream_entry_bytes(const struct shard_look *shard, const struct stream_entry *entry);
void shard_look_key(const struct shard_look *shard, uint32_t prize, char out[static 96]); /* prize 0: none */

/* Within the snapshot: */
HB_CHECKED hb_err audit_books(struct audit_look *look);
HB_CHECKED hb_err audit_ledger_shards(struct audit_look *look); /* fills ledger_epoch, ledger_lease_no */
HB_CHECKED hb_err audit_logs(struct audit_look *look);
HB_CHECKED hb_err audit_pools(struct audit_look *look);
