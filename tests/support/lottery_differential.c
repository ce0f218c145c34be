/*
 * tests/support/lottery_differential.c - opening, comparing and ending the shard that lives twice.
 */
#include "support/lottery_differential.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STATE_MAX = 64 * 1024, TABLE_MAX = 1024 * 1024 };

#define SEEN_NAME(symbol, name) name,
const char *const SEEN_NAMES[SEEN_KINDS] = {SEEN_LIST(SEEN_NAME)};

void world_saw(struct world *world, enum seen kind)
{
    world->seen[kind]++;
}

void world_require(const struct world *world, bool good, const char *what)
{
    if (!good) {
        fprintf(stderr,
                "scenario %" PRIu64 ", draw %" PRIu64 ", position %" PRIu64 ": %s\n",
                world->scenarios,
                world->draws,
                world->shard.position,
                what);
        exit(1);
    }
}

static void print_hex(const char *name, const void *data, size_t len)
{
    const uint8_t *bytes = data;

    fprintf(stderr, "%s %zu ", name, len);
    for (size_t i = 0; i < len; i++) {
        fprintf(stderr, "%02x", bytes[i]);
    }
    fprintf(stderr, "\n");
}

void world_require_bytes(const struct world *world,
                         const char *what,
                         const struct buf *mine,
                         const redisReply *theirs)
{
    if (theirs->str == NULL || mine->len != theirs->len || memcmp(mine->data, theirs->str, mine->len) != 0) {
        print_hex("C    ", mine->data, mine->len);
        print_hex("Redis", theirs->str, theirs->len);
        world_require(world, false, what);
    }
}

bool world_last_entry(struct world *world, uint64_t position, struct buf *mine)
{
    char id[48];

    redisReply *reply = node_command(&world->node, "XREVRANGE %s + - COUNT 1", world->node.keys[2]);
    world_require(world, reply->elements == 1, "an entry is there");
    snprintf(id, sizeof id, "%" PRIu32 "-%" PRIu64, world->shard.epoch, position);
    const redisReply *entry = reply->element[0];
    world_require(world, strcmp(entry->element[0]->str, id) == 0, "the entry's id");
    world_require(world, entry->element[1]->elements == 2, "one field");
    world_require_bytes(world, "the entry", mine, entry->element[1]->element[1]);
    freeReplyObject(reply);
    world->last_position = position;
    return true;
}

struct call world_call(const struct world *world)
{
    struct call call;

    memcpy(call.run_id, world->shard.run_id, RUN_ID_BYTES);
    call.run_id[RUN_ID_BYTES] = '\0';
    (void)snprintf(call.epoch, sizeof call.epoch, "%" PRIu32, world->shard.epoch);
    (void)snprintf(call.now, sizeof call.now, "%" PRId64, world->now_ms);
    return call;
}

int64_t world_shard_time(const struct world *world)
{
    return world->now_ms > world->shard.time_ms ? world->now_ms : world->shard.time_ms;
}

static void random_pool(struct world *world, uint32_t place)
{
    struct pool *pool = &world->shard.pools[place];
    uint32_t unit = rng_below(&world->rng, 5);

    pool->more = rng_one_in(&world->rng, 2);
    pool->given = rng_below(&world->rng, 4);
    pool->range_count = (uint8_t)rng_below(&world->rng, rng_one_in(&world->rng, 4) ? RANGES_MAX + 1 : 4);
    for (unsigned i = 0; i < pool->range_count; i++) {
        pool->ranges[i].from = unit;
        unit += 1 + rng_below(&world->rng, rng_one_in(&world->rng, 3) ? 1000 : 8);
        pool->ranges[i].to = unit;
        unit += 1 + rng_below(&world->rng, 3);
    }
    world->next_unit[place] = unit + 1;
}

static void random_shard(struct world *world, uint32_t epoch)
{
    struct shard *shard = &world->shard;

    memset(shard, 0, sizeof *shard);
    shard->epoch = epoch;
    shard->position = 2;
    for (unsigned i = 0; i < RUN_ID_BYTES; i++) {
        shard->run_id[i] = "0123456789abcdef"[rng_below(&world->rng, 16)];
    }
    shard->time_ms = world->now_ms;
    shard->version = world->table->version;
    shard->paused = rng_one_in(&world->rng, 8);
    shard->lease_no = rng_below(&world->rng, 5);
    shard->prize_count = (uint8_t)world->table->prize_count;
    for (uint32_t i = 0; i < shard->prize_count; i++) {
        random_pool(world, i);
    }
}

