/*
 * store/redis.h - blocking Redis for the duties thread and the command line, and what both sides share:
 * key names, the wire form of the functions, the library's content-hashed name.
 */
#pragma once

#include "base/config.h"
#include "flow/ports.h"

#include <stddef.h>
#include <stdint.h>

/* One blocking connection to one node; not shared between threads; reconnects at the next call. */
struct redis;
/* To node `index` of redis.nodes. HB_E_INPUT: the list is malformed, or not so long. */
HB_CHECKED hb_err redis_open(const struct config *config, size_t index, struct redis **out);
void redis_close(struct redis *redis);
const char *redis_error(const struct redis *redis);
/* run_id of the process at the other end, 40 hex digits; asked once a connection. */
HB_CHECKED hb_err redis_run_id(struct redis *redis, char out[static RUN_ID_BYTES + 1]);
/* Loads the function library when the node does not have this very version. */
HB_CHECKED hb_err redis_load_functions(struct redis *redis);

HB_CHECKED hb_err redis_time(struct redis *redis, int64_t *out_ms); /* the node's wall clock */

/* The stream's entries from the start, at most max; fn returns false to stop. */
typedef bool (*redis_entry_fn)(
    void *arg, uint32_t epoch, uint64_t position, const uint8_t *bytes, size_t len);
HB_CHECKED hb_err redis_entries(struct redis *redis,
                                const char *campaign,
                                uint32_t shard,
                                size_t max,
                                redis_entry_fn fn,
                                void *arg,
                                size_t *count);
HB_CHECKED hb_err redis_forget_entries(struct redis *redis,
                                       const char *campaign,
                                       uint32_t shard,
                                       const uint64_t (*ids)[2] /* epoch, position */,
                                       size_t count);
HB_CHECKED hb_err redis_entry_count(struct redis *redis, const char *campaign, uint32_t shard, uint64_t *out);
/* The state alone; *present false: none there. HB_E_IO: there is one, but in no format we know. */
HB_CHECKED hb_err
redis_state(struct redis *redis, const char *campaign, uint32_t shard, struct shard *out, bool *present);
/* State and unstored entries at one instant (audit). */
HB_CHECKED hb_err redis_inspect(struct redis *redis,
                                const char *campaign,
                                uint32_t shard,
                                struct shard *out,
                                bool *present,
                                redis_entry_fn fn,
                                void *arg);

struct control_entry { /* of each kind only its own members are read */
    enum record_kind kind;
    const struct lease_record *lease; /* LEASE, RETURN, MOMENT, GONE */
    const char *table_json;           /* VERSION; NULL: none */
    const uint8_t *hash;              /* VERSION: of the table, 32 bytes */
    bool paused;                      /* PAUSE */
};
/* The entry applied and logged; answers its position, 0 when it was applied before. HB_E_CLOSED: epoch or the
 * node's process are not these. HB_E_CONFLICT: out of order, no room or not there. */
HB_CHECKED hb_err redis_control(struct redis *redis,
                                const char *campaign,
                                uint32_t shard,
                                uint32_t epoch,
                                const struct control_entry *entry,
                                uint64_t *position);
/* Opening: close, player states in pieces, then the state itself with its OPENING entry. `epoch` is the one
 * to be opened (redis_close_shard: the one that ends). HB_E_CONFLICT: a newer one is there. */
HB_CHECKED hb_err redis_close_shard(struct redis *redis,
                                    const char *campaign,
                                    uint32_t shard,
                                    uint32_t epoch);
/* As if it had never been open; the state that stays is at position 0. */
HB_CHECKED hb_err redis_forget_state(struct redis *redis,
                                     const char *campaign,
                                     uint32_t shard,
                                     uint32_t epoch);
HB_CHECKED hb_err redis_clear_players(struct redis *redis,
                                      const char *campaign,
                                      uint32_t shard,
                                      uint32_t epoch);

struct packed_player { /* len 0: a new player */
    struct player_id player;
    const uint8_t *packed;
    size_t len;
};
HB_CHECKED hb_err redis_set_players(struct redis *redis,
                                    const char *campaign,
                                    uint32_t shard,
                                    uint32_t epoch,
                                    const struct packed_player *players,
                                    size_t count);
/* For all players of a shard, after redis_clear_players(): beside, and then to their place. */
HB_CHECKED hb_err redis_put_players_beside(struct redis *redis,
                                           const char *campaign,
                                           uint32_t shard,
                                           uint32_t epoch,
                                           const struct packed_player *players,
                                           size_t count);
HB_CHECKED hb_err redis_take_players(struct redis *redis,
                                     const char *campaign,
                                     uint32_t shard,
                                     uint32_t epoch);
HB_CHECKED hb_err redis_open_shard(struct redis *redis,
                                   const char *campaign,
                                   const struct shard *state,
                                   uint32_t shard,
                                   uint64_t kept,
                                   const char *table_json);
HB_CHECKED hb_err redis_get_players(struct redis *redis,
                                    const char *campaign,
                                    uint32_t shard,
                                    const struct player_id *players,
                                    size_t count,
                                    struct player_state *out);
