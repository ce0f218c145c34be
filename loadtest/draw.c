/*
 * loadtest/draw.c - one draw (or sign-in, or plain GET) of one user, from its plan to its end.
 *
 *   begin --> attempt --> answered --> ended
 *                ^            |
 *                +-- waits <--+  lost, 408, 429, 5xx: the same key again, later
 *
 * The state of a draw lives in its user. A user is in exactly one of: the ring of free ones, a connection,
 * the heap of retries.
 */
#include "loadtest/run_internal.h"

#include "base/clock.h"

#include <stdio.h>

/* The key's text lives until the next one is asked for. */
static struct text key_of(struct run *run, uint32_t user)
{
    buf_clear(&run->key);
    buf_adds(&run->key, run->result->run_id);
    buf_addc(&run->key, '-');
    buf_add_u64(&run->key, user);
    buf_addc(&run->key, '-');
    buf_add_u64(&run->key, run->users.list[user].draws);
    return (struct text){run->key.data, run->key.len};
}

void draw_heads_make(struct run *run)
{
    const struct options *options = run->options;
    const char *host = options->address.host, *campaign = options->campaign;

    if (options->get_path != NULL) {
        buf_addf(&run->get_head, "GET %s HTTP/1.1\r\nHost: %s", options->get_path, host);
    } else {
        buf_addf(&run->get_head, "GET /v1/campaigns/%s/me HTTP/1.1\r\nHost: %s", campaign, host);
        buf_addf(&run->draw_head,
                 "POST /v1/campaigns/%s/draws HTTP/1.1\r\nHost: %s\r\nContent-Length: 0\r\nIdempotency-Key: ",
                 campaign,
                 host);
    }
}

static void head_end(struct run *run, const struct user *user)
{
    if (user->token.len > 0) {
        buf_adds(&run->request, "\r\nAuthorization: Bearer ");
        buf_add(&run->request, user->token.at, user->token.len);
    }
    buf_adds(&run->request, "\r\n\r\n");
}

static void get_write(struct run *run, const struct user *user)
{
    buf_add(&run->request, run->get_head.data, run->get_head.len);
    head_end(run, user);
}

static void draw_write(struct run *run, uint32_t user)
{
    struct text key = key_of(run, user);

    buf_add(&run->request, run->draw_head.data, run->draw_head.len);
    buf_add(&run->request, key.at, key.len);
    head_end(run, &run->users.list[user]);
}

static bool is_get(const struct run *run)
{
    return run->step == RUN_SIGNING || run->options->get_path != NULL;
}

void draw_begin(struct run *run, uint32_t index, int64_t planned_us)
{
    struct user *user = &run->users.list[index];

    user->planned_us = planned_us;
    user->first_us = 0;
    user->attempts = 0;
    run->active++;
    if (run->step == RUN_DRAWING) {
        user->draws++;
        stats_planned(&run->result->stats, planned_us, /* is_sent= */ true);
    }
    draw_attempt(run, index, planned_us);
}

void draw_attempt(struct run *run, uint32_t index, int64_t due_us)
{
    struct user *user = &run->users.list[index];
    int64_t now_us = clock_mono_us();

    user->due_us = due_us;
    user->first_us = user->attempts == 0 ? now_us : user->first_us;
    user->attempts++;
    if (run->step == RUN_DRAWING) {
        stats_sent(&run->result->stats, user->planned_us, now_us, user->attempts == 1);
    }
    buf_clear(&run->request);
    if (is_get(run)) {
        get_write(run, user);
    } else {
        draw_write(run, index);
    }
    pool_send(run->pool, index, (struct text){run->request.data, run->request.len});
}

/* False: this was the last attempt. */
static bool draw_waits(struct run *run, const struct pool_end *end)
{
    struct user *user = &run->users.list[end->user];
    int32_t retry_after_s = end->answer == NULL ? -1 : end->answer->retry_after_s;
    int64_t due_us = end->now_us + verdict_backoff_us(user->attempts, retry_after_s, &run->jitter);

    if (run->step == RUN_ENDING || (int64_t)user->attempts > run->options->retries ||
        due_us - user->first_us > run->options->retry_for_us) {
        return false;
    }
    retries_add(&run->retries, end->user, due_us);
    return true;
}

static enum stats_total total_of(enum verdict_kind kind)
{
    switch (kind) {
    case VERDICT_WON:
        return TOTAL_WON;
    case VERDICT_NONE:
    case VERDICT_OK:
        return TOTAL_NONE;
    case VERDICT_REFUSED:
        return TOTAL_REFUSED;
    case VERDICT_RETRY:
    case VERDICT_ERROR:
        return TOTAL_ERRORS;
    }
    return TOTAL_ERRORS;
}

