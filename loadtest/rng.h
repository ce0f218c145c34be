/*
 * loadtest/rng.h - a small seeded source for arrivals, choice of users and jitter. The same seed, the same
 * run.
 */
#pragma once

#include <stdint.h>

struct rng {
    uint64_t state;
};

/* splitmix64: every seed is a good one. */
static inline uint64_t rng_u64(struct rng *rng)
{
    uint64_t z = rng->state += 0x9E3779B97F4A7C15U;

    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9U;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBU;
    return z ^ (z >> 31);
}

/* In (0, 1]: its logarithm is finite. */
static inline double rng_unit(struct rng *rng)
{
    return (double)((rng_u64(rng) >> 11) + 1) * 0x1p-53;
}

/* In [0, bound). The bias of at most bound / 2^32 is far below what a load run can show. */
static inline uint32_t rng_below(struct rng *rng, uint32_t bound)
{
    return (uint32_t)((rng_u64(rng) >> 32) * bound >> 32);
}
