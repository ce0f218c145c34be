/*
 * Unit tests of outbound/alipay_order.c, alipay_sign.c: an order becomes biz_content, parameters are signed
 * as the vectors say, forms are written and read.
 */
#include "outbound/alipay_order.h"

#include "base/buf.h"
#include "outbound/alipay_sign.h"
#include "tests/support/outbound_world.h"
#include "tests/support/provider_vectors.h"
#include "tests/support/unit.h"

#include <string.h>

static struct outbound_world world;
static struct buf request;
static const char *why;

static int setup(void **state)
{
    (void)state;
    outbound_world_open(&world);
    buf_init(&request, PROVIDER_REQUEST_MAX);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    buf_free(&request);
    outbound_world_close(&world);
    return 0;
}

static struct provider_order an_order(void)
{
    struct provider_order order = outbound_order(PAYEE_ALIPAY_USER_ID, "2088000000000001");

    order.remark = "新年红包";
    return order;
}

static hb_err build(const struct provider_order *order)
{
    buf_clear(&request);
    return alipay_order_build(&world.alipay, order, &request, &why);
}

static void check_refused(const struct provider_order *order)
{
    assert_int_equal(build(order), HB_E_INPUT);
    assert_non_null(why);
    assert_int_equal(request.len, 0);
}

TEST(the_content_is_the_vectors)
{
    struct provider_order order = an_order();

    assert_int_equal(build(&order), HB_OK);
    assert_string_equal(buf_cstr(&request), ALIPAY_BIZ_CONTENT);
}

TEST(what_the_merchant_has_set_goes_along)
{
    struct provider_scene scene = {.id = "现金营销", .reports = {{"活动名称", "新年"}}, .report_count = 1};
    struct provider_order order = an_order();

    order.scene = &scene;
    order.payee_kind = PAYEE_ALIPAY_LOGON_ID;
    order.payee_id = "13800000000";
    order.payee_name = "张三";
    world.alipay.uses_alias = true;
    world.alipay.product_code = "TRANS_ACCOUNT_NO_PWD";
    assert_int_equal(build(&order), HB_OK);
    assert_non_null(strstr(buf_cstr(&request), "\"transfer_scene_name\":\"现金营销\""));
    assert_non_null(strstr(buf_cstr(&request), "[{\"info_type\":\"活动名称\",\"info_content\":\"新年\"}]"));
    assert_non_null(strstr(buf_cstr(&request), "\"identity_type\":\"ALIPAY_LOGON_ID\",\"name\":\"张三\"}"));
    assert_non_null(strstr(buf_cstr(&request),
                           "\"business_params\":\"{\\\"payer_show_name_use_alias\\\":\\\"true\\\"}\""));
}

TEST(a_memo_goes_along_where_it_must)
{
    struct provider_order order = an_order();

    order.amount_fen = ALIPAY_MEMO_FROM_FEN - 1;
    assert_int_equal(build(&order), HB_OK);
    assert_null(strstr(buf_cstr(&request), "\"remark\""));
    order.amount_fen = ALIPAY_MEMO_FROM_FEN;
    assert_int_equal(build(&order), HB_OK);
    assert_non_null(strstr(buf_cstr(&request), "\"trans_amount\":\"50000.00\""));
    assert_non_null(strstr(buf_cstr(&request), "\"remark\":\"新年红包\""));
}

TEST(payees_must_be_alipays)
{
    struct provider_order order = outbound_order(PAYEE_OPENID, "oTEST");

    check_refused(&order);
    order = outbound_order(PAYEE_ALIPAY_USER_ID, "208800000000000");
    check_refused(&order);
    order = outbound_order(PAYEE_ALIPAY_USER_ID, "1088000000000001");
    check_refused(&order);
    order = outbound_order(PAYEE_ALIPAY_USER_ID, "208800000000000x");
    check_refused(&order);
    order = outbound_order(PAYEE_ALIPAY_LOGON_ID, "13800000000");
    check_refused(&order);
    order = outbound_order(PAYEE_ALIPAY_OPEN_ID, "074a1CcTG1LelxKe4xQC0zgNdId0nxi95b5lsNpazWYoCo5");
    assert_int_equal(build(&order), HB_OK);
}

TEST(numbers_amounts_and_remarks_are_checked_as_everywhere)
{
    struct provider_order order = an_order();

    order.order_no = "RP/1";
    check_refused(&order);
    order = an_order();
    order.amount_fen = 0;
    check_refused(&order);
    order = an_order();
    order.remark = NULL;
    check_refused(&order);
}

TEST(a_query_asks_with_the_words_of_the_creation)
{
    struct provider_order order = an_order();
    struct buf content;

    buf_init(&content, 1024);
    world.alipay.product_code = "TRANS_ACCOUNT_NO_PWD";
    assert_int_equal(build(&order), HB_OK);
    world.alipay.product_code = "STD_RED_PACKET"; /* the setting has changed since */
    assert_int_equal(alipay_query_build(WORLD_ORDER, (struct span){request.data, request.len}, &content),
                     HB_OK);
    assert_string_equal(buf_cstr(&content),
                        "{\"product_code\":\"TRANS_ACCOUNT_NO_PWD\",\"biz_scene\":\"DIRECT_TRANSFER\","
                        "\"out_biz_no\":\"" WORLD_ORDER "\"}");
    buf_free(&content);
}

