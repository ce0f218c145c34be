/*
 * store/redis_shard.c - one shard, seen by the duties: its state, its log, what is done to it.
 */
#include "store/redis_internal.h"

#include "base/log.h"

#include <hiredis/hiredis.h>
#include <stdio.h>
#include <stdlib.h>

enum { ENTRIES_MAX = 1 << 20, FORGET_MAX = 1000, ACK_BYTES = 12 };

static hb_err conflict(struct redis *redis, const char *what, const struct redisReply *verdict)
{
    (void)snprintf(redis->error, sizeof redis->error, "%s: %s", what, verdict != NULL ? verdict->str : "?");
    return HB_E_CONFLICT;
}

/* For functions that answer "ok", or why not. */
static hb_err call_plain(struct redis *redis, const char *what)
{
    struct redisReply *reply = NULL;
    hb_err err = redis_call(redis, &reply);

    if (err == HB_OK && !reply_is(reply, "ok") && !reply_is(reply, "done")) {
        err = reply_is(reply, "epoch") ? conflict(redis, what, reply) : redis_strange(redis, what);
    }
    redis_reply_free(reply);
    return err;
}

hb_err redis_time(struct redis *redis, int64_t *out_ms)
{
    struct redisReply *reply = NULL;
    struct buf *out = redis_command(redis);
    uint64_t seconds = 0, micros = 0;
    hb_err err = HB_OK;

    wire_command(out, 1);
    wire_text(out, "TIME");
    err = redis_call(redis, &reply);
    if (err == HB_OK &&
        (!reply_number(reply_at(reply, 0), &seconds) || !reply_number(reply_at(reply, 1), &micros))) {
        err = redis_strange(redis, "TIME");
    }
    redis_reply_free(reply);
    *out_ms = (int64_t)(seconds * 1000 + micros / 1000);
    return err;
}

/* ---- the log ---- */

/* "<epoch>-<position>" */
static bool id_read(const struct redisReply *id, uint32_t *epoch, uint64_t *position)
{
    char *end = NULL;
    unsigned long long first = 0;

    if (id == NULL || id->type != REDIS_REPLY_STRING) {
        return false;
    }
    first = strtoull(id->str, &end, 10);
    if (end == id->str || *end != '-' || first > UINT32_MAX) {
        return false;
    }
    *epoch = (uint32_t)first;
    *position = strtoull(end + 1, &end, 10);
    return *end == '\0';
}

/* One stream entry: its id and the pair e, bytes. */
static bool entry_read(
    const struct redisReply *entry, uint32_t *epoch, uint64_t *position, const uint8_t **bytes, size_t *len)
{
    const struct redisReply *fields = reply_at(entry, 1);

    return id_read(reply_at(entry, 0), epoch, position) && reply_is(reply_at(fields, 0), "e") &&
           reply_bytes(reply_at(fields, 1), bytes, len);
}

static hb_err entries_read(struct redis *redis, const struct redisReply *list, redis_entry_fn fn, void *arg)
{
    if (list == NULL || list->type != REDIS_REPLY_ARRAY) {
        return redis_strange(redis, "log");
    }
    for (size_t i = 0; i < list->elements; i++) {
        const uint8_t *bytes = NULL;
        uint64_t position = 0;
        uint32_t epoch = 0;
        size_t len = 0;

        if (!entry_read(list->element[i], &epoch, &position, &bytes, &len)) {
            return redis_strange(redis, "log entry");
        }
        if (!fn(arg, epoch, position, bytes, len)) {
            break;
        }
    }
    return HB_OK;
}

hb_err redis_entries(struct redis *redis,
                     const char *campaign,
                     uint32_t shard,
                     size_t max,
                     redis_entry_fn fn,
                     void *arg,
                     size_t *count)
{
    struct redisReply *reply = NULL;
    struct buf *out = redis_command(redis);
    hb_err err = HB_OK;

    wire_call(out, LIBRARY_ENTRIES, campaign, shard, 2);
    wire_text(out, "0");
    wire_number(out, max < ENTRIES_MAX ? max : ENTRIES_MAX);
    err = redis_call(redis, &reply);
    if (err == HB_OK) {
        err = entries_read(redis, reply, fn, arg);
    }
    if (count != NULL) {
        *count = err == HB_OK ? reply->elements : 0;
    }
    redis_reply_free(reply);
    return err;
}

