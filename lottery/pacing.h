/*
 * lottery/pacing.h - what may have been given by a moment of shard time: curve, slots, ceiling per second.
 *
 * The campaign's allowance A is cut to shards so that the shares add up: shard s of S gets (A + S - 1 - s) /
 * S.
 */
#pragma once

#include "lottery/shard.h"

int64_t pacing_curve_units(const struct table_prize *prize,
                           int64_t now_ms); /* whole campaign; units when no curve */
bool pacing_slot_open(const struct table_prize *prize, int64_t now_ms);
/* May this shard give one more unit of it now? */
bool pacing_allows(const struct table_prize *prize,
                   const struct pool *pool,
                   int64_t now_ms,
                   uint32_t shards,
                   uint32_t shard_index);
