/*
 * loadtest/pacer.c - a timerfd on the loop.
 */
#include "loadtest/pacer.h"

#include "base/loop.h"

#include <stdlib.h>
#include <sys/timerfd.h>
#include <unistd.h>

struct pacer {
    struct loop_io *io;
    int fd;
    int64_t at_us; /* 0: not set */
    void (*fn)(void *arg);
    void *arg;
};

static void pacer_due(void *arg, bool readable, bool writable)
{
    struct pacer *pacer = arg;
    uint64_t times;

    (void)readable;
    (void)writable;
    if (read(pacer->fd, &times, sizeof times) < 0) {
        return; /* set anew between the wake-up and here */
    }
    pacer->at_us = 0;
    pacer->fn(pacer->arg);
}

struct pacer *pacer_new(struct loop *loop, void (*fn)(void *arg), void *arg)
{
    struct pacer *pacer = calloc(1, sizeof *pacer);

    if (pacer == NULL) {
        return NULL;
    }
    *pacer = (struct pacer){.fn = fn, .arg = arg};
    pacer->fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    pacer->io = pacer->fd < 0 ? NULL : loop_io_new(loop, pacer->fd, pacer_due, pacer);
    if (pacer->io == NULL) {
        pacer_free(pacer);
        return NULL;
    }
    return pacer;
}

void pacer_free(struct pacer *pacer)
{
    if (pacer == NULL) {
        return;
    }
    loop_io_free(pacer->io);
    if (pacer->fd >= 0) {
        (void)close(pacer->fd);
    }
    free(pacer);
}

static void timer_write(const struct pacer *pacer, int64_t at_us)
{
    struct itimerspec when = {.it_value = {.tv_sec = at_us / 1000000, .tv_nsec = at_us % 1000000 * 1000}};

    if (timerfd_settime(pacer->fd, TFD_TIMER_ABSTIME, &when, NULL) != 0) {
        abort(); /* our own descriptor and a time in range */
    }
}

void pacer_set(struct pacer *pacer, int64_t at_us)
{
    if (pacer->at_us != at_us) {
        pacer->at_us = at_us;
        timer_write(pacer, at_us);
    }
}

void pacer_stop(struct pacer *pacer)
{
    if (pacer->at_us != 0) {
        pacer->at_us = 0;
        timer_write(pacer, 0);
    }
}
