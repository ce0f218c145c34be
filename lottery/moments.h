/*
 * lottery/moments.h - when and where the scarce prizes fall due: drawn from the seed, known to nobody before.
 *
 * Unit i of a `moments` prize falls due in [start, end) at a share of the open time (slots, or the whole
 * window; along the curve when there is one) from HMAC(seed, "moment" 00 campaign 00 prize 00 unit u32). Its
 * shard is from the same HMAC; after k moves (k-th shard that did not use it) it is on shard (first + k) mod
 * shards.
 */
#pragma once

#include "lottery/fairness.h"

struct moment_plan {
    int64_t at_ms;
    uint32_t shard;
};

struct moment_plan
moment_of(const struct table *table, uint8_t prize, const struct seed *seed, uint32_t unit);
