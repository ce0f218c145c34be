/*
 * base/crash_point.c - dies where it was told to; nothing in builds without crash points.
 */
#include "base/crash_point.h"

#ifdef HB_CRASH_POINTS

#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CRASH_POINT_NAME(symbol, name) name,
static const char *const NAMES[] = {CRASH_POINT_LIST(CRASH_POINT_NAME)};

/* Which passing of this point is the last one; 0: it is not the one that was asked for. */
static long passings_wanted(const char *wish, const char *name)
{
    size_t len = strlen(name);

    if (wish == NULL || strncmp(wish, name, len) != 0 || (wish[len] != ':' && wish[len] != '\0')) {
        return 0;
    }
    return wish[len] == '\0' ? 1 : strtol(wish + len + 1, NULL, 10);
}

void crash_point_pass(enum crash_point point)
{
    static atomic_long passed;
    long wanted = passings_wanted(getenv("CRASH_POINT"), NAMES[point]);

    if (wanted == 0 || atomic_fetch_add(&passed, 1) + 1 != wanted) {
        return;
    }
    (void)dprintf(STDERR_FILENO, "crash_point=%s\n", NAMES[point]);
    (void)kill(getpid(), SIGKILL); /* not abort(): no core, no handler of a sanitizer */
    for (;;) {
        (void)pause();
    }
}

#endif
