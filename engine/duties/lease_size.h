/*
 * duties/lease_size.h - how much a shard needs of a prize. Pure.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* What a shard gives of one prize, measured from its counter. Starts from zeros. */
struct demand {
    uint32_t given;
    int64_t at_us;
    double per_second; /* rises at once, falls slowly: a wave is followed, its end is not */
};

void demand_seen(struct demand *demand, uint32_t given, int64_t now_us);

struct lease_case {
    int64_t free_units;  /* of the campaign, with no shard */
    int64_t with_others; /* with the other shards */
    uint32_t left;       /* with this one */
    uint32_t shards;
    double per_second;
    int64_t seconds, min_units; /* lease.seconds, lease.min_units */
    bool fresh;                 /* this shard has given none yet: nothing is measured */
};

/* Units to lease now, 0: enough is there. Renewed at half of the aim; several shards share what is scarce:
 * none gets more than an even part of all that is not yet given. */
int64_t lease_units(const struct lease_case *lease);

/* Units that a shard should hand back because another one is dry and nothing is free; 0: none. */
int64_t lease_spare(uint32_t left, double per_second);
