/*
 * flow/draw_request.c - what a draw brings along to its shard: the block of random numbers it probably needs.
 */
#include "flow/draw_internal.h"

#include "flow/block_guesses.h"

void draw_block_expect(const struct draw *draw)
{
    block_guess_expect(draw->draws->deps->guesses, draw->campaign->id, &draw->request.player);
}

void draw_remember_block(struct draw *draw, uint32_t next_draw_no)
{
    draw->next_draw_no = next_draw_no;
    block_guess_keep(draw->draws->deps->guesses,
                     draw->campaign->id,
                     &draw->request.player,
                     (next_draw_no - 1) / BLOCK_DRAWS);
}

/* What the shard has just named, else what the client expects, else what the engine remembers. */
static uint32_t draw_block(const struct draw *draw)
{
    uint32_t draw_no = draw->next_draw_no != 0 ? draw->next_draw_no : draw->request.draw_no;

    return draw_no != 0 ? (draw_no - 1) / BLOCK_DRAWS
                        : block_guess(draw->draws->deps->guesses, draw->campaign->id, &draw->request.player);
}

void draw_request_fill(const struct draw *draw, struct draw_request *out)
{
    *out = draw->request;
    out->block = draw_block(draw);
    fairness_block(
        &draw->campaign->seed, draw->campaign->table->campaign, &out->player, out->block, out->numbers);
}
