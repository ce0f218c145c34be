/* lottery/replay_control.c - entries that are not draws: leases, moments, versions, pauses, openings. */
#include "lottery/replay_internal.h"

#include "lottery/moments.h"

#include <inttypes.h>

enum { KEPT_BYTES = 8, HASH_BYTES = 32 };

/* ---- leases, returns, moments ---- */

static bool lease_in_table(struct replay *replay, struct replay_at at, const struct lease_record *lease)
{
    if (replay->table == NULL || lease->prize == 0 || lease->prize > replay->table->prize_count ||
        lease->to > replay->table->prizes[lease->prize - 1].units) {
        replay_find(replay,
                    REPLAY_LEASE,
                    at,
                    NULL,
                    "lease %" PRIu32 " of prize %u, units %" PRIu32 " to %" PRIu32
                    ": there are no such units",
                    lease->lease_no,
                    lease->prize,
                    lease->from,
                    lease->to);
        return false;
    }
    return true;
}

static void lease_arrives(struct replay *replay, struct replay_at at, const struct lease_record *lease)
{
    struct unit_set *held = &replay->held[lease->prize - 1];
    const uint64_t there = unit_set_count(held, lease->from, lease->to) +
                           unit_set_count(&replay->given[lease->prize - 1], lease->from, lease->to);

    /* After a gap a unit may come back whose going is lost. */
    if (there > 0 && !replay->relaxed) {
        replay_find(replay,
                    REPLAY_LEASE,
                    at,
                    NULL,
                    "lease %" PRIu32 " of prize %u: %" PRIu64 " of its units were here before",
                    lease->lease_no,
                    lease->prize,
                    there);
    }
    replay->no_memory |= !unit_set_add(held, lease->from, lease->to);
}

static void lease_leaves(struct replay *replay, struct replay_at at, const struct lease_record *lease)
{
    struct unit_set *held = &replay->held[lease->prize - 1];
    const uint64_t there = unit_set_count(held, lease->from, lease->to);
    const uint64_t given = unit_set_count(&replay->given[lease->prize - 1], lease->from, lease->to);

    if (given > 0 || (there < lease->to - lease->from && !replay->relaxed)) {
        replay_find(replay,
                    REPLAY_LEASE,
                    at,
                    NULL,
                    "lease %" PRIu32 " of prize %u gives back %" PRIu32 " units: %" PRIu64
                    " were here, %" PRIu64 " of them won",
                    lease->lease_no,
                    lease->prize,
                    lease->to - lease->from,
                    there,
                    given);
    }
    unit_set_remove(held, lease->from, lease->to);
}

/* A moment's time is the seed's by a published version: it is loaded by the newest, which the shard may get
 * later. */
static void moment_check(struct replay *replay, struct replay_at at, const struct lease_record *lease)
{
    int64_t planned_ms = 0;

    for (uint32_t version = 1;; version++) {
        const struct table *table = replay->tables(replay->arg, version);

        if (table == NULL) {
            break;
        }
        if (lease->prize <= table->prize_count) {
            planned_ms = moment_of(table, lease->prize, replay->seed, lease->from).at_ms;
            if (planned_ms == lease->at_ms) {
                return;
            }
        }
    }
    replay_find(replay,
                REPLAY_LEASE,
                at,
                NULL,
                "unit %" PRIu32 " of prize %u is due at %" PRId64 ", the seed says %" PRId64,
                lease->from,
                lease->prize,
                lease->at_ms,
                planned_ms);
}

