/*
 * flow/block_guesses.h - which block of random numbers a player needs next, as an engine remembers it.
 *
 * A draw takes its numbers along to the shard, a block of BLOCK_DRAWS at a time; with the wrong block it goes
 * twice. A client that says `draw_no` needs no guess; for the others all workers share this: four bytes a
 * player who is past the first block, for 32 million of them, taken from the system as they come. Any thread
 * may call; what gets lost between two is one more wrong guess.
 */
#pragma once

#include "base/ids.h"

#include <stdint.h>

struct block_guesses;

struct block_guesses *block_guesses_new(void);          /* NULL: out of memory */
void block_guesses_free(struct block_guesses *guesses); /* accepts NULL */

/* Asked for a moment ahead, the other two do not wait for memory: the guesses are far more than a cache
 * holds. */
void block_guess_expect(const struct block_guesses *guesses,
                        uint64_t campaign_id,
                        const struct player_id *player);

/* 0, the first block, for players it does not know. */
uint32_t
block_guess(const struct block_guesses *guesses, uint64_t campaign_id, const struct player_id *player);
void block_guess_keep(struct block_guesses *guesses,
                      uint64_t campaign_id,
                      const struct player_id *player,
                      uint32_t block);
