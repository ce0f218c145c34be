/*
 * lottery/replay.c - the order of a log: epochs, positions, gaps and what an opening excuses.
 *
 *   expected position --> replay_draws() or replay_control()
 *   later position    --> the gap is remembered; from here on the log is followed, not predicted (relaxed)
 *   OPENING           --> its `kept` decides about the epoch's gaps, its state is taken over, and
 *                         prediction goes on
 */
#include "lottery/replay_internal.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { GAPS_FIRST = 64 };

struct replay *replay_new(const struct seed *seed,
                          const char *campaign,
                          uint32_t shard_index,
                          replay_table_fn tables,
                          replay_finding_fn finding,
                          void *arg)
{
    struct replay *replay = calloc(1, sizeof *replay);

    if (replay == NULL) {
        return NULL;
    }
    replay->seed = seed;
    memcpy(replay->campaign, campaign, strnlen(campaign, SLUG_MAX));
    replay->shard_index = shard_index;
    replay->tables = tables;
    replay->finding = finding;
    replay->arg = arg;
    return replay;
}

void replay_free(struct replay *replay)
{
    if (replay == NULL) {
        return;
    }
    for (size_t i = 0; i < PRIZES_MAX; i++) {
        unit_set_free(&replay->held[i]);
        unit_set_free(&replay->given[i]);
    }
    replay_players_free(&replay->players);
    free(replay->gaps);
    free(replay);
}

void replay_find(struct replay *replay,
                 enum replay_finding_kind kind,
                 struct replay_at at,
                 const struct draw_record *draw,
                 const char *format,
                 ...)
{
    struct replay_finding finding = {.kind = kind, .epoch = at.epoch, .position = at.position};
    va_list args;

    if (draw != NULL) {
        finding.player = draw->player;
        finding.draw_no = draw->draw_no;
    }
    va_start(args, format);
    (void)vsnprintf(finding.text, sizeof finding.text, format, args);
    va_end(args);
    replay->totals.findings++;
    replay->finding(replay->arg, &finding);
}

bool replay_use_version(struct replay *replay, struct replay_at at, uint32_t version)
{
    const struct table *table = replay->tables(replay->arg, version);

    if (table == NULL) {
        replay_find(replay, REPLAY_VERSION, at, NULL, "version %" PRIu32 " was never published", version);
        return false;
    }
    if (strcmp(table->campaign, replay->campaign) != 0 || replay->shard_index >= table->shards) {
        replay_find(replay,
                    REPLAY_VERSION,
                    at,
                    NULL,
                    "version %" PRIu32 " is not for this campaign's shard",
                    version);
        return false;
    }
    replay->table = table;
    if (table->prize_count < replay->shard.prize_count || !shard_apply_version(&replay->shard, table)) {
        replay->shard.version = version;
        replay->shard.prize_count = (uint8_t)table->prize_count;
    }
    return true;
}

static void replay_gap(struct replay *replay, uint64_t from, uint64_t to)
{
    if (replay->gap_count == replay->gap_capacity) {
        const size_t capacity = replay->gap_capacity == 0 ? GAPS_FIRST : replay->gap_capacity * 2;
        struct replay_gap *gaps = realloc(replay->gaps, capacity * sizeof *gaps);

        if (gaps == NULL) {
            replay->no_memory = true;
            return;
        }
        replay->gaps = gaps;
        replay->gap_capacity = capacity;
    }
    replay->gaps[replay->gap_count++] = (struct replay_gap){.from = from, .to = to};
    replay->relaxed = true;
}

void replay_close_gaps(struct replay *replay, uint32_t epoch, uint64_t kept)
{
    uint64_t lost = 0;

    for (size_t i = 0; i < replay->gap_count; i++) {
        const struct replay_gap gap = replay->gaps[i];
        const uint64_t lost_from = gap.from > kept ? gap.from : kept;
        const struct replay_at at = {.epoch = epoch, .position = gap.from};

        if (gap.from < kept) {
            replay_find(replay,
                        REPLAY_GAP,
                        at,
                        NULL,
                        "positions %" PRIu64 " to %" PRIu64 " are missing",
                        gap.from,
                        (gap.to < kept ? gap.to : kept) - 1);
        }
        lost += lost_from < gap.to ? gap.to - lost_from : 0;
    }
    if (lost > 0) {
        replay->totals.lost_positions += lost;
        replay->lossy_epoch = epoch + 1;
    }
    replay->gap_count = 0;
}

