/*
 * store/redis_wire.h - what the blocking and the asynchronous side share: commands and replies.
 *
 * Inside store only. Commands are written straight in the Redis protocol: binary safe, one copy.
 */
#pragma once

#include "base/buf.h"
#include "base/err.h"
#include "lottery/library.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct redisReply;

enum { COMMAND_BYTES_MAX = 64 << 20 };

/* "*<count>", then each argument. */
void wire_command(struct buf *out, size_t count);
void wire_bulk(struct buf *out, const void *bytes, size_t len);
void wire_text(struct buf *out, const char *text);
void wire_number(struct buf *out, uint64_t value);

/* "4" and the four keys of a shard: state, players, log, table. */
enum shard_key { KEY_STATE, KEY_PLAYERS, KEY_LOG, KEY_TABLE, SHARD_KEYS };
void wire_key(struct buf *out, enum shard_key key, const char *campaign, uint32_t shard);
void wire_keys(struct buf *out, const char *campaign, uint32_t shard);
/* FCALL of a library function, up to its keys; `count` arguments follow. */
void wire_call(
    struct buf *out, enum library_function function, const char *campaign, uint32_t shard, size_t count);
void wire_load(struct buf *out); /* FUNCTION LOAD of the library */
/* "Library ... already exists": its name holds its hash, so it is this very one. */
bool wire_loaded(const struct redisReply *reply);

/* What an error reply means for the caller: HB_E_UNAVAILABLE when the server refused to start it,
 * HB_E_CLOSED when it does not have our functions, HB_E_UNSURE when it may have run in part. */
hb_err wire_error(const char *text, size_t len);

/* The run_id of an INFO answer; false when it is not there. */
bool wire_run_id(const char *info, size_t len, char out[static 41]);

/* Typed looks at a reply: false or 0 when it is something else. Numbers may come as text. */
bool reply_bytes(const struct redisReply *reply, const uint8_t **bytes, size_t *len);
bool reply_number(const struct redisReply *reply, uint64_t *out);
const struct redisReply *reply_at(const struct redisReply *reply, size_t index); /* NULL when there is none */
bool reply_is(const struct redisReply *reply, const char *text);
