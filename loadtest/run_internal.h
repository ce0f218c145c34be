/*
 * loadtest/run_internal.h - a run's fields, shared by run.c (its steps), dispatch.c (who sends next) and
 * draw.c (a request from its plan to its end).
 */
#pragma once

#include "base/buf.h"
#include "base/loop.h"
#include "loadtest/outcomes.h"
#include "loadtest/pacer.h"
#include "loadtest/pool.h"
#include "loadtest/retries.h"
#include "loadtest/run.h"
#include "loadtest/users.h"

enum run_step { RUN_OPENING, RUN_SIGNING, RUN_DRAWING, RUN_ENDING, RUN_OVER };

struct run {
    const struct options *options;
    struct result *result;
    struct loop *loop;
    struct pool *pool;
    struct users users;
    struct retries retries;
    struct arrivals arrivals;
    struct outcomes *outcomes;
    struct pacer *pacer;
    struct loop_timer *tick;
    struct rng jitter;
    struct buf get_head, draw_head; /* requests up to what is the user's */
    struct buf key, request;        /* of the last one */
    enum run_step step;
    int64_t begun_us;   /* of this step */
    int64_t start_us;   /* of drawing: planned times count from here */
    int64_t plan_us;    /* the next planned time, absolute; meaningful when has_plan */
    int64_t end_us;     /* of drawing's drain */
    int64_t shown_us;   /* the last progress line */
    int64_t sampled_us; /* the last look at the processes */
    uint64_t taken;     /* arrivals taken out of the plan */
    uint32_t active;    /* users with something under way, also waiting for a repeat */
    uint32_t sign_next;
    uint64_t shown_done;
    bool has_plan, plan_over, is_dispatching;
};

/* run.c */
void run_enter(struct run *run, enum run_step step); /* the only place that changes step */
bool run_is_over(const struct run *run);             /* nothing planned, nothing under way */

/* dispatch.c */
void run_dispatch(struct run *run);  /* sends all that is due and has a connection and a user */
void run_plan_drop(struct run *run); /* what is planned and was not sent is counted */

/* draw.c; index is the user's, arg the run */
void draw_heads_make(struct run *run); /* once, before the first request */
void draw_begin(struct run *run, uint32_t index, int64_t planned_us);
void draw_attempt(struct run *run, uint32_t index, int64_t due_us);
void draw_answered(void *arg, const struct pool_end *end);
void draws_give_up(struct run *run); /* those that wait for a repeat */

/* progress.c */
void progress_show(struct run *run, int64_t now_us);
void progress_clear(const struct run *run);
