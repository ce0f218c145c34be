/*
 * Unit tests of outbound/merchant*.c: the file of merchant accounts is read whole, and every mistake in it is
 * named.
 */
#include "outbound/merchant.h"

#include "base/buf.h"
#include "tests/support/outbound_world.h"
#include "tests/support/provider_vectors.h"
#include "tests/support/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define WECHAT_BASE                                                                             \
    "\"name\":\"wx-1\",\"provider\":\"wechat\",\"base_url\":\"https://api.mch.weixin.qq.com\"," \
    "\"app_id\":\"wx1\",\"mch_id\":\"1900000001\",\"private_key_file\":\"key.pem\","            \
    "\"certificate_file\":\"cert.pem\",\"api_v3_key_file\":\"api.key\""
#define ALIPAY_BASE                                                                                      \
    "\"name\":\"ali-1\",\"provider\":\"alipay\",\"base_url\":\"https://openapi.alipay.com/gateway.do\"," \
    "\"app_id\":\"2021\",\"private_key_file\":\"key.pem\",\"app_certificate_file\":\"cert.pem\","        \
    "\"alipay_certificate_file\":\"cert.pem\",\"root_certificate_file\":\"cert.pem\""

static struct outbound_world world;
static struct merchants *merchants;
static struct buf problems;
static char path[128];

static const char *in_folder(const char *name)
{
    static char text[160];

    (void)snprintf(text, sizeof text, "%s/%s", world.folder, name);
    return text;
}

static const char *const FILES[] = {
    "key.pem", "cert.pem", "api.key", "public.pem", "other.pem", "merchants.json"};

static int setup(void **state)
{
    struct buf public;

    (void)state;
    outbound_world_open(&world);
    buf_init(&problems, 65536);
    buf_init(&public, 8192);
    assert_int_equal(rsa_public_write(world.key, &public), HB_OK);
    (void)snprintf(path, sizeof path, "%s/merchants.json", world.folder);
    outbound_write(in_folder("key.pem"), VECTOR_KEY);
    outbound_write(in_folder("cert.pem"), outbound_certificate(world.key, "171"));
    outbound_write(in_folder("api.key"), GCM_KEY "\n");
    outbound_write(in_folder("public.pem"), buf_cstr(&public));
    buf_free(&public);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    merchants_free(merchants);
    merchants = NULL;
    buf_free(&problems);
    for (size_t i = 0; i < sizeof FILES / sizeof FILES[0]; i++) {
        (void)unlink(in_folder(FILES[i]));
    }
    outbound_world_close(&world);
    return 0;
}

static hb_err read_text(const char *text)
{
    merchants_free(merchants);
    buf_clear(&problems);
    outbound_write(path, text);
    return merchants_read(path, &merchants, &problems);
}

/* One merchant; `more` begins with a comma or is empty. */
static hb_err read_one(const char *base, const char *more)
{
    char text[4096];

    (void)snprintf(text, sizeof text, "{\"merchants\":[{%s%s}]}", base, more);
    return read_text(text);
}

static void check_problem(const char *base, const char *more, const char *expected)
{
    assert_int_equal(read_one(base, more), HB_E_INPUT);
    assert_null(merchants);
    if (strstr(buf_cstr(&problems), expected) == NULL) {
        fail_msg("%s%s: %s", expected, more, buf_cstr(&problems));
    }
}

