/*
 * tests/support/flow_draw_world.h - a small honest world behind the ports of flow/draw.c: one shard, one
 * prize, and a ledger, which answer as they are told.
 */
#pragma once

#include "base/loop.h"
#include "flow/draw.h"

enum { DRAW_WORLD_CALLS = 64, DRAW_WORLD_UNIT_FEN = 100, DRAW_WORLD_BATCH = 64, DRAW_WORLD_WAITING = 400 };

/* What the shard's port will say; what the ledger's will. SILENT: only after the deadline. */
enum shard_says {
    SHARD_NONE,
    SHARD_WIN,
    SHARD_REMEMBERED_WIN,
    SHARD_BUSY_ONCE,
    SHARD_OTHER_BLOCK_ONCE,
    SHARD_CLOSED,
    SHARD_REOPENED,
    SHARD_UNAVAILABLE,
    SHARD_UNSURE,
    SHARD_NO_CHANCE,
    SHARD_SILENT,
    SHARD_WAYS
};
enum ledger_says {
    LEDGER_RECORDED,
    LEDGER_FOUND,
    LEDGER_DIFFERS,
    LEDGER_ABSENT,
    LEDGER_WAITS,
    LEDGER_UNAVAILABLE,
    LEDGER_UNSURE,
    LEDGER_SILENT,
    LEDGER_WAYS
};

struct draw_world {
    struct loop *loop;
    struct loop_timer *end, *later;
    struct catalog *catalog;
    struct campaign_view campaign;
    struct table table;
    struct table_prize prize;
    struct shard_view shard;
    _Atomic uint32_t epoch;
    struct deps deps;
    struct draws *draws;
    enum shard_says shard_says;
    enum ledger_says ledger_says;
    size_t shard_calls, ledger_calls, stored, asked_opening, asked_stock, asked_drain;
    size_t batch_sizes[DRAW_WORLD_CALLS];
    uint32_t next_draw_no;
    size_t answers;
    struct draw_answer last;
    /* what is in flight */
    struct shard_batch *batch;
    shard_drawn_fn drawn;
    void *drawn_arg;
    ledger_posted_fn posted;
    void *posted_arg;
    size_t posted_wins;
};

void draw_world_setup(struct draw_world *world, enum shard_says shard_says, enum ledger_says ledger_says);
void draw_world_teardown(struct draw_world *world);              /* every draw has given its catalog back */
void draw_world_start(struct draw_world *world, uint8_t player); /* players differ in their first byte */
void draw_world_run(struct draw_world *world);                   /* until nothing waits */
