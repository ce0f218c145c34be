/*
 * tests/support/flow_payout_world.c - the world: its network, its nodes, its time.
 */
#include "tests/support/flow_payout_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DAY_MS = 24 * 3600 * 1000, HELD_MAX_MS = 280 * 1000 };

uint32_t world_dice(struct world *world, uint32_t sides)
{
    world->random ^= world->random << 13; /* xorshift32 */
    world->random ^= world->random >> 17;
    world->random ^= world->random << 5;
    return world->random % sides;
}

static int64_t world_now(void *arg)
{
    return ((struct world *)arg)->now_ms;
}

static uint32_t world_random(void *arg)
{
    return world_dice(arg, UINT32_MAX);
}

static void node_up(struct world *world, size_t at)
{
    struct world_node *node = &world->nodes[at];

    node->world = world;
    node->dying = false;
    node->books = world_books(node);
    node->provider = world_provider(node);
    node->desk = payout_desk_new(&(struct payout_desk_spec){.books = &node->books,
                                                            .provider = &node->provider,
                                                            .key = &world->key,
                                                            .remark = "prize",
                                                            .now_ms = world_now,
                                                            .random = world_random,
                                                            .arg = world});
    payout_desk_set(node->desk, world->stopped, 50);
}

void world_setup(struct world *world, uint32_t seed)
{
    static const char PAYEE[] = "{\"kind\":\"openid\",\"id\":\"o-1\"}";
    struct buf sealed;

    memset(world, 0, sizeof *world);
    world->random = seed * 2654435761U + 1;
    world->now_ms = DAY_MS;
    world->always = PROVIDER_OUTCOME_COUNT;
    memset(world->key.bytes, 7, sizeof world->key.bytes);
    memset(world->player.bytes, 9, sizeof world->player.bytes);
    buf_over(&sealed, (char *)world->payee, sizeof world->payee);
    if (!seal_write(
            &world->key, "payee", world->player.bytes, PLAYER_BYTES, PAYEE, sizeof PAYEE - 1, &sealed)) {
        abort();
    }
    world->payee_len = sealed.len;
    for (unsigned part = 0; part < WORLD_PARTS; part++) {
        books_plan(world, part, 1, world->now_ms);
    }
    for (size_t node = 0; node < WORLD_NODES; node++) {
        node_up(world, node);
    }
}

/* ---- letters ---- */

struct world_letter *letter_new(struct world_node *node, enum letter_kind kind, void *arg)
{
    struct world_letter *letter = calloc(1, sizeof *letter);
    struct world *world = node->world;

    if (letter == NULL) {
        abort();
    }
    letter->world = world;
    letter->node = node;
    letter->kind = kind;
    letter->arg = arg;
    letter->sent_ms = world->now_ms;
    letter->stillborn = node->dying;
    for (size_t i = 0; i < WORLD_LETTERS; i++) {
        if (world->letters[i] == NULL) {
            world->letters[i] = letter;
            return letter;
        }
    }
    abort();
}

static void letter_end(struct world *world, size_t at)
{
    struct world_letter *letter = world->letters[at];

    world->letters[at] = NULL;
    if (!letter->orphan) {
        letter_deliver(letter);
    }
    free(letter);
}

static size_t letter_any(struct world *world)
{
    size_t from = world_dice(world, WORLD_LETTERS);

    for (size_t i = 0; i < WORLD_LETTERS; i++) {
        size_t at = (from + i) % WORLD_LETTERS;

        if (world->letters[at] != NULL && world->letters[at]->held_ms <= world->now_ms) {
            return at;
        }
    }
    return WORLD_LETTERS;
}

/* Answers a letter as lost; what comes of it may be a letter again. */
static void letter_fail(struct world *world, size_t at)
{
    struct world_letter *letter = world->letters[at];

    world->letters[at] = NULL;
    letter_lose(letter);
    letter_deliver(letter);
    free(letter);
}

/* What the node had sent may still arrive, but nobody hears of it. */
static void letter_orphan(struct world *world, size_t at)
{
    struct world_letter *ghost = calloc(1, sizeof *ghost);
    struct world_letter *letter = world->letters[at];

    if (ghost == NULL) {
        abort();
    }
    *ghost = *letter;
    ghost->orphan = true;
    world->letters[at] = ghost;
    letter_lose(letter);
    letter_deliver(letter);
    free(letter);
}