TEST(both_kinds_are_read_with_their_presets)
{
    const struct merchant *wechat, *alipay;

    assert_int_equal(read_text("{\"merchants\":[{" WECHAT_BASE "},{" ALIPAY_BASE "}]}"), HB_OK);
    assert_int_equal(merchants->count, 2);
    wechat = &merchants->items[0];
    assert_int_equal(wechat->kind, PROVIDER_WECHAT);
    assert_string_equal(wechat->serial, "AB");
    assert_memory_equal(wechat->api_key.bytes, GCM_KEY, AEAD_KEY_BYTES);
    assert_true(wechat->has_certificates);
    assert_int_equal(wechat->limits.max_fen, 20000);
    assert_int_equal(wechat->limits.order_no_max, 32);
    assert_false(wechat->sandbox);
    alipay = &merchants->items[1];
    assert_int_equal(alipay->kind, PROVIDER_ALIPAY);
    assert_string_equal(alipay->product_code, "STD_RED_PACKET");
    assert_int_equal(strlen(alipay->app_sn), 32);
    assert_string_equal(alipay->root_sn, alipay->app_sn);
    assert_int_equal(alipay->limits.order_no_max, 64);
}

TEST(everything_that_can_be_set_is_taken)
{
    const struct merchant *merchant;

    assert_int_equal(read_one(WECHAT_BASE,
                              ",\"sandbox\":true,\"public_key_id\":\"PUB_KEY_ID_01\",\"public_key_file\":"
                              "\"public.pem\",\"download_certificates\":false,\"style\":\"RED_PACKET\","
                              "\"notify_url\":\"https://a/b\",\"min_fen\":30,\"max_fen\":1000,\"day_fen\":0,"
                              "\"calls_per_s\":5,\"scene\":{\"id\":\"1000\",\"perception\":\"现金奖励\","
                              "\"reports\":[{\"type\":\"活动名称\",\"content\":\"新年\"}]}"),
                     HB_OK);
    merchant = &merchants->items[0];
    assert_true(merchant->sandbox);
    assert_non_null(merchant->public_key);
    assert_false(merchant->has_certificates);
    assert_int_equal(merchant->limits.min_fen, 30);
    assert_int_equal(merchant->limits.day_fen, 0);
    assert_string_equal(merchant->scene.perception, "现金奖励");
    assert_int_equal(merchant->scene.report_count, 1);
    assert_string_equal(merchant->scene.reports[0].content, "新年");
}

TEST(members_that_are_wrong_missing_or_unknown_are_named)
{
    check_problem(WECHAT_BASE, ",\"notfy_url\":\"https://a\"", "merchants[0].notfy_url: is no setting");
    check_problem(WECHAT_BASE, ",\"product_code\":\"X\"", "merchants[0].product_code: is no setting");
    check_problem(ALIPAY_BASE, ",\"mch_id\":\"1\"", "merchants[0].mch_id: is no setting");
    check_problem(WECHAT_BASE, ",\"sandbox\":1", "sandbox: must be true or false");
    check_problem(WECHAT_BASE, ",\"max_fen\":\"1\"", "max_fen: must be a whole number");
    check_problem(WECHAT_BASE, ",\"max_fen\":-1", "max_fen: must be a whole number");
    check_problem(WECHAT_BASE, ",\"max_fen\":1.5", "max_fen: must be a whole number");
    check_problem(WECHAT_BASE, ",\"max_fen\":9", "max_fen: is below min_fen");
    check_problem(WECHAT_BASE, ",\"style\":\"a\\nb\"", "style: must be a text of one line");
    check_problem(WECHAT_BASE, ",\"scene\":{\"ids\":\"1\"}", "scene: must be an object");
    check_problem(WECHAT_BASE, ",\"scene\":{\"reports\":[{\"type\":\"a\"}]}", "scene.reports: must be");
    check_problem(WECHAT_BASE, ",\"download_certificates\":false", "is needed without a public key");
    check_problem(WECHAT_BASE, ",\"public_key_id\":\"PUB_KEY_ID_01\"", "goes together with");
    check_problem(WECHAT_BASE, ",\"notify_url\":\"http://a\"", "notify_url: must begin with https://");
    check_problem(WECHAT_BASE, ",\"notify_url\":\"https://a/?b\"", "notify_url: must begin with https://");
    check_problem("\"provider\":\"paypal\"", "", "provider: must be wechat or alipay");
    check_problem("\"provider\":\"wechat\"", "", "mch_id: is missing");
    check_problem("\"provider\":\"alipay\"", "", "root_certificate_file: is missing");
}

