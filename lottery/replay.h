/*
 * lottery/replay.h - replays one shard's log through the pure code and names every draw that differs.
 *
 * Feed the stored entries in (epoch, position) order, openings included. Positions that a recorded opening
 * says were lost are allowed to be missing (and only those); the pool after an opening is the opening's.
 * Players' states are kept in memory for the whole replay (about 100 bytes each).
 */
#pragma once

#include "lottery/fairness.h"

enum replay_finding_kind {
    REPLAY_MALFORMED,
    REPLAY_GAP,
    REPLAY_OVERLAP,
    REPLAY_NUMBER, /* draw_no out of order */
    REPLAY_SELECTED,
    REPLAY_OUTCOME,
    REPLAY_UNIT, /* outside the leases or given twice */
    REPLAY_CAP,
    REPLAY_TIME,
    REPLAY_VERSION,
    REPLAY_LEASE,
    REPLAY_CHANCES,
};

struct replay_finding {
    enum replay_finding_kind kind;
    uint32_t epoch;
    uint64_t position;
    struct player_id player; /* zeros when not about a draw */
    uint32_t draw_no;
    char text[200]; /* what was found and what was expected */
};

typedef void (*replay_finding_fn)(void *arg, const struct replay_finding *finding);
/* The table of a version; NULL when unknown. Borrowed for the replay's life. */
typedef const struct table *(*replay_table_fn)(void *arg, uint32_t version);

struct replay;
struct replay *replay_new(const struct seed *seed,
                          const char *campaign,
                          uint32_t shard_index,
                          replay_table_fn tables,
                          replay_finding_fn finding,
                          void *arg);
void replay_free(struct replay *replay);
void replay_entry(struct replay *replay, uint32_t epoch, uint64_t position, const uint8_t *entry, size_t len);
/* An epoch that the ledger began but in which the shard never opened: nothing was written in it. Fed in the
 * place of its entries; kept is that opening's. */
void replay_skipped_epoch(struct replay *replay, uint32_t epoch, uint64_t kept);

struct replay_totals {
    uint64_t entries, draws, wins, findings, lost_positions;
    uint64_t redrawn; /* numbers drawn again after a recorded loss */
};
struct replay_totals replay_end(struct replay *replay);
const char *replay_finding_name(enum replay_finding_kind kind);
