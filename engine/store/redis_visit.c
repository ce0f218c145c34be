/*
 * store/redis_visit.c - calls in flight: taken, told, given back.
 */
#include "store/redis_visit.h"

#include "base/clock.h"
#include "base/loop.h"
#include "base/metrics.h"

#include <stdlib.h>
#include <string.h>

enum { SPARE_MAX = 256 };

struct visit *visit_take(struct visits *visits)
{
    struct visit *visit = visits->spare;

    if (visit == NULL) {
        visit = malloc(sizeof *visit);
        if (visit == NULL) {
            abort(); /* a batch must be answered */
        }
    } else {
        visits->spare = visit->next;
        visits->spare_count--;
    }
    memset(visit, 0, sizeof *visit);
    visit->visits = visits;
    visit->started_us = clock_mono_us();
    return visit;
}

static void visit_put_back(struct visit *visit)
{
    struct visits *visits = visit->visits;

    if (visits->spare_count == SPARE_MAX) {
        free(visit);
        return;
    }
    visit->next = visits->spare;
    visits->spare = visit;
    visits->spare_count++;
}

void visit_drawn(struct visit *visit, hb_err err, const struct shard_entry *entry)
{
    shard_drawn_fn drawn = visit->drawn;
    void *arg = visit->arg;
    bool tell = !visit->visits->silent;

    if (err == HB_E_CLOSED) {
        metrics_add(M_SHARD_CLOSED, 1);
    } else if (err != HB_OK) {
        metrics_add(M_SHARD_ERRORS, 1);
    } else {
        metrics_observe_us(H_SHARD, clock_mono_us() - visit->started_us);
    }
    visit_put_back(visit);
    if (tell) {
        drawn(arg, err, entry);
    }
}

void visit_peeked(struct visit *visit, hb_err err, const struct player_peek *peek)
{
    player_peeked_fn peeked = visit->peeked;
    void *arg = visit->arg;
    bool tell = !visit->visits->silent;

    visit_put_back(visit);
    if (tell) {
        peeked(arg, err, peek);
    }
}

static void visits_closed(void *arg)
{
    struct visits *visits = arg;
    struct visit *visit = visits->closed;

    visits->closed = NULL;
    while (visit != NULL) {
        struct visit *next = visit->next;

        if (visit->drawn != NULL) {
            visit_drawn(visit, HB_E_CLOSED, NULL);
        } else {
            visit_peeked(visit, HB_E_CLOSED, NULL);
        }
        visit = next;
    }
}

void visit_close(struct visit *visit)
{
    struct visits *visits = visit->visits;

    if (visits->closed == NULL) {
        loop_defer(visits->loop, visits_closed, visits);
    }
    visit->next = visits->closed;
    visits->closed = visit;
}

static void list_free(struct visit *visit)
{
    while (visit != NULL) {
        struct visit *next = visit->next;

        free(visit);
        visit = next;
    }
}

void visits_free(struct visits *visits)
{
    list_free(visits->spare);
    list_free(visits->closed);
}
