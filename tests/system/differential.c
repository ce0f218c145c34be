/*
 * tests/system/differential.c - random scenarios through lottery.lua in a real Redis and through lottery/ in
 * C.
 *
 *   differential --socket PATH --draws N --seed S
 *
 * One scenario: an opening with a random table and stock, then batches of draws with control entries in
 * between, then perhaps a clock that jumps. Every result, every entry and at the end every packed byte must
 * agree. Prints how often each kind of outcome came, and fails when one never did.
 */
#include "support/lottery_differential.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void scenario_batches(struct world *world)
{
    uint32_t batches = 20 + rng_below(&world->rng, 120);

    for (uint32_t i = 0; i < batches; i++) {
        world_time_passes(world);
        while (rng_one_in(&world->rng, 3)) {
            world_control(world);
        }
        world_batch(world);
    }
}

static void scenario(struct world *world)
{
    world_open(world);
    scenario_batches(world);
    world_compare(world);
    if (rng_one_in(&world->rng, 4)) {
        world_jump(world);
    } else {
        world_guards(world);
    }
    world_end(world);
}

static bool world_report(const struct world *world)
{
    bool complete = true;

    for (unsigned i = 0; i < SEEN_KINDS; i++) {
        printf("%10" PRIu64 "  %s\n", world->seen[i], SEEN_NAMES[i]);
        complete = complete && world->seen[i] > 0;
    }
    printf("%10" PRIu64 "  draws in all, %" PRIu64 " scenarios\n", world->draws, world->scenarios);
    return complete;
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
    static struct world world; /* too large for the stack */
    const char *socket_path = option(argc, argv, "--socket", NULL);
    uint64_t draws = strtoull(option(argc, argv, "--draws", "50000"), NULL, 10);

    if (socket_path == NULL) {
        fprintf(stderr, "usage: differential --socket PATH [--draws N] [--seed S]\n");
        return 2;
    }
    world.rng.state = strtoull(option(argc, argv, "--seed", "1"), NULL, 10);
    node_open(&world.node, socket_path);
    /* What is compared does not depend on the disk. */
    freeReplyObject(node_command(&world.node, "CONFIG SET appendfsync no"));
    world_clear(&world);
    while (world.draws < draws) {
        scenario(&world);
    }
    node_close(&world.node);
    if (!world_report(&world)) {
        fprintf(stderr, "some kind of outcome never came: more draws, or another seed\n");
        return 1;
    }
    return 0;
}