static void random_player(struct world *world, uint32_t place)
{
    struct player_state *state = &world->states[place];

    rng_fill(&world->rng, world->players[place].bytes, PLAYER_BYTES);
    rng_fill(&world->rng, world->last_keys[place], sizeof world->last_keys[place]);
    memset(state, 0, sizeof *state);
    if (rng_one_in(&world->rng, 3)) {
        uint32_t kind = rng_below(&world->rng, 8);

        state->granted = (uint16_t)rng_below(&world->rng, kind == 0 ? 65536 : 30);
        state->draw_no = kind == 1   ? 250 + rng_below(&world->rng, 10)
                         : kind == 2 ? UINT32_MAX - rng_below(&world->rng, 4)
                                     : 0;
        state->day = (uint16_t)rng_below(&world->rng, 4);
        state->today =
            (uint16_t)(kind == 3 ? UINT16_MAX - rng_below(&world->rng, 3) : rng_below(&world->rng, 4));
        state->base_used =
            (uint16_t)(kind == 4 ? UINT16_MAX - rng_below(&world->rng, 3) : rng_below(&world->rng, 4));
        state->win_kinds = rng_one_in(&world->rng, 2);
        if (state->win_kinds > 0) {
            state->wins[0].prize = 1;
            state->wins[0].count = kind == 5 ? UINT16_MAX : 1;
        }
    }
}

static void set_players(struct world *world)
{
    struct node_arg args[NODE_ARGS_MAX];
    uint8_t packed[PLAYER_PACKED_MAX];
    char epoch[16];

    snprintf(epoch, sizeof epoch, "%" PRIu32, world->shard.epoch);
    args[0] = node_text(epoch);
    freeReplyObject(node_call(&world->node, LIBRARY_PLAYERS_CLEAR, 1, args));
    world->player_count = 2 + rng_below(&world->rng, PLAYERS_MAX - 1);
    for (uint32_t i = 0; i < world->player_count; i++) {
        random_player(world, i);
        if (world->states[i].draw_no == 0 && world->states[i].granted == 0) {
            memset(&world->states[i], 0, sizeof world->states[i]); /* absent, too */
            continue;
        }
        args[1] = (struct node_arg){world->players[i].bytes, PLAYER_BYTES};
        args[2] = (struct node_arg){packed, player_pack(&world->states[i], packed)};
        redisReply *reply = node_call(&world->node, LIBRARY_PLAYERS_SET, 3, args);
        world_require(world, strcmp(reply->str, "ok") == 0, "players are set before the opening");
        freeReplyObject(reply);
    }
}

static void open_call(struct world *world, const char *expected)
{
    struct buf state, table, entry;

    buf_init(&state, STATE_MAX);
    buf_init(&entry, STATE_MAX);
    buf_init(&table, TABLE_MAX);
    shard_pack(&world->shard, &state);
    world_table_json(world->table, &table);
    const struct node_arg args[] = {{state.data, state.len}, node_text("7"), {table.data, table.len}};
    redisReply *reply = node_call(&world->node, LIBRARY_OPEN, 3, args);
    world_require(world, strcmp(reply->str, expected) == 0, "open");
    freeReplyObject(reply);
    shard_opening_write(&world->shard, 7, &entry);
    (void)world_last_entry(world, 1, &entry);
    buf_free(&state);
    buf_free(&entry);
    buf_free(&table);
}

void world_clear(struct world *world)
{
    for (uint32_t i = 0; i < SHARDS_USED; i++) {
        node_choose(&world->node, "diff", i);
        for (unsigned k = 0; k < NODE_KEYS; k++) {
            freeReplyObject(node_command(&world->node, "DEL %s", world->node.keys[k]));
        }
    }
}

void world_open(struct world *world)
{
    uint32_t shards = 1 + rng_below(&world->rng, SHARDS_USED);
    int64_t start_ms = INT64_C(1771200000000) + rng_below(&world->rng, 1000000);

    world->index = rng_below(&world->rng, shards);
    world->scenarios++;
    world->table = world_table(&world->rng, start_ms, shards);
    world->now_ms = start_ms - rng_below(&world->rng, rng_one_in(&world->rng, 3) ? 15000 : 100);
    world->newest_ms = world->now_ms;
    world->key_letters = rng_one_in(&world->rng, 3) ? 2 : 256;
    node_choose(&world->node, "diff", world->index);
    random_shard(world, (uint32_t)world->scenarios);
    set_players(world);
    open_call(world, "ok");
    open_call(world, "done");
}