static const char *replaced(const char *base, const char *old, const char *new)
{
    static char text[2048];
    const char *at = strstr(base, old);

    assert_non_null(at);
    (void)snprintf(text, sizeof text, "%.*s%s%s", (int)(at - base), base, new, at + strlen(old));
    return text;
}

TEST(names_and_addresses_have_their_form)
{
    check_problem(replaced(WECHAT_BASE, "wx-1", "WX 1"), "", "name: must be 1 to 32");
    check_problem(
        replaced(WECHAT_BASE, "https://api", "http://api"), "", "base_url: must begin with https://");
    check_problem(replaced(WECHAT_BASE, "qq.com", "qq.com/"), "", "base_url: must begin with https://");
}

TEST(files_must_hold_what_they_are_named_for)
{
    check_problem(
        replaced(WECHAT_BASE, "\"key.pem\"", "\"none.pem\""), "", "private_key_file: the file cannot");
    check_problem(replaced(WECHAT_BASE, "\"key.pem\"", "\"cert.pem\""), "", "must hold an RSA private key");
    check_problem(replaced(WECHAT_BASE, "\"cert.pem\"", "\"key.pem\""), "", "must hold a certificate");
    check_problem(replaced(WECHAT_BASE, "\"api.key\"", "\"key.pem\""), "", "must hold exactly 32 bytes");
    check_problem(replaced(ALIPAY_BASE, "root_certificate_file\":\"cert", "root_certificate_file\":\"key"),
                  "",
                  "root_certificate_file: must hold root certificates");
    check_problem(WECHAT_BASE,
                  ",\"public_key_id\":\"P\",\"public_key_file\":\"key.pem\"",
                  "must hold an RSA public key");
}

TEST(a_certificate_of_another_key_is_refused)
{
    struct rsa_key *other;

    assert_int_equal(rsa_generate(&other), HB_OK);
    outbound_write(in_folder("other.pem"), outbound_certificate(other, "171"));
    check_problem(
        replaced(WECHAT_BASE, "cert.pem", "other.pem"), "", "is not the certificate of the private key");
    rsa_key_free(other);
}

TEST(no_problem_tells_a_secret)
{
    outbound_write(in_folder("api.key"), "a secret that is too short");
    check_problem(WECHAT_BASE, "", "api_v3_key_file");
    assert_null(strstr(buf_cstr(&problems), "secret"));
}

TEST(a_list_is_there_and_its_names_differ)
{
    assert_int_equal(read_text("{"), HB_E_INPUT);
    assert_int_equal(read_text("[]"), HB_E_INPUT);
    assert_int_equal(read_text("{}"), HB_E_INPUT);
    assert_int_equal(read_text("{\"merchants\":[]}"), HB_E_INPUT);
    assert_int_equal(read_text("{\"merchants\":[7]}"), HB_E_INPUT);
    assert_int_equal(read_text("{\"merchants\":[{" WECHAT_BASE "},{" WECHAT_BASE "}]}"), HB_E_INPUT);
    assert_non_null(strstr(buf_cstr(&problems), "merchants[1].name: is there twice"));
    assert_int_equal(merchants_read("/nowhere/merchants.json", &merchants, &problems), HB_E_INPUT);
}

#define RUN_IN_WORLD(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN_IN_WORLD(both_kinds_are_read_with_their_presets),
        RUN_IN_WORLD(everything_that_can_be_set_is_taken),
        RUN_IN_WORLD(members_that_are_wrong_missing_or_unknown_are_named),
        RUN_IN_WORLD(names_and_addresses_have_their_form),
        RUN_IN_WORLD(files_must_hold_what_they_are_named_for),
        RUN_IN_WORLD(a_certificate_of_another_key_is_refused),
        RUN_IN_WORLD(no_problem_tells_a_secret),
        RUN_IN_WORLD(a_list_is_there_and_its_names_differ),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
