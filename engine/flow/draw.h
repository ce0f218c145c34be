/*
 * flow/draw.h - a player draws: batches to the shard, wins through the ledger, one answer.
 *
 * One `draws` a worker. Draws that are ready for one shard leave as one batch; while a batch is in flight
 * the next one gathers. draw_answered_fn runs exactly once, on the loop, never before draw_start() returns.
 */
#pragma once

#include "flow/ports.h"

struct draws;

struct draw_answer {
    hb_err err;                           /* HB_OK: the members below are the outcome */
    const struct campaign_view *campaign; /* valid during the callback */
    struct player_id player;
    uint32_t draw_no; /* HB_OK: this draw's; HB_E_DRAW_NO: the next one */
    uint32_t chances_left;
    uint8_t prize; /* 1-based; 0: none */
    int64_t amount_fen;
    bool replayed;
};

typedef void (*draw_answered_fn)(void *arg, const struct draw_answer *answer);

struct draw_order {
    struct catalog *catalog; /* the draw takes its own reference */
    const struct campaign_view *campaign;
    struct player_id player;
    struct draw_key key;
    uint32_t draw_no; /* expected; 0: whichever is next */
    int64_t started_us;
};

HB_CHECKED hb_err draws_new(const struct deps *deps, struct draws **out); /* deps borrowed */
void draws_free(struct draws *draws); /* after the loop has stopped; accepts NULL */
void draw_start(struct draws *draws, const struct draw_order *order, draw_answered_fn answered, void *arg);
size_t draws_waiting(const struct draws *draws);

/* The fen of what was won. */
int64_t draw_amount_fen(const struct campaign_view *campaign, uint8_t prize, uint32_t unit);
