/*
 * loadtest/arrivals.c - the plan of an open loop.
 */
#include "loadtest/arrivals.h"

#include <math.h>

void arrivals_init(
    struct arrivals *arrivals, const struct phase *phases, size_t phase_count, bool poisson, uint64_t seed)
{
    *arrivals = (struct arrivals){
        .phases = phases, .phase_count = phase_count, .poisson = poisson, .rng = {.state = seed}};
}

/* Fixed gaps are counted from the phase's start, so that rounding does not add up. */
static double offset_next(struct arrivals *arrivals, double rate_per_s)
{
    if (arrivals->poisson) {
        return arrivals->offset_us - log(rng_unit(&arrivals->rng)) * 1e6 / rate_per_s;
    }
    return (double)arrivals->in_phase * 1e6 / rate_per_s;
}

static bool phase_next(struct arrivals *arrivals, const struct phase *phase, int64_t *planned_us)
{
    double offset_us;

    if (phase->rate_per_s <= 0) {
        return false;
    }
    offset_us = offset_next(arrivals, phase->rate_per_s);
    if (offset_us >= (double)phase->duration_us) {
        return false;
    }
    arrivals->offset_us = offset_us;
    arrivals->in_phase++;
    *planned_us = arrivals->phase_start_us + (int64_t)offset_us;
    return true;
}

bool arrivals_next(struct arrivals *arrivals, int64_t *planned_us)
{
    while (arrivals->at < arrivals->phase_count) {
        const struct phase *phase = &arrivals->phases[arrivals->at];

        if (phase_next(arrivals, phase, planned_us)) {
            return true;
        }
        arrivals->phase_start_us += phase->duration_us;
        arrivals->offset_us = 0;
        arrivals->in_phase = 0;
        arrivals->at++;
    }
    return false;
}

int64_t phases_duration_us(const struct phase *phases, size_t phase_count)
{
    int64_t sum_us = 0;

    for (size_t i = 0; i < phase_count; i++) {
        sum_us += phases[i].duration_us;
    }
    return sum_us;
}
