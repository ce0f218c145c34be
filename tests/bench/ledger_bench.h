/*
 * tests/bench/ledger_bench.h - what the parts of ledger_writer share: its options, its draws, its end.
 */
#pragma once

#include "store/ledger_internal.h"

#include <stdatomic.h>

enum {
    WORKERS_MAX = 16,
    LANES_MAX = 16,
    WINDOWS_MAX = 64,
    TIMEOUT_MS = 20000,
    CAMPAIGN = 1,
    AMOUNT_FEN = 100
};

struct options {
    const char *uri, *plain;
    int64_t workers, shards, draws, blanks, fence, position, unit, units, windows, seconds;
};

extern struct options bench_options;
extern atomic_bool bench_stop, bench_failed;
void bench_fail(const char *what, const char *why); /* says so and stops everybody */

/* ---- ledger_draws.c ---- */
struct batch_of_draws {
    uint32_t shard;
    uint64_t position;
    struct buf entry;
    struct win_post wins[RECORD_DRAWS_MAX];
    size_t count; /* of wins */
};
void draws_setup(void);
void draws_init(struct batch_of_draws *batch);
/* The next `count` draws of a shard and their entry; all won, or none. From any thread. */
void draws_make(struct batch_of_draws *batch, uint32_t shard, size_t count, bool won);
void draws_told(uint32_t shard, uint64_t *position, uint64_t *unit); /* what comes next */

/* ---- ledger_duties.c: the leader's, on a thread of their own, until bench_stop ---- */
struct bench_duties;
struct bench_duties *bench_duties_start(void);
uint64_t bench_duties_end(struct bench_duties *bench); /* how many entries were drained */
