/*
 * tests/support/lottery_differential_control.c - control entries, sent to both sides.
 */
#include "support/lottery_differential.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ENTRY_MAX = 64 * 1024, TABLE_MAX = 1024 * 1024 };

struct control {
    enum record_kind kind;
    struct lease_record lease;
    bool paused;
    struct table *next;
    struct buf payload, json;
};

static void random_lease(struct world *world, struct control *control)
{
    static const enum record_kind KINDS[] = {
        RECORD_LEASE, RECORD_LEASE, RECORD_LEASE, RECORD_RETURN, RECORD_MOMENT, RECORD_MOMENT, RECORD_GONE};
    struct lease_record *lease = &control->lease;
    uint32_t place = rng_below(&world->rng, world->shard.prize_count);

    control->kind = KINDS[rng_below(&world->rng, 7)];
    lease->lease_no = world->shard.lease_no + 1;
    if (rng_one_in(&world->rng, 10)) {
        lease->lease_no += rng_below(&world->rng, 3) - 1;
    }
    lease->prize = (uint8_t)(place + 1 + (rng_one_in(&world->rng, 60) ? world->shard.prize_count : 0));
    lease->more = !rng_one_in(&world->rng, 3);
    lease->from = world->next_unit[place];
    lease->to = lease->from + (control->kind == RECORD_LEASE ? rng_below(&world->rng, 12) : 1);
    lease->at_ms = world->now_ms + rng_below(&world->rng, 6000) - 2000;
}

/* Takes its units from what is there, mostly. */
static void aim_at_stock(struct world *world, struct control *control)
{
    struct lease_record *lease = &control->lease;
    const struct pool *pool = &world->shard.pools[(lease->prize - 1) % PRIZES_MAX];
    const struct unit_range *last = &pool->ranges[pool->range_count > 0 ? pool->range_count - 1 : 0];

    if (control->kind == RECORD_RETURN && pool->range_count > 0) {
        lease->to = last->to + rng_one_in(&world->rng, 10);
        lease->from = last->to - 1 - rng_below(&world->rng, last->to - last->from);
    } else if (control->kind == RECORD_GONE && world->shard.moment_count > 0) {
        const struct moment *moment =
            &world->shard.moments[rng_below(&world->rng, world->shard.moment_count)];

        lease->prize = moment->prize;
        lease->from = moment->unit;
        lease->to = moment->unit + 1;
    }
}

static void random_control(struct world *world, struct control *control)
{
    uint32_t choice = world->shard.paused && rng_one_in(&world->rng, 3) ? 1 : rng_below(&world->rng, 40);

    buf_init(&control->payload, 64);
    buf_init(&control->json, TABLE_MAX);
    if (choice == 0) {
        control->kind = RECORD_VERSION;
        control->next = world_table_next(&world->rng, world->table);
        world_table_json(rng_one_in(&world->rng, 5) ? world->table : control->next, &control->json);
        for (unsigned i = 0; i < 32; i++) {
            buf_addc(&control->payload, (char)rng_below(&world->rng, 256));
        }
    } else if (choice < 3) {
        control->kind = RECORD_PAUSE;
        control->paused = world->shard.paused ? rng_one_in(&world->rng, 8) : !rng_one_in(&world->rng, 8);
        buf_addc(&control->payload, control->paused);
    } else {
        random_lease(world, control);
        aim_at_stock(world, control);
        record_lease_write(control->kind, &control->lease, &control->payload);
    }
}

static bool control_applied(struct world *world, struct control *control)
{
    struct table *before = world->table;

    switch (control->kind) {
    case RECORD_VERSION:
        if (!shard_apply_version(&world->shard, control->next)) {
            return false;
        }
        world->table = control->next;
        control->next = before; /* freed with the control entry */
        return true;
    case RECORD_PAUSE:
        return shard_apply_pause(&world->shard, control->paused);
    case RECORD_LEASE:
    case RECORD_RETURN:
    case RECORD_MOMENT:
    case RECORD_GONE:
    case RECORD_DRAWS:
    case RECORD_OPENING:
        break;
    }
    return shard_apply(&world->shard, control->kind, &control->lease);
}

