/*
 * tests/bench/lottery_cost.c - what a draw costs Redis: its own CPU time, and the memory of a player.
 *
 *   lottery_cost --socket PATH [--draws N] [--players N]
 *
 * Plain draws and 20 % wins on a table with six prizes, in batches of 1, 8, 32 and 64, several batches in
 * flight as a busy engine has them, every entry acknowledged by the next batch. Uses the names {cost:0};
 * needs a Redis of its own.
 */
#include "support/lottery_node.h"
#include "support/lottery_world.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PRIZES = 6, IN_FLIGHT = 8, BATCH_MAX = 64, SLICES = 15 };

static const int64_t START_MS = INT64_C(1771200000000);

struct cost {
    struct node node;
    struct rng rng;
    struct shard shard;
    uint64_t player_count, epoch, acknowledged;
    uint64_t drawn; /* since the players were cleared */
};

static struct table *six_prizes(unsigned win_percent)
{
    static struct table_prize prizes[PRIZES];
    static int64_t days[] = {0};
    static struct table table;
    int64_t each = NUMBER_SPAN / 100 * win_percent / PRIZES;

    days[0] = START_MS;
    table = (struct table){.campaign = "cost",
                           .version = 1,
                           .shards = 1,
                           .start_ms = START_MS,
                           .end_ms = INT64_C(4000000000000),
                           .days = days,
                           .day_count = 1,
                           .base_chances = 60000,
                           .prizes = prizes,
                           .prize_count = PRIZES};
    for (unsigned i = 0; i < PRIZES; i++) {
        prizes[i] = (struct table_prize){.kind = PRIZE_CASH,
                                         .mode = PRIZE_ODDS,
                                         .units = INT32_MAX,
                                         .number_from = i * each,
                                         .number_to = (i + 1) * each,
                                         .wins_max = i == 0 ? 1000 : 0};
        snprintf(prizes[i].id, sizeof prizes[i].id, "p%u", i + 1);
    }
    return &table;
}

static void open_shard(struct cost *cost, unsigned win_percent)
{
    const struct table *table = six_prizes(win_percent);
    struct buf state, json;

    freeReplyObject(node_command(&cost->node, "DEL %s %s", cost->node.keys[1], cost->node.keys[2]));
    cost->drawn = cost->acknowledged = 0;
    cost->shard =
        (struct shard){.epoch = (uint32_t)++cost->epoch, .position = 2, .time_ms = START_MS, .version = 1};
    memset(cost->shard.run_id, 'a', RUN_ID_BYTES);
    cost->shard.prize_count = PRIZES;
    for (unsigned i = 0; i < PRIZES; i++) {
        cost->shard.pools[i].range_count = 1;
        cost->shard.pools[i].ranges[0] = (struct unit_range){0, INT32_MAX};
    }
    buf_init(&state, 65536);
    buf_init(&json, 65536);
    shard_pack(&cost->shard, &state);
    world_table_json(table, &json);
    const struct node_arg args[] = {{state.data, state.len}, node_text("1"), {json.data, json.len}};
    freeReplyObject(node_call(&cost->node, LIBRARY_OPEN, 3, args));
    buf_free(&state);
    buf_free(&json);
}

static double redis_number(struct cost *cost, const char *section, const char *field)
{
    redisReply *reply = node_command(&cost->node, "INFO %s", section);
    const char *at = strstr(reply->str, field);
    double value = at == NULL ? 0 : strtod(at + strlen(field) + 1, NULL);

    freeReplyObject(reply);
    return value;
}

static double redis_cpu_s(struct cost *cost)
{
    return redis_number(cost, "cpu", "used_cpu_user") + redis_number(cost, "cpu", "used_cpu_sys");
}

/* Player number `index`, who has drawn so often before. */
static struct draw_request request_of(struct cost *cost, uint64_t index, uint32_t drawn)
{
    struct draw_request request = {.draw_no = drawn + 1, .block = drawn / BLOCK_DRAWS};
    struct rng name = {index};

    rng_fill(&name, request.player.bytes, PLAYER_BYTES);
    /* A key's last two bytes stand for the request's body, which says no more than the number it expects. */
    rng_fill(&cost->rng, request.key.bytes, KEY_BYTES - 2);
    request.key.bytes[KEY_BYTES - 1] = (uint8_t)drawn;
    rng_fill(&cost->rng, request.numbers, BLOCK_BYTES);
    return request;
}

static void append_batch(struct cost *cost, const struct buf *requests, uint64_t position)
{
    const char *words[12] = {"FCALL", cost->node.library.functions[LIBRARY_DRAWS], "4"};
    size_t lens[12];
    char epoch[16], run_id[RUN_ID_BYTES + 1] = {0};
    struct buf acks;

    buf_init(&acks, 16);
    if (position > 0) {
        buf_add_be(&acks, cost->epoch, 4);
        buf_add_be(&acks, position, 8);
    }
    memset(run_id, 'a', RUN_ID_BYTES);
    snprintf(epoch, sizeof epoch, "%" PRIu64, cost->epoch);
    for (unsigned i = 0; i < NODE_KEYS; i++) {
        words[3 + i] = cost->node.keys[i];
    }
    words[7] = run_id;
    words[8] = epoch;
    words[9] = "1771200001000";
    words[10] = acks.len > 0 ? acks.data : "";
    words[11] = requests->data;
    for (unsigned i = 0; i < 10; i++) {
        lens[i] = strlen(words[i]);
    }
    lens[10] = acks.len;
    lens[11] = requests->len;
    redisAppendCommandArgv(cost->node.redis, 12, words, lens);
    buf_free(&acks);
}

