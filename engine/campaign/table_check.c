/*
 * campaign/table_check.c - the invariants of struct table.
 */
#include "campaign/table_check.h"

#include "campaign/compile.h"

#include <stdbool.h>
#include <string.h>

#define WINDOW_MAX_MS (INT64_C(1000) * DAY_S * DAYS_MAX)

enum { COUNT16_MAX = 65535 };

static bool slug_ok(const char *slug)
{
    size_t len = strnlen(slug, SLUG_MAX + 1);

    return len <= SLUG_MAX && slug_valid(slug, len);
}

static bool within(int64_t value, int64_t low, int64_t high)
{
    return value >= low && value <= high;
}

static bool days_ok(const struct table *table)
{
    if (!within(table->day_count, 1, DAYS_MAX) || !within(table->days[0], 0, table->start_ms)) {
        return false;
    }
    for (uint32_t i = 1; i < table->day_count; i++) {
        if (table->days[i] <= table->days[i - 1] ||
            !within(table->days[i], table->start_ms + 1, table->end_ms - 1)) {
            return false;
        }
    }
    return true;
}

static bool amounts_ok(const struct table_prize *prize)
{
    bool no_amount = prize->amount_fen == 0;
    bool no_split = prize->min_fen == 0 && prize->max_fen == 0 && prize->total_fen == 0;

    switch (prize->kind) {
    case PRIZE_CASH:
        return within(prize->amount_fen, 1, AMOUNT_MAX_FEN) && no_split;
    case PRIZE_CASH_SPLIT:
        return no_amount && within(prize->max_fen, 1, AMOUNT_MAX_FEN) &&
               within(prize->min_fen, 1, prize->max_fen) &&
               within(prize->total_fen, prize->units * prize->min_fen, prize->units * prize->max_fen);
    case PRIZE_VOUCHER:
    case PRIZE_CARD:
        return no_amount && no_split;
    }
    return false;
}

/* Divides, since the product may not fit. */
static bool segment_ok(const struct curve_point *from, const struct curve_point *to)
{
    int64_t seconds = to->at_s - from->at_s;
    int64_t units = to->units - from->units;

    return seconds > 0 && units >= 0 && (units == 0 || seconds <= (CURVE_PRODUCT_MAX - 1) / units);
}

static bool curve_ok(const struct table *table, const struct table_prize *prize)
{
    if (prize->curve_count > CURVE_MAX) {
        return false;
    }
    for (uint32_t i = 0; i < prize->curve_count; i++) {
        const struct curve_point *point = &prize->curve[i];

        if (!within(point->at_s, table->start_ms / 1000, table->end_ms / 1000) ||
            !within(point->units, 0, prize->units) || (i > 0 && !segment_ok(point - 1, point))) {
            return false;
        }
    }
    return true;
}

static bool slots_ok(const struct table *table, const struct table_prize *prize)
{
    int64_t free_from_ms = table->start_ms;

    if (prize->slot_count > SLOTS_MAX) {
        return false;
    }
    for (uint32_t i = 0; i < prize->slot_count; i++) {
        const struct slot *slot = &prize->slots[i];

        if (slot->from_ms < free_from_ms || slot->to_ms <= slot->from_ms || slot->to_ms > table->end_ms) {
            return false;
        }
        free_from_ms = slot->to_ms;
    }
    return true;
}

/* The numbers of odds prizes follow one another from 0 on, without a gap. */
static bool numbers_ok(const struct table_prize *prize, int64_t *next)
{
    if (prize->mode != PRIZE_ODDS) {
        return prize->number_from == 0 && prize->number_to == 0;
    }
    if (prize->number_from != *next || !within(prize->number_to, prize->number_from, NUMBER_SPAN)) {
        return false;
    }
    *next = prize->number_to;
    return true;
}

static bool id_is_new(const struct table *table, uint32_t i)
{
    for (uint32_t j = 0; j < i; j++) {
        if (strcmp(table->prizes[j].id, table->prizes[i].id) == 0) {
            return false;
        }
    }
    return true;
}

static const char *prize_flaw(const struct table *table, uint32_t i, int64_t *next_number)
{
    const struct table_prize *prize = &table->prizes[i];

    if (!slug_ok(prize->id) || !id_is_new(table, i)) {
        return "a prize's id is not valid or not its own";
    }
    if (!within(prize->units, 1, UNITS_MAX) || prize->wins_max > COUNT16_MAX) {
        return "a prize's units or wins_max are out of range";
    }
    if (!within(prize->per_second, 0, prize->mode == PRIZE_MOMENTS ? 0 : UNITS_MAX)) {
        return "a prize's per_second is out of range";
    }
    if (!amounts_ok(prize)) {
        return "a prize's amounts do not fit its kind";
    }
    if (!numbers_ok(prize, next_number)) {
        return "the numbers of the prizes do not follow one another";
    }
    if (!curve_ok(table, prize)) {
        return "a prize's curve does not rise within the campaign";
    }
    return slots_ok(table, prize) ? NULL : "a prize's slots are not in order within the campaign";
}

static const char *campaign_flaw(const struct table *table)
{
    if (!slug_ok(table->campaign) || table->version < 1 || !within(table->shards, 1, SHARDS_MAX)) {
        return "campaign, version or shards are not valid";
    }
    if (!within(table->start_ms, 0, EXACT_MAX) || !within(table->end_ms, table->start_ms + 1, EXACT_MAX)) {
        return "the window is not valid";
    }
    if (table->end_ms - table->start_ms > WINDOW_MAX_MS) {
        return "the window is too long";
    }
    if (!days_ok(table)) {
        return "the days do not fit the window";
    }
    if (table->base_chances > COUNT16_MAX || table->day_chances > COUNT16_MAX ||
        table->day_cap > COUNT16_MAX) {
        return "chances or caps are out of range";
    }
    return within(table->prize_count, 1, PRIZES_MAX) ? NULL : "the number of prizes is out of range";
}

const char *table_flaw(const struct table *table)
{
    const char *flaw = campaign_flaw(table);
    int64_t next_number = 0;

    for (uint32_t i = 0; flaw == NULL && i < table->prize_count; i++) {
        flaw = prize_flaw(table, i, &next_number);
    }
    return flaw;
}
