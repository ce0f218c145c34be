/*
 * tests/system/duties_world.h - one engine in one process for duties_test.c: its own Redis, a given
 * PostgreSQL, the duties thread, one worker's ports and journeys.
 *
 * Whatever fails prints where and ends the program: the wrapper cleans up.
 */
#pragma once

#include "duties/duties.h"
#include "flow/draw.h"
#include "store/pg.h"
#include "store/redis.h"
#include "store/store.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/types.h>

#define CHECK(condition)                                                            \
    do {                                                                            \
        if (!(condition)) {                                                         \
            fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition); \
            world_abort();                                                          \
        }                                                                           \
    } while (0)

struct world {
    char dir[128], redis_dir[160], socket[160], uri[256];
    pid_t redis_pid;
    struct config *config;
    struct catalog_slot *slot;
    struct block_guesses *guesses;
    struct duties *duties;
    struct loop *loop;
    struct loop_timer *tick;
    struct redis_store *redis;
    struct ledger_store *ledger;
    struct deps deps;
    struct draws *draws;
    struct pg *pg;
    struct redis *probe;
    char campaign[SLUG_MAX + 1];
};

_Noreturn void world_abort(void);
void world_init(struct world *world, const char *uri, const char *campaign);
void world_free(struct world *world);

/* ---- Redis ---- */
void redis_start(struct world *world);
void redis_kill(struct world *world); /* as a power cut: SIGKILL, waits until it is gone */
void redis_empty_folder(struct world *world);
void redis_cut_aof(struct world *world, off_t to_bytes);
off_t redis_aof_bytes(struct world *world);

/* ---- the campaign ---- */
struct campaign_spec {
    uint32_t shards;
    int64_t starts_in_ms, lasts_ms;
    const char *prizes; /* JSON array */
    const char *chances;
};
void campaign_publish(struct world *world, const struct campaign_spec *spec);
void world_nap(long ms);
void world_wait_ready(struct world *world, uint32_t shards, uint32_t epoch_at_least);
void world_wait_home(struct world *world); /* of an ended campaign: no shard has stock any more */
void world_wait_drained(struct world *world, uint32_t shards);
uint32_t world_epoch(struct world *world, uint32_t shard);
int64_t world_number(struct world *world, const char *sql); /* one number out of the ledger */

/* ---- drawing ---- */
struct drawn {
    size_t none, won, unsure, recording, refused, replayed;
    hb_err other;
};
/* `each` times a draw of each of the players [from, to) at once; keys derive from `salt`. */
struct drawn draws_make(struct world *world, uint32_t from, uint32_t to, uint32_t each, uint32_t salt);
struct player_id player_of(uint32_t index);

/* ---- comparing ---- */
struct hash_dump {
    size_t count;
    struct packed {
        uint8_t player[PLAYER_BYTES];
        uint8_t bytes[PLAYER_PACKED_MAX];
        size_t len;
    } * players; /* by player */
};
struct hash_dump players_dump(struct world *world, uint32_t shard);
void dump_free(struct hash_dump *dump);
size_t dumps_differ(const struct hash_dump *before, const struct hash_dump *after); /* players, printed */
struct shard *shard_dump(struct world *world, uint32_t shard);                      /* the caller's to free */
/* Same counters, and every unit that was in hand still is: leases may have come. */
bool pools_kept(const struct shard *before, const struct shard *after);
void pools_check(struct world *world,
                 uint32_t shard); /* as many units as the ledger says; nobody draws meanwhile */

void books_check(struct world *world); /* every check view is empty */
void replay_check(struct world *world, uint32_t shards, uint64_t *lost);
