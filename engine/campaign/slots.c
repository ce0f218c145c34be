/*
 * campaign/slots.c - expands slots over the days of the window.
 */
#include "campaign/slots.h"

#include <stdlib.h>

struct span_list {
    struct slot_span *out;
    size_t max, count;
    int64_t start_ms, end_ms;
};

static bool add_span(struct span_list *list, int64_t from_ms, int64_t to_ms, size_t source)
{
    from_ms = from_ms < list->start_ms ? list->start_ms : from_ms;
    to_ms = to_ms > list->end_ms ? list->end_ms : to_ms;
    if (from_ms >= to_ms) {
        return true; /* not in the window, or skipped by the clock on this day */
    }
    if (list->count == list->max) {
        return false;
    }
    list->out[list->count++] = (struct slot_span){from_ms, to_ms, source};
    return true;
}

static bool add_daily(struct span_list *list,
                      const struct document_slot *slot,
                      const struct calendar *calendar,
                      size_t source)
{
    int64_t to = slot->to <= slot->from ? slot->to + DAY_S : slot->to;

    for (size_t day = 0; day + 1 < calendar->day_count; day++) {
        if (!add_span(list, calendar_at(calendar, day, slot->from), calendar_at(calendar, day, to), source)) {
            return false;
        }
    }
    return true;
}

static int by_time(const void *a, const void *b)
{
    const struct slot_span *left = a;
    const struct slot_span *right = b;

    if (left->from_ms != right->from_ms) {
        return left->from_ms < right->from_ms ? -1 : 1;
    }
    return (left->source > right->source) - (left->source < right->source);
}

hb_err slots_expand(const struct document *document,
                    const struct document_prize *prize,
                    const struct calendar *calendar,
                    struct slot_span *out,
                    size_t max,
                    size_t *out_count)
{
    struct span_list list = {out, max, 0, document->starts_ms, document->ends_ms};

    *out_count = 0;
    for (size_t i = 0; i < prize->slot_count; i++) {
        const struct document_slot *slot = &prize->slots[i];
        bool fits = !slot->sound || (slot->daily ? add_daily(&list, slot, calendar, i)
                                                 : add_span(&list, slot->from, slot->to, i));

        if (!fits) {
            return HB_E_INPUT;
        }
    }
    if (list.count > 1) {
        qsort(out, list.count, sizeof *out, by_time);
    }
    *out_count = list.count;
    return HB_OK;
}
