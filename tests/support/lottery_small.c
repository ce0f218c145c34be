/*
 * tests/support/lottery_small.c - a campaign small enough to reason about.
 */
#include "support/lottery_small.h"

#include <stdio.h>
#include <string.h>

void small_setup(struct small *small)
{
    memset(small, 0, sizeof *small);
    small->days[0] = 1000000;
    small->days[1] = 2000000;
    small->table = (struct table){.campaign = "small",
                                  .version = 1,
                                  .shards = 1,
                                  .start_ms = 1000000,
                                  .end_ms = 3000000,
                                  .days = small->days,
                                  .day_count = 2,
                                  .base_chances = 3,
                                  .day_chances = 2,
                                  .prizes = small->prizes,
                                  .prize_count = SMALL_PRIZES};
    small->shard = (struct shard){
        .epoch = 1, .position = 2, .time_ms = 1000000, .version = 1, .prize_count = SMALL_PRIZES};
    for (uint8_t i = 0; i < SMALL_PRIZES; i++) {
        static const enum prize_mode MODES[] = {PRIZE_ODDS, PRIZE_ODDS, PRIZE_ALWAYS, PRIZE_MOMENTS};

        (void)snprintf(small->prizes[i].id, sizeof small->prizes[i].id, "p%d", i + 1);
        small->prizes[i].mode = MODES[i];
        small->prizes[i].units = 100;
        small->prizes[i].number_from = MODES[i] == PRIZE_ODDS ? 100 * i : 0;
        small->prizes[i].number_to = MODES[i] == PRIZE_ODDS ? 100 * i + 100 : 0;
        small_stock(small, (uint8_t)(i + 1), 10 * (i + 1U), 10 * (i + 1U) + 5, false);
    }
    small->shard.pools[3].range_count = 0;
}

void small_stock(struct small *small, uint8_t prize, uint32_t from, uint32_t to, bool more)
{
    struct pool *pool = &small->shard.pools[prize - 1];

    pool->range_count = from < to;
    pool->ranges[0] = (struct unit_range){from, to};
    pool->more = more;
}

void small_moment(struct small *small, uint8_t prize, uint32_t unit, int64_t at_ms)
{
    struct lease_record lease = {
        .lease_no = small->shard.lease_no + 1, .prize = prize, .from = unit, .to = unit + 1, .at_ms = at_ms};

    (void)shard_apply(&small->shard, RECORD_MOMENT, &lease);
}

struct draw_request small_request(const struct small *small, uint8_t key, int64_t number)
{
    struct draw_request request = {.block = small->player.draw_no / BLOCK_DRAWS};

    memset(request.player.bytes, 0x11, PLAYER_BYTES);
    memset(request.key.bytes, key, KEY_BYTES);
    for (unsigned i = 0; i < BLOCK_DRAWS; i++) {
        for (unsigned b = 0; b < 6; b++) {
            request.numbers[8 * i + b] = (uint8_t)(number >> (40 - 8 * b));
        }
    }
    return request;
}

struct draw_result small_draw(struct small *small, uint8_t key, int64_t number)
{
    struct draw_request request = small_request(small, key, number);

    return shard_draw(&small->shard, &small->table, &small->player, &request, 0, &small->record);
}
