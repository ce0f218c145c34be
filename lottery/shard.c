/*
 * lottery/shard.c - runs one draw on a shard. Twin of draw() in lottery.lua.
 *
 *   remembered key? > paused, window > number > caps > chances > block > decide > take > remember
 *
 * Nothing changes before `take`, and after it nothing can refuse.
 */
#include "lottery/shard.h"

#include "lottery/decide.h"

#include <assert.h>
#include <string.h>

uint32_t shard_units_left(const struct pool *pool)
{
    uint32_t left = 0;

    for (unsigned i = 0; i < pool->range_count; i++) {
        left += pool->ranges[i].to - pool->ranges[i].from;
    }
    return left;
}

static bool answer_again(const struct player_state *player,
                         const struct draw_request *request,
                         struct draw_result *result)
{
    bool same_body = false;
    const struct remembered *answer = player_find(player, &request->key, &same_body);

    if (answer == NULL) {
        return false;
    }
    result->status = DRAW_KEY_REUSED;
    if (same_body) {
        *result = (struct draw_result){
            DRAW_REMEMBERED, answer->draw_no, answer->chances_left, answer->prize, answer->unit};
    }
    return true;
}

/* DRAW_NEW when the campaign's rules let this player draw now. */
static enum draw_status may_draw(const struct shard *shard,
                                 const struct table *table,
                                 const struct player_state *player,
                                 const struct draw_request *request)
{
    uint32_t day = table_day(table, shard->time_ms);

    if (shard->paused) {
        return DRAW_PAUSED;
    }
    if (shard->time_ms < table->start_ms) {
        return DRAW_NOT_STARTED;
    }
    if (shard->time_ms >= table->end_ms) {
        return DRAW_ENDED;
    }
    if (request->draw_no != 0 && request->draw_no - 1 != player->draw_no) {
        return DRAW_OTHER_NUMBER;
    }
    if (player->draw_no >= (table->campaign_cap != 0 ? table->campaign_cap : UINT32_MAX)) {
        return DRAW_CAMPAIGN_CAP;
    }
    if (table->day_cap != 0 &&
        player_today(player, day) >= (table->day_cap < UINT16_MAX ? table->day_cap : UINT16_MAX)) {
        return DRAW_DAY_CAP;
    }
    if (player_chances_left(table, player, day) == 0) {
        return DRAW_NO_CHANCE;
    }
    return request->block == player->draw_no / BLOCK_DRAWS ? DRAW_NEW : DRAW_OTHER_BLOCK;
}

static uint16_t one_more(uint16_t counter)
{
    return (uint16_t)(counter + (counter < UINT16_MAX));
}

static void take_chance(const struct table *table, struct player_state *player, uint32_t day)
{
    if (player_day_left(table, player, day) == 0) {
        player->base_used = one_more(player->base_used);
    }
    player->today = one_more((uint16_t)player_today(player, day));
    player->day = (uint16_t)day;
    player->draw_no++;
}

static uint32_t take_range_unit(struct pool *pool)
{
    uint32_t unit = pool->ranges[0].from++;

    if (pool->ranges[0].from == pool->ranges[0].to) {
        pool->range_count--;
        memmove(&pool->ranges[0], &pool->ranges[1], pool->range_count * sizeof pool->ranges[0]);
        pool->ranges[pool->range_count] = (struct unit_range){0};
    }
    return unit;
}

static uint32_t take_unit(struct shard *shard, const struct decision *decision)
{
    struct pool *pool = &shard->pools[decision->prize - 1];
    int64_t second = shard->time_ms / 1000;
    uint32_t unit;

    if (decision->how == GIVEN_MOMENT) {
        unit = shard->moments[decision->moment].unit;
        shard_drop_moment(shard, decision->moment);
    } else {
        unit = take_range_unit(pool);
    }
    pool->in_second = pool->second == second ? pool->in_second + 1 : 1;
    pool->second = second;
    pool->given++;
    return unit;
}

static void take(struct shard *shard,
                 const struct table *table,
                 struct player_state *player,
                 const struct decision *decision,
                 struct draw_result *result)
{
    uint32_t day = table_day(table, shard->time_ms);

    take_chance(table, player, day);
    if (decision->how != GIVEN_NONE) {
        result->prize = decision->prize;
        result->unit = take_unit(shard, decision);
        player_won(player, decision->prize);
    }
    uint32_t left = player_chances_left(table, player, day);
    result->chances_left = (uint16_t)(left < UINT16_MAX ? left : UINT16_MAX);
    result->draw_no = player->draw_no;
    shard->position++;
}

static void remember(struct player_state *player,
                     const struct draw_request *request,
                     const struct decision *decision,
                     const struct draw_result *result,
                     struct draw_record *record)
{
    struct remembered answer = {.draw_no = result->draw_no,
                                .key = request->key,
                                .chances_left = result->chances_left,
                                .prize = result->prize,
                                .unit = result->unit};

    player_remember(player, &answer);
    *record = (struct draw_record){.player = request->player,
                                   .draw_no = result->draw_no,
                                   .key = request->key,
                                   .selected = decision->selected,
                                   .why = decision->why,
                                   .how = decision->how,
                                   .prize = result->prize,
                                   .unit = result->unit,
                                   .chances_left = result->chances_left};
}

struct draw_result shard_draw(struct shard *shard,
                              const struct table *table,
                              struct player_state *player,
                              const struct draw_request *request,
                              uint32_t shard_index,
                              struct draw_record *record)
{
    /* At the last number of all there is no next one; the campaign cap refuses there. */
    uint32_t next = player->draw_no + (player->draw_no < UINT32_MAX);
    struct draw_result result = {.draw_no = next};

    assert(table->version == shard->version && table->prize_count <= shard->prize_count);
    if (answer_again(player, request, &result)) {
        return result;
    }
    result.status = may_draw(shard, table, player, request);
    if (result.status != DRAW_NEW) {
        return result;
    }
    struct decision decision =
        decide(shard, table, player, decide_number(request->numbers, next), shard_index);
    if (decision.busy) {
        result.status = DRAW_BUSY;
        result.prize = decision.prize;
        return result;
    }
    take(shard, table, player, &decision, &result);
    remember(player, request, &decision, &result, record);
    return result;
}
