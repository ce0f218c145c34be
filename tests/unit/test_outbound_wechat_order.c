/*
 * Unit tests of outbound/wechat_order.c, order.c: an order becomes the provider's body, or a reason why not.
 */
#include "outbound/wechat_order.h"

#include "base/buf.h"
#include "base/json.h"
#include "tests/support/outbound_world.h"
#include "tests/support/provider_vectors.h"
#include "tests/support/unit.h"

#include <string.h>

static const int64_t NOW_MS = INT64_C(1700000000000);

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
    return outbound_order(PAYEE_OPENID, "oTESTopenid0000000000000001");
}

static hb_err build(const struct provider_order *order)
{
    buf_clear(&request);
    return wechat_order_build(&world.wechat, world.wechat_keys, NOW_MS, order, &request, &why);
}

static void check_refused(const struct provider_order *order)
{
    assert_int_equal(build(order), HB_E_INPUT);
    assert_non_null(why);
    assert_int_equal(request.len, 0);
}

TEST(the_body_is_the_vectors)
{
    struct provider_order order = an_order();

    assert_int_equal(build(&order), HB_OK);
    assert_string_equal(buf_cstr(&request), WECHAT_POST_BODY);
}

TEST(what_the_merchant_has_set_goes_along)
{
    struct provider_scene scene = world.wechat.scene;
    struct provider_order order = an_order();

    scene.perception = "现金奖励";
    order.scene = &scene;
    world.wechat.notify_url = "https://pay.example/notices";
    world.wechat.style = "RED_PACKET";
    assert_int_equal(build(&order), HB_OK);
    assert_non_null(strstr(buf_cstr(&request), "\"notify_url\":\"https://pay.example/notices\""));
    assert_non_null(strstr(buf_cstr(&request), "\"user_recv_perception\":\"现金奖励\""));
    assert_non_null(strstr(buf_cstr(&request), "\"user_recv_style\":{\"type\":\"RED_PACKET\"}"));
}

TEST(a_name_is_encrypted_once_and_its_key_is_named)
{
    struct provider_order order = an_order();
    struct span serial, body;
    struct buf name;
    json_t *json;
    const char *cipher;

    order.payee_name = "张三";
    assert_int_equal(build(&order), HB_OK);
    assert_null(strstr(buf_cstr(&request), "张三"));
    wechat_request_split((struct span){request.data, request.len}, &serial, &body);
    assert_true(span_is(serial, WORLD_SERIAL));
    assert_int_equal(json_parse(body.at, body.len, &json, NULL, 0), HB_OK);
    cipher = json_string_value(json_object_get(json, "user_name"));
    buf_init(&name, 256);
    assert_int_equal(rsa_decrypt(world.key, cipher, strlen(cipher), &name), HB_OK);
    assert_string_equal(buf_cstr(&name), "张三");
    buf_free(&name);
    json_decref(json);
}

TEST(without_a_name_a_request_is_its_body)
{
    struct provider_order order = an_order();
    struct span serial, body;

    assert_int_equal(build(&order), HB_OK);
    wechat_request_split((struct span){request.data, request.len}, &serial, &body);
    assert_int_equal(serial.len, 0);
    assert_int_equal(body.len, request.len);
}

TEST(a_name_waits_for_the_providers_key)
{
    struct wechat_keys *empty = wechat_keys_new();
    struct provider_order order = an_order();

    order.payee_name = "张三";
    buf_clear(&request);
    assert_int_equal(wechat_order_build(&world.wechat, empty, NOW_MS, &order, &request, &why),
                     HB_E_UNAVAILABLE);
    assert_non_null(why);
    wechat_keys_free(empty);
}

TEST(numbers_are_letters_and_digits_up_to_32)
{
    static const char *const BAD[] = {
        "", "RP-1", "RP 1", "红包", "RP1/cancel", "012345678901234567890123456789012"};
    struct provider_order order = an_order();

    for (size_t i = 0; i < sizeof BAD / sizeof BAD[0]; i++) {
        order.order_no = BAD[i];
        check_refused(&order);
    }
    order.order_no = "01234567890123456789012345678901";
    assert_int_equal(build(&order), HB_OK);
}

TEST(amounts_stay_within_the_merchants_limits)
{
    struct provider_order order = an_order();

    order.amount_fen = 9;
    check_refused(&order);
    order.amount_fen = 500001;
    order.payee_name = "张三";
    check_refused(&order);
    order.amount_fen = -188;
    check_refused(&order);
    order.amount_fen = 500000;
    assert_int_equal(build(&order), HB_OK);
}

TEST(names_are_for_amounts_that_may_and_must_have_them)
{
    struct provider_order order = an_order();

    order.payee_name = "张三";
    order.amount_fen = 29;
    check_refused(&order);
    order.amount_fen = 30;
    assert_int_equal(build(&order), HB_OK);
    order.payee_name = NULL;
    order.amount_fen = 200000;
    check_refused(&order);
    order.amount_fen = 199999;
    assert_int_equal(build(&order), HB_OK);
}

TEST(remarks_have_1_to_32_characters)
{
    struct provider_order order = an_order();

    order.remark = "";
    check_refused(&order);
    order.remark = "一二三四五六七八九十一二三四五六七八九十一二三四五六七八九十一二三";
    check_refused(&order);
    order.remark = "a\nb";
    check_refused(&order);
    order.remark = "\xff";
    check_refused(&order);
    order.remark = "一二三四五六七八九十一二三四五六七八九十一二三四五六七八九十一二";
    assert_int_equal(build(&order), HB_OK);
}

TEST(payees_and_scenes_must_be_wechats)
{
    struct provider_order order = outbound_order(PAYEE_ALIPAY_USER_ID, "2088000000000001");
    struct provider_scene scene = {.id = "1000"};

    check_refused(&order);
    order = outbound_order(PAYEE_OPENID, "");
    check_refused(&order);
    order = an_order();
    order.scene = &scene;
    check_refused(&order);
    scene = world.wechat.scene;
    scene.id = NULL;
    check_refused(&order);
    scene = world.wechat.scene;
    scene.reports[0].content = "";
    check_refused(&order);
}

#define RUN_IN_WORLD(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN_IN_WORLD(the_body_is_the_vectors),
        RUN_IN_WORLD(what_the_merchant_has_set_goes_along),
        RUN_IN_WORLD(a_name_is_encrypted_once_and_its_key_is_named),
        RUN_IN_WORLD(without_a_name_a_request_is_its_body),
        RUN_IN_WORLD(a_name_waits_for_the_providers_key),
        RUN_IN_WORLD(numbers_are_letters_and_digits_up_to_32),
        RUN_IN_WORLD(amounts_stay_within_the_merchants_limits),
        RUN_IN_WORLD(names_are_for_amounts_that_may_and_must_have_them),
        RUN_IN_WORLD(remarks_have_1_to_32_characters),
        RUN_IN_WORLD(payees_and_scenes_must_be_wechats),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
