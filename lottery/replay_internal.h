/*
 * lottery/replay_internal.h - what the files of the replay share: replay.c (sequence, gaps), replay_control.c
 * (leases, openings, versions), replay_draws.c (draws), replay_follow.c (a record's facts), replay_players.c
 * (players).
 */
#pragma once

#include "lottery/replay.h"
#include "lottery/replay_players.h"
#include "lottery/unit_set.h"

struct replay_gap {
    uint64_t from, to; /* positions [from, to) that were not fed */
};

struct replay {
    const struct seed *seed; /* borrowed, as the tables */
    char campaign[SLUG_MAX + 1];
    uint32_t shard_index;
    replay_table_fn tables;
    replay_finding_fn finding;
    void *arg;
    struct replay_totals totals;

    const struct table *table; /* of shard.version; NULL before the first opening or when unknown */
    struct shard shard;        /* epoch and position: where the next entry is expected */
    bool relaxed;              /* after a gap: facts are adopted, not expected, until the next opening */
    bool no_memory;
    struct replay_gap *gaps; /* of this epoch, ascending */
    size_t gap_count, gap_capacity;
    uint32_t lossy_epoch; /* the last epoch that began with a loss; 0: none */
    struct shard before;  /* the used part of shard, before the draw that is predicted */
    struct replay_players players;
    struct unit_set held[PRIZES_MAX];  /* units leased to the shard and not gone back */
    struct unit_set given[PRIZES_MAX]; /* units its records gave */
    uint64_t given_count[PRIZES_MAX];
};

struct replay_at { /* the entry or draw that is looked at */
    uint32_t epoch;
    uint64_t position;
};

void replay_find(struct replay *replay,
                 enum replay_finding_kind kind,
                 struct replay_at at,
                 const struct draw_record *draw, /* or NULL */
                 const char *format,
                 ...) __attribute__((format(printf, 5, 6)));

/* The table of a version becomes the current one; false, and a finding, when it is not known. */
bool replay_use_version(struct replay *replay, struct replay_at at, uint32_t version);

/* Decides every gap of the epoch that ends: below kept a finding, from kept on a recorded loss. */
void replay_close_gaps(struct replay *replay, uint32_t epoch, uint64_t kept);

/* The entry's kind is not DRAWS and its header is sound. */
void replay_control(struct replay *replay,
                    struct replay_at at,
                    const struct record_header *header,
                    const uint8_t *entry,
                    size_t len);
void replay_opening(struct replay *replay,
                    struct replay_at at,
                    const struct record_header *header,
                    const uint8_t *entry,
                    size_t len);
void replay_draws(struct replay *replay,
                  struct replay_at at,
                  const struct record_header *header,
                  const uint8_t *entry,
                  size_t len);

/* The part of the shard that a draw can change, kept and put back. */
void replay_save(struct replay *replay);
void replay_put_back(struct replay *replay);
void replay_shard_follow(struct shard *shard, const struct draw_record *record);
void replay_player_follow(const struct replay *replay,
                          const struct draw_record *record,
                          struct player_state *state);
