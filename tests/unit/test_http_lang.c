/* Tests of engine/http/lang.c and chars.c. */
#include "http/lang.h"

#include "http/chars.h"
#include "tests/support/unit.h"

static enum hb_lang chosen(const char *text)
{
    return http_lang_choose((struct http_text){text, strlen(text)});
}

TEST(the_language_wanted_more_is_chosen)
{
    assert_int_equal(chosen("zh-CN,zh;q=0.9,en;q=0.8"), HB_ZH);
    assert_int_equal(chosen("en-US,en;q=0.9,zh-CN;q=0.8"), HB_EN);
    assert_int_equal(chosen("en;q=0.3, zh;q=0.301"), HB_ZH);
    assert_int_equal(chosen("fr, ZH;q=0.1"), HB_ZH);
    assert_int_equal(chosen("zh;q=0, en;q=0.1"), HB_EN);
    assert_int_equal(chosen("zha, zhx-y"), HB_EN);
    assert_int_equal(chosen("zh;q=x"), HB_EN);
    assert_int_equal(chosen(""), HB_EN);
    assert_int_equal(http_lang_choose((struct http_text){NULL, 0}), HB_EN);
}

TEST(escapes_become_bytes)
{
    char out[32];
    size_t len;

    assert_true(chars_unescape("a%2Fb+%e7", 9, /* plus_is_blank= */ true, out, &len));
    assert_int_equal(len, 5);
    assert_memory_equal(out, "a/b \xe7", 5);
    assert_false(chars_unescape("%00", 3, false, out, &len));
    assert_false(chars_unescape("%4", 2, false, out, &len));
    assert_false(chars_unescape("a%", 2, false, out, &len));
    assert_false(chars_unescape("%g0", 3, false, out, &len));
}

TEST(every_byte_is_judged_as_the_grammar_says)
{
    for (unsigned i = 0; i < 256; i++) {
        char c = (char)i;
        bool alnum = char_is_digit(c) || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z' && i < 128);

        assert_int_equal(char_is(c, CHAR_TOKEN), alnum || (i > 0 && strchr("!#$%&'*+-.^_`|~", c) != NULL));
        assert_int_equal(char_is(c, CHAR_PATH), alnum || (i > 0 && strchr("-._~!$&'()*+,;=:@/", c) != NULL));
        assert_int_equal(char_is(c, CHAR_QUERY),
                         alnum || (i > 0 && strchr("-._~!$&'()*+,;=:@/?[]{}|^`", c) != NULL));
        assert_int_equal(char_is(c, CHAR_HOST), alnum || (i > 0 && strchr("-._~", c) != NULL));
        assert_int_equal(chars_are_value(&c, 1), c == '\t' || (i >= 0x20 && i != 0x7f));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(the_language_wanted_more_is_chosen),
        RUN(escapes_become_bytes),
        RUN(every_byte_is_judged_as_the_grammar_says),
    };

    return RUN_ALL(tests);
}
