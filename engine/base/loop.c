/*
 * base/loop.c - libevent's loop: turns, posts from other threads, work put off to the end of a turn.
 *
 *   turn:  wait --> every ready descriptor, timer, signal, post --> deferred calls --> next turn
 *
 * A turn is one event_base_loop(EVLOOP_ONCE), which returns when nothing is active any more. Deferred
 * calls follow it as plain function calls, so a batch leaves in the turn that filled it, at no system call.
 */
#include "base/loop_internal.h"

#include "base/clock.h"

#include <event2/event.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum {
    POSTS_MAX = 1 << 20,
    DEFERRED_MAX = 1 << 22,
    DEFER_ROUNDS = 8 /* deferred calls may defer again; then descriptors get their turn */
};

static bool calls_add(struct loop_calls *calls, loop_fn fn, void *arg, size_t max)
{
    if (calls->count == calls->cap) {
        size_t cap = calls->cap == 0 ? 64 : calls->cap * 2;
        struct loop_call *items = cap <= max ? realloc(calls->items, cap * sizeof *items) : NULL;

        if (items == NULL) {
            return false;
        }
        calls->items = items;
        calls->cap = cap;
    }
    calls->items[calls->count++] = (struct loop_call){fn, arg};
    return true;
}

/* Runs what is in calls; what these calls add goes to another list. */
static void calls_run(struct loop_calls *calls)
{
    for (size_t i = 0; i < calls->count; i++) {
        calls->items[i].fn(calls->items[i].arg);
    }
    calls->count = 0;
}

static void calls_swap(struct loop_calls *a, struct loop_calls *b)
{
    struct loop_calls held = *a;

    *a = *b;
    *b = held;
}

static void loop_posts_run(evutil_socket_t fd, short what, void *arg)
{
    struct loop *loop = arg;
    uint64_t count;

    (void)what;
    loop_enter(loop);
    if (read(fd, &count, sizeof count) < 0) {
        /* nothing to do: the flag was already taken back, the list below says what is there */
    }
    (void)pthread_mutex_lock(&loop->posts_lock);
    calls_swap(&loop->posts, &loop->posts_running);
    (void)pthread_mutex_unlock(&loop->posts_lock);
    calls_run(&loop->posts_running);
}

bool loop_post(struct loop *loop, loop_fn fn, void *arg)
{
    const uint64_t one = 1;
    bool is_first;
    bool added;

    (void)pthread_mutex_lock(&loop->posts_lock);
    is_first = loop->posts.count == 0;
    added = calls_add(&loop->posts, fn, arg, POSTS_MAX);
    /* Under the lock: once the call is in the list the loop may run it, and then be freed by its owner. */
    if (added && is_first && write(loop->wake_fd, &one, sizeof one) < 0) {
        abort(); /* an eventfd that we own takes a one */
    }
    (void)pthread_mutex_unlock(&loop->posts_lock);
    return added;
}

void loop_defer(struct loop *loop, loop_fn fn, void *arg)
{
    if (!calls_add(&loop->deferred, fn, arg, DEFERRED_MAX)) {
        abort(); /* a batch that never leaves would hold its draws for ever */
    }
}

static void loop_deferred_run(struct loop *loop)
{
    for (int i = 0; i < DEFER_ROUNDS && loop->deferred.count > 0; i++) {
        loop_enter(loop);
        calls_swap(&loop->deferred, &loop->deferred_running);
        calls_run(&loop->deferred_running);
    }
}

static void loop_turn(struct loop *loop)
{
    int flags = loop->deferred.count > 0 ? EVLOOP_ONCE | EVLOOP_NONBLOCK : EVLOOP_ONCE;

    if (event_base_loop(loop->base, flags) < 0) {
        abort(); /* epoll itself failed: nothing can be served any more */
    }
    loop_deferred_run(loop);
    loop->now_us = 0;
}

void loop_run(struct loop *loop)
{
    while (!loop->stopping) {
        loop_turn(loop);
    }
    loop->stopping = false;
}

void loop_stop(struct loop *loop)
{
    loop->stopping = true;
}

void loop_enter(struct loop *loop)
{
    if (loop->now_us == 0) {
        loop->now_us = clock_mono_us();
    }
}

int64_t loop_now_us(const struct loop *loop)
{
    return loop->now_us != 0 ? loop->now_us : clock_mono_us();
}

/* One loop belongs to one thread, so libevent's own locks would only cost. */
static struct event_base *base_new(void)
{
    struct event_config *config = event_config_new();
    struct event_base *base = NULL;

    if (config != NULL && event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK) == 0) {
        base = event_base_new_with_config(config);
    }
    if (config != NULL) {
        event_config_free(config);
    }
    return base;
}

static bool loop_open(struct loop *loop)
{
    loop->base = base_new();
    loop->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (loop->base == NULL || loop->wake_fd < 0) {
        return false;
    }
    loop->wake = event_new(loop->base, loop->wake_fd, EV_READ | EV_PERSIST, loop_posts_run, loop);
    return loop->wake != NULL && event_add(loop->wake, NULL) == 0;
}

struct loop *loop_new(void)
{
    struct loop *loop = calloc(1, sizeof *loop);

    if (loop == NULL) {
        return NULL;
    }
    loop->wake_fd = -1;
    (void)pthread_mutex_init(&loop->posts_lock, NULL);
    if (!loop_open(loop)) {
        loop_free(loop);
        return NULL;
    }
    return loop;
}

static void loop_close(struct loop *loop)
{
    loop_signals_free(loop);
    if (loop->wake != NULL) {
        event_free(loop->wake);
    }
    if (loop->base != NULL) {
        event_base_free(loop->base);
    }
    if (loop->wake_fd >= 0) {
        (void)close(loop->wake_fd);
    }
}

void loop_free(struct loop *loop)
{
    if (loop == NULL) {
        return;
    }
    loop_close(loop);
    free(loop->posts.items);
    free(loop->posts_running.items);
    free(loop->deferred.items);
    free(loop->deferred_running.items);
    (void)pthread_mutex_destroy(&loop->posts_lock);
    free(loop);
}
