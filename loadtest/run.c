/*
 * loadtest/run.c - the steps of a run.
 *
 *   opening --> (signing) --> drawing --> over
 *                                |          ^
 *                                +-> ending-+   the drain's time is up, or a signal came twice
 *
 * opening  all connections are made before the clock starts
 * signing  with --session: every user once, as fast as the connections go
 * drawing  the plan, its repeats, and then what is still under way
 * ending   whatever has no answer is given up
 */
#include "loadtest/run_internal.h"

#include "base/clock.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/resource.h>

enum {
    TICK_US = 20000,
    OPENING_MAX_US = 5000000,
    SIGNING_MAX_US = 600000000,
    SAMPLE_EVERY_US = 500000,
    INTERRUPT_DRAIN_US = 2000000,
    HEAD_BYTES_MAX = 16 * 1024,
    GET_USERS = 100000 /* of a plain GET: so many may be under way or waiting */
};

static void run_ticked(void *arg);

bool result_init(struct result *result, const struct options *options)
{
    *result = (struct result){.options = options};
    return stats_init(&result->stats, options->late_us) && histogram_init(&result->sign_in.latency);
}

void result_free(struct result *result)
{
    stats_free(&result->stats);
    histogram_free(&result->sign_in.latency);
}

bool run_is_over(const struct run *run)
{
    if (run->active > 0) {
        return false;
    }
    return run->step == RUN_SIGNING ? run->sign_next == run->users.count
                                    : run->step == RUN_DRAWING && run->plan_over;
}

static void drawing_begin(struct run *run)
{
    const struct options *options = run->options;
    struct result *result = run->result;

    if (options->session && options->get_path == NULL) {
        result->sign_in.took_us = clock_mono_us() - run->begun_us;
    }
    for (size_t i = 0; i < options->pid_count; i++) {
        result->pids[i] = options->pids[i];
        cpu_start(&result->pids[i]);
    }
    result->own_cpu_us = cpu_own_us();
    result->started_ms = clock_wall_ms();
    run->start_us = clock_mono_us();
    run->end_us =
        run->start_us + phases_duration_us(options->phases, options->phase_count) + options->drain_us;
    run->shown_us = run->start_us;
    stats_start(&result->stats, run->start_us);
}

static void pids_sample(struct run *run)
{
    for (size_t i = 0; i < run->options->pid_count; i++) {
        cpu_sample(&run->result->pids[i]);
    }
}

static void run_finish(struct run *run)
{
    struct result *result = run->result;

    progress_clear(run);
    if (result->stats.start_us != 0) {
        stats_finish(&result->stats, clock_mono_us());
        result->own_cpu_us = cpu_own_us() - result->own_cpu_us;
    }
    pids_sample(run);
    result->connects = pool_connects(run->pool);
    loop_stop(run->loop);
}

void run_enter(struct run *run, enum run_step step)
{
    run->step = step;
    switch (step) {
    case RUN_OPENING:
        pool_open(run->pool);
        break;
    case RUN_SIGNING:
        run_dispatch(run);
        break;
    case RUN_DRAWING:
        drawing_begin(run);
        run_dispatch(run);
        break;
    case RUN_ENDING:
        pool_end_all(run->pool);
        draws_give_up(run);
        run_plan_drop(run);
        run_enter(run, RUN_OVER);
        return;
    case RUN_OVER:
        run_finish(run);
        return;
    }
    run->begun_us = clock_mono_us();
}

/* Connections that fail now are tried again by the requests that get them. */
static void opening_check(struct run *run, int64_t now_us)
{
    bool signs_in = run->options->session && run->options->get_path == NULL;

    if (pool_opening(run->pool) > 0 && now_us - run->begun_us < OPENING_MAX_US) {
        return;
    }
    if (pool_connected(run->pool) == 0) {
        fprintf(stderr, "hongbao-load: nobody answers at %s\n", run->options->url);
        run_enter(run, RUN_OVER);
        return;
    }
    run_enter(run, signs_in ? RUN_SIGNING : RUN_DRAWING);
}

static void drawing_check(struct run *run, int64_t now_us)
{
    stats_tick(&run->result->stats, now_us);
    if (now_us - run->sampled_us > SAMPLE_EVERY_US) {
        pids_sample(run);
        run->sampled_us = now_us;
    }
    run_dispatch(run);
    if (now_us > run->end_us) {
        run_enter(run, RUN_ENDING);
    } else if (run_is_over(run)) {
        run_enter(run, RUN_OVER);
    }
}