static void replay_lease(struct replay *replay,
                         struct replay_at at,
                         enum record_kind kind,
                         const struct lease_record *lease)
{
    if (!lease_in_table(replay, at, lease)) {
        return;
    }
    if (kind == RECORD_MOMENT) {
        moment_check(replay, at, lease);
    }
    if (kind == RECORD_LEASE || kind == RECORD_MOMENT) {
        lease_arrives(replay, at, lease);
    } else {
        lease_leaves(replay, at, lease);
    }
    if (!replay->relaxed && !shard_apply(&replay->shard, kind, lease)) {
        replay_find(replay,
                    REPLAY_LEASE,
                    at,
                    NULL,
                    "lease %" PRIu32 " of prize %u does not follow lease %" PRIu32
                    " or does not fit the pool",
                    lease->lease_no,
                    lease->prize,
                    replay->shard.lease_no);
    }
    replay->shard.lease_no = lease->lease_no;
}

/* ---- versions ---- */

static void replay_version(struct replay *replay, struct replay_at at, uint32_t version)
{
    if (version <= replay->shard.version) {
        replay_find(replay,
                    REPLAY_VERSION,
                    at,
                    NULL,
                    "version %" PRIu32 " is published after version %" PRIu32,
                    version,
                    replay->shard.version);
    }
    (void)replay_use_version(replay, at, version);
}

void replay_control(struct replay *replay,
                    struct replay_at at,
                    const struct record_header *header,
                    const uint8_t *entry,
                    size_t len)
{
    struct lease_record lease;

    if (header->kind == RECORD_VERSION) {
        replay_version(replay, at, header->version);
    } else if (header->kind == RECORD_PAUSE) {
        replay->shard.paused = entry[RECORD_HEADER_BYTES] != 0;
    } else if (record_lease_read(entry, len, &lease)) {
        replay_lease(replay, at, header->kind, &lease);
    } else {
        replay_find(replay, REPLAY_MALFORMED, at, NULL, "the entry of %zu bytes is not in the format", len);
    }
    replay->shard.position = at.position + 1;
}

/* ---- openings ---- */

static void
opening_check_place(struct replay *replay, struct replay_at at, const struct shard *state, uint64_t kept)
{
    if (at.epoch != replay->shard.epoch + 1 || at.position != 1) {
        replay_find(replay,
                    REPLAY_GAP,
                    at,
                    NULL,
                    "an opening at %" PRIu32 "-%" PRIu64 " follows epoch %" PRIu32,
                    at.epoch,
                    at.position,
                    replay->shard.epoch);
    }
    if (state->epoch != at.epoch || state->position != at.position + 1) {
        replay_find(replay,
                    REPLAY_GAP,
                    at,
                    NULL,
                    "the opening's state is for %" PRIu32 "-%" PRIu64,
                    state->epoch,
                    state->position);
    }
    if (replay->shard.epoch > 0 && kept > replay->shard.position) {
        replay_find(replay,
                    REPLAY_GAP,
                    at,
                    NULL,
                    "positions %" PRIu64 " to %" PRIu64 " of the epoch before are missing",
                    replay->shard.position,
                    kept - 1);
    }
}

/* One range of an opening's pool, or one moment: never given, and leased. `fresh`: leases came with the
 * opening. */
static void opening_check_units(
    struct replay *replay, struct replay_at at, uint8_t prize, struct unit_range range, bool fresh)
{
    struct unit_set *held = &replay->held[prize - 1];
    const uint64_t given = unit_set_count(&replay->given[prize - 1], range.from, range.to);
    const uint64_t there = unit_set_count(held, range.from, range.to);

    if (range.to > replay->table->prizes[prize - 1].units) {
        replay_find(
            replay, REPLAY_LEASE, at, NULL, "the opening holds units that prize %u does not have", prize);
        return;
    }
    if (given > 0) {
        replay_find(replay,
                    REPLAY_UNIT,
                    at,
                    NULL,
                    "the opening holds %" PRIu64 " units of prize %u that were won before",
                    given,
                    prize);
    }
    if (!fresh && there < range.to - range.from) {
        replay_find(replay,
                    REPLAY_LEASE,
                    at,
                    NULL,
                    "the opening holds %" PRIu64 " units of prize %u that were never leased",
                    range.to - range.from - there,
                    prize);
    }
    replay->no_memory |= !unit_set_add(held, range.from, range.to);
}

