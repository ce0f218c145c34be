/*
 * lottery/replay_draws.c - every draw again: its number, the prize that the number selects, what the shard
 * gave.
 *
 * A draw is predicted from the state before it. Where the record says otherwise there is a finding, and the
 * record's facts are taken over so that one difference is not followed by thousands. In relaxed mode nothing
 * is predicted but what the number selects.
 */
#include "lottery/replay_internal.h"

#include "lottery/decide.h"

#include <inttypes.h>
#include <stddef.h>

struct replaying { /* one draw */
    struct replay *replay;
    struct replay_at at;
    const struct draw_record *record;
    struct replay_player *slot;
    struct player_state state, before;
    struct draw_request request;
};

/* ---- the draw's number ---- */

static bool number_was_lost(const struct replaying *draw)
{
    const struct replay_player *slot = draw->slot;

    return !draw->replay->relaxed && slot->tail_epoch > 0 && slot->tail_epoch < draw->at.epoch &&
           draw->record->draw_no >= slot->tail_from && draw->record->draw_no <= slot->tail_to;
}

static bool number_had_won(const struct player_state *state, uint32_t draw_no)
{
    for (uint8_t i = 0; i < state->remembered_count; i++) {
        if (state->remembered[i].draw_no == draw_no && state->remembered[i].prize != 0) {
            return true;
        }
    }
    return false;
}

static void draw_no_repeated(struct replaying *draw)
{
    if (number_was_lost(draw) && !number_had_won(&draw->state, draw->record->draw_no)) {
        return;
    }
    replay_find(draw->replay,
                REPLAY_NUMBER,
                draw->at,
                draw->record,
                "draw %" PRIu32 " is there again: the player's last was %" PRIu32,
                draw->record->draw_no,
                draw->state.draw_no);
}

static void draw_no_skipped(struct replaying *draw)
{
    struct replay *replay = draw->replay;
    const uint64_t skipped = draw->record->draw_no - draw->state.draw_no - 1;

    if (replay->relaxed ||
        (draw->slot->epoch < replay->lossy_epoch && skipped <= replay->totals.lost_positions)) {
        draw->slot->unsure = true;
        return;
    }
    replay_find(replay,
                REPLAY_NUMBER,
                draw->at,
                draw->record,
                "%" PRIu64 " draws before draw %" PRIu32 " are missing: the player's last was %" PRIu32,
                skipped,
                draw->record->draw_no,
                draw->state.draw_no);
}

/* Answers to numbers that are to come again, or are too far back to be told by their low byte, are forgotten.
 */
static void answers_forget(struct player_state *state)
{
    uint8_t kept = 0;

    for (uint8_t i = 0; i < state->remembered_count; i++) {
        const uint32_t draw_no = state->remembered[i].draw_no;

        if (draw_no <= state->draw_no && state->draw_no - draw_no < UINT8_MAX) {
            state->remembered[kept++] = state->remembered[i];
        }
    }
    state->remembered_count = kept;
}

static void draw_no_check(struct replaying *draw)
{
    const uint32_t draw_no = draw->record->draw_no;

    if (number_was_lost(draw)) {
        draw->replay->totals.redrawn++;
        draw->slot->unsure = true;
    }
    if (draw_no <= draw->state.draw_no) {
        draw_no_repeated(draw);
    } else if (draw_no > draw->state.draw_no + 1) {
        draw_no_skipped(draw);
    }
    draw->state.draw_no = draw_no - 1;
    answers_forget(&draw->state);
}

static void draw_tail(struct replaying *draw)
{
    struct replay_player *slot = draw->slot;

    if (slot->tail_epoch != draw->at.epoch) {
        slot->tail_epoch = draw->at.epoch;
        slot->tail_from = draw->state.draw_no + 1; /* those before its first here may be lost */
        slot->tail_to = 0;
    }
    slot->tail_to = draw->record->draw_no > slot->tail_to ? draw->record->draw_no : slot->tail_to;
    slot->unsure = true;
}

static void selected_check(struct replaying *draw)
{
    struct replay *replay = draw->replay;
    uint8_t selected = 0;

    draw->request.block = (draw->record->draw_no - 1) / BLOCK_DRAWS;
    fairness_block(
        replay->seed, replay->campaign, &draw->record->player, draw->request.block, draw->request.numbers);
    selected = decide_selected(replay->table, decide_number(draw->request.numbers, draw->record->draw_no));
    if (selected != draw->record->selected) {
        replay_find(replay,
                    REPLAY_SELECTED,
                    draw->at,
                    draw->record,
                    "the number selects prize %u, the record says %u",
                    selected,
                    draw->record->selected);
    }
}

