/*
 * Unit tests of engine/books/bill.c.
 */
#include "books/bill.h"

#include "tests/support/unit.h"

#include <stdio.h>
#include <string.h>

static hb_err parse(const char *text, struct bill *bill, size_t *bad_line)
{
    static char copy[4096];

    snprintf(copy, sizeof copy, "%s", text);
    return bill_parse(copy, strlen(copy), bill, bad_line);
}

TEST(rows_come_with_fen_and_in_their_order)
{
    struct bill bill;
    size_t bad = 9;

    assert_int_equal(
        parse("order_no,provider_no,yuan\nHB1,4200,1.88\r\n\"HB2\",,0.30\n\nHB2,,-0.30\n", &bill, &bad),
        HB_OK);
    assert_int_equal(bad, 0);
    assert_int_equal(bill.count, 3);
    assert_string_equal(bill.rows[0].order_no, "HB1");
    assert_string_equal(bill.rows[0].provider_no, "4200");
    assert_int_equal(bill.rows[0].amount_fen, 188);
    assert_string_equal(bill.rows[1].provider_no, "");
    assert_int_equal(bill.rows[2].amount_fen, -30);
    bill_free(&bill);
    assert_int_equal(parse("", &bill, &bad), HB_OK);
    assert_int_equal(bill.count, 0);
}

TEST(a_row_that_is_none_is_named_by_its_line)
{
    static const char *const BAD[] = {
        "HB1,1,1.00\nHB2,2\n",
        "HB1,1,1.00\n,2,1.00\n",
        "HB1,1,1.00\nHB2,2,1.001\n",
        "HB1,1,1.00\nHB2,2,0.00\n",
        "HB1,1,1.00\nHB2,2,x,y\n",
        "HB1,1,1.00\nHB 2,2,1.00\n",
        "HB1,1,1.00\nHB2,2,92233720368547758.07\n",
    };
    struct bill bill;
    size_t bad = 0;

    for (size_t i = 0; i < sizeof BAD / sizeof *BAD; i++) {
        assert_int_equal(parse(BAD[i], &bill, &bad), HB_E_FIELD);
        assert_int_equal(bad, 2);
        assert_null(bill.rows);
    }
}

TEST(many_rows_fit)
{
    struct provider_bill_row row = {.amount_fen = 5};
    struct bill bill = {.rows = NULL};

    for (int i = 0; i < 3000; i++) {
        snprintf(row.order_no, sizeof row.order_no, "HB%d", i);
        assert_true(bill_add(&bill, &row));
    }
    assert_int_equal(bill.count, 3000);
    assert_string_equal(bill.rows[2999].order_no, "HB2999");
    bill_free(&bill);
}

TEST(a_day_is_one_of_the_calendar)
{
    assert_true(bill_day_valid("2026-02-16"));
    assert_true(bill_day_valid("2028-02-29"));
    assert_false(bill_day_valid("2026-02-29"));
    assert_false(bill_day_valid("2026-13-01"));
    assert_false(bill_day_valid("2026-00-01"));
    assert_false(bill_day_valid("2026-1-01"));
    assert_false(bill_day_valid("2026-01-0a"));
    assert_false(bill_day_valid("2026-01-01 "));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(rows_come_with_fen_and_in_their_order),
        RUN(a_row_that_is_none_is_named_by_its_line),
        RUN(many_rows_fit),
        RUN(a_day_is_one_of_the_calendar),
    };

    return RUN_ALL(tests);
}
