/* tests/unit/test_audit_win_match.c - wins of the log and wins of the ledger are the same, or named. */
#include "audit/win_match.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct win_match MATCH;
static struct findings FOUND;

static int match_setup(void **state)
{
    (void)state;
    MATCH = (struct win_match){0};
    FOUND = (struct findings){0};
    return 0;
}

static int match_teardown(void **state)
{
    (void)state;
    win_match_free(&MATCH);
    findings_free(&FOUND);
    return 0;
}

static void record(uint8_t player, uint32_t draw_no, uint32_t unit, bool unstored)
{
    const struct draw_record draw = {.player = {{player}}, .draw_no = draw_no, .prize = 1, .unit = unit};

    win_match_record(&MATCH, 0, 7, &draw, unstored);
}

static const struct won_record *row(uint8_t player, uint32_t draw_no, uint32_t unit)
{
    const struct ledger_win win = {.player = {{player}}, .draw_no = draw_no, .prize = 1, .unit = unit};

    return win_match_row(&MATCH, &win, &FOUND);
}

static void the_same_wins_match_in_any_order(void **state)
{
    (void)state;
    record(9, 2, 4, false);
    record(1, 300, 5, false);
    record(9, 1, 6, false);
    win_match_sort(&MATCH);
    assert_int_equal(row(1, 300, 5)->version, 7);
    assert_non_null(row(9, 1, 6));
    assert_non_null(row(9, 2, 4));
    win_match_rest(&MATCH, &FOUND);
    assert_int_equal(FOUND.total, 0);
}

static void missing_added_and_changed_wins_are_named(void **state)
{
    (void)state;
    record(1, 1, 1, false);
    record(2, 1, 2, false);
    win_match_sort(&MATCH);
    assert_null(row(1, 2, 3));
    assert_null(row(2, 1, 5));
    win_match_rest(&MATCH, &FOUND);
    assert_int_equal(FOUND.total, 4);
    assert_string_equal(FOUND.list[0].check, "win_no_record");
    assert_string_equal(FOUND.list[1].check, "win_differs");
    assert_string_equal(FOUND.list[2].check, "win_missing");
}

static void a_number_drawn_again_needs_one_win(void **state)
{
    (void)state;
    record(1, 1, 1, false);
    record(1, 1, 8, false);
    MATCH.losses = true;
    win_match_sort(&MATCH);
    assert_non_null(row(1, 1, 8));
    win_match_rest(&MATCH, &FOUND);
    assert_int_equal(FOUND.total, 0);
}

static void an_entry_that_is_not_stored_yet_needs_none(void **state)
{
    (void)state;
    record(1, 1, 1, true);
    record(2, 1, 2, true);
    win_match_sort(&MATCH);
    assert_non_null(row(2, 1, 2));
    win_match_rest(&MATCH, &FOUND);
    assert_int_equal(FOUND.total, 0);
}

static void only_what_is_found_twice_is_kept(void **state)
{
    struct findings again = {0};
    struct buf text;

    (void)state;
    findings_add(&FOUND, "stock", "row 1", "now %d", 1);
    findings_add(&FOUND, "stock", "row 2", "now %d", 2);
    findings_add(&again, "stock", "row 2", "now %d", 3);
    findings_keep_common(&FOUND, &again);
    findings_free(&again);
    assert_int_equal(FOUND.total, 1);
    buf_init(&text, 1000);
    findings_json(&FOUND, &text);
    assert_string_equal(buf_cstr(&text), "[{\"check\":\"stock\",\"row\":\"row 2\",\"text\":\"now 2\"}]");
    buf_free(&text);
}

int main(void)
{
#define MATCH_TEST(name) cmocka_unit_test_setup_teardown(name, match_setup, match_teardown)
    const struct CMUnitTest tests[] = {
        MATCH_TEST(the_same_wins_match_in_any_order),
        MATCH_TEST(missing_added_and_changed_wins_are_named),
        MATCH_TEST(a_number_drawn_again_needs_one_win),
        MATCH_TEST(an_entry_that_is_not_stored_yet_needs_none),
        MATCH_TEST(only_what_is_found_twice_is_kept),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
