/*
 * lottery/replay_players.h - the players of a replay: packed states in a hash map.
 *
 * A slot is valid until the next replay_players_find(). Inside lottery only.
 */
#pragma once

#include "lottery/player.h"

struct replay_player {
    struct player_id player;
    uint8_t *packed; /* NULL: an empty slot */
    uint16_t packed_len;
    bool unsure;                 /* some of its draws may be lost: its chances cannot be told exactly */
    uint32_t epoch;              /* of its last draw */
    uint32_t tail_epoch;         /* the last epoch in which it drew after a gap; 0: never */
    uint32_t tail_from, tail_to; /* its draw numbers there, [from, to] */
};

struct replay_players {
    struct replay_player *slots;
    size_t capacity, count; /* capacity: a power of two, or 0 */
};

/* The player's slot, new when absent; NULL when out of memory. */
struct replay_player *replay_players_find(struct replay_players *players, const struct player_id *player);
bool replay_player_store(struct replay_player *slot,
                         const struct player_state *state); /* false: out of memory */
void replay_player_load(const struct replay_player *slot, struct player_state *out);
void replay_players_free(struct replay_players *players);
