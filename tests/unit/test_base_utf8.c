/*
 * Unit tests of base/utf8.c: characters are counted, and what is not UTF-8 is none.
 */
#include "base/utf8.h"

#include "tests/support/unit.h"

#include <string.h>

TEST(characters_are_counted_not_bytes)
{
    size_t count;

    assert_true(utf8_count("", 0, &count));
    assert_int_equal(count, 0);
    assert_true(utf8_count("abc", 3, &count));
    assert_int_equal(count, 3);
    assert_true(utf8_count("新年红包", strlen("新年红包"), &count));
    assert_int_equal(count, 4);
    assert_true(utf8_count("a\xf0\x9f\xa7\xa7z", 6, &count));
    assert_int_equal(count, 3);
}

TEST(what_is_not_utf8_or_a_control_character_is_refused)
{
    static const char *const BAD[] = {"\x80",
                                      "\xc0\xaf",
                                      "\xe0\x80\xaf",
                                      "\xed\xa0\x80",
                                      "\xf4\x90\x80\x80",
                                      "\xff",
                                      "a\xe7\xba",
                                      "a\nb",
                                      "\x7f",
                                      "\x1f"};
    size_t count;

    for (size_t i = 0; i < sizeof BAD / sizeof BAD[0]; i++) {
        assert_false(utf8_count(BAD[i], strlen(BAD[i]), &count));
    }
    assert_false(utf8_count("a\0b", 3, &count));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(characters_are_counted_not_bytes),
        RUN(what_is_not_utf8_or_a_control_character_is_refused),
    };

    return RUN_ALL(tests);
}
