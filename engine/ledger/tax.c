/*
 * ledger/tax.c - the two formulas.
 */
#include "ledger/tax.h"

#include <assert.h>

static void tax_arguments_hold(int64_t amount_fen, int rate_bp)
{
    assert(amount_fen >= 0 && amount_fen <= TAX_AMOUNT_MAX);
    assert(rate_bp >= 0 && rate_bp <= TAX_RATE_MAX);
}

int64_t tax_withheld_fen(int64_t amount_fen, int rate_bp)
{
    tax_arguments_hold(amount_fen, rate_bp);
    return (amount_fen * rate_bp + TAX_RATE_WHOLE / 2) / TAX_RATE_WHOLE;
}

int64_t tax_gross_up_fen(int64_t amount_fen, int rate_bp)
{
    int64_t kept_bp = TAX_RATE_WHOLE - rate_bp;

    tax_arguments_hold(amount_fen, rate_bp);
    /* Doubled, so that half of an odd divisor needs no fraction. */
    return (amount_fen * rate_bp * 2 + kept_bp) / (2 * kept_bp);
}
