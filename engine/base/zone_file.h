/*
 * base/zone_file.h - one zone as tzdata describes it (TZif, RFC 8536): which offset holds at which instant.
 *
 * Inside base only. A rule set is a plain value on the heap: no locks, no process-wide TZ, no setenv().
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct zone_rules;

/* NULL when there is no such zone or its file is damaged. */
struct zone_rules *zone_rules_load(const char *zone);
void zone_rules_free(struct zone_rules *rules); /* accepts NULL */

/* The same from bytes, for tests. */
struct zone_rules *zone_rules_parse(const uint8_t *bytes, size_t len);

int32_t zone_offset_s(const struct zone_rules *rules, int64_t utc_s); /* east of UTC is positive */
