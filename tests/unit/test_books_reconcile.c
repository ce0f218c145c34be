/*
 * Unit tests of the text form of engine/books/reconcile.c; the rest meets a real PostgreSQL in
 * tests/system/books_reconcile.py.
 */
#include "books/reconcile.h"

#include "tests/support/unit.h"

#include <string.h>

static hb_err text_of(const char *json, struct buf *out)
{
    buf_clear(out);
    return reconcile_text(json, strlen(json), out);
}

TEST(a_report_says_what_was_compared_and_who_has_to_act)
{
    struct buf out;

    buf_init(&out, 10000);
    assert_int_equal(
        text_of("{\"ok\":true,\"runs\":[{\"subject\":\"draws\",\"scope\":\"spring\",\"compared\":7,"
                "\"matched\":7,\"differences\":0}],\"differences\":[]}",
                &out),
        HB_OK);
    assert_non_null(strstr(buf_cstr(&out), "everything matches"));
    assert_non_null(strstr(buf_cstr(&out), "spring"));
    assert_int_equal(
        text_of(
            "{\"ok\":false,\"runs\":[],\"differences\":[{\"subject\":\"bill\",\"scope\":\"m1 2026-02-16\","
            "\"kind\":\"amount\",\"place\":\"HB1\",\"problem\":\"p\",\"ours_fen\":5,\"theirs_fen\":6,"
            "\"owner\":\"finance\",\"age_s\":3720},{\"kind\":\"win_amount\",\"ours_fen\":null,"
            "\"owner\":\"operations\",\"age_s\":0}]}",
            &out),
        HB_OK);
    assert_non_null(strstr(buf_cstr(&out), "there are differences"));
    assert_non_null(strstr(buf_cstr(&out), "ours 5 fen, theirs 6 fen; owner finance; open for 1 h 2 min"));
    assert_non_null(strstr(buf_cstr(&out), "    owner operations; open for 0 h 0 min"));
    buf_free(&out);
}

TEST(what_is_no_report_is_refused)
{
    struct buf out;

    buf_init(&out, 1000);
    assert_int_equal(text_of("[]", &out), HB_E_INPUT);
    assert_int_equal(text_of("{", &out), HB_E_INPUT);
    buf_free(&out);
}

static hb_err never_fetch(void *self, const char *merchant, const char *day, struct bill *out)
{
    (void)merchant;
    (void)day;
    (void)out;
    *(bool *)self = true;
    return HB_E_NOT_FOUND;
}

TEST(a_day_that_is_none_asks_nobody_and_a_missing_bill_keeps_nothing)
{
    bool asked = false;
    const struct bill_port port = {&asked, "test", never_fetch};

    assert_int_equal(reconcile_bill(NULL, &port, "m1", "2026-02-30"), HB_E_INPUT);
    assert_false(asked);
    assert_int_equal(reconcile_bill(NULL, &port, "m1", "2026-02-16"), HB_E_NOT_FOUND);
    assert_true(asked);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(a_report_says_what_was_compared_and_who_has_to_act),
        RUN(what_is_no_report_is_refused),
        RUN(a_day_that_is_none_asks_nobody_and_a_missing_bill_keeps_nothing),
    };

    return RUN_ALL(tests);
}
