/*
 * campaign/freeze.c - compares a document with the published one.
 */
#include "campaign/freeze.h"

#include "base/zone.h"

#include <string.h>

struct freeze {
    const struct document *next, *old;
    const struct freeze_facts *facts;
    struct problems *problems;
};

static bool same_text(const char *a, const char *b)
{
    return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

static bool known(int64_t value)
{
    return value != FIELD_UNKNOWN;
}

static void frozen(struct freeze *freeze, const struct path *up, const char *name, const char *old)
{
    struct path here = path_member(up, name);

    problem_add(freeze->problems, &here, PROBLEM_FROZEN, old, NULL);
}

static void
check_number(struct freeze *freeze, const struct path *up, const char *name, int64_t next, int64_t old)
{
    if (known(next) && next != old) {
        frozen(freeze, up, name, fact_int(old).text);
    }
}

static void check_campaign(struct freeze *freeze)
{
    const struct document *next = freeze->next;
    const struct document *old = freeze->old;
    struct path fairness = path_member(NULL, "fairness");

    if (next->id != NULL && !same_text(next->id, old->id)) {
        frozen(freeze, NULL, "id", old->id);
    }
    if (!same_text(next->time_zone, old->time_zone)) {
        frozen(freeze, NULL, "time_zone", old->time_zone);
    }
    if (next->shards != 0) {
        check_number(freeze, NULL, "shards", next->shards, freeze->facts->shards);
    }
    if (!same_text(next->public_source.zh, old->public_source.zh) ||
        !same_text(next->public_source.en, old->public_source.en)) {
        frozen(freeze,
               &fairness,
               "public_source",
               old->public_source.en == NULL ? "none" : old->public_source.en);
    }
}

static void check_window(struct freeze *freeze)
{
    const struct document *next = freeze->next;
    const struct document *old = freeze->old;
    struct path starts = path_member(NULL, "starts_at");
    struct path ends = path_member(NULL, "ends_at");
    char start_text[26];

    if (old->starts_ms <= freeze->facts->now_ms && known(next->starts_ms) &&
        next->starts_ms != old->starts_ms) {
        zone_format(old->time_zone, old->starts_ms, start_text);
        problem_add(freeze->problems, &starts, PROBLEM_FROZEN_START, start_text, NULL);
    }
    if (known(next->ends_ms) && next->ends_ms != old->ends_ms && next->ends_ms <= freeze->facts->now_ms) {
        problem_add(freeze->problems, &ends, PROBLEM_END_PAST, NULL, NULL);
    }
}

static void check_amounts(struct freeze *freeze,
                          const struct path *path,
                          const struct document_prize *next,
                          const struct document_prize *old)
{
    check_number(freeze, path, "amount_fen", next->amount_fen, old->amount_fen);
    check_number(freeze, path, "min_fen", next->min_fen, old->min_fen);
    check_number(freeze, path, "max_fen", next->max_fen, old->max_fen);
    check_number(freeze, path, "total_fen", next->total_fen, old->total_fen);
    if (old->kind == PRIZE_CASH_SPLIT || old->mode == PRIZE_MOMENTS) {
        check_number(freeze, path, "units", next->units, old->units);
    }
}

static bool same_curve(const struct document_prize *a, const struct document_prize *b)
{
    if (a->curve_count != b->curve_count) {
        return false;
    }
    for (size_t i = 0; i < a->curve_count; i++) {
        if (a->curve[i].at_ms != b->curve[i].at_ms || a->curve[i].share != b->curve[i].share) {
            return false;
        }
    }
    return true;
}

static bool same_slots(const struct document_prize *a, const struct document_prize *b)
{
    if (a->slot_count != b->slot_count) {
        return false;
    }
    for (size_t i = 0; i < a->slot_count; i++) {
        if (a->slots[i].daily != b->slots[i].daily || a->slots[i].from != b->slots[i].from ||
            a->slots[i].to != b->slots[i].to) {
            return false;
        }
    }
    return true;
}

static void plan_frozen(struct freeze *freeze, const struct path *up, const char *name, const char *prize)
{
    struct path here = path_member(up, name);

    problem_add(freeze->problems, &here, PROBLEM_FROZEN_PLAN, prize, NULL);
}

/* Where the moments fall is drawn over the window, the slots and the curve. */
static void check_plan(struct freeze *freeze,
                       const struct path *path,
                       const struct document_prize *next,
                       const struct document_prize *old)
{
    struct path pacing = path_member(path, "pacing");

    if (!same_curve(next, old)) {
        plan_frozen(freeze, &pacing, "curve", old->id);
    }
    if (!same_slots(next, old)) {
        plan_frozen(freeze, &pacing, "slots", old->id);
    }
}

static void check_plan_window(struct freeze *freeze, const char *prize)
{
    if (known(freeze->next->starts_ms) && freeze->next->starts_ms != freeze->old->starts_ms) {
        plan_frozen(freeze, NULL, "starts_at", prize);
    }
    if (known(freeze->next->ends_ms) && freeze->next->ends_ms != freeze->old->ends_ms) {
        plan_frozen(freeze, NULL, "ends_at", prize);
    }
}

static void check_prize(struct freeze *freeze, const struct path *path, size_t i)
{
    const struct document_prize *next = &freeze->next->prizes[i];
    const struct document_prize *old = &freeze->old->prizes[i];
    int64_t leased = freeze->facts->leased_units[i];
    struct path units = path_member(path, "units");

    if (known(next->kind) && next->kind != old->kind) {
        frozen(freeze, path, "kind", prize_kind_name((enum prize_kind)old->kind));
    } else {
        check_amounts(freeze, path, next, old);
    }
    if (known(next->mode) && next->mode != old->mode) {
        frozen(freeze, path, "mode", prize_mode_name((enum prize_mode)old->mode));
    } else if (old->mode == PRIZE_MOMENTS) {
        check_plan(freeze, path, next, old);
    }
    if (known(next->units) && next->units < leased) {
        problem_add(freeze->problems, &units, PROBLEM_LEASED_UNITS, fact_int(leased).text, NULL);
    }
}

/* Prizes are known by their place: another id in a place is another order. */
static void check_prizes(struct freeze *freeze)
{
    struct path prizes = path_member(NULL, "prizes");
    bool told_window = false;

    if (freeze->next->prize_count != freeze->old->prize_count) {
        problem_add(freeze->problems, &prizes, PROBLEM_FROZEN_PRIZES, NULL, NULL);
    }
    for (size_t i = 0; i < freeze->old->prize_count && i < freeze->next->prize_count; i++) {
        struct path here = path_item(&prizes, i);
        struct path id = path_member(&here, "id");

        if (freeze->next->prizes[i].id == NULL) {
            continue;
        }
        if (!same_text(freeze->next->prizes[i].id, freeze->old->prizes[i].id)) {
            problem_add(freeze->problems, &id, PROBLEM_FROZEN_PRIZES, NULL, NULL);
            continue;
        }
        check_prize(freeze, &here, i);
        if (freeze->old->prizes[i].mode == PRIZE_MOMENTS && !told_window) {
            check_plan_window(freeze, freeze->old->prizes[i].id);
            told_window = true;
        }
    }
}

static void check_budget(struct freeze *freeze)
{
    struct path here = path_member(NULL, "budget_fen");
    int64_t leased_fen = 0;

    for (size_t i = 0; i < freeze->old->prize_count; i++) {
        leased_fen += freeze->facts->leased_fen[i];
    }
    if (known(freeze->next->budget_fen) && freeze->next->budget_fen < leased_fen) {
        problem_add(freeze->problems, &here, PROBLEM_LEASED_FEN, fact_int(leased_fen).text, NULL);
    }
}

void freeze_check(const struct document *next, const struct freeze_facts *facts, struct problems *problems)
{
    struct freeze freeze = {next, facts->published, facts, problems};

    check_campaign(&freeze);
    check_window(&freeze);
    check_prizes(&freeze);
    check_budget(&freeze);
}
