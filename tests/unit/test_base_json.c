/*
 * Unit tests of base/json.c.
 */
#include "base/json.h"

#include "tests/support/unit.h"

#include <stdlib.h>
#include <string.h>

static hb_err parse(const char *text, size_t len)
{
    char why[200];
    json_t *value = NULL;
    hb_err err = json_parse(text, len, &value, why, sizeof why);

    assert_true((err == HB_OK) == (value != NULL));
    json_decref(value);
    return err;
}

TEST(only_strict_json_is_taken)
{
    const char *bad[] = {
        "",
        "1",
        "\"a\"",
        "{\"a\":1,\"a\":2}",
        "{\"a\":\"\\u0000\"}",
        "{} x",
        "[1,]",
        "{a:1}",
        "[\"\xff\"]",
        "[1e999]",
        "[01]",
        "[99999999999999999999]",
        "[1",
        "[\"\\",
    };

    assert_int_equal(parse("{\"a\":[1,2.5,\"\xe7\xba\xa2\",null,true]}",
                           strlen("{\"a\":[1,2.5,\"\xe7\xba\xa2\",null,true]}")),
                     HB_OK);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(parse(bad[i], strlen(bad[i])), HB_E_JSON);
    }
    assert_int_equal(parse("[1]\0", 4), HB_E_JSON);
}

TEST(depth_has_a_ceiling_and_brackets_in_strings_do_not_count)
{
    char text[200];

    (void)snprintf(text,
                   sizeof text,
                   "%.32s%.32s",
                   "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[",
                   "]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]");
    assert_int_equal(parse(text, 64), HB_OK);
    (void)snprintf(text,
                   sizeof text,
                   "[%.32s%.32s]",
                   "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[",
                   "]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]");
    assert_int_equal(parse(text, 66), HB_E_JSON);
    (void)snprintf(text, sizeof text, "[\"\\\"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\\\\\"]");
    assert_int_equal(parse(text, strlen(text)), HB_OK);
}

TEST(an_error_names_its_place)
{
    char why[200];
    json_t *value;

    assert_int_equal(json_parse("{\n\"a\": x}", 9, &value, why, sizeof why), HB_E_JSON);
    assert_non_null(strstr(why, "line 2"));
    assert_null(value);
    assert_int_equal(json_parse("{", 1, &value, NULL, 0), HB_E_JSON);
}

TEST(the_canonical_form_is_sorted_and_dense)
{
    const char *loose = "{ \"b\" : [1, 2], \"a\": {\"d\":1,\"c\":\"x y\"} }";
    json_t *value;
    char *text;

    assert_int_equal(json_parse(loose, strlen(loose), &value, NULL, 0), HB_OK);
    text = json_canonical(value);
    assert_string_equal(text, "{\"a\":{\"c\":\"x y\",\"d\":1},\"b\":[1,2]}");
    free(text);
    json_decref(value);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(only_strict_json_is_taken),
        RUN(depth_has_a_ceiling_and_brackets_in_strings_do_not_count),
        RUN(an_error_names_its_place),
        RUN(the_canonical_form_is_sorted_and_dense),
    };

    return RUN_ALL(tests);
}
