/*
 * lottery/decide.c - which prize a draw gets: moment, odds, always, none.
 */
#include "lottery/decide.h"

#include "lottery/pacing.h"

enum stock { STOCK_THERE, STOCK_CAPPED, STOCK_PACED, STOCK_SPENT, STOCK_BUSY };

struct question {
    const struct shard *shard;
    const struct table *table;
    const struct player_state *player;
    uint32_t shard_index;
};

static bool capped(const struct question *q, uint8_t prize)
{
    uint32_t max = q->table->prizes[prize - 1].wins_max;

    return max != 0 && player_wins(q->player, prize) >= max;
}

/* This order, so that a dry prize that could not be given anyway keeps nobody waiting for a lease. */
static enum stock look(const struct question *q, uint8_t prize)
{
    const struct table_prize *entry = &q->table->prizes[prize - 1];
    const struct pool *pool = &q->shard->pools[prize - 1];

    if (capped(q, prize)) {
        return STOCK_CAPPED;
    }
    if (!pacing_allows(entry, pool, q->shard->time_ms, q->table->shards, q->shard_index)) {
        return STOCK_PACED;
    }
    if (pool->range_count > 0) {
        return STOCK_THERE;
    }
    return pool->more ? STOCK_BUSY : STOCK_SPENT;
}

static bool decide_moment(const struct question *q, struct decision *decision)
{
    for (uint16_t i = 0; i < q->shard->moment_count; i++) {
        const struct moment *moment = &q->shard->moments[i];

        if (moment->at_ms > q->shard->time_ms) {
            return false;
        }
        if (moment->prize <= q->table->prize_count && !capped(q, moment->prize)) {
            decision->how = GIVEN_MOMENT;
            decision->prize = moment->prize;
            decision->moment = i;
            return true;
        }
    }
    return false;
}

/* True when the draw is decided by the selected prize, or must wait for it. */
static bool decide_odds(const struct question *q, struct decision *decision)
{
    switch (look(q, decision->selected)) {
    case STOCK_THERE:
        decision->how = GIVEN_ODDS;
        decision->prize = decision->selected;
        return true;
    case STOCK_BUSY:
        decision->busy = true;
        decision->prize = decision->selected;
        return true;
    case STOCK_CAPPED:
        decision->why = WITHHELD_CAPPED;
        return false;
    case STOCK_PACED:
        decision->why = WITHHELD_PACED;
        return false;
    case STOCK_SPENT:
        decision->why = WITHHELD_SPENT;
        return false;
    }
    return false;
}

static void decide_always(const struct question *q, struct decision *decision)
{
    for (uint32_t i = 0; i < q->table->prize_count; i++) {
        if (q->table->prizes[i].mode != PRIZE_ALWAYS) {
            continue;
        }
        enum stock stock = look(q, (uint8_t)(i + 1));
        if (stock == STOCK_THERE || stock == STOCK_BUSY) {
            decision->prize = (uint8_t)(i + 1);
            decision->busy = stock == STOCK_BUSY;
            decision->how = decision->busy ? GIVEN_NONE : GIVEN_ALWAYS;
            return;
        }
    }
}

struct decision decide(const struct shard *shard,
                       const struct table *table,
                       const struct player_state *player,
                       int64_t number,
                       uint32_t shard_index)
{
    struct question q = {shard, table, player, shard_index};
    struct decision decision = {.selected = decide_selected(table, number)};

    if (decide_moment(&q, &decision)) {
        return decision;
    }
    if (decision.selected == 0 || !decide_odds(&q, &decision)) {
        decide_always(&q, &decision);
    }
    return decision;
}

int64_t decide_number(const uint8_t numbers[static BLOCK_BYTES], uint32_t draw_no)
{
    return (int64_t)be_read(numbers + (draw_no - 1) % BLOCK_DRAWS * 8, 6);
}

uint8_t decide_selected(const struct table *table, int64_t number)
{
    for (uint32_t i = 0; i < table->prize_count; i++) {
        const struct table_prize *prize = &table->prizes[i];

        if (prize->mode == PRIZE_ODDS && prize->number_from <= number && number < prize->number_to) {
            return (uint8_t)(i + 1);
        }
    }
    return 0;
}
