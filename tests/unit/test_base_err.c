/*
 * Unit tests of base/err.c: every row of the list is complete, and codes are unique.
 */
#include "base/err.h"

#include "tests/support/unit.h"

#include <string.h>

TEST(every_error_has_a_code_a_status_and_words_in_both_languages)
{
    for (hb_err err = HB_OK; err < HB_ERR_COUNT; err++) {
        assert_true(strlen(err_code(err)) > 0);
        assert_true(strlen(err_title(err, HB_EN)) > 0);
        assert_true(strlen(err_title(err, HB_ZH)) > 0);
        assert_true(strcmp(err_title(err, HB_EN), err_title(err, HB_ZH)) != 0);
        assert_in_range(err_http_status(err), err == HB_OK ? 200 : 400, err == HB_OK ? 200 : 599);
    }
}

TEST(codes_are_unique)
{
    for (hb_err a = HB_OK; a < HB_ERR_COUNT; a++) {
        for (hb_err b = a + 1; b < HB_ERR_COUNT; b++) {
            assert_string_not_equal(err_code(a), err_code(b));
        }
    }
}

TEST(retry_follows_the_row)
{
    assert_true(err_may_retry(HB_E_UNSURE));
    assert_true(err_may_retry(HB_E_OVERLOADED));
    assert_false(err_may_retry(HB_E_NO_CHANCE));
}

TEST(an_unknown_error_answers_as_our_own_mistake)
{
    assert_string_equal(err_code(HB_ERR_COUNT), "internal_error");
    assert_int_equal(err_http_status(HB_ERR_COUNT), 500);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(every_error_has_a_code_a_status_and_words_in_both_languages),
        RUN(codes_are_unique),
        RUN(retry_follows_the_row),
        RUN(an_unknown_error_answers_as_our_own_mistake),
    };

    return RUN_ALL(tests);
}
