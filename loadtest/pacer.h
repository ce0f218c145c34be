/*
 * loadtest/pacer.h - a call at a moment, to some tens of microseconds; the loop's own timers have
 * milliseconds.
 */
#pragma once

#include <stdint.h>

struct loop;
struct pacer;

struct pacer *
pacer_new(struct loop *loop, void (*fn)(void *arg), void *arg); /* NULL: no descriptor, no memory */
void pacer_free(struct pacer *pacer);                           /* accepts NULL */
void pacer_set(struct pacer *pacer, int64_t at_us); /* monotonic; replaces what was set; past: at once */
void pacer_stop(struct pacer *pacer);
