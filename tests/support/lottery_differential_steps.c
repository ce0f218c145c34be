/*
 * tests/support/lottery_differential_steps.c - batches of draws, sent to both sides.
 */
#include "support/lottery_differential.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ENTRY_MAX = 64 * 1024 };

void world_time_passes(struct world *world)
{
    uint32_t step = rng_below(&world->rng, 20);

    if (step < 10) {
        world->now_ms += rng_below(&world->rng, 300);
    } else if (step < 18) {
        world->now_ms += rng_below(&world->rng, 4000);
    } else {
        world->now_ms -= rng_below(&world->rng, 2000);
    }
}

static void random_key(struct world *world, uint32_t player, struct draw_key *key)
{
    struct draw_key *last = world->last_keys[player];

    if (rng_one_in(&world->rng, 6)) {
        *key = last[rng_below(&world->rng, 6)];
        if (rng_one_in(&world->rng, 3)) {
            key->bytes[5 + rng_below(&world->rng, 2)] ^= 1;
        }
        return;
    }
    for (unsigned i = 0; i < KEY_BYTES; i++) {
        key->bytes[i] = (uint8_t)rng_below(&world->rng, world->key_letters);
    }
    memmove(&last[1], &last[0], 5 * sizeof *last);
    last[0] = *key;
}

/* `drawn`: draws of this player that the batch holds already. */
static void random_request(struct world *world, uint32_t player, uint32_t drawn, struct draw_request *request)
{
    uint32_t last = world->states[player].draw_no + drawn;

    request->player = world->players[player];
    random_key(world, player, &request->key);
    request->draw_no = !rng_one_in(&world->rng, 4) ? 0 : last + 1 - rng_one_in(&world->rng, 10);
    request->block = last / BLOCK_DRAWS + rng_one_in(&world->rng, 20);
    rng_fill(&world->rng, request->numbers, BLOCK_BYTES);
}

static void saw_new(struct world *world, const struct draw_record *record)
{
    static const enum seen WITHHELD_NONE[] = {SEEN_NOTHING, SEEN_SPENT, SEEN_PACED, SEEN_CAPPED};
    static const enum seen WITHHELD_ALWAYS[] = {
        SEEN_ALWAYS, SEEN_SPENT_ALWAYS, SEEN_PACED_ALWAYS, SEEN_CAPPED_ALWAYS};

    switch ((enum given_how)record->how) {
    case GIVEN_NONE:
        world_saw(world, WITHHELD_NONE[record->why]);
        return;
    case GIVEN_ODDS:
        world_saw(world, SEEN_ODDS);
        return;
    case GIVEN_MOMENT:
        world_saw(world, SEEN_MOMENT);
        return;
    case GIVEN_ALWAYS:
        world_saw(world, WITHHELD_ALWAYS[record->why]);
        return;
    }
}

static void
saw_result(struct world *world, const struct draw_result *result, const struct draw_record *record)
{
    switch (result->status) {
    case DRAW_NEW:
        saw_new(world, record);
        return;
    case DRAW_REMEMBERED:
        world_saw(world, result->prize == 0 ? SEEN_REMEMBERED : SEEN_REMEMBERED_WIN);
        return;
    case DRAW_KEY_REUSED:
        world_saw(world, SEEN_KEY_REUSED);
        return;
    case DRAW_OTHER_NUMBER:
        world_saw(world, SEEN_OTHER_NUMBER);
        return;
    case DRAW_NO_CHANCE:
        world_saw(world, SEEN_NO_CHANCE);
        return;
    case DRAW_DAY_CAP:
        world_saw(world, SEEN_DAY_CAP);
        return;
    case DRAW_CAMPAIGN_CAP:
        world_saw(world, SEEN_CAMPAIGN_CAP);
        return;
    case DRAW_BUSY:
        world_saw(world, SEEN_BUSY);
        return;
    case DRAW_OTHER_BLOCK:
        world_saw(world, SEEN_OTHER_BLOCK);
        return;
    case DRAW_NOT_STARTED:
        world_saw(world, SEEN_NOT_STARTED);
        return;
    case DRAW_ENDED:
        world_saw(world, SEEN_ENDED);
        return;
    case DRAW_PAUSED:
        world_saw(world, SEEN_PAUSED);
        return;
    }
}

