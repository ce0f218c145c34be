/*
 * base/loop.h - libevent's loop, timers and descriptors. One loop a thread; only loop_post() may be
 * called from other threads.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct loop;
struct loop_timer;
struct loop_io;

typedef void (*loop_fn)(void *arg);
typedef void (*loop_io_fn)(void *arg, bool readable, bool writable);

struct loop *loop_new(void);
void loop_free(struct loop *loop); /* accepts NULL */
void loop_run(struct loop *loop);  /* until loop_stop() */
void loop_stop(struct loop *loop); /* from its own thread; others: loop_post() a stop */

int64_t loop_now_us(const struct loop *loop); /* monotonic, cached for this turn */

/* Runs fn on the loop's thread, in order, soon. Thread safe. False when out of memory. */
bool loop_post(struct loop *loop, loop_fn fn, void *arg);

/* A timer that can be set again and again. Freed by its owner, also from its own callback. */
struct loop_timer *loop_timer_new(struct loop *loop, loop_fn fn, void *arg);
void loop_timer_free(struct loop_timer *timer);
void loop_timer_set(struct loop_timer *timer, int64_t delay_us); /* once, from now */
void loop_timer_stop(struct loop_timer *timer);

/* A descriptor's persistent readiness. Reading is always on; writing on request. The owner closes fd. */
struct loop_io *loop_io_new(struct loop *loop, int fd, loop_io_fn fn, void *arg);
void loop_io_free(struct loop_io *io);
void loop_io_want(struct loop_io *io, bool read, bool write);

/* Calls fn once at the end of this turn (after all ready descriptors were served): where batches leave.
 * Every loop_defer() is one call; who may ask twice in a turn keeps a flag. There is no way to take it back.
 */
void loop_defer(struct loop *loop, loop_fn fn, void *arg);

/* SIGTERM, SIGINT, SIGHUP on the main thread's loop. */
bool loop_signal(struct loop *loop, int signal_number, loop_fn fn, void *arg);
