/*
 * tests/support/lottery_small.h - a campaign small enough to reason about: a table, one shard of it, one
 * player.
 *
 * Starts at second 1000, days begin at 1000 s and 2000 s, ends at 3000 s. Prize 1 has the numbers [0, 100),
 * prize 2 [100, 200), prize 3 is an `always` prize, prize 4 comes by moments. Pools hold units from 10 *
 * place on. A player has 3 base chances and 2 a day.
 */
#pragma once

#include "lottery/shard.h"

enum { SMALL_PRIZES = 4 };

struct small {
    struct table table;
    struct table_prize prizes[SMALL_PRIZES + 1];
    int64_t days[2];
    struct shard shard;
    struct player_state player;
    struct draw_record record;
};

void small_setup(struct small *small);
void small_stock(
    struct small *small, uint8_t prize, uint32_t from, uint32_t to, bool more); /* instead of what was */
void small_moment(struct small *small, uint8_t prize, uint32_t unit, int64_t at_ms);

/* A request with a key of its own number, and one number for every draw of the block. */
struct draw_request small_request(const struct small *small, uint8_t key, int64_t number);
struct draw_result small_draw(struct small *small, uint8_t key, int64_t number);