struct batch {
    uint32_t count, fresh;
    uint32_t players[RECORD_DRAWS_MAX];
    struct draw_request requests[RECORD_DRAWS_MAX];
    struct draw_result results[RECORD_DRAWS_MAX];
    struct buf wire, entry;
};

/* Mostly a few, at times as many as an entry holds. */
static uint32_t batch_count(struct rng *rng)
{
    uint32_t max = !rng_one_in(rng, 3) ? 8 : rng_one_in(rng, 4) ? RECORD_DRAWS_MAX : 64;

    return 1 + rng_below(rng, max);
}

static void batch_fill(struct world *world, struct batch *batch)
{
    uint32_t drawn[PLAYERS_MAX] = {0};

    buf_init(&batch->wire, RECORD_DRAWS_MAX * REQUEST_BYTES);
    buf_init(&batch->entry, ENTRY_MAX);
    batch->count = batch_count(&world->rng);
    for (uint32_t i = 0; i < batch->count; i++) {
        uint32_t player = rng_below(&world->rng, world->player_count);

        batch->players[i] = player;
        random_request(world, player, drawn[player]++, &batch->requests[i]);
    }
    node_add_requests(&batch->wire, batch->requests, batch->count);
    world->draws += batch->count;
}

static void batch_run(struct world *world, struct batch *batch)
{
    bool drew[PLAYERS_MAX] = {false};
    struct record_header header = {
        .kind = RECORD_DRAWS, .time_ms = world_shard_time(world), .version = world->table->version};
    struct buf records;
    int64_t before_ms = world->shard.time_ms;

    buf_init(&records, ENTRY_MAX);
    world->shard.time_ms = header.time_ms;
    for (uint32_t i = 0; i < batch->count; i++) {
        struct draw_record record = {0};
        uint32_t player = batch->players[i];

        batch->results[i] = shard_draw(
            &world->shard, world->table, &world->states[player], &batch->requests[i], world->index, &record);
        saw_result(world, &batch->results[i], &record);
        if (batch->results[i].status == DRAW_NEW) {
            record_draw_write(&record, &records);
            header.count++;
            world->seen[SEEN_TWICE] += drew[player];
            drew[player] = true;
        }
    }
    batch->fresh = header.count;
    if (batch->fresh == 0) {
        world->shard.time_ms = before_ms;
    }
    record_header_write(&header, &batch->entry);
    buf_add(&batch->entry, records.data, records.len);
    buf_free(&records);
}

static redisReply *batch_send(struct world *world, const struct batch *batch, const struct call *call)
{
    struct buf acks;

    buf_init(&acks, 64);
    if (world->last_position > 0 && rng_one_in(&world->rng, 2)) {
        buf_add_be(&acks, world->shard.epoch, 4);
        buf_add_be(&acks, world->last_position, 8);
    }
    const struct node_arg args[] = {node_text(call->run_id),
                                    node_text(call->epoch),
                                    node_text(call->now),
                                    {acks.len > 0 ? acks.data : "", acks.len},
                                    {batch->wire.data, batch->wire.len}};
    redisReply *reply = node_call(&world->node, LIBRARY_DRAWS, 5, args);
    world->last_position = acks.len > 0 ? 0 : world->last_position;
    buf_free(&acks);
    return reply;
}

