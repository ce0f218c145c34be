/*
 * ledger/tax.h - what is withheld of a win.
 *
 * Pure. The law taxes each receipt by itself, so a tax is worked out for each win and rounded there, half up
 * to the fen; a sum of taxes is a sum of rounded ones. The migrations have the same two formulas
 * (tax_withheld_fen, tax_gross_up_fen).
 *
 * Units  money in fen, 0 to TAX_AMOUNT_MAX; rates in basis points, 0 to TAX_RATE_MAX.
 */
#pragma once

#include <stdint.h>

#define TAX_AMOUNT_MAX \
    INT64_C(100000000000000) /* a million million yuan: the products stay within an int64_t */
enum { TAX_RATE_MAX = 9000, TAX_RATE_WHOLE = 10000 };

/* The winner bears it: kept back from the win, who gets amount - tax. */
int64_t tax_withheld_fen(int64_t amount_fen, int rate_bp);

/* The organiser bears it: the winner gets the whole amount, which is what is left of amount / (1 - rate)
 * after tax. */
int64_t tax_gross_up_fen(int64_t amount_fen, int rate_bp);
