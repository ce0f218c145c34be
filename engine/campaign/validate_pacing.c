/*
 * campaign/validate_pacing.c - a prize's slots, curve and winning moments against the window.
 */
#include "campaign/validate_internal.h"

enum { MOMENTS_A_MINUTE = 256 }; /* of one shard: half of what it holds (MOMENTS_MAX) */

static void check_slot_windows(struct check *check,
                               const struct path *slots,
                               const struct document_prize *prize,
                               size_t span_count)
{
    size_t days_open[DOCUMENT_SLOTS_MAX] = {0};

    for (size_t i = 0; i < span_count; i++) {
        days_open[check->spans[i].source]++;
    }
    for (size_t i = 0; i < prize->slot_count; i++) {
        const struct document_slot *slot = &prize->slots[i];
        struct path here = path_item(slots, i);
        bool inside = slot->daily
                          ? days_open[i] > 0
                          : slot->from >= check->document->starts_ms && slot->to <= check->document->ends_ms;

        if (slot->sound && !inside) {
            problem_add(check->problems, &here, PROBLEM_SLOT_OUTSIDE, NULL, NULL);
        }
    }
}

/* One problem a slot, at the later one in the document, however many days they overlap on. */
static void check_slot_overlaps(struct check *check, const struct path *slots, size_t span_count)
{
    bool told[DOCUMENT_SLOTS_MAX] = {false};
    size_t last = 0; /* the span that reaches farthest so far */

    for (size_t i = 1; i < span_count; i++) {
        const struct slot_span *span = &check->spans[i];
        size_t other = check->spans[last].source;
        size_t later = span->source > other ? span->source : other;
        struct path here = path_item(slots, later);

        if (span->from_ms < check->spans[last].to_ms && !told[later]) {
            problem_add(check->problems,
                        &here,
                        PROBLEM_SLOT_OVERLAP,
                        fact_int((int64_t)(span->source + other - later)).text,
                        NULL);
            told[later] = true;
        }
        if (span->to_ms > check->spans[last].to_ms) {
            last = i;
        }
    }
}

static int64_t open_seconds(const struct check *check, size_t span_count)
{
    int64_t open_ms = 0;

    for (size_t i = 0; i < span_count; i++) {
        open_ms += check->spans[i].to_ms - check->spans[i].from_ms;
    }
    if (span_count == 0) {
        open_ms = check->document->ends_ms - check->document->starts_ms;
    }
    return open_ms / 1000;
}

/* Moments are loaded a minute ahead, and a shard holds only so many. */
static void check_moments(struct check *check,
                          const struct path *path,
                          const struct document_prize *prize,
                          size_t span_count)
{
    struct path units = path_member(path, "units");
    int64_t shards = check->document->shards > 0 ? check->document->shards : check->facts->shards;
    int64_t most = open_seconds(check, span_count) * MOMENTS_A_MINUTE / 60 * (shards > 0 ? shards : 1);

    if (known(prize->units) && prize->units > most) {
        problem_add(check->problems, &units, PROBLEM_MOMENTS_DENSE, fact_int(most).text, NULL);
    }
}

static void check_slots(struct check *check, const struct path *path, const struct document_prize *prize)
{
    struct path pacing = path_member(path, "pacing");
    struct path slots = path_member(&pacing, "slots");
    size_t span_count;
    hb_err err = slots_expand(check->document, prize, check->calendar, check->spans, SLOTS_MAX, &span_count);

    if (err != HB_OK) {
        problem_add(check->problems, &slots, PROBLEM_SLOT_MANY, fact_int(SLOTS_MAX).text, NULL);
        return;
    }
    check_slot_windows(check, &slots, prize, span_count);
    check_slot_overlaps(check, &slots, span_count);
    if (prize->mode == PRIZE_MOMENTS) {
        check_moments(check, path, prize, span_count);
    }
}

static void check_point(struct check *check,
                        const struct path *path,
                        const struct document_point *point,
                        const struct document_point *before)
{
    struct path at = path_member(path, "at");
    struct path share = path_member(path, "share");

    if (check->calendar != NULL && known(point->at_ms) &&
        (point->at_ms < check->document->starts_ms || point->at_ms > check->document->ends_ms)) {
        problem_add(check->problems, &at, PROBLEM_CURVE_OUTSIDE, NULL, NULL);
    }
    if (before != NULL && known(point->at_ms) && point->at_ms <= before->at_ms) {
        problem_add(check->problems, &at, PROBLEM_CURVE_TIME, NULL, NULL);
    }
    if (before != NULL && known(point->share) && point->share < before->share) {
        problem_add(check->problems, &share, PROBLEM_CURVE_SHARE, NULL, NULL);
    }
}

static void check_curve(struct check *check, const struct path *path, const struct document_prize *prize)
{
    struct path pacing = path_member(path, "pacing");
    struct path curve = path_member(&pacing, "curve");
    int64_t last_share = prize->curve[prize->curve_count - 1].share;

    for (size_t i = 0; i < prize->curve_count; i++) {
        struct path here = path_item(&curve, i);

        check_point(check, &here, &prize->curve[i], i == 0 ? NULL : &prize->curve[i - 1]);
    }
    if (known(last_share) && last_share < NANO) {
        problem_add(check->problems, &curve, PROBLEM_CURVE_SHORT, fact_decimal(last_share).text, NULL);
    }
}

void check_pacing(struct check *check, const struct path *path, const struct document_prize *prize)
{
    if (check->calendar != NULL) {
        check_slots(check, path, prize);
    }
    if (prize->curve_count > 0) {
        check_curve(check, path, prize);
    }
}