static void read_batch(struct cost *cost)
{
    redisReply *reply = NULL;

    if (redisGetReply(cost->node.redis, (void **)&reply) != REDIS_OK || reply->type != REDIS_REPLY_ARRAY ||
        strcmp(reply->element[0]->str, "ok") != 0) {
        fprintf(stderr, "a batch failed: %s\n", reply != NULL && reply->str != NULL ? reply->str : "closed");
        exit(1);
    }
    if (reply->element[1]->len != 0 || reply->element[3]->len == 0) {
        fprintf(stderr, "a draw was refused: %c\n", reply->element[1]->str[1]);
        exit(1);
    }
    cost->acknowledged = (uint64_t)reply->element[2]->integer;
    freeReplyObject(reply);
}

/* Every player in turn, scattered by a stride, so that draw number r is made in round r. */
static double run(struct cost *cost, unsigned batch, uint64_t draws)
{
    static struct buf requests[IN_FLIGHT];
    double before_s = redis_cpu_s(cost), spent_s;
    uint64_t done = 0;

    while (done < draws) {
        for (unsigned i = 0; i < IN_FLIGHT; i++) {
            struct draw_request made[BATCH_MAX];

            for (unsigned k = 0; k < batch; k++, done++, cost->drawn++) {
                made[k] = request_of(cost,
                                     cost->drawn * 7919 % cost->player_count,
                                     (uint32_t)(cost->drawn / cost->player_count));
            }
            buf_init(&requests[i], BATCH_MAX * REQUEST_BYTES);
            node_add_requests(&requests[i], made, batch);
            append_batch(cost, &requests[i], i == 0 ? cost->acknowledged : 0);
        }
        for (unsigned i = 0; i < IN_FLIGHT; i++) {
            read_batch(cost);
            buf_free(&requests[i]);
        }
    }
    spent_s = redis_cpu_s(cost) - before_s;
    return spent_s * 1e6 / (double)done;
}

static int compare_doubles(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

/* Best and median of some slices: other work on the machine makes the same instructions cost more. */
static void measure_cpu(struct cost *cost, uint64_t draws)
{
    static const unsigned BATCHES[] = {1, 8, 32, 64}, WINS[] = {0, 20};

    printf("us of Redis CPU a draw: best (median) of %d slices\n  batch   no prize         20 %% win\n",
           SLICES);
    for (unsigned i = 0; i < 4; i++) {
        printf("  %5u", BATCHES[i]);
        for (unsigned w = 0; w < 2; w++) {
            double us[SLICES];

            open_shard(cost, WINS[w]);
            (void)run(cost, 64, cost->player_count * 4);
            for (unsigned k = 0; k < SLICES; k++) {
                us[k] = run(cost, BATCHES[i], draws / SLICES);
            }
            qsort(us, SLICES, sizeof us[0], compare_doubles);
            printf("   %5.2f (%5.2f)", us[0], us[SLICES / 2]);
        }
        printf("\n");
    }
}

static void measure_memory(struct cost *cost, uint64_t players)
{
    open_shard(cost, 20);
    double before = redis_number(cost, "memory", "used_memory");
    cost->player_count = players;
    (void)run(cost, 64, players * 4);
    freeReplyObject(node_command(&cost->node, "DEL %s", cost->node.keys[2]));
    double used = redis_number(cost, "memory", "used_memory") - before;
    redisReply *reply = node_command(&cost->node, "MEMORY USAGE %s SAMPLES 10000", cost->node.keys[1]);
    printf("bytes a player, %" PRIu64
           " players with 4 remembered draws, 20 %% of them wins: %.1f by used_memory, "
           "%.1f by MEMORY USAGE\n",
           players,
           used / (double)players,
           (double)reply->integer / (double)players);
    freeReplyObject(reply);
}

static const char *option(int argc, char **argv, const char *name, const char *preset)
{
    for (int i = 1; i + 1 < argc; i++) {
        if (strcmp(argv[i], name) == 0) {
            return argv[i + 1];
        }
    }
    return preset;
}

int main(int argc, char **argv)
{
    static struct cost cost;
    const char *socket_path = option(argc, argv, "--socket", NULL);

    if (socket_path == NULL) {
        fprintf(stderr, "usage: lottery_cost --socket PATH [--draws N] [--players N]\n");
        return 2;
    }
    node_open(&cost.node, socket_path);
    node_choose(&cost.node, "cost", 0);
    for (unsigned i = 0; i < NODE_KEYS; i++) {
        freeReplyObject(node_command(&cost.node, "DEL %s", cost.node.keys[i]));
    }
    cost.player_count = 20000;
    measure_cpu(&cost, strtoull(option(argc, argv, "--draws", "400000"), NULL, 10));
    measure_memory(&cost, strtoull(option(argc, argv, "--players", "1000000"), NULL, 10));
    node_close(&cost.node);
    return 0;
}