hb_err redis_forget_entries(
    struct redis *redis, const char *campaign, uint32_t shard, const uint64_t (*ids)[2], size_t count)
{
    hb_err err = HB_OK;

    for (size_t from = 0; from < count && err == HB_OK; from += FORGET_MAX) {
        size_t some = count - from < FORGET_MAX ? count - from : FORGET_MAX;
        struct buf *out = redis_command(redis);
        struct buf acks;

        buf_init(&acks, (size_t)FORGET_MAX * ACK_BYTES);
        for (size_t i = from; i < from + some; i++) {
            buf_add_be(&acks, ids[i][0], 4);
            buf_add_be(&acks, ids[i][1], 8);
        }
        wire_call(out, LIBRARY_FORGET, campaign, shard, 1);
        wire_bulk(out, acks.data, acks.len);
        err = acks.failed ? HB_E_NOMEM : call_plain(redis, "forget");
        buf_free(&acks);
    }
    return err;
}

hb_err redis_entry_count(struct redis *redis, const char *campaign, uint32_t shard, uint64_t *out)
{
    struct redisReply *reply = NULL;
    struct buf *command = redis_command(redis);
    hb_err err = HB_OK;

    *out = 0;
    wire_command(command, 2);
    wire_text(command, "XLEN");
    wire_key(command, KEY_LOG, campaign, shard);
    err = redis_call(redis, &reply);
    if (err == HB_OK && !reply_number(reply, out)) {
        err = redis_strange(redis, "XLEN");
    }
    redis_reply_free(reply);
    return err;
}

/* ---- the state ---- */

static hb_err
state_read(struct redis *redis, const struct redisReply *reply, struct shard *out, bool *present)
{
    const uint8_t *packed = NULL;
    size_t len = 0;

    *present = reply_bytes(reply, &packed, &len) && len > 0;
    if (*present && !shard_unpack(packed, len, out)) {
        log_error("shard.state_not_understood", "node=%s bytes=%zu", redis->address.host, len);
        return HB_E_IO;
    }
    return HB_OK;
}

hb_err
redis_state(struct redis *redis, const char *campaign, uint32_t shard, struct shard *out, bool *present)
{
    struct redisReply *reply = NULL;
    struct buf *command = redis_command(redis);
    hb_err err = HB_OK;

    *present = false;
    wire_command(command, 2);
    wire_text(command, "GET");
    wire_key(command, KEY_STATE, campaign, shard);
    err = redis_call(redis, &reply);
    if (err == HB_OK) {
        err = state_read(redis, reply, out, present);
    }
    redis_reply_free(reply);
    return err;
}

hb_err redis_inspect(struct redis *redis,
                     const char *campaign,
                     uint32_t shard,
                     struct shard *out,
                     bool *present,
                     redis_entry_fn fn,
                     void *arg)
{
    struct redisReply *reply = NULL;
    hb_err err = HB_OK;

    *present = false;
    wire_call(redis_command(redis), LIBRARY_INSPECT, campaign, shard, 0);
    err = redis_call(redis, &reply);
    if (err == HB_OK) {
        err = state_read(redis, reply_at(reply, 0), out, present);
    }
    if (err == HB_OK) {
        err = entries_read(redis, reply_at(reply, 1), fn, arg);
    }
    redis_reply_free(reply);
    return err;
}

/* ---- control ---- */

static hb_err control_read(struct redis *redis, const struct redisReply *reply, uint64_t *position)
{
    const struct redisReply *verdict = reply_at(reply, 0);

    if (!reply_number(reply_at(reply, 1), position)) {
        return redis_strange(redis, "control");
    }
    if (reply_is(verdict, "ok") || reply_is(verdict, "done")) {
        return HB_OK;
    }
    if (reply_is(verdict, "closed") || reply_is(verdict, "jump")) {
        return HB_E_CLOSED;
    }
    return conflict(redis, "control", verdict);
}

