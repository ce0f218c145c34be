/*
 * base/loop_internal.h - the loop's fields, shared by loop.c (turns) and loop_event.c (timers, descriptors).
 */
#pragma once

#include "base/loop.h"

#include <pthread.h>
#include <stddef.h>

struct event;
struct event_base;
struct loop_signal;

struct loop_call {
    loop_fn fn;
    void *arg;
};

struct loop_calls {
    struct loop_call *items;
    size_t count, cap;
};

struct loop {
    struct event_base *base;
    struct event *wake; /* readable when another thread has posted */
    int wake_fd;
    bool stopping;
    int64_t now_us; /* 0 until something in this turn asked */
    pthread_mutex_t posts_lock;
    struct loop_calls posts; /* under posts_lock */
    struct loop_calls posts_running;
    struct loop_calls deferred, deferred_running;
    struct loop_signal *signals;
};

/* Every callback of libevent enters here first: it sets the turn's clock. */
void loop_enter(struct loop *loop);
void loop_signals_free(struct loop *loop);
