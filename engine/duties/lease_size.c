/*
 * duties/lease_size.c - how much a shard needs of a prize.
 */
#include "duties/lease_size.h"

enum { MEASURE_US = 200 * 1000, FIRST_PART = 8 };

void demand_seen(struct demand *demand, uint32_t given, int64_t now_us)
{
    int64_t passed_us = now_us - demand->at_us;
    double measured = 0;

    if (demand->at_us == 0 || given < demand->given) { /* the first look, or another process' counter */
        *demand = (struct demand){given, now_us, demand->per_second};
        return;
    }
    if (passed_us < MEASURE_US) {
        return;
    }
    measured = (double)(given - demand->given) * 1e6 / (double)passed_us;
    demand->per_second = measured > demand->per_second ? measured : demand->per_second * 0.9 + measured * 0.1;
    demand->given = given;
    demand->at_us = now_us;
}

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t most(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

/* What the shard should hold. Before anything is measured: a part of the campaign that lasts through the
 * first second of a start, when everybody comes at once. */
static int64_t lease_aim(const struct lease_case *lease)
{
    int64_t need = (int64_t)(lease->per_second * (double)lease->seconds) + 1;
    int64_t aim = most(need, lease->min_units);

    if (lease->fresh) {
        aim = most(aim, lease->free_units / ((int64_t)FIRST_PART * lease->shards));
    }
    return aim;
}

int64_t lease_units(const struct lease_case *lease)
{
    int64_t aim = lease_aim(lease);
    int64_t even = (lease->free_units + lease->with_others + lease->left + lease->shards - 1) / lease->shards;

    if (lease->free_units <= 0 || (int64_t)lease->left * 2 > aim) {
        return 0;
    }
    aim = least(aim, even);
    return most(0, least(aim - lease->left, lease->free_units));
}

int64_t lease_spare(uint32_t left, double per_second)
{
    int64_t soon = (int64_t)per_second + 1; /* a second's need stays */

    return left >= 2 && left > soon ? least((int64_t)left / 2, (int64_t)left - soon) : 0;
}
