/*
 * base/loop_event.c - what a loop waits for: timers, descriptors, signals.
 *
 * Every callback is the last statement of its trampoline: the callee may free the timer or descriptor.
 */
#include "base/loop_internal.h"

#include <event2/event.h>
#include <stdlib.h>

struct loop_timer {
    struct loop *loop;
    struct event *event;
    loop_fn fn;
    void *arg;
};

/* Reading and writing are two events, so that switching one is one epoll_ctl and leaves the other alone. */
struct loop_io {
    struct loop *loop;
    struct event *read, *write;
    loop_io_fn fn;
    void *arg;
    bool wants_read, wants_write;
};

struct loop_signal {
    struct loop *loop;
    struct event *event;
    struct loop_signal *next;
    loop_fn fn;
    void *arg;
};

static void timer_fired(evutil_socket_t fd, short what, void *arg)
{
    struct loop_timer *timer = arg;

    (void)fd;
    (void)what;
    loop_enter(timer->loop);
    timer->fn(timer->arg);
}

struct loop_timer *loop_timer_new(struct loop *loop, loop_fn fn, void *arg)
{
    struct loop_timer *timer = malloc(sizeof *timer);

    if (timer == NULL) {
        return NULL;
    }
    *timer = (struct loop_timer){.loop = loop, .fn = fn, .arg = arg};
    timer->event = event_new(loop->base, -1, 0, timer_fired, timer);
    if (timer->event == NULL) {
        free(timer);
        return NULL;
    }
    return timer;
}

void loop_timer_free(struct loop_timer *timer)
{
    if (timer != NULL) {
        event_free(timer->event);
        free(timer);
    }
}

void loop_timer_set(struct loop_timer *timer, int64_t delay_us)
{
    int64_t delay = delay_us > 0 ? delay_us : 0;
    struct timeval in = {.tv_sec = delay / 1000000, .tv_usec = delay % 1000000};

    if (event_add(timer->event, &in) != 0) {
        abort(); /* a deadline that never comes would hang its owner */
    }
}

void loop_timer_stop(struct loop_timer *timer)
{
    (void)event_del(timer->event);
}

static void io_readable(evutil_socket_t fd, short what, void *arg)
{
    struct loop_io *io = arg;

    (void)fd;
    (void)what;
    loop_enter(io->loop);
    io->fn(io->arg, /* readable= */ true, /* writable= */ false);
}

static void io_writable(evutil_socket_t fd, short what, void *arg)
{
    struct loop_io *io = arg;

    (void)fd;
    (void)what;
    loop_enter(io->loop);
    io->fn(io->arg, /* readable= */ false, /* writable= */ true);
}

static bool io_open(struct loop_io *io, int fd)
{
    io->read = event_new(io->loop->base, fd, EV_READ | EV_PERSIST, io_readable, io);
    io->write = event_new(io->loop->base, fd, EV_WRITE | EV_PERSIST, io_writable, io);
    io->wants_read = io->read != NULL && io->write != NULL && event_add(io->read, NULL) == 0;
    return io->wants_read;
}

struct loop_io *loop_io_new(struct loop *loop, int fd, loop_io_fn fn, void *arg)
{
    struct loop_io *io = calloc(1, sizeof *io);

    if (io == NULL) {
        return NULL;
    }
    *io = (struct loop_io){.loop = loop, .fn = fn, .arg = arg};
    if (!io_open(io, fd)) {
        loop_io_free(io);
        return NULL;
    }
    return io;
}

void loop_io_free(struct loop_io *io)
{
    if (io == NULL) {
        return;
    }
    if (io->read != NULL) {
        event_free(io->read);
    }
    if (io->write != NULL) {
        event_free(io->write);
    }
    free(io);
}

/* Tells libevent only what has changed: asking again for what is there costs nothing. */
static void io_switch(struct event *event, bool *now, bool wanted)
{
    if (*now != wanted) {
        *now = wanted;
        if ((wanted ? event_add(event, NULL) : event_del(event)) != 0) {
            abort(); /* only out of memory: the descriptor was accepted when it was new */
        }
    }
}

void loop_io_want(struct loop_io *io, bool read, bool write)
{
    io_switch(io->read, &io->wants_read, read);
    io_switch(io->write, &io->wants_write, write);
}

static void signal_arrived(evutil_socket_t fd, short what, void *arg)
{
    struct loop_signal *signal = arg;

    (void)fd;
    (void)what;
    loop_enter(signal->loop);
    signal->fn(signal->arg);
}

bool loop_signal(struct loop *loop, int signal_number, loop_fn fn, void *arg)
{
    struct loop_signal *signal = malloc(sizeof *signal);

    if (signal == NULL) {
        return false;
    }
    *signal = (struct loop_signal){.loop = loop, .next = loop->signals, .fn = fn, .arg = arg};
    signal->event = evsignal_new(loop->base, signal_number, signal_arrived, signal);
    if (signal->event == NULL || evsignal_add(signal->event, NULL) != 0) {
        if (signal->event != NULL) {
            event_free(signal->event);
        }
        free(signal);
        return false;
    }
    loop->signals = signal;
    return true;
}

void loop_signals_free(struct loop *loop)
{
    while (loop->signals != NULL) {
        struct loop_signal *signal = loop->signals;

        loop->signals = signal->next;
        event_free(signal->event);
        free(signal);
    }
}
