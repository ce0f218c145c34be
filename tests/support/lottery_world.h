/*
 * tests/support/lottery_world.h - random tables for the lottery's tests, and a table's JSON form.
 */
#pragma once

#include "lottery/table.h"

#include "base/buf.h"

struct rng {
    uint64_t state;
};

uint64_t rng_next(struct rng *rng);
uint32_t rng_below(struct rng *rng, uint32_t bound); /* 0 when bound is 0 */
bool rng_one_in(struct rng *rng, uint32_t n);
void rng_fill(struct rng *rng, void *out, size_t len);

/* A small campaign of a few minutes with all that a table can have; aborts when out of memory. */
struct table *world_table(struct rng *rng, int64_t start_ms, uint32_t shards);
/* Its next version: other odds, caps and schedules, sometimes one prize more. */
struct table *world_table_next(struct rng *rng, const struct table *before);
void world_table_json(const struct table *table, struct buf *out);
