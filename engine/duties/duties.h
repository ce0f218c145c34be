/*
 * duties/duties.h - the thread that keeps shards open, stocked and drained: one a node; what must run once in
 * the fleet is done by the node that holds the leader row, fenced by its number.
 *
 *   catalog   reads campaigns, publishes snapshots within a second of a change (every node)
 *   leader    takes and renews the leader row
 *   opening   closed shard -> drain, raise the epoch, rebuild what was lost, open
 *   leases    renewed at half; a dry shard at once; moments loaded a minute ahead, moved on when unused
 *   versions  the newest version and the pause flag onto every shard
 *   drain     log entries older than a second into PostgreSQL
 *   waits     a phone asks again for a win that is in an entry: drained at once, by any node
 *   vouchers  winners of vouchers and cards get them
 *   sealer    chains the committed batches
 *   books     the invariants of each minute, on a thread beside this one (books_watch.h)
 */
#pragma once

#include "base/config.h"
#include "flow/ports.h"

struct duties;

HB_CHECKED hb_err duties_start(const struct config *config, struct catalog_slot *slot, struct duties **out);
/* Drains once more, gives the leader row back, joins the thread. Accepts NULL. */
void duties_stop(struct duties *duties);

/* From any thread: */
void duties_shard_closed(struct duties *duties, uint32_t campaign_id, uint32_t shard);
void duties_stock_dry(struct duties *duties, uint32_t campaign_id, uint32_t shard, uint8_t prize);
void duties_win_waits(struct duties *duties, uint32_t campaign_id, uint32_t shard);
bool duties_ready(struct duties *duties); /* every live campaign's shards are open */