static void saw_control(struct world *world, const struct control *control, const char *verdict)
{
    static const enum seen KINDS[] = {[RECORD_LEASE] = SEEN_LEASE,
                                      [RECORD_RETURN] = SEEN_RETURN,
                                      [RECORD_MOMENT] = SEEN_MOMENT_LOADED,
                                      [RECORD_GONE] = SEEN_GONE,
                                      [RECORD_VERSION] = SEEN_VERSION,
                                      [RECORD_PAUSE] = SEEN_PAUSE};

    if (strcmp(verdict, "ok") == 0) {
        world_saw(world, KINDS[control->kind]);
    } else if (strcmp(verdict, "done") == 0) {
        world_saw(world, SEEN_CONTROL_DONE);
    } else if (strcmp(verdict, "order") == 0) {
        world_saw(world, SEEN_CONTROL_ORDER);
    } else if (strcmp(verdict, "missing") == 0) {
        world_saw(world, SEEN_CONTROL_MISSING);
    } else {
        world_require(world, strcmp(verdict, "full") == 0, verdict);
        world_saw(world, SEEN_CONTROL_FULL);
    }
}

static void control_entry(struct world *world, const struct control *control)
{
    struct record_header header = {.kind = control->kind,
                                   .time_ms = world_shard_time(world),
                                   .version = world->shard.version,
                                   .count = 1};
    struct record_header read;
    struct lease_record lease;
    struct buf entry;

    buf_init(&entry, ENTRY_MAX);
    record_header_write(&header, &entry);
    buf_add(&entry, control->payload.data, control->payload.len);
    (void)world_last_entry(world, world->shard.position - 1, &entry);
    world_require(
        world, record_header_read((const uint8_t *)entry.data, entry.len, &read), "a readable entry");
    if (control->kind >= RECORD_LEASE && control->kind <= RECORD_GONE) {
        world_require(
            world, record_lease_read((const uint8_t *)entry.data, entry.len, &lease), "a readable lease");
        world_require(world, lease.lease_no == control->lease.lease_no, "its number");
    }
    world->shard.time_ms = header.time_ms;
    if (control->kind == RECORD_LEASE) {
        world->next_unit[control->lease.prize - 1] = control->lease.to + rng_one_in(&world->rng, 2);
    } else if (control->kind == RECORD_MOMENT) {
        world->next_unit[control->lease.prize - 1] = control->lease.to;
    }
    buf_free(&entry);
}

void world_control(struct world *world)
{
    struct control control = {0};
    struct call call = world_call(world);
    char kind[4];

    random_control(world, &control);
    bool same_version = control.kind == RECORD_VERSION &&
                        strstr(buf_cstr(&control.json), "\"version\"") != NULL &&
                        (uint32_t)strtoul(strstr(buf_cstr(&control.json), "\"version\"") + 10, NULL, 10) ==
                            world->table->version;
    snprintf(kind, sizeof kind, "%u", (unsigned)control.kind);
    const struct node_arg args[] = {node_text(call.run_id),
                                    node_text(call.epoch),
                                    node_text(call.now),
                                    node_text(kind),
                                    {control.payload.data, control.payload.len},
                                    {buf_cstr(&control.json), control.json.len}};
    redisReply *reply = node_call(&world->node, LIBRARY_CONTROL, 6, args);
    bool theirs = strcmp(reply->element[0]->str, "ok") == 0;
    bool mine = !same_version && control_applied(world, &control);
    saw_control(world, &control, reply->element[0]->str);
    world_require(world, mine == theirs, "control is applied by both or by neither");
    world_require(world,
                  (uint64_t)reply->element[1]->integer == (mine ? world->shard.position - 1 : 0),
                  "the position of a control entry");
    if (mine) {
        control_entry(world, &control);
    }
    freeReplyObject(reply);
    table_free(control.next);
    buf_free(&control.payload);
    buf_free(&control.json);
}
