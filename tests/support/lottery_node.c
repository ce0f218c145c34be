/*
 * tests/support/lottery_node.c - a test's blocking connection to one Redis with the function library loaded.
 */
#include "support/lottery_node.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static redisReply *checked(struct node *node, void *raw)
{
    redisReply *reply = raw;

    if (reply == NULL || reply->type == REDIS_REPLY_ERROR) {
        fprintf(stderr, "Redis: %s\n", reply == NULL ? node->redis->errstr : reply->str);
        exit(2);
    }
    return reply;
}

void node_open(struct node *node, const char *socket_path)
{
    memset(node, 0, sizeof *node);
    node->redis = redisConnectUnix(socket_path);
    if (node->redis == NULL || node->redis->err != 0 || !library_build(&node->library)) {
        fprintf(stderr, "cannot connect to %s\n", socket_path);
        exit(2);
    }
    const char *words[] = {"FUNCTION", "LOAD", "REPLACE", node->library.text.data};
    size_t lens[] = {8, 4, 7, node->library.text.len};
    freeReplyObject(checked(node, redisCommandArgv(node->redis, 4, words, lens)));
}

void node_close(struct node *node)
{
    redisFree(node->redis);
    library_free(&node->library);
}

void node_choose(struct node *node, const char *campaign, uint32_t shard)
{
    static const char *const NAMES[NODE_KEYS] = {"state", "players", "log", "table"};

    for (unsigned i = 0; i < NODE_KEYS; i++) {
        snprintf(node->keys[i], sizeof node->keys[i], "{%s:%" PRIu32 "}:%s", campaign, shard, NAMES[i]);
    }
}

redisReply *
node_call(struct node *node, enum library_function function, size_t count, const struct node_arg *args)
{
    const char *words[3 + NODE_KEYS + NODE_ARGS_MAX] = {"FCALL", node->library.functions[function], "4"};
    size_t lens[3 + NODE_KEYS + NODE_ARGS_MAX];
    size_t words_count = 3;

    for (unsigned i = 0; i < NODE_KEYS; i++) {
        words[words_count++] = node->keys[i];
    }
    for (size_t i = 0; i < words_count; i++) {
        lens[i] = strlen(words[i]);
    }
    for (size_t i = 0; i < count && i < NODE_ARGS_MAX; i++) {
        lens[words_count] = args[i].len;
        words[words_count++] = args[i].data;
    }
    return checked(node, redisCommandArgv(node->redis, (int)words_count, words, lens));
}

redisReply *node_command(struct node *node, const char *format, ...)
{
    va_list list;

    va_start(list, format);
    void *reply = redisvCommand(node->redis, format, list);
    va_end(list);
    return checked(node, reply);
}

struct node_arg node_text(const char *text)
{
    return (struct node_arg){text, strlen(text)};
}

void node_add_requests(struct buf *out, const struct draw_request *requests, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        buf_add(out, requests[i].player.bytes, PLAYER_BYTES);
    }
    for (size_t i = 0; i < count; i++) {
        bool again = false;

        for (size_t k = 0; k < i; k++) {
            again = again || memcmp(&requests[k].player, &requests[i].player, PLAYER_BYTES) == 0;
        }
        buf_add(out, requests[i].key.bytes, KEY_BYTES);
        buf_add_be(out, requests[i].draw_no, 4);
        buf_add_be(out, requests[i].block | (again ? UINT32_C(1) << 31 : 0), 4);
        for (size_t k = 0; k < BLOCK_DRAWS; k++) {
            buf_add(out, requests[i].numbers + 8 * k, 6);
        }
    }
}

static struct draw_result refused(const uint8_t *wire)
{
    return (struct draw_result){.status = (enum draw_status)wire[0],
                                .draw_no = (uint32_t)be_read(wire + 1, 4),
                                .chances_left = (uint16_t)be_read(wire + 5, 2),
                                .prize = wire[7],
                                .unit = (uint32_t)be_read(wire + 8, 4)};
}

bool node_results(const redisReply *reply, struct draw_result *results, size_t count)
{
    const redisReply *others = reply->element[1], *entry = reply->element[3];
    struct draw_record record;
    size_t other = 0;
    uint16_t fresh = 0;

    for (size_t i = 0; i < count; i++) {
        const uint8_t *wire = (const uint8_t *)others->str + other;

        if (other < others->len && wire[0] == i) {
            results[i] = refused(wire + 1);
            other += REFUSED_BYTES;
            continue;
        }
        if (!record_draw_read((const uint8_t *)entry->str, entry->len, fresh++, &record)) {
            return false;
        }
        results[i] =
            (struct draw_result){DRAW_NEW, record.draw_no, record.chances_left, record.prize, record.unit};
    }
    return other == others->len;
}
