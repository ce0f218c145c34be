/*
 * Unit tests of outbound/wechat_sign.c, wechat_keys.c: requests are signed as the vectors say, answers
 * believed only when everything fits.
 */
#include "outbound/wechat_sign.h"

#include "base/buf.h"
#include "tests/support/outbound_world.h"
#include "tests/support/provider_vectors.h"
#include "tests/support/unit.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const int64_t SIGNED_MS = INT64_C(1700000001000);

static struct outbound_world world;

static int setup(void **state)
{
    (void)state;
    outbound_world_open(&world);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    outbound_world_close(&world);
    return 0;
}

static struct wechat_signer signer(void)
{
    return (struct wechat_signer){"1900000001", "7A5C", world.key};
}

static const struct wechat_stamp STAMP = {.seconds = 1700000000, .nonce = WECHAT_NONCE};

static void check_authorization(const char *method, const char *path, const char *body, const char *signature)
{
    struct wechat_signer who = signer();
    char expected[1024];
    struct buf out;

    buf_init(&out, 4096);
    assert_int_equal(wechat_authorization(&who, method, path, &STAMP, span_of(body), &out), HB_OK);
    (void)snprintf(expected,
                   sizeof expected,
                   "WECHATPAY2-SHA256-RSA2048 mchid=\"1900000001\",nonce_str=\"%s\",timestamp=\"1700000000\","
                   "serial_no=\"7A5C\",signature=\"%s\"",
                   WECHAT_NONCE,
                   signature);
    assert_string_equal(buf_cstr(&out), expected);
    buf_free(&out);
}

TEST(a_request_with_a_body_is_signed_as_the_vector_says)
{
    check_authorization("POST", WECHAT_POST_PATH, WECHAT_POST_BODY, WECHAT_POST_SIGNATURE);
}

TEST(a_request_without_a_body_is_signed_as_the_vector_says)
{
    check_authorization("GET", WECHAT_GET_PATH, "", WECHAT_GET_SIGNATURE);
}

TEST(every_stamp_has_a_nonce_of_its_own)
{
    struct wechat_stamp a = wechat_stamp_now(SIGNED_MS), b = wechat_stamp_now(SIGNED_MS);

    assert_int_equal(a.seconds, 1700000001);
    assert_int_equal(strlen(a.nonce), WECHAT_NONCE_TEXT);
    assert_string_not_equal(a.nonce, b.nonce);
}

static struct wechat_seal seal(void)
{
    return (struct wechat_seal){.timestamp = span_of("1700000001"),
                                .nonce = span_of(WECHAT_ANSWER_NONCE),
                                .signature = span_of(WECHAT_ANSWER_SIGNATURE),
                                .serial = span_of(WORLD_SERIAL)};
}

static enum wechat_belief believe(struct wechat_seal sealed, int64_t now_ms, const char *body)
{
    return wechat_believe(world.wechat_keys, &sealed, now_ms, span_of(body));
}

TEST(the_vectors_answer_is_believed)
{
    assert_int_equal(believe(seal(), SIGNED_MS, WECHAT_ANSWER_BODY), WECHAT_GENUINE);
}

TEST(an_answer_is_believed_for_less_than_five_minutes_either_way)
{
    assert_int_equal(believe(seal(), SIGNED_MS + 299999, WECHAT_ANSWER_BODY), WECHAT_GENUINE);
    assert_int_equal(believe(seal(), SIGNED_MS + 300000, WECHAT_ANSWER_BODY), WECHAT_STALE);
    assert_int_equal(believe(seal(), SIGNED_MS - 299999, WECHAT_ANSWER_BODY), WECHAT_GENUINE);
    assert_int_equal(believe(seal(), SIGNED_MS - 300000, WECHAT_ANSWER_BODY), WECHAT_STALE);
}