/* ---- what the shard gave ---- */

static void units_check(struct replaying *draw)
{
    struct replay *replay = draw->replay;
    const struct draw_record *record = draw->record;
    const uint32_t unit = record->unit;

    if (record->prize == 0) {
        return;
    }
    if (record->prize > replay->table->prize_count ||
        unit >= replay->table->prizes[record->prize - 1].units) {
        replay_find(
            replay, REPLAY_UNIT, draw->at, record, "prize %u has no unit %" PRIu32, record->prize, unit);
        return;
    }
    if (unit_set_count(&replay->given[record->prize - 1], unit, unit + 1) > 0) {
        replay_find(replay,
                    REPLAY_UNIT,
                    draw->at,
                    record,
                    "unit %" PRIu32 " of prize %u is given twice",
                    unit,
                    record->prize);
        return;
    }
    /* In a lossy tail the lease itself may be lost; the ledger's lease rows say whether there was one. */
    if (!replay->relaxed && unit_set_count(&replay->held[record->prize - 1], unit, unit + 1) == 0) {
        replay_find(replay,
                    REPLAY_UNIT,
                    draw->at,
                    record,
                    "unit %" PRIu32 " of prize %u was never leased to this shard",
                    unit,
                    record->prize);
    }
    replay->no_memory |= !unit_set_add(&replay->given[record->prize - 1], unit, unit + 1);
    replay->given_count[record->prize - 1]++;
}

/* ---- expected and recorded ---- */

struct refusal {
    enum draw_status status;
    enum replay_finding_kind kind;
    const char *why;
};

static void refused_check(struct replaying *draw, enum draw_status status)
{
    static const struct refusal REFUSALS[] = {
        {DRAW_REMEMBERED, REPLAY_OUTCOME, "its key had been answered before"},
        {DRAW_KEY_REUSED, REPLAY_OUTCOME, "its key had been used for another request"},
        {DRAW_OTHER_NUMBER, REPLAY_NUMBER, "it is not the player's next number"},
        {DRAW_NO_CHANCE, REPLAY_CHANCES, "the player had no chance left"},
        {DRAW_DAY_CAP, REPLAY_CAP, "the player was at the day's cap"},
        {DRAW_CAMPAIGN_CAP, REPLAY_CAP, "the player was at the campaign's cap"},
        {DRAW_BUSY, REPLAY_OUTCOME, "its prize was dry here while the campaign had more"},
        {DRAW_OTHER_BLOCK, REPLAY_NUMBER, "its numbers were of another block"},
        {DRAW_NOT_STARTED, REPLAY_TIME, "the campaign had not started"},
        {DRAW_ENDED, REPLAY_TIME, "the campaign had ended"},
        {DRAW_PAUSED, REPLAY_OUTCOME, "the shard was paused"},
    };

    for (size_t i = 0; i < sizeof REFUSALS / sizeof REFUSALS[0]; i++) {
        if (REFUSALS[i].status == status) {
            replay_find(draw->replay,
                        REFUSALS[i].kind,
                        draw->at,
                        draw->record,
                        "the draw ran although %s",
                        REFUSALS[i].why);
        }
    }
}

static void differs(struct replaying *draw,
                    enum replay_finding_kind kind,
                    const char *what,
                    uint32_t expected,
                    uint32_t recorded)
{
    replay_find(draw->replay,
                kind,
                draw->at,
                draw->record,
                "%s: expected %" PRIu32 ", the record says %" PRIu32,
                what,
                expected,
                recorded);
}

/* True when the record is what was expected; one finding a draw, the first in order of cause. */
static bool record_check(struct replaying *draw, const struct draw_record *expected)
{
    const struct draw_record *record = draw->record;

    if (record->selected != expected->selected) {
        return false; /* found by selected_check() */
    }
    if (record->how != expected->how || record->prize != expected->prize) {
        replay_find(draw->replay,
                    REPLAY_OUTCOME,
                    draw->at,
                    record,
                    "expected prize %u (way %u, withheld %u), the record says prize %u (way %u, withheld %u)",
                    expected->prize,
                    expected->how,
                    expected->why,
                    record->prize,
                    record->how,
                    record->why);
        return false;
    }
    if (record->why != expected->why) {
        differs(draw, REPLAY_OUTCOME, "why it was withheld", expected->why, record->why);
        return false;
    }
    if (record->unit != expected->unit) {
        differs(draw, REPLAY_UNIT, "unit", expected->unit, record->unit);
        return false;
    }
    if (record->chances_left != expected->chances_left && !draw->slot->unsure) {
        differs(draw, REPLAY_CHANCES, "chances left", expected->chances_left, record->chances_left);
        return false;
    }
    return true;
}

