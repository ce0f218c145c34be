/*
 * loadtest/dispatch.c - who sends next: repeats that are due, then the plan.
 *
 * The plan is not a queue. Its next moment stays where it is until a connection and a user are free, and what
 * is sent then was planned in the past: that is how a stall of the server shows in every request behind it.
 */
#include "loadtest/run_internal.h"

#include "base/clock.h"

/* Waking for each of many thousand arrivals a second would cost more than sending a few together. */
enum { PACE_MIN_US = 50 };

static bool count_reached(const struct run *run)
{
    return run->options->count > 0 && run->taken >= (uint64_t)run->options->count;
}

/* Makes plan_us the next planned time, unless the plan is over. */
static void plan_advance(struct run *run, int64_t now_us)
{
    int64_t planned_us = 0;

    if (run->has_plan || run->plan_over) {
        return;
    }
    if (run->options->is_closed) {
        planned_us = now_us - run->start_us;
        run->plan_over = count_reached(run) || planned_us >= run->options->phases[0].duration_us;
    } else {
        run->plan_over = count_reached(run) || !arrivals_next(&run->arrivals, &planned_us);
    }
    run->has_plan = !run->plan_over;
    run->plan_us = run->start_us + planned_us;
}

static bool plan_send(struct run *run, int64_t now_us)
{
    uint32_t user;

    if (run->options->is_closed && run->active >= run->options->connections) {
        return false;
    }
    plan_advance(run, now_us);
    if (!run->has_plan || run->plan_us > now_us) {
        return false;
    }
    user = users_take(&run->users);
    if (user == USER_NONE) {
        return false;
    }
    run->has_plan = false;
    run->taken++;
    draw_begin(run, user, run->options->is_closed ? now_us : run->plan_us);
    return true;
}

static bool sign_in_send(struct run *run, int64_t now_us)
{
    if (run->sign_next == run->users.count || run->active >= run->options->connections) {
        return false;
    }
    draw_begin(run, run->sign_next++, now_us);
    return true;
}

static bool retry_send(struct run *run, int64_t now_us)
{
    const struct retry *first = retries_first(&run->retries);
    struct retry retry;

    if (first == NULL || first->due_us > now_us) {
        return false;
    }
    retry = retries_take(&run->retries);
    draw_attempt(run, retry.user, retry.due_us);
    return true;
}

static bool one_send(struct run *run)
{
    int64_t now_us = clock_mono_us();

    if (run->step != RUN_SIGNING && run->step != RUN_DRAWING) {
        return false;
    }
    if (pool_free_count(run->pool) == 0) {
        return false;
    }
    if (retry_send(run, now_us)) {
        return true;
    }
    return run->step == RUN_SIGNING ? sign_in_send(run, now_us) : plan_send(run, now_us);
}

/* When nothing can be sent before an answer comes, the answer dispatches. */
static void pacer_arm(struct run *run)
{
    const struct retry *first = retries_first(&run->retries);
    int64_t at_us = first == NULL ? INT64_MAX : first->due_us;
    int64_t soonest_us;

    if (run->has_plan && run->users.free_count > 0 && run->plan_us < at_us) {
        at_us = run->plan_us;
    }
    if (at_us == INT64_MAX || pool_free_count(run->pool) == 0) {
        pacer_stop(run->pacer);
        return;
    }
    soonest_us = clock_mono_us() + PACE_MIN_US;
    pacer_set(run->pacer, at_us > soonest_us ? at_us : soonest_us);
}

void run_dispatch(struct run *run)
{
    if (run->is_dispatching) {
        return; /* an answer came inside a send: the loop below goes on anyway */
    }
    run->is_dispatching = true;
    while (one_send(run)) {
    }
    run->is_dispatching = false;
    if (run->step != RUN_OVER) {
        pacer_arm(run);
    }
}

void run_plan_drop(struct run *run)
{
    if (run->options->is_closed || run->result->is_interrupted) {
        return;
    }
    for (plan_advance(run, 0); run->has_plan; plan_advance(run, 0)) {
        stats_planned(&run->result->stats, run->plan_us, /* is_sent= */ false);
        run->has_plan = false;
        run->taken++;
    }
}