static size_t class_of(const struct pool_end *end, enum verdict_kind kind)
{
    bool is_drawn = kind == VERDICT_WON || kind == VERDICT_NONE;

    if (is_drawn && end->answer != NULL && end->answer->is_replayed) {
        return CLASS_REPLAYED;
    }
    return kind == VERDICT_WON    ? CLASS_WON
           : kind == VERDICT_NONE ? CLASS_NONE
           : kind == VERDICT_OK   ? CLASS_OK
                                  : CLASS_FIXED;
}

static void retry_count(struct run *run, const struct pool_end *end, const struct verdict *verdict)
{
    char name[CLASS_NAME_MAX + 1];

    snprintf(name, sizeof name, "retried:%s", verdict->why);
    stats_ended(&run->result->stats,
                &(struct stats_end){.planned_us = run->users.list[end->user].due_us,
                                    .sent_us = end->sent_us,
                                    .now_us = end->now_us,
                                    .class_name = name,
                                    .class_at = CLASS_FIXED,
                                    .total = TOTAL_RETRIES});
}

static void end_count(struct run *run, const struct pool_end *end, const struct verdict *verdict)
{
    char name[CLASS_NAME_MAX + 1] = "";
    size_t class_at = class_of(end, verdict->kind);

    if (class_at == CLASS_FIXED) {
        snprintf(
            name, sizeof name, "%s:%s", verdict->kind == VERDICT_REFUSED ? "refused" : "error", verdict->why);
    }
    stats_ended(&run->result->stats,
                &(struct stats_end){.planned_us = run->users.list[end->user].planned_us,
                                    .sent_us = end->sent_us,
                                    .now_us = end->now_us,
                                    .class_name = name,
                                    .class_at = class_at,
                                    .total = total_of(verdict->kind)});
}

static void outcome_write(struct run *run, const struct pool_end *end, const struct verdict *verdict)
{
    if (run->outcomes == NULL) {
        return;
    }
    outcomes_add(run->outcomes,
                 &(struct outcome){.user = end->user,
                                   .key = key_of(run, end->user),
                                   .verdict = verdict,
                                   .status = end->answer == NULL ? 0 : end->answer->status,
                                   .is_replayed = end->answer != NULL && end->answer->is_replayed,
                                   .attempts = run->users.list[end->user].attempts,
                                   .at_us = end->now_us - run->start_us});
}

static void draw_ended(struct run *run, const struct pool_end *end, const struct verdict *verdict)
{
    end_count(run, end, verdict);
    outcome_write(run, end, verdict);
    run->active--;
    users_put_back(&run->users, end->user);
}

static void sign_in_ended(struct run *run, const struct pool_end *end, const struct verdict *verdict)
{
    struct sign_in *sign_in = &run->result->sign_in;
    struct user *user = &run->users.list[end->user];
    bool is_signed = verdict->kind == VERDICT_OK && user_sign_in(user, verdict->drawn.session);

    sign_in->users++;
    sign_in->failed += is_signed ? 0 : 1;
    if (is_signed) {
        histogram_add(&sign_in->latency, end->now_us - user->first_us);
    }
    run->active--;
}

static void draw_judged(struct run *run, const struct pool_end *end, const struct verdict *verdict)
{
    bool is_drawing = run->step != RUN_SIGNING;

    if (is_drawing && end->answer == NULL) {
        run->result->stats.totals[TOTAL_LOST]++;
    }
    if (verdict->kind == VERDICT_RETRY && draw_waits(run, end)) {
        if (is_drawing) {
            retry_count(run, end, verdict);
        }
    } else if (is_drawing) {
        draw_ended(run, end, verdict);
    } else {
        sign_in_ended(run, end, verdict);
    }
}

void draw_answered(void *arg, const struct pool_end *end)
{
    struct run *run = arg;
    struct verdict verdict;
    enum verdict_of of = run->step == RUN_SIGNING         ? VERDICT_OF_SIGN_IN
                         : run->options->get_path != NULL ? VERDICT_OF_GET
                                                          : VERDICT_OF_DRAW;

    verdict_read(of, end->answer, end->why, &verdict);
    draw_judged(run, end, &verdict);
    if (run_is_over(run)) {
        run_enter(run, run->step == RUN_SIGNING ? RUN_DRAWING : RUN_OVER);
    } else {
        run_dispatch(run);
    }
}

void draws_give_up(struct run *run)
{
    while (retries_first(&run->retries) != NULL) {
        struct retry retry = retries_take(&run->retries);
        struct pool_end end = {.user = retry.user, .why = "unfinished", .now_us = clock_mono_us()};
        struct verdict verdict;

        verdict_read(VERDICT_OF_DRAW, NULL, end.why, &verdict);
        draw_ended(run, &end, &verdict);
    }
}
