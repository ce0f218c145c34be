/*
 * duties/player_map.c - players and their packed states.
 */
#include "duties/player_map.h"

#include "base/arena.h"

#include <stdlib.h>
#include <string.h>

enum { FIRST_CAPACITY = 1024, BLOCK_BYTES_EACH = 1 << 20, ROOM_STEP = 16 };

bool player_map_init(struct player_map *map)
{
    *map = (struct player_map){0};
    map->memory = arena_new(BLOCK_BYTES_EACH, SIZE_MAX / 2);
    return map->memory != NULL;
}

void player_map_free(struct player_map *map)
{
    arena_free(map->memory);
    free(map->places);
    *map = (struct player_map){0};
}

/* The name is an HMAC already: its bytes are as good as a hash. */
static size_t player_hash(const struct player_id *player)
{
    uint64_t high = 0, low = 0;

    memcpy(&high, player->bytes, sizeof high);
    memcpy(&low, player->bytes + 8, sizeof low);
    low ^= high * UINT64_C(0x9e3779b97f4a7c15);
    return (size_t)(low ^ low >> 32);
}

static struct player_place *place_of(const struct player_map *map, const struct player_id *player)
{
    size_t at = player_hash(player) & (map->capacity - 1);

    while (map->places[at].packed != NULL && memcmp(&map->places[at].player, player, sizeof *player) != 0) {
        at = (at + 1) & (map->capacity - 1);
    }
    return &map->places[at];
}

struct player_place *player_map_find(const struct player_map *map, const struct player_id *player)
{
    struct player_place *place = map->capacity == 0 ? NULL : place_of(map, player);

    return place != NULL && place->packed != NULL ? place : NULL;
}

static bool map_grow(struct player_map *map)
{
    struct player_map larger = {.capacity = map->capacity == 0 ? FIRST_CAPACITY : map->capacity * 2};

    larger.places = calloc(larger.capacity, sizeof *larger.places);
    if (larger.places == NULL) {
        return false;
    }
    for (size_t i = 0; i < map->capacity; i++) {
        if (map->places[i].packed != NULL) {
            *place_of(&larger, &map->places[i].player) = map->places[i];
        }
    }
    free(map->places);
    map->places = larger.places;
    map->capacity = larger.capacity;
    return true;
}

struct player_place *player_map_add(struct player_map *map, const struct player_id *player)
{
    static const struct player_state NEW_PLAYER;
    struct player_place *place = player_map_find(map, player);

    if (place != NULL || (map->count * 3 >= map->capacity * 2 && !map_grow(map))) {
        return place;
    }
    place = place_of(map, player);
    place->player = *player;
    if (!player_map_store(map, place, &NEW_PLAYER)) {
        return NULL;
    }
    map->count++;
    return place;
}

bool player_map_store(struct player_map *map, struct player_place *place, const struct player_state *state)
{
    uint8_t packed[PLAYER_PACKED_MAX];
    size_t len = player_pack(state, packed);

    if (len > place->room) {
        size_t room = (len + 2 * ROOM_STEP - 1) / ROOM_STEP * ROOM_STEP;
        uint8_t *memory = arena_alloc(map->memory, room);

        if (memory == NULL) {
            return false;
        }
        place->packed = memory;
        place->room = (uint16_t)room;
    }
    memcpy(place->packed, packed, len);
    place->len = (uint16_t)len;
    return true;
}
