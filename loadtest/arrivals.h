/*
 * loadtest/arrivals.h - when each request is planned: phases of a rate, with fixed gaps or as a Poisson
 * stream.
 *
 * Pure: times are microseconds since the start of the run; the same seed gives the same plan.
 */
#pragma once

#include "loadtest/rng.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct phase {
    double rate_per_s; /* 0: a pause */
    int64_t duration_us;
};

struct arrivals {
    const struct phase *phases; /* borrowed */
    size_t phase_count, at;
    bool poisson;
    struct rng rng;
    int64_t phase_start_us;
    double offset_us; /* of the last arrival in this phase */
    uint64_t in_phase;
};

void arrivals_init(
    struct arrivals *arrivals, const struct phase *phases, size_t phase_count, bool poisson, uint64_t seed);
bool arrivals_next(struct arrivals *arrivals, int64_t *planned_us); /* false: the plan is over */
int64_t phases_duration_us(const struct phase *phases, size_t phase_count);