static void batch_compare(struct world *world, struct batch *batch, const redisReply *reply)
{
    uint64_t position = batch->fresh == 0 ? 0 : world->shard.position - batch->fresh;
    struct draw_result theirs[RECORD_DRAWS_MAX];

    world_require(world, strcmp(reply->element[0]->str, "ok") == 0, "a batch is served");
    world_require(world, node_results(reply, theirs, batch->count), "a result for every draw");
    world_require(world, (uint64_t)reply->element[2]->integer == position, "the entry's position");
    for (uint32_t i = 0; i < batch->count; i++) {
        const struct draw_result *mine = &batch->results[i];

        if (theirs[i].status != mine->status || theirs[i].draw_no != mine->draw_no ||
            theirs[i].prize != mine->prize || theirs[i].chances_left != mine->chances_left ||
            theirs[i].unit != mine->unit) {
            fprintf(stderr,
                    "C     %c number %" PRIu32 " left %u prize %u unit %" PRIu32 "\n",
                    mine->status,
                    mine->draw_no,
                    mine->chances_left,
                    mine->prize,
                    mine->unit);
            fprintf(stderr,
                    "Redis %c number %" PRIu32 " left %u prize %u unit %" PRIu32 "\n",
                    theirs[i].status,
                    theirs[i].draw_no,
                    theirs[i].chances_left,
                    theirs[i].prize,
                    theirs[i].unit);
            world_require(world, false, "a result");
        }
    }
    if (position > 0) {
        world_require_bytes(world, "the entry answered", &batch->entry, reply->element[3]);
        (void)world_last_entry(world, position, &batch->entry);
    } else {
        world_require(world, reply->element[3]->len == 0, "no entry when nothing was written");
        world_saw(world, SEEN_SILENT_BATCH);
    }
}

/* Another epoch, another run: closed, and nothing is different afterwards. */
static void batch_to_another(struct world *world, const struct batch *batch)
{
    struct call call = world_call(world);

    if (rng_one_in(&world->rng, 2)) {
        call.run_id[rng_below(&world->rng, RUN_ID_BYTES)] = 'x';
    } else {
        snprintf(call.epoch,
                 sizeof call.epoch,
                 "%" PRIu32,
                 world->shard.epoch + 1 - 2 * rng_below(&world->rng, 2));
    }
    redisReply *reply = batch_send(world, batch, &call);
    world_require(world, strcmp(reply->element[0]->str, "closed") == 0, "closed for another epoch or run");
    freeReplyObject(reply);
    world_saw(world, SEEN_CLOSED);
}

void world_batch(struct world *world)
{
    struct batch batch = {0};
    struct call call = world_call(world);

    batch_fill(world, &batch);
    if (rng_one_in(&world->rng, 50)) {
        batch_to_another(world, &batch);
    }
    redisReply *reply = batch_send(world, &batch, &call);
    world->newest_ms = world->now_ms > world->newest_ms ? world->now_ms : world->newest_ms;
    batch_run(world, &batch);
    batch_compare(world, &batch, reply);
    freeReplyObject(reply);
    buf_free(&batch.wire);
    buf_free(&batch.entry);
}

void world_jump(struct world *world)
{
    struct batch batch = {0};

    world->now_ms = world->newest_ms + SHARD_JUMP_MS;
    world_batch(world); /* so far is allowed */
    world->now_ms = world->newest_ms + SHARD_JUMP_MS + 1;
    struct call call = world_call(world);
    batch_fill(world, &batch);
    redisReply *reply = batch_send(world, &batch, &call);
    world_require(world, strcmp(reply->element[0]->str, "jump") == 0, "a jump closes");
    freeReplyObject(reply);
    reply = batch_send(world, &batch, &call);
    world_require(world, strcmp(reply->element[0]->str, "closed") == 0, "and stays closed");
    freeReplyObject(reply);
    memset(world->shard.run_id, '0', RUN_ID_BYTES);
    world_saw(world, SEEN_JUMP);
    world_compare(world);
    buf_free(&batch.wire);
    buf_free(&batch.entry);
}