static void
opening_check_twice(struct replay *replay, struct replay_at at, uint8_t prize, const struct pool *pool)
{
    for (uint8_t i = 0; i < pool->range_count; i++) {
        for (uint8_t k = 0; k < i; k++) {
            if (pool->ranges[i].from < pool->ranges[k].to && pool->ranges[k].from < pool->ranges[i].to) {
                replay_find(
                    replay, REPLAY_LEASE, at, NULL, "the opening holds units of prize %u twice", prize);
            }
        }
    }
}

static void opening_check_pools(struct replay *replay, struct replay_at at, const struct shard *state)
{
    const bool fresh = state->lease_no != replay->shard.lease_no || replay->relaxed;

    for (uint8_t prize = 1; prize <= state->prize_count && prize <= replay->table->prize_count; prize++) {
        const struct pool *pool = &state->pools[prize - 1];

        if (pool->given != replay->given_count[prize - 1]) {
            replay_find(replay,
                        REPLAY_LEASE,
                        at,
                        NULL,
                        "the opening counts %" PRIu32 " units of prize %u as given, the records %" PRIu64,
                        pool->given,
                        prize,
                        replay->given_count[prize - 1]);
        }
        for (uint8_t i = 0; i < pool->range_count; i++) {
            opening_check_units(replay, at, prize, pool->ranges[i], fresh);
        }
        opening_check_twice(replay, at, prize, pool);
    }
    for (uint16_t i = 0; i < state->moment_count; i++) {
        const struct moment *moment = &state->moments[i];
        const struct lease_record lease = {
            .prize = moment->prize, .from = moment->unit, .to = moment->unit + 1, .at_ms = moment->at_ms};

        if (moment->prize < 1 || moment->prize > replay->table->prize_count) {
            replay_find(
                replay, REPLAY_LEASE, at, NULL, "the opening holds a moment of prize %u", moment->prize);
            continue;
        }
        opening_check_units(replay,
                            at,
                            moment->prize,
                            (struct unit_range){.from = moment->unit, .to = moment->unit + 1},
                            fresh);
        moment_check(replay, at, &lease);
    }
}

void replay_opening(struct replay *replay,
                    struct replay_at at,
                    const struct record_header *header,
                    const uint8_t *entry,
                    size_t len)
{
    const uint64_t kept = be_read(entry + RECORD_HEADER_BYTES, KEPT_BYTES);
    const size_t state_from = RECORD_HEADER_BYTES + KEPT_BYTES;
    struct shard state;

    if (len <= state_from || !shard_unpack(entry + state_from, len - state_from, &state)) {
        replay_find(replay, REPLAY_MALFORMED, at, NULL, "the opening's state is not in the format");
        return;
    }
    opening_check_place(replay, at, &state, kept);
    replay_close_gaps(replay, at.epoch - 1, kept);
    if (state.version < replay->shard.version || state.version != header->version) {
        replay_find(replay,
                    REPLAY_VERSION,
                    at,
                    NULL,
                    "the opening goes from version %" PRIu32 " to version %" PRIu32,
                    replay->shard.version,
                    state.version);
    }
    replay->shard.prize_count = 0; /* the state brings its own */
    if (!replay_use_version(replay, at, state.version)) {
        replay->table = NULL;
    } else {
        if (state.prize_count < replay->table->prize_count) {
            replay_find(
                replay, REPLAY_LEASE, at, NULL, "the opening knows only %u prizes", state.prize_count);
            state.prize_count = (uint8_t)replay->table->prize_count;
        }
        opening_check_pools(replay, at, &state);
    }
    state.time_ms = state.time_ms > header->time_ms ? state.time_ms : header->time_ms;
    replay->shard = state;
    replay->shard.epoch = at.epoch;
    replay->shard.position = at.position + 1;
    replay->relaxed = replay->table == NULL;
}