static void payload_write(struct buf *out, const struct control_entry *entry)
{
    if (entry->kind == RECORD_VERSION) {
        buf_add(out, entry->hash, 32);
    } else if (entry->kind == RECORD_PAUSE) {
        buf_add_be(out, entry->paused, 1);
    } else {
        record_lease_write(entry->kind, entry->lease, out);
    }
}

/* A table goes with every call, "" where there is none, so that one shape serves all kinds. */
static void control_write(struct redis *redis,
                          uint32_t epoch,
                          const struct control_entry *entry,
                          const struct buf *payload)
{
    struct buf *out = &redis->out;

    wire_bulk(out, redis->run_id, RUN_ID_BYTES);
    wire_number(out, epoch);
    wire_text(out, "0");
    wire_number(out, (uint64_t)entry->kind);
    wire_bulk(out, payload->data, payload->len);
    wire_text(out, entry->table_json != NULL ? entry->table_json : "");
}

hb_err redis_control(struct redis *redis,
                     const char *campaign,
                     uint32_t shard,
                     uint32_t epoch,
                     const struct control_entry *entry,
                     uint64_t *position)
{
    struct redisReply *reply = NULL;
    hb_err err = redis_connect(redis); /* the run_id goes with the call */
    struct buf payload;

    *position = 0;
    buf_init(&payload, 64);
    payload_write(&payload, entry);
    if (err == HB_OK) {
        wire_call(redis_command(redis), LIBRARY_CONTROL, campaign, shard, 6);
        control_write(redis, epoch, entry, &payload);
        err = redis_call(redis, &reply);
    }
    if (err == HB_OK) {
        err = control_read(redis, reply, position);
    }
    redis_reply_free(reply);
    buf_free(&payload);
    return err;
}

/* ---- opening ---- */

static hb_err call_with_epoch(struct redis *redis,
                              enum library_function function,
                              const char *campaign,
                              uint32_t shard,
                              uint32_t epoch,
                              const char *what)
{
    struct buf *out = redis_command(redis);

    wire_call(out, function, campaign, shard, 1);
    wire_number(out, epoch);
    return call_plain(redis, what);
}

hb_err redis_close_shard(struct redis *redis, const char *campaign, uint32_t shard, uint32_t epoch)
{
    return call_with_epoch(redis, LIBRARY_CLOSE, campaign, shard, epoch, "close");
}

hb_err redis_forget_state(struct redis *redis, const char *campaign, uint32_t shard, uint32_t epoch)
{
    return call_with_epoch(redis, LIBRARY_STATE_FORGET, campaign, shard, epoch, "state_forget");
}

hb_err redis_clear_players(struct redis *redis, const char *campaign, uint32_t shard, uint32_t epoch)
{
    return call_with_epoch(redis, LIBRARY_PLAYERS_CLEAR, campaign, shard, epoch, "players_clear");
}

hb_err redis_take_players(struct redis *redis, const char *campaign, uint32_t shard, uint32_t epoch)
{
    return call_with_epoch(redis, LIBRARY_PLAYERS_TAKE, campaign, shard, epoch, "players_take");
}

hb_err redis_open_shard(struct redis *redis,
                        const char *campaign,
                        const struct shard *state,
                        uint32_t shard,
                        uint64_t kept,
                        const char *table_json)
{
    struct buf *out = redis_command(redis);
    struct buf packed;
    hb_err err = HB_E_NOMEM;

    buf_init(&packed, 1 << 20);
    shard_pack(state, &packed);
    if (!packed.failed) {
        wire_call(out, LIBRARY_OPEN, campaign, shard, 3);
        wire_bulk(out, packed.data, packed.len);
        wire_number(out, kept);
        wire_text(out, table_json);
        err = call_plain(redis, "open");
    }
    buf_free(&packed);
    return err;
}
