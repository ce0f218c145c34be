/*
 * base/zone.h - IANA time zones, from the system's tzdata.
 *
 * Thread safe: the files are read here, so the process keeps no zone of its own (no TZ, no setenv). Each
 * call reads one small file; they are for publishing and the command line, never for the draw path.
 */
#pragma once

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

bool zone_exists(const char *zone);

/* "2026-02-16T20:00:00" (wall clock of the zone), or with "Z" or "+08:00" an absolute time.
 * A wall time that the zone skips or has twice: the first instant at or after it.
 * HB_E_INPUT when it is not such a text. */
HB_CHECKED hb_err zone_parse(const char *zone, const char *text, int64_t *out_ms);

/* The instants at which the zone's days begin: the day that contains from_ms first, then each later
 * one before to_ms. HB_E_INPUT when there are more than max. */
HB_CHECKED hb_err zone_day_starts(
    const char *zone, int64_t from_ms, int64_t to_ms, int64_t *out, size_t max, size_t *out_count);

/* RFC 3339 with the zone's offset, "2026-02-16T20:00:00+08:00"; out holds 26 bytes. */
void zone_format(const char *zone, int64_t wall_ms, char out[static 26]);