static void compare_players(struct world *world)
{
    uint8_t packed[PLAYER_PACKED_MAX];

    for (uint32_t i = 0; i < world->player_count; i++) {
        redisReply *reply = node_command(
            &world->node, "HGET %s %b", world->node.keys[1], world->players[i].bytes, (size_t)PLAYER_BYTES);
        size_t len = player_pack(&world->states[i], packed);
        struct player_state read;
        uint8_t again[PLAYER_PACKED_MAX];

        if (reply->type == REDIS_REPLY_NIL) {
            world_require(world, world->states[i].draw_no == 0, "a player who drew is there");
        } else {
            struct buf mine = {.data = (char *)packed, .len = len};

            world_require_bytes(world, "a player", &mine, reply);
            world_require(world, player_unpack((const uint8_t *)reply->str, reply->len, &read), "readable");
            world_require(
                world, player_pack(&read, again) == len && memcmp(again, packed, len) == 0, "packed again");
        }
        freeReplyObject(reply);
    }
}

void world_compare(struct world *world)
{
    static struct shard read;
    struct buf mine, again;

    buf_init(&mine, STATE_MAX);
    buf_init(&again, STATE_MAX);
    shard_pack(&world->shard, &mine);
    redisReply *reply = node_call(&world->node, LIBRARY_INSPECT, 0, NULL);
    world_require_bytes(world, "the state", &mine, reply->element[0]);
    world_require(world, shard_unpack((const uint8_t *)mine.data, mine.len, &read), "a readable state");
    shard_pack(&read, &again);
    world_require_bytes(world, "the state read and packed again", &again, reply->element[0]);
    freeReplyObject(reply);
    buf_free(&mine);
    buf_free(&again);
    compare_players(world);
}

static void check_peek(struct world *world)
{
    struct call call = world_call(world);
    uint8_t packed[PLAYER_PACKED_MAX];
    struct node_arg args[] = {node_text(call.run_id),
                              node_text(call.epoch),
                              node_text(call.now),
                              {world->players[0].bytes, PLAYER_BYTES}};
    struct buf mine = {.data = (char *)packed, .len = player_pack(&world->states[0], packed)};
    redisReply *reply = node_call(&world->node, LIBRARY_PEEK, 4, args);

    if (reply->element[0]->len > 0 || world->states[0].draw_no > 0) {
        world_require_bytes(world, "a player peeked at", &mine, reply->element[0]);
    }
    world_require(world, reply->element[1]->integer == world_shard_time(world), "the time peeked at");
    world_require(world, reply->element[2]->integer == 1, "open for this run");
    freeReplyObject(reply);
    call.run_id[0] = 'x';
    reply = node_call(&world->node, LIBRARY_PEEK, 4, args);
    world_require(world, reply->element[2]->integer == 0, "not open for another run");
    freeReplyObject(reply);
}

static void
expect(struct world *world, enum library_function function, const char *epoch, const char *expected)
{
    const struct node_arg arg = node_text(epoch);
    redisReply *reply = node_call(&world->node, function, 1, &arg);

    world_require(world, strcmp(reply->str, expected) == 0, world->node.library.functions[function]);
    freeReplyObject(reply);
}

void world_guards(struct world *world)
{
    struct call call = world_call(world);
    char before[16];

    check_peek(world);
    (void)snprintf(before, sizeof before, "%" PRIu32, world->shard.epoch - 1);
    expect(world, LIBRARY_PLAYERS_CLEAR, call.epoch, "epoch"); /* this epoch is there already */
    expect(world, LIBRARY_PLAYERS_SET, call.epoch, "epoch");
    expect(world, LIBRARY_CLOSE, before, "epoch"); /* whose epoch is over closes nothing */
    world_compare(world);
    if (rng_one_in(&world->rng, 3)) {
        expect(world, LIBRARY_CLOSE, call.epoch, "ok");
        expect(world, LIBRARY_CLOSE, call.epoch, "ok");
        memset(world->shard.run_id, '0', RUN_ID_BYTES);
        world_compare(world);
    }
}

void world_end(struct world *world)
{
    table_free(world->table);
    world->table = NULL;
    world->last_position = 0;
    freeReplyObject(node_command(&world->node, "DEL %s", world->node.keys[2]));
}
