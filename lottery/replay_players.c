/* lottery/replay_players.c - open addressing with linear probing; a player costs its packed state and 40
 * bytes. */
#include "lottery/replay_players.h"

#include "base/buf.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_CAPACITY = 1024, PACKED_STEP = 16 };

static uint64_t hash_mix(uint64_t hash)
{
    hash = (hash ^ hash >> 32) * UINT64_C(0x9e3779b97f4a7c15);
    return hash ^ hash >> 29;
}

/* Ids are HMACs, but a log may hold any bytes. */
static size_t player_hash(const struct player_id *player)
{
    return (size_t)hash_mix(hash_mix(be_read(player->bytes, 8)) ^ be_read(player->bytes + 8, 8));
}

static struct replay_player *
slot_of(struct replay_player *slots, size_t capacity, const struct player_id *player)
{
    size_t at = player_hash(player) & (capacity - 1);

    while (slots[at].packed != NULL && memcmp(&slots[at].player, player, sizeof *player) != 0) {
        at = (at + 1) & (capacity - 1);
    }
    return &slots[at];
}

static bool players_grow(struct replay_players *players)
{
    const size_t capacity = players->capacity == 0 ? FIRST_CAPACITY : players->capacity * 2;
    struct replay_player *slots = calloc(capacity, sizeof *slots);

    if (slots == NULL) {
        return false;
    }
    for (size_t i = 0; i < players->capacity; i++) {
        if (players->slots[i].packed != NULL) {
            *slot_of(slots, capacity, &players->slots[i].player) = players->slots[i];
        }
    }
    free(players->slots);
    players->slots = slots;
    players->capacity = capacity;
    return true;
}

struct replay_player *replay_players_find(struct replay_players *players, const struct player_id *player)
{
    static const struct player_state NEW_PLAYER;
    struct replay_player *slot = NULL;

    if (players->count * 4 >= players->capacity * 3 && !players_grow(players)) {
        return NULL;
    }
    slot = slot_of(players->slots, players->capacity, player);
    if (slot->packed == NULL) {
        slot->player = *player;
        if (!replay_player_store(slot, &NEW_PLAYER)) {
            return NULL;
        }
        players->count++;
    }
    return slot;
}

bool replay_player_store(struct replay_player *slot, const struct player_state *state)
{
    uint8_t packed[PLAYER_PACKED_MAX];
    const size_t len = player_pack(state, packed);
    const size_t room = (len + PACKED_STEP - 1) / PACKED_STEP * PACKED_STEP;
    const size_t had = (slot->packed_len + (size_t)PACKED_STEP - 1) / PACKED_STEP * PACKED_STEP;
    uint8_t *memory = slot->packed;

    if (memory == NULL || room > had) {
        memory = realloc(slot->packed, room);
        if (memory == NULL) {
            return false;
        }
    }
    memcpy(memory, packed, len);
    slot->packed = memory;
    slot->packed_len = (uint16_t)len;
    return true;
}

void replay_player_load(const struct replay_player *slot, struct player_state *out)
{
    const bool sound = player_unpack(slot->packed, slot->packed_len, out);

    assert(sound); /* what player_pack() made */
    (void)sound;
}

void replay_players_free(struct replay_players *players)
{
    for (size_t i = 0; i < players->capacity; i++) {
        free(players->slots[i].packed);
    }
    free(players->slots);
    *players = (struct replay_players){0};
}
