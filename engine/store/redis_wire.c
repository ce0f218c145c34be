/*
 * store/redis_wire.c - commands and replies, for the blocking and the asynchronous side.
 */
#include "store/redis_wire.h"

#include <hiredis/hiredis.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- commands ---- */

static void wire_head(struct buf *out, char kind, uint64_t value)
{
    buf_addc(out, kind);
    buf_add_u64(out, value);
    buf_add(out, "\r\n", 2);
}

void wire_command(struct buf *out, size_t count)
{
    wire_head(out, '*', count);
}

void wire_bulk(struct buf *out, const void *bytes, size_t len)
{
    wire_head(out, '$', len);
    buf_add(out, bytes, len);
    buf_add(out, "\r\n", 2);
}

void wire_text(struct buf *out, const char *text)
{
    wire_bulk(out, text, strlen(text));
}

void wire_number(struct buf *out, uint64_t value)
{
    char memory[24];
    struct buf text;

    buf_over(&text, memory, sizeof memory);
    buf_add_u64(&text, value);
    wire_bulk(out, text.data, text.len);
}

void wire_key(struct buf *out, enum shard_key key, const char *campaign, uint32_t shard)
{
    static const char *const NAMES[SHARD_KEYS] = {"state", "players", "log", "table"};
    char text[128];

    (void)snprintf(text, sizeof text, "{%s:%u}:%s", campaign, shard, NAMES[key]);
    wire_text(out, text);
}

void wire_keys(struct buf *out, const char *campaign, uint32_t shard)
{
    wire_number(out, SHARD_KEYS);
    for (int key = 0; key < SHARD_KEYS; key++) {
        wire_key(out, (enum shard_key)key, campaign, shard);
    }
}

/* Built once a process: it is the same for every connection. */
static struct library library;
static pthread_once_t library_once = PTHREAD_ONCE_INIT;

static void library_setup(void)
{
    if (!library_build(&library)) {
        abort(); /* out of memory at the start */
    }
}

void wire_call(
    struct buf *out, enum library_function function, const char *campaign, uint32_t shard, size_t count)
{
    (void)pthread_once(&library_once, library_setup);
    wire_command(out, 3 + SHARD_KEYS + count);
    wire_text(out, "FCALL");
    wire_text(out, library.functions[function]);
    wire_keys(out, campaign, shard);
}

void wire_load(struct buf *out)
{
    (void)pthread_once(&library_once, library_setup);
    wire_command(out, 3);
    wire_text(out, "FUNCTION");
    wire_text(out, "LOAD");
    wire_bulk(out, library.text.data, library.text.len);
}

bool wire_loaded(const struct redisReply *reply)
{
    return reply != NULL &&
           (reply->type != REDIS_REPLY_ERROR || strstr(reply->str, "already exists") != NULL);
}

/* ---- replies ---- */

static bool starts_with(const char *text, size_t len, const char *prefix)
{
    size_t prefix_len = strlen(prefix);

    return len >= prefix_len && memcmp(text, prefix, prefix_len) == 0;
}

hb_err wire_error(const char *text, size_t len)
{
    /* Refused before anything ran. Anything else may have stopped half-way. */
    static const char *const REFUSED[] = {
        "LOADING ",
        "BUSY ",
        "OOM ",
        "MISCONF ",
        "READONLY ",
        "MASTERDOWN ",
        "NOREPLICAS ",
        "CLUSTERDOWN ",
        "TRYAGAIN ",
        "MOVED ",
        "ASK ",
        "NOAUTH ",
        "WRONGPASS ",
        "NOPERM ",
        "CROSSSLOT ",
        "ERR max number of clients",
    };

    if (starts_with(text, len, "ERR Function not found") || starts_with(text, len, "NOFUNCTION")) {
        return HB_E_CLOSED;
    }
    for (size_t i = 0; i < sizeof REFUSED / sizeof REFUSED[0]; i++) {
        if (starts_with(text, len, REFUSED[i])) {
            return HB_E_UNAVAILABLE;
        }
    }
    return HB_E_UNSURE;
}

bool wire_run_id(const char *info, size_t len, char out[static 41])
{
    const char *found = memmem(info, len, "\nrun_id:", 8);

    if (found == NULL || (size_t)(found - info) + 8 + 40 > len) {
        return false;
    }
    memcpy(out, found + 8, 40);
    out[40] = '\0';
    return true;
}

bool reply_bytes(const struct redisReply *reply, const uint8_t **bytes, size_t *len)
{
    if (reply == NULL || (reply->type != REDIS_REPLY_STRING && reply->type != REDIS_REPLY_STATUS)) {
        return false;
    }
    *bytes = (const uint8_t *)reply->str;
    *len = reply->len;
    return true;
}

bool reply_number(const struct redisReply *reply, uint64_t *out)
{
    char *end = NULL;

    *out = 0;
    if (reply == NULL) {
        return false;
    }
    if (reply->type == REDIS_REPLY_INTEGER && reply->integer >= 0) {
        *out = (uint64_t)reply->integer;
        return true;
    }
    if (reply->type != REDIS_REPLY_STRING || reply->len == 0 || reply->str[0] < '0' || reply->str[0] > '9') {
        return false;
    }
    *out = strtoull(reply->str, &end, 10);
    return *end == '\0';
}

const struct redisReply *reply_at(const struct redisReply *reply, size_t index)
{
    return reply != NULL && reply->type == REDIS_REPLY_ARRAY && index < reply->elements
               ? reply->element[index]
               : NULL;
}

bool reply_is(const struct redisReply *reply, const char *text)
{
    const uint8_t *bytes = NULL;
    size_t len = 0;

    return reply_bytes(reply, &bytes, &len) && len == strlen(text) && memcmp(bytes, text, len) == 0;
}