TEST(a_query_needs_the_request_of_its_number)
{
    static const char *const BAD[] = {"",
                                      "{}",
                                      "[]",
                                      "{\"product_code\":\"P\",\"biz_scene\":\"S\"}",
                                      "{\"product_code\":\"P\",\"biz_scene\":\"S\",\"out_biz_no\":\"RP2\"}"};
    struct buf content;

    buf_init(&content, 1024);
    for (size_t i = 0; i < sizeof BAD / sizeof BAD[0]; i++) {
        assert_int_equal(alipay_query_build("RP1", span_of(BAD[i]), &content), HB_E_INPUT);
        assert_int_equal(content.len, 0);
    }
    buf_free(&content);
}

/* ---- signing, forms ---- */

static void request_params(struct alipay_params *params)
{
    params->count = 0;
    alipay_param_add(params, "version", span_of("1.0"));
    alipay_param_add(params, "sign_type", span_of("RSA2"));
    alipay_param_add(params, "sign", span_of("left out"));
    alipay_param_add(params, "notify_url", span_of("")); /* left out, too */
    alipay_param_add(params, "timestamp", span_of("2023-11-15 06:13:20"));
    alipay_param_add(params, "method", span_of("alipay.fund.trans.uni.transfer"));
    alipay_param_add(params, "format", span_of("JSON"));
    alipay_param_add(params, "charset", span_of("utf-8"));
    alipay_param_add(params, "biz_content", span_of(ALIPAY_BIZ_CONTENT));
    alipay_param_add(params, "app_id", span_of("2021000000000001"));
    alipay_param_add(params, "app_cert_sn", span_of("0123456789abcdef0123456789abcdef"));
    alipay_param_add(params, "alipay_root_cert_sn", span_of(ALIPAY_ROOT_SN));
}

TEST(parameters_are_signed_as_the_vector_says)
{
    struct alipay_params params;
    struct buf text, signature;

    buf_init(&text, 4096);
    buf_init(&signature, 1024);
    request_params(&params);
    alipay_sign_text(&params, /* with_sign_type= */ true, &text);
    assert_int_equal(text.len, 574);
    assert_int_equal(rsa_sign(world.key, text.data, text.len, &signature), HB_OK);
    assert_string_equal(buf_cstr(&signature), ALIPAY_REQUEST_SIGNATURE);
    buf_free(&text);
    buf_free(&signature);
}

TEST(a_form_is_read_as_it_was_written)
{
    struct alipay_params params, back;
    char memory[4096];
    struct buf form;

    buf_init(&form, 8192);
    request_params(&params);
    alipay_form_write(&params, 0, params.count, &form);
    assert_null(strchr(buf_cstr(&form), ' '));
    assert_true(form.len <= sizeof memory);
    assert_true(alipay_form_read((struct span){form.data, form.len}, memory, &back));
    assert_int_equal(back.count, params.count);
    assert_true(span_is(alipay_param_of(&back, "biz_content"), ALIPAY_BIZ_CONTENT));
    assert_true(span_is(alipay_param_of(&back, "notify_url"), ""));
    assert_true(span_is(alipay_param_of(&back, "timestamp"), "2023-11-15 06:13:20"));
    buf_free(&form);
}

TEST(forms_decode_plus_and_refuse_what_is_none)
{
    static const char *const BAD[] = {"a=%", "a=%4", "a=%zz", "=b", "a=1&a=2", "a=1&%61=2"};
    struct alipay_params params;
    char memory[256];

    assert_true(alipay_form_read(span_of("a=b+c%2B&&d&e="), memory, &params));
    assert_int_equal(params.count, 3);
    assert_true(span_is(alipay_param_of(&params, "a"), "b c+"));
    for (size_t i = 0; i < sizeof BAD / sizeof BAD[0]; i++) {
        assert_false(alipay_form_read(span_of(BAD[i]), memory, &params));
    }
}

#define RUN_IN_WORLD(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN_IN_WORLD(the_content_is_the_vectors),
        RUN_IN_WORLD(what_the_merchant_has_set_goes_along),
        RUN_IN_WORLD(a_memo_goes_along_where_it_must),
        RUN_IN_WORLD(payees_must_be_alipays),
        RUN_IN_WORLD(numbers_amounts_and_remarks_are_checked_as_everywhere),
        RUN_IN_WORLD(a_query_asks_with_the_words_of_the_creation),
        RUN_IN_WORLD(a_query_needs_the_request_of_its_number),
        RUN_IN_WORLD(parameters_are_signed_as_the_vector_says),
        RUN_IN_WORLD(a_form_is_read_as_it_was_written),
        RUN_IN_WORLD(forms_decode_plus_and_refuse_what_is_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
