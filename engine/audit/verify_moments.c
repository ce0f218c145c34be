/* audit/verify_moments.c - the leases of moments, in the order they were given. */
#include "audit/verify_moments.h"

#include "lottery/moments.h"

#include <inttypes.h>
#include <stdio.h>

enum { CLOCKS_MS = 1000 }; /* the ledger's clock and the node's may differ so much */

struct moment_walk {
    const struct campaign_facts *facts;
    struct findings *findings;
    int64_t prize, unit; /* of the row before */
    uint32_t moves;
};

/* By any published version: a moment keeps the time of the version that it was loaded by. One that was handed
 * back before it fell due goes to its first shard again. */
static bool moment_planned(
    const struct moment_walk *walk, int64_t at_ms, int64_t leased_ms, int64_t shard, struct moment_plan *plan)
{
    uint32_t first = 0;

    for (uint32_t version = walk->facts->version_count; version >= 1; version--) {
        const struct table *table = campaign_facts_table(walk->facts, version);

        if (table == NULL || walk->prize < 1 || walk->prize > (int64_t)table->prize_count) {
            continue;
        }
        *plan = moment_of(table, (uint8_t)walk->prize, &walk->facts->seed, (uint32_t)walk->unit);
        first = plan->shard;
        plan->shard = (first + walk->moves) % table->shards;
        if (plan->at_ms == at_ms &&
            (plan->shard == shard || (first == shard && leased_ms < at_ms + CLOCKS_MS))) {
            return true;
        }
    }
    return false;
}

static bool moment_row(void *arg, const struct pg_result *row)
{
    struct moment_walk *walk = arg;
    const int64_t prize = pg_i64(row, 0, 0), unit = pg_i64(row, 0, 1);
    const int64_t shard = pg_i64(row, 0, 2), at_ms = pg_i64(row, 0, 3);
    struct moment_plan plan = {0};
    char key[64];

    walk->moves = prize == walk->prize && unit == walk->unit ? walk->moves + 1 : 0;
    walk->prize = prize;
    walk->unit = unit;
    if (!moment_planned(walk, at_ms, pg_i64(row, 0, 4), shard, &plan)) {
        (void)snprintf(key, sizeof key, "prize %" PRId64 " unit %" PRId64, prize, unit);
        findings_add(walk->findings,
                     "moment",
                     key,
                     "after %" PRIu32 " moves on shard %" PRId64 ", due at %" PRId64
                     "; the seed says shard %" PRIu32 " and %" PRId64,
                     walk->moves,
                     shard,
                     at_ms,
                     plan.shard,
                     plan.at_ms);
    }
    return true;
}

hb_err verify_moments(struct pg *pg, const struct campaign_facts *facts, struct findings *findings)
{
    struct moment_walk walk = {.facts = facts, .findings = findings, .prize = -1};
    char id[24];
    const char *const params[] = {id};

    (void)snprintf(id, sizeof id, "%" PRId64, facts->id);
    return pg_stream(pg,
                     "SELECT prize, from_unit, shard, at_ms, (extract(epoch FROM at) * 1000)::bigint FROM "
                     "lease WHERE campaign = $1 AND kind = 'moment' "
                     "ORDER BY prize, from_unit, batch",
                     1,
                     params,
                     moment_row,
                     &walk);
}
