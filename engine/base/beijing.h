/*
 * base/beijing.h - China's time, UTC+8 all year: the clock of the payment providers.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { BEIJING_TEXT = 20, BEIJING_RFC3339 = 26, BEIJING_DAY = 11 };

void beijing_write(int64_t wall_ms, char out[static BEIJING_TEXT]);            /* "2026-02-16 20:00:00" */
void beijing_write_rfc3339(int64_t wall_ms, char out[static BEIJING_RFC3339]); /* ...T20:00:00+08:00 */
void beijing_write_day(int64_t wall_ms, char out[static BEIJING_DAY]);         /* "2026-02-16" */

/* Both forms of above, the second also with a fraction of a second, another offset or Z; the first is
 * China's. False for anything else. */
bool beijing_parse(const char *text, size_t len, int64_t *wall_ms);
/* The moment at which a day, "2026-02-16", begins. */
bool beijing_parse_day(const char *text, size_t len, int64_t *wall_ms);
