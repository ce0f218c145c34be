/*
 * lottery/decide.h - which prize a draw gets. Twin of decide() in lottery.lua.
 *
 * Order (design section 2): a due moment the player is eligible for; the odds table; the first `always`
 * prize in document order that is in stock, not paced away and eligible; none. A selected odds prize never
 * turns into another.
 */
#pragma once

#include "lottery/shard.h"

struct decision {
    uint8_t selected, why, how, prize; /* as in struct draw_record */
    uint16_t moment;                   /* place in shard->moments when how is GIVEN_MOMENT */
    bool busy; /* prize is dry here while the campaign has more: do not run the draw */
};

struct decision decide(const struct shard *shard,
                       const struct table *table,
                       const struct player_state *player,
                       int64_t number,
                       uint32_t shard_index);
int64_t decide_number(const uint8_t numbers[static BLOCK_BYTES], uint32_t draw_no);
uint8_t decide_selected(const struct table *table, int64_t number); /* the odds table alone */
