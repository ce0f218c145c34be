/*
 * audit/audit.h - `hongbao audit`: do PostgreSQL and Redis hold what the engine promises? (design section 1)
 *
 * Order of looking: each shard in Redis, atomically; then one repeatable-read snapshot of PostgreSQL. What is
 * still in a shard's stream counts as stored. What that order cannot prove is looked at again: a finding is
 * reported only when a second, fresh look finds the same row. So it may run every second under load.
 */
#pragma once

#include "base/buf.h"
#include "base/err.h"
#include "store/pg.h"
#include "store/redis.h"

#include <stdbool.h>
#include <stddef.h>

struct audit_options {
    struct redis *const *nodes; /* by shard.node; a NULL node is not asked */
    size_t node_count;
    const char *campaign; /* NULL: all */
    bool quick;           /* sums and pools only: no walk of the log, no hashes */
};

/* Adds the report, as text or JSON, to `report`. *ok: nothing differs. A shard whose Redis does not answer is
 * not a finding: it is counted as unseen and the ledger is audited without it. Errors as pg_call(). */
HB_CHECKED hb_err
audit_run(struct pg *pg, const struct audit_options *options, struct buf *report, bool json, bool *ok);
