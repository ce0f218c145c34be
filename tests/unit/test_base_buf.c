/*
 * Unit tests of base/buf.c and base/buf_json.c.
 */
#include "base/buf.h"

#include "tests/support/unit.h"

#include <string.h>

TEST(what_is_added_is_there_in_order)
{
    struct buf buf;

    buf_init(&buf, 1000);
    assert_string_equal(buf_cstr(&buf), "");
    buf_adds(&buf, "a");
    buf_addc(&buf, 'b');
    buf_add(&buf, "cd", 2);
    buf_addf(&buf, "%d-%s", 42, "x");
    buf_add_u64(&buf, 0);
    buf_add_u64(&buf, UINT64_MAX);
    assert_string_equal(buf_cstr(&buf), "abcd42-x018446744073709551615");
    buf_consume(&buf, 4);
    assert_string_equal(buf_cstr(&buf), "42-x018446744073709551615");
    buf_consume(&buf, buf.len);
    assert_string_equal(buf_cstr(&buf), "");
    buf_free(&buf);
    buf_free(&buf);
}

TEST(past_the_ceiling_nothing_more_is_added)
{
    struct buf buf;

    buf_init(&buf, 10);
    buf_adds(&buf, "0123456789");
    assert_false(buf.failed);
    buf_addc(&buf, 'x');
    assert_true(buf.failed);
    buf_addf(&buf, "%s", "");
    buf_adds(&buf, "");
    assert_null(buf_reserve(&buf, 0));
    assert_string_equal(buf_cstr(&buf), "0123456789");
    buf_clear(&buf);
    buf_addf(&buf, "%s", "again");
    assert_false(buf.failed);
    assert_string_equal(buf_cstr(&buf), "again");
    buf_free(&buf);
}

TEST(a_print_that_does_not_fit_adds_nothing)
{
    struct buf buf;

    buf_init(&buf, 5);
    buf_addf(&buf, "%s", "123456");
    assert_true(buf.failed);
    assert_int_equal(buf.len, 0);
    buf_free(&buf);
}

TEST(growing_keeps_the_content)
{
    struct buf buf;

    buf_init(&buf, 1 << 20);
    for (unsigned i = 0; i < 100000; i++) {
        buf_addc(&buf, (char)('a' + i % 26));
    }
    assert_false(buf.failed);
    assert_int_equal(buf.len, 100000);
    for (unsigned i = 0; i < 100000; i++) {
        assert_int_equal(buf.data[i], 'a' + i % 26);
    }
    buf_free(&buf);
}

static void check_json(const char *text, size_t len, const char *expected)
{
    struct buf buf;

    buf_init(&buf, 1000);
    buf_add_json_string(&buf, text, len);
    assert_string_equal(buf_cstr(&buf), expected);
    buf_free(&buf);
}

TEST(json_strings_are_escaped)
{
    check_json("", 0, "\"\"");
    check_json("a\"b\\c", 5, "\"a\\\"b\\\\c\"");
    check_json("\n\r\t\b\f\x01\x7f", 7, "\"\\n\\r\\t\\b\\f\\u0001\\u007f\"");
    check_json("a\0b", 3, "\"a\\u0000b\"");
    check_json("红包🧧", strlen("红包🧧"), "\"红包🧧\"");
}

TEST(json_strings_are_valid_utf8_whatever_comes_in)
{
    check_json("\xff", 1, "\"\\ufffd\"");
    check_json("\xc0\xaf", 2, "\"\\ufffd\\ufffd\"");                       /* overlong */
    check_json("\xed\xa0\x80", 3, "\"\\ufffd\\ufffd\\ufffd\"");            /* surrogate */
    check_json("\xf4\x90\x80\x80", 4, "\"\\ufffd\\ufffd\\ufffd\\ufffd\""); /* past U+10FFFF */
    check_json("\xe7\xba", 2, "\"\\ufffd\\ufffd\"");                       /* cut off */
}

TEST(big_endian_numbers_come_back)
{
    struct buf buf;

    buf_init(&buf, 100);
    buf_add_be(&buf, 0x0102030405060708U, 8);
    buf_add_be(&buf, 0xABCD, 2);
    assert_memory_equal(buf.data, "\x01\x02\x03\x04\x05\x06\x07\x08\xab\xcd", 10);
    assert_int_equal(be_read((const uint8_t *)buf.data + 8, 2), 0xABCD);
    assert_int_equal(be_read((const uint8_t *)buf.data, 8), 0x0102030405060708U);
    buf_free(&buf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(what_is_added_is_there_in_order),
        RUN(past_the_ceiling_nothing_more_is_added),
        RUN(a_print_that_does_not_fit_adds_nothing),
        RUN(growing_keeps_the_content),
        RUN(json_strings_are_escaped),
        RUN(json_strings_are_valid_utf8_whatever_comes_in),
        RUN(big_endian_numbers_come_back),
    };

    return RUN_ALL(tests);
}
