/*
 * Unit tests of base/csv.c: rows and cells, quoted and not, and what is neither.
 */
#include "base/csv.h"

#include "tests/support/unit.h"

#include <string.h>

enum { CELLS_MAX = 4, TEXT_MAX = 256 };

static struct {
    char text[TEXT_MAX];
    struct csv csv;
    struct csv_cell cells[CELLS_MAX];
    size_t count;
} world;

static void start(const char *text)
{
    (void)strncpy(world.text, text, sizeof world.text - 1);
    csv_start(&world.csv, world.text, strlen(text));
}

static enum csv_got next(void)
{
    return csv_row(&world.csv, world.cells, CELLS_MAX, &world.count);
}

static void check_cell(size_t index, const char *expected)
{
    assert_true(index < world.count);
    assert_int_equal(world.cells[index].len, strlen(expected));
    assert_memory_equal(world.cells[index].at, expected, strlen(expected));
}

TEST(rows_end_at_line_ends_of_both_kinds_and_at_the_end)
{
    start("a,b\r\nc,\nd");
    assert_int_equal(next(), CSV_ROW);
    assert_int_equal(world.count, 2);
    check_cell(0, "a");
    check_cell(1, "b");
    assert_int_equal(next(), CSV_ROW);
    assert_int_equal(world.count, 2);
    check_cell(0, "c");
    check_cell(1, "");
    assert_int_equal(next(), CSV_ROW);
    assert_int_equal(world.count, 1);
    check_cell(0, "d");
    assert_int_equal(next(), CSV_END);
    assert_int_equal(next(), CSV_END);
}

TEST(a_line_end_at_the_end_makes_no_row_of_its_own)
{
    start("a\n\nb\n");
    assert_int_equal(next(), CSV_ROW);
    assert_int_equal(next(), CSV_ROW);
    check_cell(0, "");
    assert_int_equal(next(), CSV_ROW);
    assert_int_equal(world.csv.line, 3);
    assert_int_equal(next(), CSV_END);
}

TEST(quoted_cells_hold_commas_line_ends_and_quotes)
{
    start("\"a,\"\"b\"\"\nc\",\"\",d\"e\n\"f\"\r\n");
    assert_int_equal(next(), CSV_ROW);
    assert_int_equal(world.count, 3);
    check_cell(0, "a,\"b\"\nc");
    check_cell(1, "");
    check_cell(2, "d\"e");
    assert_int_equal(next(), CSV_ROW);
    check_cell(0, "f");
    assert_int_equal(next(), CSV_END);
}

TEST(a_lone_carriage_return_stays_in_its_cell)
{
    start("a\rb,c\r");
    assert_int_equal(next(), CSV_ROW);
    check_cell(0, "a\rb");
    check_cell(1, "c\r");
}

TEST(open_quotes_text_behind_quotes_and_too_many_cells_are_malformed)
{
    static const char *const BAD[] = {"\"a", "\"a\"b,c", "\"a\"\"", "a,b,c,d,e", "\""};

    for (size_t i = 0; i < sizeof BAD / sizeof BAD[0]; i++) {
        start(BAD[i]);
        assert_int_equal(next(), CSV_MALFORMED);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(rows_end_at_line_ends_of_both_kinds_and_at_the_end),
        RUN(a_line_end_at_the_end_makes_no_row_of_its_own),
        RUN(quoted_cells_hold_commas_line_ends_and_quotes),
        RUN(a_lone_carriage_return_stays_in_its_cell),
        RUN(open_quotes_text_behind_quotes_and_too_many_cells_are_malformed),
    };

    return RUN_ALL(tests);
}
