/*
 * audit/log_walk.h - the stored log of one shard, entry by entry in order.
 */
#pragma once

#include "lottery/record.h"
#include "store/pg.h"

struct log_entry {
    uint32_t epoch;
    uint64_t position;
    const uint8_t *bytes; /* valid during the callback only */
    size_t len;
};
typedef bool (*log_entry_fn)(void *arg, const struct log_entry *entry); /* false ends the walk early */

HB_CHECKED hb_err log_walk(struct pg *pg, int64_t campaign, uint32_t shard, log_entry_fn fn, void *arg);
