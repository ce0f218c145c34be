/*
 * store/redis_players.c - many players at once: read for a rebuild, written by it.
 *
 * Commands of a bounded size, several on their way before the first reply is read.
 */
#include "store/redis_internal.h"

#include <hiredis/hiredis.h>
#include <inttypes.h>
#include <stdio.h>

/* A server that syncs its log after every command of ours is why they are large; 4000 players take it some
 * ms. */
enum { SET_PLAYERS = 4000, GET_PLAYERS = 1000, COMMANDS_AHEAD = 4 };

/* ---- writing ---- */

/* Where to: the shard's players, by the function that refuses an epoch that is over; or beside them. */
struct writing {
    struct redis *redis;
    const char *campaign;
    uint32_t shard, epoch;
    bool is_beside;
};

static void write_begin(const struct writing *to, struct buf *out, size_t count)
{
    char key[128];

    if (to->is_beside) {
        (void)snprintf(
            key, sizeof key, "{%s:%" PRIu32 "}:players:%" PRIu32, to->campaign, to->shard, to->epoch);
        wire_command(out, 2 + 2 * count);
        wire_text(out, "HSET");
        wire_text(out, key);
    } else {
        wire_call(out, LIBRARY_PLAYERS_SET, to->campaign, to->shard, 1 + 2 * count);
        wire_number(out, to->epoch);
    }
}

static hb_err write_send(const struct writing *to, const struct packed_player *players, size_t count)
{
    struct buf *out = redis_command(to->redis);

    write_begin(to, out, count);
    for (size_t i = 0; i < count; i++) {
        wire_bulk(out, players[i].player.bytes, PLAYER_BYTES);
        wire_bulk(out, players[i].packed, players[i].len);
    }
    return redis_send(to->redis);
}

static hb_err write_replied(const struct writing *to)
{
    struct redisReply *reply = NULL;
    hb_err err = redis_reply(to->redis, &reply);

    if (err == HB_OK && to->is_beside) {
        err = reply->type == REDIS_REPLY_INTEGER ? HB_OK : redis_strange(to->redis, "HSET");
    } else if (err == HB_OK && !reply_is(reply, "ok")) {
        err = reply_is(reply, "epoch") ? HB_E_CONFLICT : redis_strange(to->redis, "players_set");
    }
    redis_reply_free(reply);
    return err;
}

/* Every reply is read, whatever the ones before say: the connection stays usable. */
static hb_err players_write(const struct writing *to, const struct packed_player *players, size_t count)
{
    hb_err err = redis_load_functions(to->redis);
    size_t sent = 0, unread = 0;

    while (unread > 0 || (err == HB_OK && sent < count)) {
        while (err == HB_OK && sent < count && unread < COMMANDS_AHEAD) {
            size_t some = count - sent < SET_PLAYERS ? count - sent : SET_PLAYERS;

            err = write_send(to, players + sent, some);
            sent += some;
            unread += err == HB_OK;
        }
        if (unread > 0) {
            hb_err replied = write_replied(to);

            err = err == HB_OK ? replied : err;
            unread--;
        }
    }
    return err;
}

hb_err redis_set_players(struct redis *redis,
                         const char *campaign,
                         uint32_t shard,
                         uint32_t epoch,
                         const struct packed_player *players,
                         size_t count)
{
    return players_write(&(struct writing){redis, campaign, shard, epoch, false}, players, count);
}

hb_err redis_put_players_beside(struct redis *redis,
                                const char *campaign,
                                uint32_t shard,
                                uint32_t epoch,
                                const struct packed_player *players,
                                size_t count)
{
    return players_write(&(struct writing){redis, campaign, shard, epoch, true}, players, count);
}

/* ---- reading ---- */

static hb_err get_send(
    struct redis *redis, const char *campaign, uint32_t shard, const struct player_id *players, size_t count)
{
    struct buf *out = redis_command(redis);

    wire_command(out, 2 + count);
    wire_text(out, "HMGET");
    wire_key(out, KEY_PLAYERS, campaign, shard);
    for (size_t i = 0; i < count; i++) {
        wire_bulk(out, players[i].bytes, PLAYER_BYTES);
    }
    return redis_send(redis);
}

static hb_err get_replied(struct redis *redis, size_t count, struct player_state *out)
{
    struct redisReply *reply = NULL;
    hb_err err = redis_reply(redis, &reply);

    if (err == HB_OK && (reply->type != REDIS_REPLY_ARRAY || reply->elements != count)) {
        err = redis_strange(redis, "HMGET");
    }
    for (size_t i = 0; i < count && err == HB_OK; i++) {
        const uint8_t *packed = NULL;
        size_t len = 0;

        (void)reply_bytes(reply->element[i], &packed, &len);
        if (!player_unpack(packed, len, &out[i])) {
            err = HB_E_IO;
        }
    }
    redis_reply_free(reply);
    return err;
}

hb_err redis_get_players(struct redis *redis,
                         const char *campaign,
                         uint32_t shard,
                         const struct player_id *players,
                         size_t count,
                         struct player_state *out)
{
    hb_err err = HB_OK;

    for (size_t from = 0; from < count && err == HB_OK; from += GET_PLAYERS) {
        size_t some = count - from < GET_PLAYERS ? count - from : GET_PLAYERS;

        err = get_send(redis, campaign, shard, players + from, some);
        if (err == HB_OK) {
            err = get_replied(redis, some, out + from);
        }
    }
    return err;
}