TEST(one_altered_byte_anywhere_is_forged)
{
    struct wechat_seal sealed = seal();
    char body[] = WECHAT_ANSWER_BODY;

    for (size_t at = 0; at < sizeof body - 1; at += 7) {
        body[at] ^= 1;
        assert_int_equal(believe(sealed, SIGNED_MS, body), WECHAT_FORGED);
        body[at] ^= 1;
    }
    assert_int_equal(believe(sealed, SIGNED_MS, ""), WECHAT_FORGED);
    sealed.nonce = span_of("vUTSRQPONMLKJIHGFEDCBA9876543210");
    assert_int_equal(believe(sealed, SIGNED_MS, WECHAT_ANSWER_BODY), WECHAT_FORGED);
    sealed = seal();
    sealed.timestamp = span_of("1700000002");
    assert_int_equal(believe(sealed, SIGNED_MS, WECHAT_ANSWER_BODY), WECHAT_FORGED);
}

TEST(a_probe_is_forged_like_any_other)
{
    struct wechat_seal sealed = seal();

    sealed.signature = span_of("WECHATPAY/SIGNTEST/" WECHAT_ANSWER_SIGNATURE);
    assert_int_equal(believe(sealed, SIGNED_MS, WECHAT_ANSWER_BODY), WECHAT_FORGED);
}

TEST(without_a_header_or_with_a_malformed_one_it_is_unsealed)
{
    static const char *const BAD[] = {"", "-1", "1700000001 ", "17000000010000", "1.7e9"};

    for (size_t i = 0; i < sizeof BAD / sizeof BAD[0]; i++) {
        struct wechat_seal sealed = seal();

        sealed.timestamp = span_of(BAD[i]);
        assert_int_equal(believe(sealed, SIGNED_MS, WECHAT_ANSWER_BODY), WECHAT_UNSEALED);
    }
    for (size_t i = 0; i < 3; i++) {
        struct wechat_seal sealed = seal();
        struct span *const fields[] = {&sealed.nonce, &sealed.signature, &sealed.serial};

        fields[i]->len = 0;
        assert_int_equal(believe(sealed, SIGNED_MS, WECHAT_ANSWER_BODY), WECHAT_UNSEALED);
    }
}

TEST(a_serial_number_that_is_not_there_is_unknown)
{
    struct wechat_seal sealed = seal();

    sealed.serial = span_of("PUB_KEY_ID_01");
    assert_int_equal(believe(sealed, SIGNED_MS, WECHAT_ANSWER_BODY), WECHAT_UNKNOWN_SERIAL);
    sealed.serial = span_of("7B");
    assert_int_equal(believe(sealed, SIGNED_MS, WECHAT_ANSWER_BODY), WECHAT_UNKNOWN_SERIAL);
}

static struct certificate *certificate_of(const char *serial, int64_t starts_ms, int64_t ends_ms)
{
    struct certificate_spec spec = {.subject = "CN=a",
                                    .issuer = "CN=b",
                                    .serial = serial,
                                    .key = world.key,
                                    .issuer_key = world.key,
                                    .starts_ms = starts_ms,
                                    .ends_ms = ends_ms};
    struct certificate *certificate;
    struct buf pem;

    buf_init(&pem, 8192);
    assert_int_equal(certificate_make(&spec, &pem), HB_OK);
    assert_int_equal(certificate_parse(pem.data, pem.len, &certificate), HB_OK);
    buf_free(&pem);
    return certificate;
}

TEST(certificates_and_the_public_key_are_known_together_and_hex_has_no_case)
{
    struct certificate *certificates[] = {certificate_of("171", 0, SIGNED_MS)}; /* AB */
    struct wechat_seal sealed = seal();

    wechat_keys_set_certificates(world.wechat_keys, certificates, 1);
    assert_int_equal(believe(sealed, SIGNED_MS, WECHAT_ANSWER_BODY), WECHAT_GENUINE);
    sealed.serial = span_of("ab");
    assert_int_equal(believe(sealed, SIGNED_MS, WECHAT_ANSWER_BODY), WECHAT_GENUINE);
    sealed.serial = span_of("AB");
    assert_int_equal(believe(sealed, SIGNED_MS, WECHAT_ANSWER_BODY), WECHAT_GENUINE);
}

