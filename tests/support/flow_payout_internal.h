/*
 * tests/support/flow_payout_internal.h - letters, and who carries them out.
 */
#pragma once

#include "tests/support/flow_payout_world.h"

enum letter_kind {
    LETTER_CLAIM,
    LETTER_DUE,
    LETTER_SENT,
    LETTER_TELL,
    LETTER_CREATE,
    LETTER_QUERY,
    LETTER_CANCEL
};

struct world_letter {
    struct world *world;
    struct world_node *node;
    enum letter_kind kind;
    void *arg;
    int64_t sent_ms;
    int64_t held_ms; /* not carried out before */
    bool done;       /* carried out; waits to be delivered */
    bool orphan;     /* its node has died */
    bool stillborn;  /* its node was dying when it was written */
    /* what it says */
    size_t limit;
    char out_no[PAYOUT_NUMBER_LEN + 1], code[PAYOUT_CODE_MAX + 1];
    int64_t fence;
    uint8_t body_hash[SHA256_BYTES];
    uint8_t body[PROVIDER_REQUEST_MAX];
    size_t body_len;
    struct payout_telling telling; /* its texts are not kept but code */
    bool has_package;
    /* what came of it */
    hb_err err;
    const char *verdict;
    struct payout_job jobs[PAYOUT_BATCH];
    size_t count;
    struct provider_verdict said;
    /* who waits */
    payout_jobs_fn jobs_done;
    payout_told_fn told;
    provider_done_fn answered;
};

struct world_letter *letter_new(struct world_node *node, enum letter_kind kind, void *arg);
void letter_carry_out(struct world_letter *letter);
void letter_lose(struct world_letter *letter); /* as if nothing was heard of it */
void letter_deliver(struct world_letter *letter);

struct books_port world_books(struct world_node *node);
void books_plan(struct world *world, unsigned part, unsigned attempt, int64_t due_ms);
void books_carry_out(struct world_letter *letter);

struct provider_port world_provider(struct world_node *node);
void provider_carry_out(struct world_letter *letter);
void provider_time(struct world *world); /* payees tap, orders move on */
