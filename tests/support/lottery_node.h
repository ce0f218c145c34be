/*
 * tests/support/lottery_node.h - a test's blocking connection to one Redis with the function library loaded.
 *
 * Any failure prints what Redis said and exits: these tests have nothing to do without it.
 */
#pragma once

#include "lottery/library.h"
#include "lottery/shard.h"

#include <hiredis/hiredis.h>

enum { NODE_KEYS = 4, NODE_ARGS_MAX = 16, REQUEST_BYTES = 55, REFUSED_BYTES = 13 };

struct node {
    redisContext *redis;
    struct library library;
    char keys[NODE_KEYS][64]; /* state, players, log, table */
};

struct node_arg {
    const void *data;
    size_t len;
};

void node_open(struct node *node, const char *socket_path);
void node_close(struct node *node);
void node_choose(struct node *node, const char *campaign, uint32_t shard);

/* The caller frees replies with freeReplyObject(). */
redisReply *
node_call(struct node *node, enum library_function function, size_t count, const struct node_arg *args);
redisReply *node_command(struct node *node, const char *format, ...);

struct node_arg node_text(const char *text);
/* The requests of `draws`, and what it answers: false when that is no answer to count draws. */
void node_add_requests(struct buf *out, const struct draw_request *requests, size_t count);
bool node_results(const redisReply *reply, struct draw_result *results, size_t count);
