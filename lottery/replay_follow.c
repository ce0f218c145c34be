/*
 * lottery/replay_follow.c - the shard and the player after what a record says, whether or not it was
 * expected.
 */
#include "lottery/replay_internal.h"

#include <stddef.h>
#include <string.h>

void replay_save(struct replay *replay)
{
    const struct shard *shard = &replay->shard;

    memcpy(&replay->before, shard, offsetof(struct shard, pools));
    memcpy(replay->before.pools, shard->pools, shard->prize_count * sizeof shard->pools[0]);
    replay->before.moment_count = shard->moment_count;
    memcpy(replay->before.moments, shard->moments, shard->moment_count * sizeof shard->moments[0]);
}

void replay_put_back(struct replay *replay)
{
    const struct shard *before = &replay->before;

    memcpy(&replay->shard, before, offsetof(struct shard, pools));
    memcpy(replay->shard.pools, before->pools, before->prize_count * sizeof before->pools[0]);
    replay->shard.moment_count = before->moment_count;
    memcpy(replay->shard.moments, before->moments, before->moment_count * sizeof before->moments[0]);
}

static void pool_take(struct pool *pool, uint32_t unit)
{
    for (uint8_t i = 0; i < pool->range_count; i++) {
        struct unit_range *range = &pool->ranges[i];

        if (unit < range->from || unit >= range->to) {
            continue;
        }
        if (unit == range->from) {
            range->from++;
        } else if (unit == range->to - 1 || pool->range_count == RANGES_MAX) {
            range->to = unit;
        } else {
            memmove(range + 1, range, (size_t)(pool->range_count - i) * sizeof *range);
            range[0].to = unit;
            range[1].from = unit + 1;
            pool->range_count++;
        }
        if (range->from == range->to) {
            memmove(range, range + 1, (size_t)(pool->range_count - i - 1) * sizeof *range);
            pool->range_count--;
        }
        return;
    }
}

static void moment_take(struct shard *shard, uint8_t prize, uint32_t unit)
{
    for (uint16_t i = 0; i < shard->moment_count; i++) {
        if (shard->moments[i].prize == prize && shard->moments[i].unit == unit) {
            shard_drop_moment(shard, i);
            return;
        }
    }
}

/* The shard after what the record says it gave. */
void replay_shard_follow(struct shard *shard, const struct draw_record *record)
{
    struct pool *pool = NULL;

    if (record->prize == 0 || record->prize > shard->prize_count) {
        return;
    }
    pool = &shard->pools[record->prize - 1];
    moment_take(shard, record->prize, record->unit);
    pool_take(pool, record->unit);
    if (pool->second != shard->time_ms / 1000) {
        pool->second = shard->time_ms / 1000;
        pool->in_second = 0;
    }
    pool->given++;
    pool->in_second++;
}

/* The player after what the record says: a day's chance first, then one of the base. */
void replay_player_follow(const struct replay *replay,
                          const struct draw_record *record,
                          struct player_state *state)
{
    const struct table *table = replay->table;
    const uint32_t day = table_day(table, replay->shard.time_ms);
    const uint32_t today = player_today(state, day);
    const struct remembered answer = {.draw_no = record->draw_no,
                                      .key = record->key,
                                      .chances_left = record->chances_left,
                                      .prize = record->prize,
                                      .unit = record->unit};

    if (player_day_left(table, state, day) == 0 && state->base_used < UINT16_MAX) {
        state->base_used++;
    }
    state->today = (uint16_t)(today < UINT16_MAX ? today + 1 : today);
    state->day = (uint16_t)day;
    state->draw_no = record->draw_no;
    if (record->prize != 0) {
        player_won(state, record->prize);
    }
    player_remember(state, &answer);
}
