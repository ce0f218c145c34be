/*
 * store/redis_internal.h - the blocking connection, as redis.c keeps it and redis_shard.c, redis_players.c
 * use it.
 *
 * A command is written into redis->out, sent by redis_send(), answered by redis_reply(): many may be sent
 * before the first reply is read, as long as the replies are small. redis_call() is one of each.
 */
#pragma once

#include "store/redis.h"
#include "store/redis_nodes.h"
#include "store/redis_wire.h"

struct redisContext;
struct redisReply;

struct redis {
    struct node_address address;
    char password[PASSWORD_MAX + 1];
    int64_t timeout_ms;
    struct redisContext *context; /* NULL: not connected */
    char run_id[RUN_ID_BYTES + 1];
    struct buf out; /* the command that is written */
    char error[ADDRESS_MAX + 512];
};

HB_CHECKED hb_err redis_connect(struct redis *redis); /* when it is not connected */
struct buf *redis_command(struct redis *redis);       /* emptied, ready to be written */
HB_CHECKED hb_err redis_send(struct redis *redis);    /* connects first when needed */
/* The next reply, the caller's to free; never an error reply: those become the hb_err. */
HB_CHECKED hb_err redis_reply(struct redis *redis, struct redisReply **out);
/* Sends redis->out and reads its reply; loads the functions and asks again when the node lacks them. */
HB_CHECKED hb_err redis_call(struct redis *redis, struct redisReply **out);
void redis_reply_free(struct redisReply *reply);             /* accepts NULL */
hb_err redis_strange(struct redis *redis, const char *what); /* such a reply: says so, drops, HB_E_UNSURE */
