/*
 * loadtest/retries.h - who comes back when: a heap of users by the time their next attempt is due.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct retry {
    int64_t due_us;
    uint32_t user;
};

struct retries {
    struct retry *items; /* the earliest first */
    size_t count, max;
};

bool retries_init(struct retries *retries, size_t max);                   /* false: out of memory */
void retries_free(struct retries *retries);                               /* accepts a zeroed one */
void retries_add(struct retries *retries, uint32_t user, int64_t due_us); /* at most max at a time */
const struct retry *retries_first(const struct retries *retries);         /* NULL when empty */
struct retry retries_take(struct retries *retries);                       /* the first; never when empty */
