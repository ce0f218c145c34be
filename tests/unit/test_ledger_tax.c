/*
 * Unit tests of engine/ledger/tax.c.
 */
#include "ledger/tax.h"

#include "tests/support/unit.h"

enum { RATE = 2000 };

TEST(a_fifth_is_withheld_and_rounded_half_up)
{
    assert_int_equal(tax_withheld_fen(100, RATE), 20);
    assert_int_equal(tax_withheld_fen(1, RATE), 0); /* 0.2 */
    assert_int_equal(tax_withheld_fen(2, RATE), 0); /* 0.4 */
    assert_int_equal(tax_withheld_fen(3, RATE), 1); /* 0.6 */
    assert_int_equal(tax_withheld_fen(5, 1000), 1); /* 0.5 */
    assert_int_equal(tax_withheld_fen(1000000, RATE), 200000);
}

TEST(the_organiser_pays_a_quarter_on_top_for_a_fifth)
{
    assert_int_equal(tax_gross_up_fen(100, RATE), 25);
    assert_int_equal(tax_gross_up_fen(800000, RATE), 200000);
    assert_int_equal(tax_gross_up_fen(1, RATE), 0); /* 0.25 */
    assert_int_equal(tax_gross_up_fen(2, RATE), 1); /* 0.5 */
    assert_int_equal(tax_gross_up_fen(7, 3000), 3);
}

TEST(no_rate_and_no_amount_give_no_tax)
{
    assert_int_equal(tax_withheld_fen(12345, 0), 0);
    assert_int_equal(tax_gross_up_fen(12345, 0), 0);
    assert_int_equal(tax_withheld_fen(0, TAX_RATE_MAX), 0);
    assert_int_equal(tax_gross_up_fen(0, TAX_RATE_MAX), 0);
}

/* The defining inequality of rounding half up, in whole numbers: 2 x exact - 1 < 2 x tax <= 2 x exact + 1. */
TEST(each_tax_is_the_nearest_fen)
{
    for (int rate = 0; rate <= TAX_RATE_MAX; rate += 37) {
        for (int64_t amount = 0; amount < 3000; amount++) {
            int64_t winner = tax_withheld_fen(amount, rate), organiser = tax_gross_up_fen(amount, rate);
            int64_t kept = TAX_RATE_WHOLE - rate;

            assert_true(2 * TAX_RATE_WHOLE * winner > 2 * amount * rate - TAX_RATE_WHOLE);
            assert_true(2 * TAX_RATE_WHOLE * winner <= 2 * amount * rate + TAX_RATE_WHOLE);
            assert_true(2 * kept * organiser > 2 * amount * rate - kept);
            assert_true(2 * kept * organiser <= 2 * amount * rate + kept);
        }
    }
}

TEST(the_largest_amounts_do_not_overflow)
{
    assert_int_equal(tax_withheld_fen(TAX_AMOUNT_MAX, TAX_RATE_MAX), TAX_AMOUNT_MAX / 10 * 9);
    assert_int_equal(tax_gross_up_fen(TAX_AMOUNT_MAX, TAX_RATE_MAX), TAX_AMOUNT_MAX * 9);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(a_fifth_is_withheld_and_rounded_half_up),
        RUN(the_organiser_pays_a_quarter_on_top_for_a_fifth),
        RUN(no_rate_and_no_amount_give_no_tax),
        RUN(each_tax_is_the_nearest_fen),
        RUN(the_largest_amounts_do_not_overflow),
    };

    return RUN_ALL(tests);
}
