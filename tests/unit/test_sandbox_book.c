/*
 * Unit tests of sandbox/book.c, journal.c, statement.c: what was said survives, floats add up, bills say what
 * was paid.
 */
#include "sandbox/book.h"

#include "base/beijing.h"
#include "base/buf.h"
#include "outbound/bill.h"
#include "sandbox/journal.h"
#include "sandbox/statement.h"
#include "tests/support/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FLOAT_FEN = 100000 };

static const int64_t NOW_MS = INT64_C(1771243200000); /* 2026-02-16 20:00:00 in China */

static struct book *book;
static char folder[64], path[96];

static void reopen(void)
{
    book_close(book);
    assert_int_equal(book_open(path, FLOAT_FEN, &book), HB_OK);
}

static int setup(void **state)
{
    (void)state;
    (void)snprintf(folder, sizeof folder, "/tmp/hongbao-book-XXXXXX");
    assert_non_null(mkdtemp(folder));
    (void)snprintf(path, sizeof path, "%s/journal.jsonl", folder);
    reopen();
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    book_close(book);
    book = NULL;
    (void)unlink(path);
    (void)rmdir(folder);
    return 0;
}

static struct order *add(size_t shop, const char *number, int64_t fen, enum order_state state)
{
    struct order order = {
        .shop = shop, .amount_fen = fen, .created_ms = NOW_MS, .updated_ms = NOW_MS, .state = state};

    (void)snprintf(order.number, sizeof order.number, "%s", number);
    (void)snprintf(order.payee, sizeof order.payee, "o\"1\\");
    (void)snprintf(order.remark, sizeof order.remark, "红包");
    return book_create(book, &order);
}

TEST(a_new_book_has_the_float_once)
{
    for (size_t i = 0; i < 3; i++) {
        for (size_t shop = 0; shop < BOOK_SHOPS; shop++) {
            assert_int_equal(book_float_fen(book, shop), FLOAT_FEN);
        }
        reopen();
    }
}

TEST(orders_are_found_by_shop_and_number)
{
    struct order *order = add(0, "RP1", 188, ORDER_WAITING);

    assert_ptr_equal(book_find(book, 0, "RP1"), order);
    assert_null(book_find(book, 1, "RP1"));
    assert_null(book_find(book, 0, "RP2"));
    assert_ptr_equal(book_find_provider_no(book, order->provider_no), order);
}

TEST(an_order_holds_its_money_until_it_is_known_not_to_need_it)
{
    struct order *order = add(0, "RP1", 188, ORDER_PROCESSING);

    assert_int_equal(book_float_fen(book, 0), FLOAT_FEN);
    book_move(book, order, ORDER_WAITING, "", NOW_MS);
    assert_int_equal(book_float_fen(book, 0), FLOAT_FEN - 188);
    book_move(book, order, ORDER_TRANSFERRING, "", NOW_MS);
    book_move(book, order, ORDER_SUCCESS, "", NOW_MS);
    assert_int_equal(book_float_fen(book, 0), FLOAT_FEN - 188);
    book_move(book, add(0, "RP2", 100, ORDER_WAITING), ORDER_FAIL, "OVERDUE_CLOSE", NOW_MS);
    assert_int_equal(book_float_fen(book, 0), FLOAT_FEN - 188);
    book_top_up(book, 0, 500, NOW_MS);
    assert_int_equal(book_float_fen(book, 0), FLOAT_FEN + 312);
}

TEST(the_open_orders_are_those_that_are_not_at_their_end)
{
    struct order *first = add(0, "RP1", 1, ORDER_WAITING), *second = add(0, "RP2", 1, ORDER_WAITING);
    struct order *third = add(0, "RP3", 1, ORDER_WAITING);

    (void)add(2, "RP4", 1, ORDER_SUCCESS);
    assert_ptr_equal(book_open_orders(book), third);
    book_move(book, second, ORDER_FAIL, "X", NOW_MS);
    assert_ptr_equal(third->next_open, first);
    book_move(book, third, ORDER_CANCELLED, "", NOW_MS);
    assert_ptr_equal(book_open_orders(book), first);
    book_move(book, first, ORDER_SUCCESS, "", NOW_MS);
    assert_null(book_open_orders(book));
}

