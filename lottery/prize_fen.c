/* lottery/prize_fen.c - what a prize's units are worth, whichever kind it is. */
#include "lottery/split.h"

static struct split
prize_split(const struct table *table, const struct table_prize *prize, const struct seed *seed)
{
    return (struct split){.seed = seed,
                          .campaign = table->campaign,
                          .prize = prize->id,
                          .units = prize->units,
                          .total_fen = prize->total_fen,
                          .min_fen = prize->min_fen,
                          .max_fen = prize->max_fen};
}

int64_t
prize_range_fen(const struct table *table, uint8_t prize, const struct seed *seed, int64_t from, int64_t to)
{
    const struct table_prize *entry = NULL;

    if (prize == 0 || prize > table->prize_count) {
        return 0;
    }
    entry = &table->prizes[prize - 1];
    if (from < 0 || from >= to || to > entry->units) {
        return 0;
    }
    switch (entry->kind) {
    case PRIZE_CASH:
        return (to - from) * entry->amount_fen;
    case PRIZE_CASH_SPLIT: {
        const struct split split = prize_split(table, entry, seed);

        return to - from == 1 ? split_amount_fen(&split, from) : split_range_fen(&split, from, to);
    }
    case PRIZE_VOUCHER:
    case PRIZE_CARD:
        break;
    }
    return 0;
}

int64_t prize_unit_fen(const struct table *table, uint8_t prize, const struct seed *seed, int64_t unit)
{
    return prize_range_fen(table, prize, seed, unit, unit + 1);
}
