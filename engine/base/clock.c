/*
 * base/clock.c - the two clocks, and UTC in words.
 */
#include "base/clock.h"

#include "base/civil.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

static struct timespec clock_read(clockid_t which)
{
    struct timespec now;

    if (clock_gettime(which, &now) != 0) {
        abort(); /* Linux always has both */
    }
    return now;
}

int64_t clock_wall_ms(void)
{
    struct timespec now = clock_read(CLOCK_REALTIME);

    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t clock_mono_us(void)
{
    struct timespec now = clock_read(CLOCK_MONOTONIC);

    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

void clock_format_utc(int64_t wall_ms, char out[static 25])
{
    int64_t ms;
    struct civil civil = civil_from_seconds(civil_floor(wall_ms, 1000, &ms));

    civil_write(&civil, out);
    out[19] = '.';
    civil_write_digits(out + 20, 3, ms);
    memcpy(out + 23, "Z", 2);
}
