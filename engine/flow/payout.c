/*
 * flow/payout.c - one merchant number's desk: how much it takes in hand, and how fast.
 *
 * Two token buckets at the merchant's rate, one of creates and one of queries, as the providers count them. A
 * bucket holds one second; sending the same bytes again is not refused for want of a token but owes one.
 */
#include "flow/payout_internal.h"

#include "base/crash_point.h"
#include "base/log.h"

#include <stdlib.h>

enum { IDLE_MS = 500 };

static void desk_claimed(void *arg, hb_err err, const struct payout_job *jobs, size_t count);
static void desk_asked(void *arg, hb_err err, const struct payout_job *jobs, size_t count);

struct payout_desk *payout_desk_new(const struct payout_desk_spec *spec)
{
    struct payout_desk *desk = calloc(1, sizeof *desk);

    if (desk != NULL) {
        desk->spec = *spec;
        desk->stopped = true;
        desk->rate_per_s = 1;
        desk->filled_ms = spec->now_ms(spec->arg);
    }
    return desk;
}

void payout_desk_free(struct payout_desk *desk)
{
    free(desk);
}

void payout_desk_set(struct payout_desk *desk, bool stopped, int64_t rate_per_s)
{
    if (stopped != desk->stopped) {
        log_info("merchant.switch", "merchant=%s stopped=%d", payout_desk_merchant(desk), stopped);
    }
    desk->stopped = stopped;
    desk->rate_per_s = rate_per_s;
}

void payout_desk_close(struct payout_desk *desk)
{
    desk->closed = true;
}

size_t payout_desk_in_hand(const struct payout_desk *desk)
{
    return desk->in_hand;
}

const char *payout_desk_merchant(const struct payout_desk *desk)
{
    return desk->spec.provider->merchant;
}

/* ---- how much ---- */

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static void buckets_fill(struct payout_desk *desk, int64_t now_ms)
{
    int64_t full = desk->rate_per_s * 1000;
    int64_t more = (now_ms - desk->filled_ms) * desk->rate_per_s;

    desk->filled_ms = now_ms;
    desk->create_milli = least(desk->create_milli + more, full);
    desk->query_milli = least(desk->query_milli + more, full);
}

static size_t room_for(const struct payout_desk *desk, int64_t tokens_milli)
{
    int64_t room = (int64_t)PAYOUTS_IN_HAND - (int64_t)desk->in_hand;
    int64_t take = least(least(room, tokens_milli / 1000), PAYOUT_BATCH);

    return take > 0 ? (size_t)take : 0;
}

static void desk_ask(struct payout_desk *desk, int64_t now_ms)
{
    const struct books_port *books = desk->spec.books;
    size_t limit = room_for(desk, desk->query_milli);

    if (!desk->asking && limit > 0 && now_ms >= desk->due_at_ms) {
        desk->asking = true;
        desk->due_at_ms = now_ms + IDLE_MS;
        books->due(books->self, payout_desk_merchant(desk), limit, desk_asked, desk);
    }
}

static void desk_claim(struct payout_desk *desk, int64_t now_ms)
{
    const struct books_port *books = desk->spec.books;
    size_t limit = room_for(desk, desk->create_milli);

    if (!desk->stopped && !desk->claiming && limit > 0 && now_ms >= desk->claim_at_ms &&
        now_ms >= desk->pause_until_ms) {
        desk->claiming = true;
        desk->claim_at_ms = now_ms + IDLE_MS;
        books->claim(books->self, payout_desk_merchant(desk), limit, desk_claimed, desk);
    }
}

/* What may have been sent comes first: it is what somebody waits for. */
void payout_desk_turn(struct payout_desk *desk)
{
    int64_t now_ms = desk->spec.now_ms(desk->spec.arg);

    buckets_fill(desk, now_ms);
    if (!desk->closed) {
        desk_ask(desk, now_ms);
        desk_claim(desk, now_ms);
    }
}

/* ---- what was taken ---- */

static void jobs_start(struct payout_desk *desk, const struct payout_job *jobs, size_t count, bool ask)
{
    for (size_t i = 0; i < count; i++) {
        payout_start(desk, &jobs[i], ask);
    }
}

/* Some came: more may be there, so the next turn looks again. */
static void desk_claimed(void *arg, hb_err err, const struct payout_job *jobs, size_t count)
{
    struct payout_desk *desk = arg;

    desk->claiming = false;
    if (err == HB_OK && count > 0) {
        CRASH_POINT(PAYOUT_CLAIMED);
        desk->claim_at_ms = 0;
        jobs_start(desk, jobs, count, /* ask= */ false);
    }
}

static void desk_asked(void *arg, hb_err err, const struct payout_job *jobs, size_t count)
{
    struct payout_desk *desk = arg;

    desk->asking = false;
    if (err == HB_OK && count > 0) {
        CRASH_POINT(PAYOUT_DUE);
        desk->due_at_ms = 0;
        jobs_start(desk, jobs, count, /* ask= */ true);
    }
}
