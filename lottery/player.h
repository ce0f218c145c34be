/*
 * lottery/player.h - what a shard remembers of one player, and its packed form in Redis.
 *
 * Packed (big-endian), in the hash {campaign:shard}:players under the 16 raw bytes of the player:
 *   draw_no u32 | day u16 | today u16 | base_used u16 | granted u16 | wins n u8 | n x (prize u8, count u16)
 *   then up to four remembered answers, oldest first:
 *   key 7 bytes | draw_no's low byte u8 | chances_left u16 | prize u8 | unit u32 only when prize is not 0
 * A remembered draw_no is the largest one <= the player's draw_no with that low byte.
 * Whoever sets a player anew keeps only answers at most 252 numbers old: three draws later they are pushed
 * out. Counters stop at their type's maximum. An absent player is all zeros.
 */
#pragma once

#include "lottery/table.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { KEY_BYTES = 7, REMEMBERED_MAX = 4, PLAYER_PACKED_MAX = 13 + PRIZES_MAX * 3 + REMEMBERED_MAX * 15 };

/* First 5 bytes of SHA-256(idempotency key), then first 2 bytes of SHA-256(body). */
struct draw_key {
    uint8_t bytes[KEY_BYTES];
};

struct remembered {
    uint32_t draw_no;
    struct draw_key key;
    uint16_t chances_left;
    uint8_t prize; /* 1-based place in the table; 0: none */
    uint32_t unit;
};

struct player_state {
    uint32_t draw_no; /* of the last draw; 0: none yet */
    uint16_t day;     /* of the last draw */
    uint16_t today;   /* draws on that day */
    uint16_t base_used, granted;
    uint8_t win_kinds;
    struct {
        uint8_t prize; /* ascending */
        uint16_t count;
    } wins[PRIZES_MAX];
    uint8_t remembered_count;
    struct remembered remembered[REMEMBERED_MAX]; /* newest first */
};

size_t player_pack(const struct player_state *state, uint8_t out[static PLAYER_PACKED_MAX]);
bool player_unpack(const uint8_t *packed, size_t len, struct player_state *out); /* len 0: a new player */
uint32_t player_wins(const struct player_state *state, uint8_t prize);
void player_won(struct player_state *state, uint8_t prize); /* counts one more */
/* The answer that this key was given, NULL when not remembered. */
const struct remembered *
player_find(const struct player_state *state, const struct draw_key *key, bool *same_body);
void player_remember(struct player_state *state, const struct remembered *answer);
uint32_t player_today(const struct player_state *state, uint32_t day); /* draws on that day */
uint32_t player_day_left(const struct table *table,
                         const struct player_state *state,
                         uint32_t day); /* of the day's chances */
/* Chances on that day: what is left of the day's, then of base and granted; never past the caps. */
uint32_t player_chances_left(const struct table *table, const struct player_state *state, uint32_t day);