/* An epoch that begins without an OPENING: what it says is followed, nothing can be predicted. */
static void replay_unopened(struct replay *replay, struct replay_at at)
{
    replay_find(replay, REPLAY_GAP, at, NULL, "epoch %" PRIu32 " begins without its opening", at.epoch);
    replay_close_gaps(replay, replay->shard.epoch, UINT64_MAX);
    replay->shard.epoch = at.epoch;
    replay->shard.position = at.position;
    replay->relaxed = true;
}

/* Is the entry in its place, or can the replay go on as if it were? */
static bool replay_place(struct replay *replay, struct replay_at at, bool opens)
{
    if (at.epoch < replay->shard.epoch ||
        (at.epoch == replay->shard.epoch && at.position < replay->shard.position)) {
        replay_find(replay,
                    REPLAY_OVERLAP,
                    at,
                    NULL,
                    "the log was already at %" PRIu32 "-%" PRIu64,
                    replay->shard.epoch,
                    replay->shard.position);
        return false;
    }
    if (opens) {
        return true; /* replay_opening() looks at its place */
    }
    if (at.epoch > replay->shard.epoch) {
        replay_unopened(replay, at);
    }
    if (at.position > replay->shard.position) {
        replay_gap(replay, replay->shard.position, at.position);
        replay->shard.position = at.position;
    }
    return true;
}

static void replay_time(struct replay *replay, struct replay_at at, int64_t time_ms)
{
    if (time_ms < replay->shard.time_ms) {
        replay_find(replay,
                    REPLAY_TIME,
                    at,
                    NULL,
                    "shard time goes back from %" PRId64 " to %" PRId64,
                    replay->shard.time_ms,
                    time_ms);
    }
    replay->shard.time_ms = time_ms;
}

void replay_entry(struct replay *replay, uint32_t epoch, uint64_t position, const uint8_t *entry, size_t len)
{
    const struct replay_at at = {.epoch = epoch, .position = position};
    struct record_header header;
    const bool sound = record_header_read(entry, len, &header);

    replay->totals.entries++;
    if (!replay_place(replay, at, sound && header.kind == RECORD_OPENING)) {
        return;
    }
    if (!sound) {
        replay_find(replay, REPLAY_MALFORMED, at, NULL, "the entry of %zu bytes is not in the format", len);
        replay->shard.position = position + 1;
        replay->relaxed = true;
        return;
    }
    replay_time(replay, at, header.time_ms);
    if (header.kind == RECORD_DRAWS) {
        replay_draws(replay, at, &header, entry, len);
    } else if (header.kind == RECORD_OPENING) {
        replay_opening(replay, at, &header, entry, len);
    } else {
        replay_control(replay, at, &header, entry, len);
    }
}

void replay_skipped_epoch(struct replay *replay, uint32_t epoch, uint64_t kept)
{
    const struct replay_at at = {.epoch = epoch, .position = 1};

    if (epoch != replay->shard.epoch + 1) {
        replay_find(replay, REPLAY_GAP, at, NULL, "epoch %" PRIu32 " is missing", replay->shard.epoch + 1);
    }
    replay_close_gaps(replay, replay->shard.epoch, kept);
    replay->shard.epoch = epoch;
    replay->shard.position = 1;
    replay->relaxed = true; /* until an opening that was carried out */
}

struct replay_totals replay_end(struct replay *replay)
{
    const struct replay_at at = {.epoch = replay->shard.epoch, .position = replay->shard.position};

    replay_close_gaps(replay, replay->shard.epoch, UINT64_MAX);
    if (replay->no_memory) {
        replay_find(replay, REPLAY_MALFORMED, at, NULL, "the replay ran out of memory: nothing is proven");
    }
    return replay->totals;
}

const char *replay_finding_name(enum replay_finding_kind kind)
{
    static const char *const NAMES[] = {
        [REPLAY_MALFORMED] = "malformed",
        [REPLAY_GAP] = "gap",
        [REPLAY_OVERLAP] = "overlap",
        [REPLAY_NUMBER] = "draw_no",
        [REPLAY_SELECTED] = "selected",
        [REPLAY_OUTCOME] = "outcome",
        [REPLAY_UNIT] = "unit",
        [REPLAY_CAP] = "cap",
        [REPLAY_TIME] = "time",
        [REPLAY_VERSION] = "version",
        [REPLAY_LEASE] = "lease",
        [REPLAY_CHANCES] = "chances",
    };

    return NAMES[kind];
}
