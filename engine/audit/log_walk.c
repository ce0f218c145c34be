/* audit/log_walk.c - streams draw_log. */
#include "audit/log_walk.h"

#include <inttypes.h>
#include <stdio.h>

struct log_walker {
    log_entry_fn fn;
    void *arg;
};

static bool log_row(void *arg, const struct pg_result *row)
{
    const struct log_walker *walker = arg;
    struct log_entry entry = {.epoch = (uint32_t)pg_i64(row, 0, 0), .position = (uint64_t)pg_i64(row, 0, 1)};

    entry.bytes = pg_bytes(row, 0, 2, &entry.len);
    return walker->fn(walker->arg, &entry);
}

hb_err log_walk(struct pg *pg, int64_t campaign, uint32_t shard, log_entry_fn fn, void *arg)
{
    struct log_walker walker = {.fn = fn, .arg = arg};
    char numbers[2][24];
    const char *const params[] = {numbers[0], numbers[1]};

    (void)snprintf(numbers[0], sizeof numbers[0], "%" PRId64, campaign);
    (void)snprintf(numbers[1], sizeof numbers[1], "%" PRIu32, shard);
    return pg_stream(pg,
                     "SELECT epoch, position, entry FROM draw_log WHERE campaign = $1 AND shard = $2 "
                     "ORDER BY campaign, shard, epoch, position",
                     2,
                     params,
                     log_row,
                     &walker);
}