/* A create that is given up by its sender and arrives after all; a word to the books that takes its time. */
static bool letter_slow(struct world *world, size_t at)
{
    struct world_letter *letter = world->letters[at];

    if (letter->orphan || letter->held_ms > 0) {
        return false;
    }
    if (letter->kind == LETTER_CREATE && world->hang_ms > 0) {
        letter->held_ms = world->now_ms + world->hang_ms;
        letter_orphan(world, at);
        return true;
    }
    if (!world->faults) {
        return false;
    }
    if (letter->kind == LETTER_CREATE && world_dice(world, 5) == 0) {
        letter->held_ms = world->now_ms + world_dice(world, HELD_MAX_MS);
        letter_orphan(world, at);
        return true;
    }
    if (letter->kind == LETTER_TELL && world_dice(world, 12) == 0) {
        letter->held_ms = world->now_ms + PAYOUT_LEASE_MS + world_dice(world, PAYOUT_LEASE_MS);
        return true;
    }
    return false;
}

static void letter_move(struct world *world)
{
    size_t at = letter_any(world);

    if (at == WORLD_LETTERS) {
        return;
    }
    if (world->letters[at]->done) {
        letter_end(world, at);
    } else if (!letter_slow(world, at)) {
        letter_carry_out(world->letters[at]);
        world->letters[at]->done = true;
    }
}

/* ---- nodes ---- */

void world_node_dies(struct world *world, size_t at)
{
    struct world_node *node = &world->nodes[at];

    world->deaths++;
    node->dying = true;
    for (size_t i = 0; i < WORLD_LETTERS; i++) {
        if (world->letters[i] != NULL && world->letters[i]->node == node && !world->letters[i]->orphan &&
            !world->letters[i]->stillborn) {
            letter_orphan(world, i);
        }
    }
    for (size_t i = 0; i < WORLD_LETTERS; i++) {
        while (world->letters[i] != NULL && world->letters[i]->stillborn) {
            letter_fail(world, i);
            i = 0;
        }
    }
    if (payout_desk_in_hand(node->desk) != 0) {
        fprintf(stderr, "a dead node still has %zu payouts in hand\n", payout_desk_in_hand(node->desk));
        abort();
    }
    payout_desk_free(node->desk);
    node_up(world, at);
}

void world_teardown(struct world *world)
{
    for (size_t at = 0; at < WORLD_NODES; at++) {
        world_node_dies(world, at);
        payout_desk_free(world->nodes[at].desk);
    }
    for (size_t i = 0; i < WORLD_LETTERS; i++) {
        free(world->letters[i]);
    }
}

/* ---- time ---- */

static void desk_turns(struct world *world, size_t node)
{
    payout_desk_set(world->nodes[node].desk, world->stopped, 50);
    payout_desk_turn(world->nodes[node].desk);
}

void world_step(struct world *world)
{
    static const int64_t LEAPS_MS[] = {10, 100, 1000, 5000, 30000, 70000, 400000};

    switch (world_dice(world, 8)) {
    case 0:
        desk_turns(world, world_dice(world, WORLD_NODES));
        break;
    case 1:
        world->now_ms += LEAPS_MS[world_dice(world, world->faults ? 7 : 5)];
        provider_time(world);
        break;
    default:
        letter_move(world);
    }
}

void world_run(struct world *world, unsigned steps)
{
    for (unsigned i = 0; i < steps; i++) {
        world_step(world);
        if (world->faults && world_dice(world, 150) == 0) {
            world_node_dies(world, world_dice(world, WORLD_NODES));
        }
        if (world->stopped && world_dice(world, 100) == 0) {
            world->stopped = false; /* two people looked */
        }
    }
}

void world_calm(struct world *world, int64_t ms)
{
    for (size_t node = 0; node < WORLD_NODES; node++) {
        desk_turns(world, node);
    }
    while (letter_any(world) != WORLD_LETTERS) {
        letter_move(world);
    }
    world->now_ms += ms;
    provider_time(world);
}

bool world_settle(struct world *world, unsigned days)
{
    int64_t until_ms = world->now_ms + (int64_t)days * DAY_MS;

    world->faults = false;
    world->stopped = false;
    while (world_open(world) > 0 && world->now_ms < until_ms) {
        world_calm(world, 20 * 1000);
    }
    return world_open(world) == 0;
}
