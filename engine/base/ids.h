/*
 * base/ids.h - names of things: players, campaigns, keys.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { PLAYER_BYTES = 16, PLAYER_HEX = 32, SLUG_MAX = 32 };

/* HMAC-SHA256(player key, sub), first 128 bits: the only name of a person outside the people table (P9). */
struct player_id {
    uint8_t bytes[PLAYER_BYTES];
};

void player_hex(const struct player_id *player, char out[static PLAYER_HEX + 1]);
bool player_parse(const char *hex, size_t len, struct player_id *out);

/* Campaign and prize ids: 1-32 of a-z 0-9 _ -, a letter or digit first. */
bool slug_valid(const char *text, size_t len);
