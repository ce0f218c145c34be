/*
 * Unit tests of engine/flow/voucher_code.c.
 */
#include "flow/voucher_code.h"

#include "tests/support/unit.h"

#include <string.h>

static const struct seal_key KEY = {.bytes = {1, 2, 3}};

TEST(a_code_opens_where_it_belongs_and_nowhere_else)
{
    struct buf sealed, plain;

    buf_init(&sealed, 1000);
    buf_init(&plain, 1000);
    assert_true(voucher_code_seal(&KEY, "spring", "card", "AB-12", 5, &sealed));
    assert_int_equal(sealed.len, SEAL_OVERHEAD + 5);
    assert_true(voucher_code_open(&KEY, "spring", "card", sealed.data, sealed.len, &plain));
    assert_string_equal(buf_cstr(&plain), "AB-12");
    buf_clear(&plain);
    assert_false(voucher_code_open(&KEY, "spring", "cards", sealed.data, sealed.len, &plain));
    assert_false(voucher_code_open(&KEY, "springs", "card", sealed.data, sealed.len, &plain));
    sealed.data[sealed.len - 1] ^= 1;
    assert_false(voucher_code_open(&KEY, "spring", "card", sealed.data, sealed.len, &plain));
    assert_int_equal(plain.len, 0);
    buf_free(&sealed);
    buf_free(&plain);
}

TEST(the_same_code_is_recognised_within_its_campaign_only)
{
    uint8_t mark[SHA256_BYTES], again[SHA256_BYTES], other[SHA256_BYTES];

    voucher_code_mark(&KEY, "spring", "AB-12", 5, mark);
    voucher_code_mark(&KEY, "spring", "AB-12", 5, again);
    assert_memory_equal(mark, again, sizeof mark);
    voucher_code_mark(&KEY, "summer", "AB-12", 5, other);
    assert_memory_not_equal(mark, other, sizeof mark);
    voucher_code_mark(&KEY, "spring", "AB-13", 5, other);
    assert_memory_not_equal(mark, other, sizeof mark);
}

TEST(only_text_that_can_be_read_out_is_a_code)
{
    static const char *const GOOD[] = {"A", "AB-12 CD", "兑换码一二三", "\xF0\x9F\xA7\xA7"};
    static const char *const BAD[] = {
        "", " A", "A ", "A\tB", "A\x7F", "\xC0\xAF", "\xED\xA0\x80", "\xE4\xB8", "\xFF", "\xF4\x90\x80\x80"};
    char longest[VOUCHER_CODE_MAX + 1];

    for (size_t i = 0; i < sizeof GOOD / sizeof *GOOD; i++) {
        assert_true(voucher_code_valid(GOOD[i], strlen(GOOD[i])));
    }
    for (size_t i = 0; i < sizeof BAD / sizeof *BAD; i++) {
        assert_false(voucher_code_valid(BAD[i], strlen(BAD[i])));
    }
    memset(longest, 'x', sizeof longest);
    assert_true(voucher_code_valid(longest, VOUCHER_CODE_MAX));
    assert_false(voucher_code_valid(longest, VOUCHER_CODE_MAX + 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(a_code_opens_where_it_belongs_and_nowhere_else),
        RUN(the_same_code_is_recognised_within_its_campaign_only),
        RUN(only_text_that_can_be_read_out_is_a_code),
    };

    return RUN_ALL(tests);
}