TEST(everything_is_there_again_after_reopening)
{
    const struct order *order;

    book_move(book, add(1, "RP1", 188, ORDER_WAITING), ORDER_FAIL, "NAME_NOT_CORRECT", NOW_MS + 5);
    book_noticed(book, book_find(book, 1, "RP1"));
    (void)add(2, "RP2", 77, ORDER_SUCCESS);
    book_top_up(book, 2, -1000, NOW_MS);
    reopen();
    order = book_find(book, 1, "RP1");
    assert_non_null(order);
    assert_int_equal(order->state, ORDER_FAIL);
    assert_string_equal(order->reason, "NAME_NOT_CORRECT");
    assert_string_equal(order->payee, "o\"1\\");
    assert_string_equal(order->remark, "红包");
    assert_int_equal(order->updated_ms, NOW_MS + 5);
    assert_true(order->noticed);
    assert_false(book_find(book, 2, "RP2")->noticed);
    assert_int_equal(book_float_fen(book, 2), FLOAT_FEN - 1077);
}

static void append(const char *text)
{
    FILE *file = fopen(path, "ae");

    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

TEST(a_line_without_its_end_was_never_said)
{
    (void)add(0, "RP1", 188, ORDER_WAITING);
    append("{\"event\":\"move\",\"shop\":0,\"no\":\"RP1\",\"state\":\"SUCC");
    reopen();
    assert_int_equal(book_find(book, 0, "RP1")->state, ORDER_WAITING);
    book_move(book, book_find(book, 0, "RP1"), ORDER_FAIL, "X", NOW_MS);
    reopen();
    assert_int_equal(book_find(book, 0, "RP1")->state, ORDER_FAIL);
}

TEST(a_journal_that_says_nonsense_is_not_opened)
{
    struct book *other;

    append("{\"event\":\"move\",\"shop\":0,\"no\":\"NOBODY\",\"state\":\"FAIL\",\"reason\":\"\",\"at\":1}\n");
    assert_int_equal(book_open(path, FLOAT_FEN, &other), HB_E_INPUT);
    assert_null(other);
}

TEST(reading_leaves_the_file_as_it_is)
{
    struct stat before, after;
    struct book *other;

    append("{\"half");
    assert_int_equal(stat(path, &before), 0);
    assert_int_equal(book_read(path, &other), HB_OK);
    book_close(other);
    assert_int_equal(stat(path, &after), 0);
    assert_int_equal(before.st_size, after.st_size);
}

/* What our own reader makes of them. */
static void check_statement(const struct bill_format *format, struct buf *statement, int64_t paid_fen)
{
    struct bill_rows rows = {0};
    int64_t sum = 0;

    assert_int_equal(bill_read(format, statement->data, statement->len, &rows), HB_OK);
    for (size_t i = 0; i < rows.count; i++) {
        sum += rows.items[i].order_no[0] != '\0' ? rows.items[i].amount_fen : 0;
    }
    assert_int_equal(sum, paid_fen);
    bill_rows_free(&rows);
    buf_clear(statement);
}

TEST(statements_hold_a_days_payments_in_both_forms)
{
    struct buf out;
    int64_t day_ms;

    buf_init(&out, 1 << 20);
    assert_true(beijing_parse_day("2026-02-16", 10, &day_ms));
    (void)add(0, "RP1", 188, ORDER_SUCCESS);
    (void)add(0, "RP2", 12, ORDER_SUCCESS);
    (void)add(0, "RP3", 5, ORDER_WAITING);
    (void)add(1, "RP4", 7, ORDER_SUCCESS);
    (void)add(2, "RP5", 500, ORDER_SUCCESS);
    assert_int_equal(statement_wechat(book, 0, day_ms, &out), 2);
    check_statement(&BILL_WECHAT, &out, 200);
    assert_int_equal(statement_alipay(book, 2, day_ms, &out), 1);
    check_statement(&BILL_ALIPAY, &out, 500);
    assert_int_equal(statement_wechat(book, 0, day_ms + INT64_C(86400000), &out), 0);
    check_statement(&BILL_WECHAT, &out, 0);
    statement_json(book, &out);
    assert_non_null(strstr(buf_cstr(&out), "\"order_no\":\"RP5\""));
    assert_null(strstr(buf_cstr(&out), "\"order_no\":\"RP3\""));
    buf_free(&out);
}

#define RUN_IN_WORLD(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN_IN_WORLD(a_new_book_has_the_float_once),
        RUN_IN_WORLD(orders_are_found_by_shop_and_number),
        RUN_IN_WORLD(an_order_holds_its_money_until_it_is_known_not_to_need_it),
        RUN_IN_WORLD(the_open_orders_are_those_that_are_not_at_their_end),
        RUN_IN_WORLD(everything_is_there_again_after_reopening),
        RUN_IN_WORLD(a_line_without_its_end_was_never_said),
        RUN_IN_WORLD(a_journal_that_says_nonsense_is_not_opened),
        RUN_IN_WORLD(reading_leaves_the_file_as_it_is),
        RUN_IN_WORLD(statements_hold_a_days_payments_in_both_forms),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
