/*
 * lottery/pacing.c - curve, slots and ceiling of a prize. Twin of paced() in lottery.lua.
 */
#include "lottery/pacing.h"

int64_t pacing_curve_units(const struct table_prize *prize, int64_t now_ms)
{
    int64_t now_s = now_ms / 1000;
    uint32_t low = 0, high = prize->curve_count; /* curve[0..low) have been passed, curve[high..) have not */

    if (high == 0) {
        return prize->units;
    }
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;

        if (prize->curve[middle].at_s <= now_s) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    if (low == 0) {
        return 0;
    }
    const struct curve_point *from = &prize->curve[low - 1];
    if (low == prize->curve_count) {
        return from->units;
    }
    return from->units + (from[1].units - from->units) * (now_s - from->at_s) / (from[1].at_s - from->at_s);
}

bool pacing_slot_open(const struct table_prize *prize, int64_t now_ms)
{
    uint32_t low = 0, high = prize->slot_count; /* slots[0..low) have ended, slots[high..) have not */

    if (high == 0) {
        return true;
    }
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;

        if (prize->slots[middle].to_ms <= now_ms) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low < prize->slot_count && prize->slots[low].from_ms <= now_ms;
}

static int64_t share(int64_t allowance, uint32_t shards, uint32_t shard_index)
{
    return (allowance + shards - 1 - shard_index) / shards;
}

bool pacing_allows(const struct table_prize *prize,
                   const struct pool *pool,
                   int64_t now_ms,
                   uint32_t shards,
                   uint32_t shard_index)
{
    if (!pacing_slot_open(prize, now_ms)) {
        return false;
    }
    if (prize->per_second > 0) {
        int64_t used = pool->second == now_ms / 1000 ? pool->in_second : 0;

        if (used >= share(prize->per_second, shards, shard_index)) {
            return false;
        }
    }
    /* Without a curve a shard may give whatever it was leased, more than an even share too. */
    return prize->curve_count == 0 ||
           pool->given < share(pacing_curve_units(prize, now_ms), shards, shard_index);
}
