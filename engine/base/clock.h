/*
 * base/clock.h - the two clocks. Wall time is for records, monotonic time for deadlines.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

int64_t clock_wall_ms(void); /* UTC, since 1970 */
int64_t clock_mono_us(void);

/* RFC 3339 in UTC with milliseconds, "2026-02-16T12:00:00.000Z"; out holds 25 bytes. */
void clock_format_utc(int64_t wall_ms, char out[static 25]);
