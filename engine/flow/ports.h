/*
 * flow/ports.h - what the journeys need from outside. store/ implements them; tests put a small honest world
 * there.
 *
 * Every port makes one promise: your callback runs exactly once, on the worker's loop, with an answer or
 * at the deadline, and never before the call returns. HB_E_UNAVAILABLE: nothing was sent.
 * HB_E_UNSURE: sent and unanswered.
 */
#pragma once

#include "base/err.h"
#include "flow/catalog.h"
#include "flow/wallet.h"
#include "lottery/shard.h"

/* ---- one batch of draws on one shard (Redis) ---- */

struct shard_entry { /* the log entry that the batch wrote */
    uint32_t epoch;
    uint64_t position;    /* 0: nothing was written */
    const uint8_t *bytes; /* NULL when nothing was written; valid during the callback only */
    size_t len;
};

struct shard_batch {
    const struct campaign_view *campaign;
    uint32_t shard;
    const struct draw_request *requests; /* borrowed until the callback */
    size_t count;                        /* 1..RECORD_DRAWS_MAX */
    struct draw_result *results;         /* filled on HB_OK; borrowed */
};

/* HB_OK, HB_E_CLOSED (nothing consumed), HB_E_UNAVAILABLE (nothing sent), HB_E_UNSURE.
 * On HB_OK entry is never NULL and its epoch is the one the batch ran in, also when nothing was written. */
typedef void (*shard_drawn_fn)(void *arg, hb_err err, const struct shard_entry *entry);

struct player_peek {
    struct player_state state;
    int64_t shard_time_ms;
    bool open;
};
typedef void (*player_peeked_fn)(void *arg, hb_err err, const struct player_peek *peek);

struct shard_port {
    void *self;
    void (*draw)(void *self, struct shard_batch *batch, shard_drawn_fn done, void *arg);
    /* Entries that PostgreSQL has: they leave the stream with the next batch. */
    void (*stored)(
        void *self, const struct campaign_view *campaign, uint32_t shard, uint32_t epoch, uint64_t position);
    void (*peek)(void *self,
                 const struct campaign_view *campaign,
                 uint32_t shard,
                 const struct player_id *player,
                 player_peeked_fn done,
                 void *arg);
    bool (*ready)(void *self); /* every node connected */
};

/* ---- the ledger (PostgreSQL) ---- */

struct win_post {
    struct player_id player;
    uint32_t draw_no;
    uint8_t prize; /* 1-based */
    uint32_t unit;
    int64_t amount_fen;
    struct draw_key key;
    uint16_t chances_left;
};

enum win_verdict {
    WIN_RECORDED = 'r', /* inserted now */
    WIN_FOUND = 'f',    /* was there, same content */
    WIN_DIFFERS = 'd',  /* was there with other content: an alarm; never answered as a win */
    WIN_ABSENT = 'a',   /* lost with its epoch: no row, or that of the number drawn again: unsure */
    WIN_WAITS = 'w',    /* a post without its entry, and the row is not there: the drain brings both */
};

struct ledger_post {
    uint32_t campaign_id;
    uint32_t shard, epoch;
    uint64_t position;    /* of the entry; 0: no entry (a remembered win): found, never inserted */
    const uint8_t *entry; /* copied by the port during the call */
    size_t entry_len;
    const struct win_post *wins; /* copied */
    size_t win_count;
};

/* HB_OK: committed; verdicts[i] is about wins[i]. HB_E_UNAVAILABLE, HB_E_UNSURE: the drain will store it. */
typedef void (*ledger_posted_fn)(void *arg, hb_err err, const enum win_verdict *verdicts);

struct win_row {
    uint32_t campaign_id, draw_no;
    uint8_t prize;
    int64_t amount_fen, won_at_ms;
};
typedef void (*wins_read_fn)(void *arg, hb_err err, const struct win_row *rows, size_t count);

struct ledger_port {
    void *self;
    void (*post)(void *self, const struct ledger_post *post, ledger_posted_fn done, void *arg);
    /* Newest first, draw_no < before (0: from the newest), at most limit (<= 200). Own connections; give way
     * to posts. */
    void (*wins)(void *self,
                 uint32_t campaign_id,
                 const struct player_id *player,
                 uint32_t before,
                 uint32_t limit,
                 wins_read_fn done,
                 void *arg);
    bool (*ready)(void *self);
};

/* What a worker hands to its journeys. */
struct deps {
    struct loop *loop;
    struct catalog_slot *catalogs;
    struct block_guesses *guesses; /* flow/block_guesses.h; of all workers */
    struct shard_port shards;
    struct ledger_port ledger;
    struct wallet_port wallet;
    /* What the duties are asked for, from any thread: an opening; a lease; a drain, since a phone waits for
     * what is in the log. */
    void (*shard_closed)(void *duties, uint32_t campaign_id, uint32_t shard);
    void (*stock_dry)(void *duties, uint32_t campaign_id, uint32_t shard, uint8_t prize);
    void (*win_waits)(void *duties, uint32_t campaign_id, uint32_t shard);
    void *duties;
    size_t batch_max, draws_waiting_max;
    int64_t draw_timeout_ms;
};
