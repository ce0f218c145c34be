/*
 * Unit tests of engine/ledger/statement.c.
 */
#include "ledger/statement.h"

#include "base/json.h"
#include "tests/support/unit.h"

#include <string.h>

static struct statement whole(void)
{
    struct statement statement = {.count = 0};

    assert_true(statement_add(&statement, "funded", 2, 10000));
    assert_true(statement_add(&statement, "paid", 7, 6000));
    assert_true(statement_add(&statement, "tax_winner", 3, 1500));
    assert_true(statement_add(&statement, "tax_organiser", 1, 250));
    assert_true(statement_add(&statement, "adjusted", 1, -50));
    assert_true(statement_add(&statement, "returned", 1, 2300));
    assert_true(statement_add(&statement, "expired", 4, 300));
    assert_true(statement_add(&statement, "clawed_back", 0, 0));
    assert_true(statement_add(&statement, "never_given", 0, 2000));
    return statement;
}

TEST(a_whole_statement_adds_up_to_the_fen)
{
    struct statement statement = whole();

    assert_true(statement_adds_up(&statement));
    assert_int_equal(statement_fen(&statement, "tax_winner"), 1500);
    assert_int_equal(statement_fen(&statement, "nothing"), 0);
}

TEST(one_fen_on_any_line_is_noticed)
{
    for (size_t i = 0; i < whole().count; i++) {
        struct statement statement = whole();

        statement.lines[i].fen++;
        assert_false(statement_adds_up(&statement));
    }
}

TEST(a_line_that_is_missing_or_too_large_is_no_sum)
{
    struct statement statement = whole();

    statement.count--;
    assert_false(statement_adds_up(&statement));
    statement = whole();
    statement.lines[1].fen = INT64_MAX;
    assert_false(statement_adds_up(&statement));
}

TEST(what_does_not_fit_is_refused)
{
    struct statement statement = {.count = 0};
    char name[STATEMENT_NAME_MAX + 2];

    memset(name, 'x', sizeof name);
    name[sizeof name - 1] = '\0';
    assert_false(statement_add(&statement, name, 0, 0));
    for (int i = 0; i < STATEMENT_LINES_MAX; i++) {
        assert_true(statement_add(&statement, "line", i, i));
    }
    assert_false(statement_add(&statement, "line", 0, 0));
    assert_int_equal(statement.count, STATEMENT_LINES_MAX);
}

TEST(its_faces_say_fen_and_yuan)
{
    struct statement statement = whole();
    struct buf out;
    json_t *lines = NULL;

    buf_init(&out, 10000);
    statement_text(&statement, &out);
    assert_non_null(strstr(buf_cstr(&out), "10000 fen           100.00 yuan"));
    assert_non_null(strstr(buf_cstr(&out), "-0.50 yuan"));
    buf_clear(&out);
    statement_json(&statement, &out);
    assert_int_equal(json_parse(out.data, out.len, &lines, NULL, 0), HB_OK);
    assert_int_equal(json_array_size(lines), 9);
    assert_int_equal(json_integer_value(json_object_get(json_array_get(lines, 1), "fen")), 6000);
    json_decref(lines);
    buf_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(a_whole_statement_adds_up_to_the_fen),
        RUN(one_fen_on_any_line_is_noticed),
        RUN(a_line_that_is_missing_or_too_large_is_no_sum),
        RUN(what_does_not_fit_is_refused),
        RUN(its_faces_say_fen_and_yuan),
    };

    return RUN_ALL(tests);
}
