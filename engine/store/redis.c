/*
 * store/redis.c - one blocking connection to one Redis node.
 *
 * It connects at the first call, learns the node's run_id, and drops what fails: the next call connects
 * again.
 */
#include "store/redis_internal.h"

#include "base/crypto.h"
#include "base/log.h"

#include <hiredis/hiredis.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

hb_err redis_open(const struct config *config, size_t index, struct redis **out)
{
    struct node_address addresses[NODES_MAX];
    size_t count = node_addresses_parse(config_text(config, CFG_REDIS_NODES), addresses);
    struct redis *redis = NULL;
    hb_err err;

    *out = NULL;
    if (index >= count) {
        return HB_E_INPUT;
    }
    redis = calloc(1, sizeof *redis);
    if (redis == NULL) {
        return HB_E_NOMEM;
    }
    redis->address = addresses[index];
    redis->timeout_ms = config_int(config, CFG_REDIS_TIMEOUT_MS);
    buf_init(&redis->out, COMMAND_BYTES_MAX);
    err = node_password_read(config_text(config, CFG_REDIS_PASSWORD_FILE), redis->password);
    if (err == HB_OK) {
        *out = redis;
        redis = NULL; /* handed over */
    }
    redis_close(redis);
    return err;
}

static void redis_drop(struct redis *redis)
{
    if (redis->context != NULL) {
        redisFree(redis->context);
        redis->context = NULL;
    }
}

void redis_close(struct redis *redis)
{
    if (redis == NULL) {
        return;
    }
    redis_drop(redis);
    buf_free(&redis->out);
    crypto_wipe(redis->password, sizeof redis->password);
    free(redis);
}

const char *redis_error(const struct redis *redis)
{
    return redis->error;
}

void redis_reply_free(struct redisReply *reply)
{
    if (reply != NULL) {
        freeReplyObject(reply);
    }
}

static void error_set(struct redis *redis, const char *text)
{
    (void)snprintf(redis->error, sizeof redis->error, "%s: %s", redis->address.host, text);
}

hb_err redis_strange(struct redis *redis, const char *what)
{
    error_set(redis, what);
    log_error("redis.reply_not_understood", "node=%s what=\"%s\"", redis->address.host, what);
    redis_drop(redis);
    return HB_E_UNSURE;
}

/* ---- connecting ---- */

static redisContext *redis_dial(const struct redis *redis)
{
    const struct timeval limit = {.tv_sec = redis->timeout_ms / 1000,
                                  .tv_usec = redis->timeout_ms % 1000 * 1000};
    redisContext *context = redis->address.port == 0
                                ? redisConnectUnixWithTimeout(redis->address.host, limit)
                                : redisConnectWithTimeout(redis->address.host, redis->address.port, limit);

    if (context != NULL && context->err == 0) {
        (void)redisSetTimeout(context, limit);
        if (redis->address.port != 0) {
            (void)redisEnableKeepAlive(context);
        }
    }
    return context;
}

static bool redis_greet(struct redis *redis)
{
    redisReply *reply = NULL;
    bool known = false;

    if (redis->password[0] != '\0') {
        reply = redisCommand(redis->context, "AUTH %s", redis->password);
        known = reply != NULL && reply->type != REDIS_REPLY_ERROR;
        redis_reply_free(reply);
        if (!known) {
            error_set(redis, "the password was refused");
            return false;
        }
    }
    reply = redisCommand(redis->context, "INFO server");
    known = reply != NULL && reply->type == REDIS_REPLY_STRING &&
            wire_run_id(reply->str, reply->len, redis->run_id);
    if (!known) {
        error_set(redis, reply != NULL && reply->type == REDIS_REPLY_ERROR ? reply->str : "no run_id");
    }
    redis_reply_free(reply);
    return known;
}

hb_err redis_connect(struct redis *redis)
{
    if (redis->context != NULL) {
        return HB_OK;
    }
    redis->context = redis_dial(redis);
    if (redis->context == NULL || redis->context->err != 0) {
        error_set(redis, redis->context == NULL ? "out of memory" : redis->context->errstr);
        redis_drop(redis);
        return HB_E_UNAVAILABLE;
    }
    if (!redis_greet(redis)) {
        redis_drop(redis);
        return HB_E_UNAVAILABLE;
    }
    return HB_OK;
}

hb_err redis_run_id(struct redis *redis, char out[static RUN_ID_BYTES + 1])
{
    hb_err err = redis_connect(redis);

    memcpy(out, redis->run_id, RUN_ID_BYTES + 1);
    return err;
}

/* ---- calls ---- */

struct buf *redis_command(struct redis *redis)
{
    redis->out.failed = false;
    buf_clear(&redis->out);
    return &redis->out;
}

hb_err redis_send(struct redis *redis)
{
    hb_err err = HB_OK;

    if (redis->out.failed) {
        return HB_E_NOMEM;
    }
    err = redis_connect(redis);
    if (err == HB_OK &&
        redisAppendFormattedCommand(redis->context, redis->out.data, redis->out.len) != REDIS_OK) {
        redis_drop(redis);
        err = HB_E_NOMEM;
    }
    return err;
}

hb_err redis_reply(struct redis *redis, struct redisReply **out)
{
    redisReply *reply = NULL;
    void *answer = NULL;
    hb_err err = HB_OK;

    *out = NULL;
    if (redis->context == NULL) {
        return HB_E_UNSURE; /* lost with the reply before */
    }
    if (redisGetReply(redis->context, &answer) != REDIS_OK || answer == NULL) {
        error_set(redis, redis->context->errstr);
        redis_drop(redis);
        return HB_E_UNSURE;
    }
    reply = answer;
    if (reply->type == REDIS_REPLY_ERROR) {
        error_set(redis, reply->str);
        err = wire_error(reply->str, reply->len);
        redis_reply_free(reply);
        return err;
    }
    *out = reply;
    return HB_OK;
}

static hb_err functions_load(struct redis *redis)
{
    struct buf load;
    redisReply *reply = NULL;
    void *answer = NULL;
    bool loaded = false;

    buf_init(&load, COMMAND_BYTES_MAX);
    wire_load(&load);
    if (load.failed || redisAppendFormattedCommand(redis->context, load.data, load.len) != REDIS_OK ||
        redisGetReply(redis->context, &answer) != REDIS_OK) {
        error_set(redis, redis->context->err != 0 ? redis->context->errstr : "out of memory");
        redis_drop(redis);
    } else {
        reply = answer;
        loaded = wire_loaded(reply);
        if (!loaded) {
            error_set(redis, reply->str);
            log_error("redis.functions_refused", "node=%s error=\"%s\"", redis->address.host, reply->str);
        }
    }
    redis_reply_free(reply);
    buf_free(&load);
    return loaded ? HB_OK : HB_E_UNAVAILABLE;
}

hb_err redis_load_functions(struct redis *redis)
{
    hb_err err = redis_connect(redis);

    return err == HB_OK ? functions_load(redis) : err;
}

hb_err redis_call(struct redis *redis, struct redisReply **out)
{
    hb_err err = HB_OK;

    *out = NULL;
    for (int attempt = 0; attempt < 2; attempt++) {
        err = redis_send(redis);
        if (err == HB_OK) {
            err = redis_reply(redis, out);
        }
        if (err != HB_E_CLOSED) {
            break;
        }
        err = functions_load(redis); /* nothing ran: it may be asked again */
        if (err != HB_OK) {
            break;
        }
    }
    return err;
}
