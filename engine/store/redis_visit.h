/*
 * store/redis_visit.h - one draw() or peek() of redis_store.c in flight, and the callers' end of it.
 *
 * Inside store only. A visit is taken once and ends once: it is given back before its caller hears, since the
 * caller may come again at once.
 */
#pragma once

#include "flow/ports.h"

struct loop;

struct visit {
    struct visit *next;
    struct visits *visits;
    struct shard_batch *batch;
    uint32_t epoch;
    int64_t started_us;
    shard_drawn_fn drawn; /* this one or the next */
    player_peeked_fn peeked;
    void *arg;
};

struct visits {
    struct loop *loop;
    struct visit *spare;
    size_t spare_count;
    struct visit *closed; /* answered HB_E_CLOSED at the end of the turn */
    bool silent;          /* callers are gone: nobody is told */
};

struct visit *visit_take(struct visits *visits); /* of zeros, its time begins; never NULL */
void visit_drawn(struct visit *visit, hb_err err, const struct shard_entry *entry);
void visit_peeked(struct visit *visit, hb_err err, const struct player_peek *peek);
void visit_close(struct visit *visit);   /* ends it with HB_E_CLOSED, but not before this call returns */
void visits_free(struct visits *visits); /* what was given back or closed */