static void run_ticked(void *arg)
{
    struct run *run = arg;
    int64_t now_us = clock_mono_us();

    pool_expire(run->pool, now_us);
    progress_show(run, now_us);
    if (run->step == RUN_OPENING) {
        opening_check(run, now_us);
    } else if (run->step == RUN_SIGNING && now_us - run->begun_us > SIGNING_MAX_US) {
        fputs("hongbao-load: signing the users in takes too long\n", stderr);
        run_enter(run, RUN_OVER);
    } else if (run->step == RUN_DRAWING) {
        drawing_check(run, now_us);
    }
    if (run->step != RUN_OVER) {
        loop_timer_set(run->tick, TICK_US);
    }
}

static void run_paced(void *arg)
{
    run_dispatch(arg);
}

/* Once: no new draws, a short drain. Twice, or before drawing: at once. */
static void run_interrupted(void *arg)
{
    struct run *run = arg;
    int64_t soon_us = clock_mono_us() + INTERRUPT_DRAIN_US;

    if (run->step == RUN_DRAWING && !run->result->is_interrupted) {
        run->end_us = soon_us < run->end_us ? soon_us : run->end_us;
        run->plan_over = true;
        run->has_plan = false;
    } else if (run->step == RUN_DRAWING) {
        run->end_us = 0;
    } else if (run->step != RUN_OVER) {
        run_enter(run, RUN_OVER);
    }
    run->result->is_interrupted = true;
}

static bool run_users(struct run *run)
{
    const struct options *options = run->options;
    bool is_random = strcmp(options->choice, "random") == 0;

    if (options->get_path != NULL) {
        return users_make(&run->users, GET_USERS);
    }
    return users_read(&run->users, options->tokens_file, is_random, (uint64_t)options->seed ^ 0x75736572);
}

static void run_id_make(struct result *result)
{
    uint64_t random = 0;

    if (result->options->run_id[0] != '\0') {
        snprintf(result->run_id, sizeof result->run_id, "%s", result->options->run_id);
        return;
    }
    if (getrandom(&random, sizeof random, 0) != (ssize_t)sizeof random) {
        random = (uint64_t)clock_wall_ms();
    }
    snprintf(result->run_id, sizeof result->run_id, "%016llx", (unsigned long long)random);
}

static void descriptors_raise(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &limit);
    }
}

static bool run_init(struct run *run)
{
    const struct options *options = run->options;
    const struct pool_spec spec = {.address = &options->address,
                                   .connections = (uint32_t)options->connections,
                                   .timeout_us = options->timeout_us,
                                   .done = draw_answered,
                                   .arg = run};

    buf_init(&run->get_head, HEAD_BYTES_MAX);
    buf_init(&run->draw_head, HEAD_BYTES_MAX);
    buf_init(&run->key, HEAD_BYTES_MAX);
    buf_init(&run->request, 4 * HEAD_BYTES_MAX);
    draw_heads_make(run);
    run->jitter.state = (uint64_t)options->seed ^ 0x6A6974746572;
    arrivals_init(&run->arrivals,
                  options->phases,
                  options->phase_count,
                  strcmp(options->arrivals, "poisson") == 0,
                  (uint64_t)options->seed);
    run->loop = loop_new();
    if (run->loop == NULL || !run_users(run) || !retries_init(&run->retries, run->users.count)) {
        return false;
    }
    run->result->user_count = run->users.count;
    run->pool = pool_new(run->loop, &spec);
    run->tick = loop_timer_new(run->loop, run_ticked, run);
    run->pacer = pacer_new(run->loop, run_paced, run);
    if (options->outcomes_file != NULL) {
        run->outcomes = outcomes_open(run->loop, options->outcomes_file);
    }
    return run->pool != NULL && run->tick != NULL && run->pacer != NULL &&
           (options->outcomes_file == NULL || run->outcomes != NULL) &&
           loop_signal(run->loop, SIGINT, run_interrupted, run) &&
           loop_signal(run->loop, SIGTERM, run_interrupted, run);
}

static void run_deinit(struct run *run)
{
    run->result->outcomes_failed = !outcomes_close(run->outcomes);
    pacer_free(run->pacer);
    loop_timer_free(run->tick);
    pool_free(run->pool);
    retries_free(&run->retries);
    users_free(&run->users);
    buf_free(&run->request);
    buf_free(&run->key);
    buf_free(&run->draw_head);
    buf_free(&run->get_head);
    loop_free(run->loop);
}

bool run_go(const struct options *options, struct result *result)
{
    struct run run = {.options = options, .result = result};
    bool is_ready;

    descriptors_raise();
    run_id_make(result);
    is_ready = run_init(&run);
    if (is_ready) {
        run_enter(&run, RUN_OPENING);
        loop_timer_set(run.tick, 1000);
        loop_run(run.loop);
    }
    run_deinit(&run);
    return is_ready && result->stats.start_us != 0;
}
