/*
 * Unit tests of outbound/alipay_notice.c: the vectors' notification is read, everything near it refused.
 */
#include "outbound/alipay_notice.h"

#include "base/buf.h"
#include "outbound/alipay_sign.h"
#include "tests/support/outbound_world.h"
#include "tests/support/provider_vectors.h"
#include "tests/support/unit.h"

#include <string.h>

#define APP "2021000000000001"
#define CONTENT                                                                                       \
    "{\"out_biz_no\":\"RP0000000000000000000001\",\"order_id\":\"20231115110070000000000000000001\"," \
    "\"status\":\"SUCCESS\",\"action_type\":\"FINISH\",\"trans_amount\":\"1.88\",\"product_code\":"   \
    "\"STD_RED_PACKET\",\"biz_scene\":\"DIRECT_TRANSFER\"}"

static struct outbound_world world;
static struct provider_event event;
static struct alipay_params params;

static int setup(void **state)
{
    (void)state;
    outbound_world_open(&world);
    params.count = 0;
    alipay_param_add(&params, "app_id", span_of(APP));
    alipay_param_add(&params, "biz_content", span_of(CONTENT));
    alipay_param_add(&params, "charset", span_of("UTF-8"));
    alipay_param_add(&params, "msg_method", span_of("alipay.fund.trans.order.changed"));
    alipay_param_add(&params, "notify_id", span_of("2023111500000000000000000000000001"));
    alipay_param_add(&params, "utc_timestamp", span_of("1700000061000"));
    alipay_param_add(&params, "version", span_of("1.1"));
    alipay_param_add(&params, "sign_type", span_of("RSA2"));
    alipay_param_add(&params, "sign", span_of(ALIPAY_NOTICE_SIGNATURE));
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    outbound_world_close(&world);
    return 0;
}

static bool no_header(void *headers, const char *name, const char **value, size_t *len)
{
    (void)headers;
    (void)name;
    (void)value;
    (void)len;
    return false;
}

static hb_err read_body(const char *app_id, const char *body)
{
    struct provider_notice notice = {.body = body, .body_len = strlen(body), .header = no_header};

    return alipay_notice_read(app_id, world.alipay_keys, &notice, &event);
}

static hb_err read_notice(const char *app_id)
{
    struct buf form;
    hb_err err;

    buf_init(&form, 65536);
    alipay_form_write(&params, 0, params.count, &form);
    err = read_body(app_id, buf_cstr(&form));
    buf_free(&form);
    return err;
}

static void set(const char *name, const char *value)
{
    for (size_t i = 0; i < params.count; i++) {
        if (span_is(params.items[i].name, name)) {
            params.items[i].value = span_of(value);
        }
    }
}

/* Signs anew what is there, with or without sign_type. */
static void sign(bool with_sign_type)
{
    static char signature[1024];
    struct buf text, out;

    buf_init(&text, 65536);
    buf_over(&out, signature, sizeof signature);
    set("sign", "");
    alipay_sign_text(&params, with_sign_type, &text);
    assert_int_equal(rsa_sign(world.key, text.data, text.len, &out), HB_OK);
    set("sign", buf_cstr(&out));
    buf_free(&text);
}

TEST(the_vectors_notice_is_read)
{
    assert_int_equal(read_notice(APP), HB_OK);
    assert_string_equal(event.id, "2023111500000000000000000000000001");
    assert_true(event.verdict.verified);
    assert_int_equal(event.verdict.outcome, PROVIDER_PAID);
    assert_string_equal(event.verdict.order_no, "RP0000000000000000000001");
    assert_int_equal(event.verdict.amount_fen, 188);
    assert_string_equal(event.verdict.provider_no, "20231115110070000000000000000001");
}

TEST(a_signature_over_sign_type_as_well_is_good)
{
    sign(/* with_sign_type= */ true);
    assert_int_equal(read_notice(APP), HB_OK);
}

TEST(an_altered_notice_is_refused)
{
    static const char *const NAMES[] = {
        "biz_content", "charset", "msg_method", "notify_id", "utc_timestamp", "version", "sign"};

    for (size_t i = 0; i < sizeof NAMES / sizeof NAMES[0]; i++) {
        struct alipay_params kept = params;

        set(NAMES[i], "altered");
        assert_int_equal(read_notice(APP), HB_E_FORBIDDEN);
        params = kept;
    }
    set("sign", "");
    assert_int_equal(read_notice(APP), HB_E_FORBIDDEN);
    assert_string_equal(event.id, "");
}

TEST(a_member_more_is_refused)
{
    alipay_param_add(&params, "extra", span_of("1"));
    assert_int_equal(read_notice(APP), HB_E_FORBIDDEN);
}

TEST(a_notice_for_another_application_is_refused)
{
    assert_int_equal(read_notice("2021000000000002"), HB_E_FORBIDDEN);
}

TEST(another_kind_is_genuine_and_none_of_ours)
{
    set("msg_method", "alipay.fund.trans.refund.success");
    sign(/* with_sign_type= */ false);
    assert_int_equal(read_notice(APP), HB_E_NOT_FOUND);
}

TEST(a_genuine_notice_that_is_not_of_its_form_is_refused)
{
    static const char *const CONTENTS[] = {
        "",
        "{}",
        "[]",
        "{\"status\":\"SUCCESS\"}",
        "{\"out_biz_no\":\"RP1\",\"status\":\"SUCCESS\",\"trans_amount\":1.88}"};

    for (size_t i = 0; i < sizeof CONTENTS / sizeof CONTENTS[0]; i++) {
        set("biz_content", CONTENTS[i]);
        sign(/* with_sign_type= */ false);
        assert_int_equal(read_notice(APP), HB_E_INPUT);
    }
    set("biz_content", CONTENT);
    set("notify_id", "a b");
    sign(/* with_sign_type= */ false);
    assert_int_equal(read_notice(APP), HB_E_INPUT);
}

TEST(what_is_no_form_is_refused)
{
    assert_int_equal(read_body(APP, ""), HB_E_INPUT);
    assert_int_equal(read_body(APP, "a=%"), HB_E_INPUT);
    assert_int_equal(read_body(APP, "app_id=" APP), HB_E_FORBIDDEN);
}

#define RUN_IN_WORLD(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN_IN_WORLD(the_vectors_notice_is_read),
        RUN_IN_WORLD(a_signature_over_sign_type_as_well_is_good),
        RUN_IN_WORLD(an_altered_notice_is_refused),
        RUN_IN_WORLD(a_member_more_is_refused),
        RUN_IN_WORLD(a_notice_for_another_application_is_refused),
        RUN_IN_WORLD(another_kind_is_genuine_and_none_of_ours),
        RUN_IN_WORLD(a_genuine_notice_that_is_not_of_its_form_is_refused),
        RUN_IN_WORLD(what_is_no_form_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
