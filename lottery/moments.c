/*
 * lottery/moments.c - a unit's moment out of 32 bytes of HMAC.
 *
 *   bytes  0..11  which segment of the curve, by the units it adds; without a curve: the whole window
 *   bytes 12..23  which millisecond of the segment's open time
 *   bytes 24..31  which shard
 *
 * Open time is the part of the segment that lies in [start, end) and in a slot; a segment without any is not
 * chosen. When nothing at all is open the whole window is taken. Weights stay below 2^31, times below 2^53
 * and shards below 2^9, so each choice is nearer to uniform than 2^-42.
 */
#include "lottery/moments.h"

#include "lottery/message.h"

#include <assert.h>

struct span {
    int64_t from_ms, to_ms; /* [from, to) */
};

static struct span span_clip(struct span span, int64_t from_ms, int64_t to_ms)
{
    span.from_ms = span.from_ms > from_ms ? span.from_ms : from_ms;
    span.to_ms = span.to_ms < to_ms ? span.to_ms : to_ms;
    span.to_ms = span.to_ms > span.from_ms ? span.to_ms : span.from_ms;
    return span;
}

/* How much of the span is open; with left_ms >= 0, *at_ms becomes the open millisecond of that place. */
static int64_t open_ms(const struct table_prize *prize, struct span span, int64_t left_ms, int64_t *at_ms)
{
    int64_t total_ms = 0;

    if (prize->slot_count == 0) {
        *at_ms = span.from_ms + left_ms;
        return span.to_ms - span.from_ms;
    }
    for (uint32_t i = 0; i < prize->slot_count; i++) {
        const struct span part = span_clip(span, prize->slots[i].from_ms, prize->slots[i].to_ms);
        const int64_t part_ms = part.to_ms - part.from_ms;

        if (left_ms >= total_ms && left_ms < total_ms + part_ms) {
            *at_ms = part.from_ms + (left_ms - total_ms);
        }
        total_ms += part_ms;
    }
    return total_ms;
}

static int64_t open_total_ms(const struct table_prize *prize, struct span span)
{
    int64_t unused = 0;

    return open_ms(prize, span, -1, &unused);
}

/* Segment i of the curve inside the window, and the units it adds; 0 when none of it is open. */
static int64_t
segment_units(const struct table *table, const struct table_prize *prize, uint32_t i, struct span *out)
{
    const struct curve_point *a = &prize->curve[i], *b = &prize->curve[i + 1];
    const struct span whole = {.from_ms = a->at_s * 1000, .to_ms = b->at_s * 1000};

    *out = span_clip(whole, table->start_ms, table->end_ms);
    return b->units > a->units && open_total_ms(prize, *out) > 0 ? b->units - a->units : 0;
}

static struct span
segment_of(const struct table *table, const struct table_prize *prize, const uint8_t bytes[static 12])
{
    const struct span window = {.from_ms = table->start_ms, .to_ms = table->end_ms};
    struct span span = window;
    int64_t total = 0, place = 0;

    for (uint32_t i = 0; i + 1 < prize->curve_count; i++) {
        total += segment_units(table, prize, i, &span);
    }
    if (total == 0) {
        return window;
    }
    place = (int64_t)uniform_below(bytes, 12, (uint64_t)total);
    for (uint32_t i = 0; i + 1 < prize->curve_count; i++) {
        place -= segment_units(table, prize, i, &span);
        if (place < 0) {
            break;
        }
    }
    return span;
}

static int64_t
moment_at_ms(const struct table *table, const struct table_prize *prize, const uint8_t bytes[static 32])
{
    const struct span span = segment_of(table, prize, bytes);
    const int64_t total_ms = open_total_ms(prize, span);
    int64_t at_ms = span.from_ms;

    if (total_ms == 0) {
        return span.from_ms + (int64_t)uniform_below(bytes + 12, 12, (uint64_t)(span.to_ms - span.from_ms));
    }
    (void)open_ms(prize, span, (int64_t)uniform_below(bytes + 12, 12, (uint64_t)total_ms), &at_ms);
    return at_ms;
}

struct moment_plan moment_of(const struct table *table, uint8_t prize, const struct seed *seed, uint32_t unit)
{
    const struct table_prize *entry = &table->prizes[prize - 1];
    struct message message;
    uint8_t bytes[32];

    assert(prize >= 1 && prize <= table->prize_count && table->start_ms < table->end_ms && table->shards > 0);
    message_start(&message, "moment", table->campaign, entry->id);
    message_add_u32(&message, unit);
    message_hmac(&message, seed, bytes);
    return (struct moment_plan){.at_ms = moment_at_ms(table, entry, bytes),
                                .shard = (uint32_t)uniform_below(bytes + 24, 8, table->shards)};
}
