/*
 * tests/support/lottery_differential.h - one shard twice, in Redis and in C, and what happens to both.
 *
 * A difference prints the scenario and ends the process: the seed brings it back.
 */
#pragma once

#include "support/lottery_node.h"
#include "support/lottery_world.h"

enum { PLAYERS_MAX = 40, SHARDS_USED = 3 };

#define SEEN_LIST(X)                                                             \
    X(SEEN_NOTHING, "new: nothing selected, nothing given")                      \
    X(SEEN_ODDS, "new: selected and given")                                      \
    X(SEEN_MOMENT, "new: a due moment")                                          \
    X(SEEN_ALWAYS, "new: nothing selected, an `always` prize")                   \
    X(SEEN_SPENT, "new: selected, spent, nothing instead")                       \
    X(SEEN_PACED, "new: selected, paced away, nothing instead")                  \
    X(SEEN_CAPPED, "new: selected, capped, nothing instead")                     \
    X(SEEN_SPENT_ALWAYS, "new: selected, spent, an `always` prize instead")      \
    X(SEEN_PACED_ALWAYS, "new: selected, paced away, an `always` prize instead") \
    X(SEEN_CAPPED_ALWAYS, "new: selected, capped, an `always` prize instead")    \
    X(SEEN_REMEMBERED, "remembered")                                             \
    X(SEEN_REMEMBERED_WIN, "remembered, a win")                                  \
    X(SEEN_KEY_REUSED, "key reused")                                             \
    X(SEEN_OTHER_NUMBER, "other number")                                         \
    X(SEEN_NO_CHANCE, "no chance")                                               \
    X(SEEN_DAY_CAP, "day cap")                                                   \
    X(SEEN_CAMPAIGN_CAP, "campaign cap")                                         \
    X(SEEN_BUSY, "busy")                                                         \
    X(SEEN_OTHER_BLOCK, "other block")                                           \
    X(SEEN_NOT_STARTED, "not started")                                           \
    X(SEEN_ENDED, "ended")                                                       \
    X(SEEN_PAUSED, "paused")                                                     \
    X(SEEN_TWICE, "two draws of one player in a batch, both new")                \
    X(SEEN_SILENT_BATCH, "batch: nothing written")                               \
    X(SEEN_CLOSED, "batch: closed")                                              \
    X(SEEN_JUMP, "batch: the clock jumped")                                      \
    X(SEEN_LEASE, "control: lease")                                              \
    X(SEEN_RETURN, "control: return")                                            \
    X(SEEN_MOMENT_LOADED, "control: moment")                                     \
    X(SEEN_GONE, "control: gone")                                                \
    X(SEEN_VERSION, "control: version")                                          \
    X(SEEN_PAUSE, "control: pause or resume")                                    \
    X(SEEN_CONTROL_DONE, "control: done before")                                 \
    X(SEEN_CONTROL_ORDER, "control: out of order")                               \
    X(SEEN_CONTROL_MISSING, "control: not there to take")                        \
    X(SEEN_CONTROL_FULL, "control: no room")

#define SEEN_ENUM(symbol, name) symbol,
enum seen { SEEN_LIST(SEEN_ENUM) SEEN_KINDS };
extern const char *const SEEN_NAMES[SEEN_KINDS];

struct world {
    struct rng rng;
    struct node node;
    uint64_t draws, scenarios;
    uint64_t seen[SEEN_KINDS];

    struct table *table;
    uint32_t index; /* of the shard */
    struct shard shard;
    int64_t now_ms;    /* the clock, which may also go back */
    int64_t newest_ms; /* that a call was made with */
    uint32_t player_count;
    struct player_id players[PLAYERS_MAX];
    struct player_state states[PLAYERS_MAX];
    struct draw_key last_keys[PLAYERS_MAX][6];
    uint32_t key_letters; /* few: keys that look alike */
    uint32_t next_unit[PRIZES_MAX];
    uint64_t last_position; /* of the entry to acknowledge; 0: none */
};

void world_clear(struct world *world); /* what an earlier run left under these names */
void world_open(struct world *world);
void world_time_passes(struct world *world);
void world_control(struct world *world);
void world_batch(struct world *world);
void world_compare(struct world *world); /* state and players, to the byte */
void world_guards(struct world *world);  /* who may peek, open, set players and close */
void world_jump(struct world *world);
void world_end(struct world *world);

/* Shared by the parts. */
struct call { /* what every call says first */
    char epoch[16], now[24], run_id[RUN_ID_BYTES + 1];
};
struct call world_call(const struct world *world);
int64_t world_shard_time(const struct world *world); /* that a call now would have */
void world_saw(struct world *world, enum seen kind);
void world_require(const struct world *world, bool good, const char *what);
void world_require_bytes(const struct world *world,
                         const char *what,
                         const struct buf *mine,
                         const redisReply *theirs);
bool world_last_entry(struct world *world,
                      uint64_t position,
                      struct buf *mine); /* the stream ends with exactly this */
