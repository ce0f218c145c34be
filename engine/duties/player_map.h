/*
 * duties/player_map.h - players and their packed states, a million of them: open addressing, states in an
 * arena.
 */
#pragma once

#include "lottery/player.h"

struct arena;

struct player_place {
    struct player_id player;
    uint8_t *packed; /* NULL: nobody here */
    uint16_t len, room;
};

struct player_map {
    struct player_place *places;
    size_t capacity, count; /* capacity: a power of two, or 0 */
    struct arena *memory;
};

bool player_map_init(struct player_map *map); /* false when out of memory */
void player_map_free(struct player_map *map);
/* The player's place, NULL when absent; valid until the next add. */
struct player_place *player_map_find(const struct player_map *map, const struct player_id *player);
/* The place, made with a new player's state when absent; NULL when out of memory. */
struct player_place *player_map_add(struct player_map *map, const struct player_id *player);
bool player_map_store(struct player_map *map, struct player_place *place, const struct player_state *state);
