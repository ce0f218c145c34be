/*
 * tests/support/lottery_log.h - an honest shard that writes a log, for the tests of the replay.
 *
 * Entries are kept one by one so that a test can change, drop or add one before it replays them.
 */
#pragma once

#include "lottery/replay.h"

enum { WORLD_ENTRIES = 4096, WORLD_PLAYERS = 64, WORLD_FINDINGS = 64 };
enum { LOG_PRIZES = 4, LOG_DAYS = 2, LOG_START_MS = 1700000000, LOG_END_MS = LOG_START_MS + 3600000 };

/* The campaign of these logs, version 1: prize 1 odds, 2 odds and paced, 3 always, 4 moments. The table
 * borrows prizes and days, which are filled. */
struct table log_table(struct table_prize prizes[static LOG_PRIZES], int64_t days[static LOG_DAYS]);

struct world_entry {
    uint32_t epoch;
    uint64_t position;
    size_t len;
    uint8_t bytes[4096];
};

struct log_world {
    struct table_prize prizes[LOG_PRIZES];
    int64_t days[LOG_DAYS];
    struct table table, next; /* versions 1 and 2 */
    struct seed seed;
    struct shard shard;
    struct player_state states[WORLD_PLAYERS];
    uint64_t random;
    size_t count;
    struct world_entry entries[WORLD_ENTRIES];

    size_t finding_count;
    struct replay_finding findings[WORLD_FINDINGS];
};

struct log_world *
log_world_new(void); /* opened: entry 0 is the OPENING of epoch 1; then a lease of each prize */
struct player_id log_world_player(size_t index);
void log_world_draws(struct log_world *world, size_t count); /* one entry of draws by random players */
void log_world_control(struct log_world *world, enum record_kind kind, const struct lease_record *lease);
void log_world_version(struct log_world *world); /* switches to version 2 */
void log_world_open(struct log_world *world, uint64_t kept);
struct replay_totals log_world_replay(struct log_world *world);
bool log_world_found(const struct log_world *world, enum replay_finding_kind kind);
