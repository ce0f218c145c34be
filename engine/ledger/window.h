/*
 * ledger/window.h - when money may be asked for.
 *
 * Windows are half-open spans of time, in ascending order, none touching the next. No window at all means: at
 * any time. Times are milliseconds since 1970; days and wall clocks are of the campaign's IANA zone
 * (base/zone.h).
 */
#pragma once

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct window {
    int64_t from_ms, to_ms; /* [from, to) */
};

/* "2026-02-04": that whole day of the zone. "2026-02-04T10:00:00/2026-02-04T22:00:00": from, to (each also
 * with Z or an offset). HB_E_INPUT when it is neither, or ends when or before it begins. */
HB_CHECKED hb_err window_parse(const char *zone, const char *text, struct window *out);

/* Ascending, and each ends before the next begins? */
bool windows_ordered(const struct window *windows, size_t count);

struct window_state {
    bool open;
    int64_t until_ms; /* open: when it closes; closed: when the next one opens. WINDOW_NEVER: neither */
};
#define WINDOW_NEVER INT64_MAX

struct window_state windows_at(const struct window *windows, size_t count, int64_t now_ms);