/* A player with lost draws: what its counters say does not count against it. */
static struct draw_result draw_run_unsure(struct replaying *draw, struct draw_record *expected)
{
    struct replay *replay = draw->replay;

    draw->state.today = 0;
    draw->state.base_used = 0;
    draw->state.remembered_count = 0;
    return shard_draw(
        &replay->shard, replay->table, &draw->state, &draw->request, replay->shard_index, expected);
}

static void draw_predict(struct replaying *draw)
{
    struct replay *replay = draw->replay;
    struct draw_record expected;
    struct draw_result result;

    replay_save(replay);
    draw->before = draw->state;
    result = shard_draw(
        &replay->shard, replay->table, &draw->state, &draw->request, replay->shard_index, &expected);
    if (draw->slot->unsure && (result.status == DRAW_NO_CHANCE || result.status == DRAW_DAY_CAP ||
                               result.status == DRAW_REMEMBERED || result.status == DRAW_KEY_REUSED)) {
        result = draw_run_unsure(draw, &expected);
    }
    if (result.status == DRAW_NEW && record_check(draw, &expected)) {
        return;
    }
    if (result.status != DRAW_NEW) {
        refused_check(draw, result.status);
    }
    replay_put_back(replay);
    draw->state = draw->before;
    replay_shard_follow(&replay->shard, draw->record);
    replay_player_follow(replay, draw->record, &draw->state);
}

static void replay_draw(struct replay *replay, struct replay_at at, const struct draw_record *record)
{
    struct replaying draw = {.replay = replay, .at = at, .record = record};

    draw.slot = replay_players_find(&replay->players, &record->player);
    if (draw.slot == NULL) {
        replay->no_memory = true;
        return;
    }
    draw.request.player = record->player;
    draw.request.key = record->key;
    replay_player_load(draw.slot, &draw.state);
    if (table_shard_of(replay->table, &record->player) != replay->shard_index) {
        differs(&draw,
                REPLAY_OUTCOME,
                "the player's shard",
                table_shard_of(replay->table, &record->player),
                replay->shard_index);
    }
    if (replay->relaxed) {
        draw_tail(&draw);
    }
    draw_no_check(&draw);
    selected_check(&draw);
    if (replay->relaxed) {
        replay_player_follow(replay, record, &draw.state);
    } else {
        draw_predict(&draw);
    }
    units_check(&draw);
    draw.slot->epoch = at.epoch;
    replay->no_memory |= !replay_player_store(draw.slot, &draw.state);
}

/* ---- an entry of draws ---- */

static void entry_version(struct replay *replay, struct replay_at at, uint32_t version)
{
    if (version == replay->shard.version) {
        return;
    }
    if (!replay->relaxed ||
        version < replay->shard.version) { /* after a gap the switch may be in what is lost */
        replay_find(replay,
                    REPLAY_VERSION,
                    at,
                    NULL,
                    "drawn by version %" PRIu32 " while the shard had version %" PRIu32,
                    version,
                    replay->shard.version);
    }
    (void)replay_use_version(replay, at, version);
}

void replay_draws(struct replay *replay,
                  struct replay_at at,
                  const struct record_header *header,
                  const uint8_t *entry,
                  size_t len)
{
    struct draw_record record;

    entry_version(replay, at, header->version);
    for (uint16_t i = 0; i < header->count; i++) {
        const struct replay_at place = {.epoch = at.epoch, .position = at.position + i};

        replay->shard.position = place.position;
        if (!record_draw_read(entry, len, i, &record) || record.draw_no == 0) {
            replay_find(
                replay, REPLAY_MALFORMED, place, NULL, "draw %u of the entry is not in the format", i);
            continue;
        }
        replay->totals.draws++;
        replay->totals.wins += record.prize != 0;
        if (replay->table != NULL) {
            replay_draw(replay, place, &record);
        }
    }
    replay->shard.position = at.position + header->count;
}
