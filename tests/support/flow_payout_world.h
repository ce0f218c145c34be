/*
 * tests/support/flow_payout_world.h - a small honest world around flow/payout.c: books as the migrations have
 * them, a provider with a bill, a network that delays, loses and repeats, and nodes that die.
 *
 * Every call is a letter: it is carried out when it arrives and its answer is delivered later, both in an
 * order that the seed decides. When a node dies its letters stay on their way: some arrive, some do not.
 */
#pragma once

#include "base/buf.h"
#include "flow/payout.h"

enum {
    WORLD_PARTS = 8,
    WORLD_ATTEMPTS = 3,
    WORLD_PAYOUTS = WORLD_PARTS * WORLD_ATTEMPTS,
    WORLD_NODES = 2,
    WORLD_LETTERS = 512
};

struct world_payout { /* a row of the books */
    bool there;
    char out_no[PAYOUT_NUMBER_LEN + 1];
    unsigned part, attempt;
    enum payout_state state;
    int64_t fence, due_ms, planned_ms, sent_ms, sends;
    bool has_body, has_package, frozen;
    int64_t package_until_ms;
    uint8_t body_hash[SHA256_BYTES];
    uint8_t body[PROVIDER_REQUEST_MAX];
    size_t body_len;
    char code[PAYOUT_CODE_MAX + 1];
};

struct world_order { /* at the provider */
    bool there;
    enum provider_outcome state; /* WAITS, IN_PROGRESS, PAID, REFUSED */
    enum provider_cause cause;
    int64_t made_ms;
    uint8_t body_hash[SHA256_BYTES];
    unsigned paid; /* how often money left */
};

struct world_letter;
struct world;

struct world_node {
    struct world *world;
    struct books_port books;
    struct provider_port provider;
    struct payout_desk *desk;
    bool dying; /* what it calls now comes to nothing */
};

struct world {
    uint32_t random;
    int64_t now_ms, fence;
    bool faults; /* answers get lost, the provider refuses, calls fail */
    bool stopped;
    bool keyless; /* the provider's key is not here yet */
    struct world_payout payouts[WORLD_PAYOUTS];
    struct world_order orders[WORLD_PAYOUTS];
    struct world_letter *letters[WORLD_LETTERS];
    struct seal_key key;
    struct player_id player;
    uint8_t payee[512];
    size_t payee_len;
    struct world_node nodes[WORLD_NODES];
    unsigned deaths, other_bodies, sends, halts, disagreements, salt;
    int64_t hang_ms; /* every create is given up by its sender and arrives so much later; 0: not */
    enum provider_outcome always; /* of a create, when not PROVIDER_OUTCOME_COUNT */
    enum provider_cause always_cause;
};

void world_setup(struct world *world, uint32_t seed);
void world_teardown(struct world *world);
uint32_t world_dice(struct world *world, uint32_t sides);
/* One step of anything: a letter arrives or is answered, a desk turns, time goes on. */
void world_step(struct world *world);
void world_node_dies(struct world *world, size_t node); /* and comes up again */
void world_run(struct world *world, unsigned steps);
/* The desks turn, every letter is carried out and answered, then time passes. */
void world_calm(struct world *world, int64_t ms);
/* Without faults until every part has ended, at most `days`. */
bool world_settle(struct world *world, unsigned days);
unsigned world_open(const struct world *world);
struct world_payout *world_payout_of(struct world *world, const char *out_no);
unsigned world_bill_of(const struct world *world, unsigned part); /* payments of all its numbers */
bool world_books_paid(const struct world *world, unsigned part);
