/*
 * Unit tests of base/yuan.c: fen and yuan, both ways, to the ends of the range.
 */
#include "base/yuan.h"

#include "tests/support/unit.h"

#include <string.h>

struct amount {
    int64_t fen;
    const char *text;
};

static const struct amount AMOUNTS[] = {
    {0, "0.00"},
    {1, "0.01"},
    {-1, "-0.01"},
    {10, "0.10"},
    {99, "0.99"},
    {100, "1.00"},
    {188, "1.88"},
    {-188, "-1.88"},
    {123456789, "1234567.89"},
    {INT64_MAX, "92233720368547758.07"},
    {INT64_MIN, "-92233720368547758.08"},
};

TEST(amounts_are_written_with_two_decimals_and_read_back)
{
    for (size_t i = 0; i < sizeof AMOUNTS / sizeof AMOUNTS[0]; i++) {
        char text[YUAN_TEXT_MAX];
        int64_t fen = 7;

        assert_int_equal(yuan_write(AMOUNTS[i].fen, text), strlen(AMOUNTS[i].text));
        assert_string_equal(text, AMOUNTS[i].text);
        assert_true(yuan_parse(text, strlen(text), &fen));
        assert_int_equal(fen, AMOUNTS[i].fen);
    }
}

TEST(fewer_decimals_and_a_plus_are_understood)
{
    int64_t fen;

    assert_true(yuan_parse("+12.5", 5, &fen));
    assert_int_equal(fen, 1250);
    assert_true(yuan_parse("12", 2, &fen));
    assert_int_equal(fen, 1200);
    assert_true(yuan_parse("00.07", 5, &fen));
    assert_int_equal(fen, 7);
    assert_true(yuan_parse("1.2345", 4, &fen)); /* the length counts, not what follows */
    assert_int_equal(fen, 123);
}

TEST(anything_else_is_no_amount)
{
    static const char *const BAD[] = {"",
                                      "-",
                                      "+",
                                      ".",
                                      ".5",
                                      "1.",
                                      "1.234",
                                      "1,234.00",
                                      " 1",
                                      "1 ",
                                      "1.0 ",
                                      "--1",
                                      "+-1",
                                      "1e2",
                                      "0x1",
                                      "1.-5",
                                      "１",
                                      "1..0",
                                      "￥1.00",
                                      "1.2.3",
                                      "9.9.",
                                      "92233720368547758.08",
                                      "-92233720368547758.09",
                                      "999999999999999999999.00"};

    for (size_t i = 0; i < sizeof BAD / sizeof BAD[0]; i++) {
        int64_t fen;

        assert_false(yuan_parse(BAD[i], strlen(BAD[i]), &fen));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(amounts_are_written_with_two_decimals_and_read_back),
        RUN(fewer_decimals_and_a_plus_are_understood),
        RUN(anything_else_is_no_amount),
    };

    return RUN_ALL(tests);
}