TEST(the_newest_certificate_that_is_valid_is_the_current_one)
{
    struct certificate *certificates[] = {certificate_of("1", 0, SIGNED_MS * 2),
                                          certificate_of("2", SIGNED_MS / 2 / 1000 * 1000, SIGNED_MS * 2),
                                          certificate_of("3", SIGNED_MS + 1000, SIGNED_MS * 2),
                                          certificate_of("4", SIGNED_MS / 2 / 1000 * 1000 + 1000, SIGNED_MS)};
    struct wechat_keys *keys = wechat_keys_new();
    char serial[WECHAT_SERIAL_MAX + 1];
    struct rsa_key *key;

    assert_null(wechat_keys_current(keys, SIGNED_MS, serial));
    wechat_keys_set_certificates(keys, certificates, 4);
    key = wechat_keys_current(keys, SIGNED_MS, serial);
    assert_non_null(key);
    assert_string_equal(serial, "02");
    rsa_key_free(key);
    wechat_keys_free(keys);
}

TEST(the_public_key_goes_before_every_certificate)
{
    struct certificate *certificates[] = {certificate_of("1", 0, SIGNED_MS * 2)};
    char serial[WECHAT_SERIAL_MAX + 1];

    wechat_keys_set_certificates(world.wechat_keys, certificates, 1);
    rsa_key_free(wechat_keys_current(world.wechat_keys, SIGNED_MS, serial));
    assert_string_equal(serial, WORLD_SERIAL);
}

enum { THREADS = 4, LOOKS = 2000 };

static void *look_again_and_again(void *arg)
{
    struct wechat_keys *keys = arg;
    size_t found = 0;

    for (size_t i = 0; i < LOOKS; i++) {
        struct rsa_key *key = wechat_keys_find(keys, "AB", 2);

        found += key != NULL && rsa_key_is_private(key) == false;
        rsa_key_free(key);
    }
    return (void *)(uintptr_t)found;
}

TEST(threads_look_for_keys_while_they_are_replaced)
{
    struct certificate *certificates[] = {certificate_of("171", 0, SIGNED_MS)};
    pthread_t threads[THREADS];
    void *found;

    wechat_keys_set_certificates(world.wechat_keys, certificates, 1);
    for (size_t i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, look_again_and_again, world.wechat_keys), 0);
    }
    for (size_t i = 0; i < 20; i++) {
        certificates[0] = certificate_of("171", 0, SIGNED_MS);
        wechat_keys_set_certificates(world.wechat_keys, certificates, 1);
    }
    for (size_t i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_join(threads[i], &found), 0);
        assert_int_equal((uintptr_t)found, LOOKS);
    }
}

TEST(a_public_key_needs_a_name)
{
    char long_name[WECHAT_SERIAL_MAX + 2];

    memset(long_name, 'x', sizeof long_name - 1);
    long_name[sizeof long_name - 1] = '\0';
    assert_int_equal(wechat_keys_set_public(world.wechat_keys, "", world.key), HB_E_INPUT);
    assert_int_equal(wechat_keys_set_public(world.wechat_keys, long_name, world.key), HB_E_INPUT);
}

#define RUN_IN_WORLD(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN_IN_WORLD(a_request_with_a_body_is_signed_as_the_vector_says),
        RUN_IN_WORLD(a_request_without_a_body_is_signed_as_the_vector_says),
        RUN_IN_WORLD(every_stamp_has_a_nonce_of_its_own),
        RUN_IN_WORLD(the_vectors_answer_is_believed),
        RUN_IN_WORLD(an_answer_is_believed_for_less_than_five_minutes_either_way),
        RUN_IN_WORLD(one_altered_byte_anywhere_is_forged),
        RUN_IN_WORLD(a_probe_is_forged_like_any_other),
        RUN_IN_WORLD(without_a_header_or_with_a_malformed_one_it_is_unsealed),
        RUN_IN_WORLD(a_serial_number_that_is_not_there_is_unknown),
        RUN_IN_WORLD(certificates_and_the_public_key_are_known_together_and_hex_has_no_case),
        RUN_IN_WORLD(the_newest_certificate_that_is_valid_is_the_current_one),
        RUN_IN_WORLD(the_public_key_goes_before_every_certificate),
        RUN_IN_WORLD(threads_look_for_keys_while_they_are_replaced),
        RUN_IN_WORLD(a_public_key_needs_a_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
