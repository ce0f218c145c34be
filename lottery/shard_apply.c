/*
 * lottery/shard_apply.c - control entries: stock that comes and goes, versions. Twin of control() in
 * lottery.lua.
 */
#include "lottery/shard.h"

#include <string.h>

static bool apply_lease(struct pool *pool, const struct lease_record *lease)
{
    struct unit_range *last = pool->range_count > 0 ? &pool->ranges[pool->range_count - 1] : NULL;

    if (lease->from < lease->to) {
        if (last != NULL && last->to == lease->from) {
            last->to = lease->to;
        } else if (pool->range_count < RANGES_MAX) {
            pool->ranges[pool->range_count++] = (struct unit_range){lease->from, lease->to};
        } else {
            return false;
        }
    }
    pool->more = lease->more;
    return true;
}

static bool apply_return(struct pool *pool, const struct lease_record *lease)
{
    struct unit_range *last = pool->range_count > 0 ? &pool->ranges[pool->range_count - 1] : NULL;

    if (last == NULL || lease->from >= lease->to || last->to != lease->to || last->from > lease->from) {
        return false;
    }
    last->to = lease->from;
    if (last->from == last->to) {
        *last = (struct unit_range){0};
        pool->range_count--;
    }
    return true;
}

static bool apply_moment(struct shard *shard, const struct lease_record *lease)
{
    struct moment moment = {.prize = lease->prize, .unit = lease->from, .at_ms = lease->at_ms};
    unsigned at = 0;

    if (shard->moment_count == MOMENTS_MAX) {
        return false;
    }
    while (at < shard->moment_count && moment_compare(&shard->moments[at], &moment) < 0) {
        at++;
    }
    if (at < shard->moment_count && moment_compare(&shard->moments[at], &moment) == 0) {
        return false;
    }
    memmove(&shard->moments[at + 1], &shard->moments[at], (shard->moment_count - at) * sizeof moment);
    shard->moments[at] = moment;
    shard->moment_count++;
    return true;
}

void shard_drop_moment(struct shard *shard, uint16_t at)
{
    shard->moment_count--;
    memmove(&shard->moments[at],
            &shard->moments[at + 1],
            (size_t)(shard->moment_count - at) * sizeof shard->moments[0]);
    memset(&shard->moments[shard->moment_count], 0, sizeof shard->moments[0]);
}

static bool apply_gone(struct shard *shard, const struct lease_record *lease)
{
    for (uint16_t i = 0; i < shard->moment_count; i++) {
        if (shard->moments[i].prize == lease->prize && shard->moments[i].unit == lease->from) {
            shard_drop_moment(shard, i);
            return true;
        }
    }
    return false;
}

static bool apply_kind(struct shard *shard, enum record_kind kind, const struct lease_record *lease)
{
    switch (kind) {
    case RECORD_LEASE:
        return apply_lease(&shard->pools[lease->prize - 1], lease);
    case RECORD_RETURN:
        return apply_return(&shard->pools[lease->prize - 1], lease);
    case RECORD_MOMENT:
        return apply_moment(shard, lease);
    case RECORD_GONE:
        return apply_gone(shard, lease);
    case RECORD_DRAWS:
    case RECORD_OPENING:
    case RECORD_VERSION:
    case RECORD_PAUSE:
        break;
    }
    return false;
}

bool shard_apply(struct shard *shard, enum record_kind kind, const struct lease_record *lease)
{
    if (lease->lease_no != shard->lease_no + 1 || lease->prize == 0 || lease->prize > shard->prize_count ||
        lease->from > lease->to || !apply_kind(shard, kind, lease)) {
        return false;
    }
    shard->lease_no++;
    shard->position++;
    return true;
}

bool shard_apply_version(struct shard *shard, const struct table *table)
{
    if (table->version <= shard->version || table->prize_count < shard->prize_count) {
        return false;
    }
    /* A prize that is new here is dry, and the campaign has it: its first draw asks for a lease. */
    for (uint32_t i = shard->prize_count; i < table->prize_count; i++) {
        shard->pools[i] = (struct pool){.more = true};
    }
    shard->prize_count = (uint8_t)table->prize_count;
    shard->version = table->version;
    shard->position++;
    return true;
}

bool shard_apply_pause(struct shard *shard, bool paused)
{
    if (shard->paused == paused) {
        return false;
    }
    shard->paused = paused;
    shard->position++;
    return true;
}
