/*
 * tests/support/lottery_world.c - random tables for the lottery's tests, and a table's JSON form.
 */
#include "support/lottery_world.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

uint64_t rng_next(struct rng *rng)
{
    uint64_t z = rng->state += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

uint32_t rng_below(struct rng *rng, uint32_t bound)
{
    return bound == 0 ? 0 : (uint32_t)((rng_next(rng) >> 32) * bound >> 32);
}

bool rng_one_in(struct rng *rng, uint32_t n)
{
    return rng_below(rng, n) == 0;
}

void rng_fill(struct rng *rng, void *out, size_t len)
{
    uint8_t *bytes = out;

    for (size_t i = 0; i < len; i++) {
        bytes[i] = (uint8_t)(rng_next(rng) >> 56);
    }
}

static void *must(void *memory)
{
    if (memory == NULL) {
        abort();
    }
    return memory;
}

static void random_curve(struct rng *rng, struct table_prize *prize, const struct table *table)
{
    int64_t at_s = table->start_ms / 1000 - 2 + rng_below(rng, 10), units = rng_below(rng, 4);

    prize->curve_count = 1 + rng_below(rng, 6);
    prize->curve = must(calloc(prize->curve_count, sizeof *prize->curve));
    for (uint32_t i = 0; i < prize->curve_count; i++) {
        prize->curve[i] = (struct curve_point){at_s, units};
        at_s += 1 + rng_below(rng, 40);
        units += rng_below(rng, 60);
    }
}

static void random_slots(struct rng *rng, struct table_prize *prize, const struct table *table)
{
    int64_t at_ms = table->start_ms - 2000;

    prize->slot_count = 1 + rng_below(rng, 8);
    prize->slots = must(calloc(prize->slot_count, sizeof *prize->slots));
    for (uint32_t i = 0; i < prize->slot_count; i++) {
        int64_t from_ms = at_ms + rng_below(rng, 15000);

        at_ms = from_ms + 1 + rng_below(rng, 30000);
        prize->slots[i] = (struct slot){from_ms, at_ms};
    }
}

static void random_prize(struct rng *rng, struct table *table, uint32_t place)
{
    struct table_prize *prize = &table->prizes[place];
    uint32_t mode = rng_below(rng, 8);

    snprintf(prize->id, sizeof prize->id, "p%" PRIu32, place + 1);
    prize->kind = (enum prize_kind)rng_below(rng, 4);
    prize->mode = mode < 5 ? PRIZE_ODDS : mode < 7 ? PRIZE_ALWAYS : PRIZE_MOMENTS;
    prize->units = 1 + rng_below(rng, 100000);
    prize->amount_fen = prize->kind == PRIZE_CASH ? 100 : 0;
    prize->wins_max = rng_one_in(rng, 3) ? 1 + rng_below(rng, 4) : 0;
    if (prize->mode != PRIZE_MOMENTS) {
        prize->per_second = rng_one_in(rng, 4) ? 1 + rng_below(rng, 12) : 0;
        if (rng_one_in(rng, 3)) {
            random_curve(rng, prize, table);
        }
        if (rng_one_in(rng, 4)) {
            random_slots(rng, prize, table);
        }
    }
}

/* Pieces of the span, in a random order of the prizes, some numbers left over. */
static void random_odds(struct rng *rng, struct table *table)
{
    int64_t at = (int64_t)(rng_next(rng) % (NUMBER_SPAN / 8));
    uint32_t first = rng_below(rng, table->prize_count);

    for (uint32_t i = 0; i < table->prize_count; i++) {
        struct table_prize *prize = &table->prizes[(first + i) % table->prize_count];

        if (prize->mode == PRIZE_ODDS && !rng_one_in(rng, 12)) {
            prize->number_from = at;
            at += (int64_t)(rng_next(rng) % (uint64_t)((NUMBER_SPAN - at) / 2));
            prize->number_to = at;
            at += rng_one_in(rng, 2) ? 0 : (int64_t)(rng_next(rng) % (uint64_t)((NUMBER_SPAN - at) / 4));
        }
    }
}

static void random_rules(struct rng *rng, struct table *table)
{
    table->base_chances = rng_below(rng, 12);
    table->day_chances = rng_one_in(rng, 10) ? 70000 : rng_below(rng, 10);
    if (rng_one_in(rng, 3)) {
        table->base_chances = rng_one_in(rng, 4) ? 100000 : 1000;
    }
    table->day_cap = rng_one_in(rng, 3) ? 1 + rng_below(rng, 20) : 0;
    table->campaign_cap = rng_one_in(rng, 4) ? 1 + rng_below(rng, 60) : 0;
}

static void random_days(struct rng *rng, struct table *table)
{
    int64_t at_ms = table->start_ms - rng_below(rng, 20000);

    table->day_count = 1 + rng_below(rng, 20);
    table->days = must(calloc(table->day_count, sizeof *table->days));
    for (uint32_t i = 0; i < table->day_count; i++) {
        table->days[i] = at_ms;
        at_ms += 1000 + rng_below(rng, 40000);
    }
}

static struct table *table_with(struct rng *rng, uint32_t version, uint32_t prize_count, int64_t start_ms)
{
    struct table *table = must(calloc(1, sizeof *table));

    snprintf(table->campaign, sizeof table->campaign, "diff");
    table->version = version;
    table->start_ms = start_ms;
    table->prize_count = prize_count;
    table->prizes = must(calloc(prize_count, sizeof *table->prizes));
    random_rules(rng, table);
    return table;
}

struct table *world_table(struct rng *rng, int64_t start_ms, uint32_t shards)
{
    struct table *table = table_with(rng, 1 + rng_below(rng, 3), 1 + rng_below(rng, 9), start_ms);

    table->shards = shards;
    table->end_ms = start_ms + 60000 + rng_below(rng, 300000);
    random_days(rng, table);
    for (uint32_t i = 0; i < table->prize_count; i++) {
        random_prize(rng, table, i);
    }
    random_odds(rng, table);
    return table;
}

struct table *world_table_next(struct rng *rng, const struct table *before)
{
    uint32_t prizes = before->prize_count + rng_one_in(rng, 2);
    struct table *table = table_with(rng, before->version + 1 + rng_below(rng, 2), prizes, before->start_ms);

    table->shards = before->shards;
    table->end_ms = before->end_ms + rng_below(rng, 5000);
    table->day_count = before->day_count;
    table->days = must(malloc(before->day_count * sizeof *table->days));
    memcpy(table->days, before->days, before->day_count * sizeof *table->days);
    for (uint32_t i = 0; i < table->prize_count; i++) {
        random_prize(rng, table, i);
    }
    random_odds(rng, table);
    return table;
}

static const char *const KINDS[] = {"cash", "cash_split", "voucher", "card"};
static const char *const MODES[] = {"odds", "moments", "always"};

static void prize_json(const struct table_prize *prize, struct buf *out)
{
    buf_addf(out, "{\"amount_fen\":%" PRId64 ",\"curve\":[", prize->amount_fen);
    for (uint32_t i = 0; i < prize->curve_count; i++) {
        buf_addf(out, "%s[%" PRId64, i > 0 ? "," : "", prize->curve[i].at_s);
        buf_addf(out, ",%" PRId64 "]", prize->curve[i].units);
    }
    buf_addf(out, "],\"id\":\"%s\",\"kind\":\"%s\"", prize->id, KINDS[prize->kind]);
    buf_addf(out, ",\"max_fen\":%" PRId64 ",\"min_fen\":%" PRId64, prize->max_fen, prize->min_fen);
    buf_addf(out, ",\"mode\":\"%s\",\"number_from\":%" PRId64, MODES[prize->mode], prize->number_from);
    buf_addf(out, ",\"number_to\":%" PRId64 ",\"per_second\":%" PRId64, prize->number_to, prize->per_second);
    buf_adds(out, ",\"slots\":[");
    for (uint32_t i = 0; i < prize->slot_count; i++) {
        buf_addf(out, "%s[%" PRId64, i > 0 ? "," : "", prize->slots[i].from_ms);
        buf_addf(out, ",%" PRId64 "]", prize->slots[i].to_ms);
    }
    buf_addf(out, "],\"total_fen\":%" PRId64 ",\"units\":%" PRId64, prize->total_fen, prize->units);
    buf_addf(out, ",\"wins_max\":%" PRIu32 "}", prize->wins_max);
}

void world_table_json(const struct table *table, struct buf *out)
{
    buf_addf(out, "{\"base\":%" PRIu32 ",\"campaign\":\"%s\"", table->base_chances, table->campaign);
    buf_addf(out, ",\"campaign_cap\":%" PRIu32 ",\"day_cap\":%" PRIu32, table->campaign_cap, table->day_cap);
    buf_addf(out, ",\"day_chances\":%" PRIu32 ",\"days\":[", table->day_chances);
    for (uint32_t i = 0; i < table->day_count; i++) {
        buf_addf(out, "%s%" PRId64, i > 0 ? "," : "", table->days[i]);
    }
    buf_addf(out, "],\"end_ms\":%" PRId64 ",\"format\":1,\"prizes\":[", table->end_ms);
    for (uint32_t i = 0; i < table->prize_count; i++) {
        buf_adds(out, i > 0 ? "," : "");
        prize_json(&table->prizes[i], out);
    }
    buf_addf(out, "],\"shards\":%" PRIu32 ",\"start_ms\":%" PRId64, table->shards, table->start_ms);
    buf_addf(out, ",\"version\":%" PRIu32 "}", table->version);
}
