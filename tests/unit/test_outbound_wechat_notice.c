/*
 * Unit tests of outbound/wechat_notice.c, wechat_resource.c, wechat_certificates.c: what the provider seals
 * is opened when everything fits, and nothing of it is believed otherwise.
 */
#include "outbound/wechat_notice.h"

#include "base/buf.h"
#include "outbound/wechat_certificates.h"
#include "outbound/wechat_resource.h"
#include "tests/support/outbound_world.h"
#include "tests/support/provider_vectors.h"
#include "tests/support/unit.h"

#include <stdio.h>
#include <string.h>

static const int64_t NOW_MS = INT64_C(1700000060000);
static const struct wechat_account ACCOUNT = {"1900000001", "wx0000000000000001"};

#define RESOURCE(cipher)                                                                             \
    "{\"original_type\":\"mch_payment\",\"algorithm\":\"AEAD_AES_256_GCM\",\"ciphertext\":\"" cipher \
    "\",\"associated_data\":\"mch_payment\",\"nonce\":\"" GCM_NONCE "\"}"
#define NOTICE(event, cipher)                                                                   \
    "{\"id\":\"EV-2018022511223320873\",\"create_time\":\"2023-11-15T06:14:20+08:00\","         \
    "\"resource_type\":\"encrypt-resource\",\"event_type\":\"" event "\",\"summary\":\"done\"," \
    "\"resource\":" RESOURCE(cipher) "}"
#define FINISHED "MCHTRANSFER.BILL.FINISHED"

static struct outbound_world world;
static struct provider_event event;
static enum wechat_belief belief;

/* The headers of one notice. */
struct headers {
    char timestamp[24], nonce[40], signature[400], serial[64];
};

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

static bool header_of(void *arg, const char *name, const char **value, size_t *len)
{
    struct headers *headers = arg;
    const char *const names[] = {
        "wechatpay-timestamp", "wechatpay-nonce", "wechatpay-signature", "wechatpay-serial"};
    const char *const values[] = {headers->timestamp, headers->nonce, headers->signature, headers->serial};

    for (size_t i = 0; i < 4; i++) {
        if (strcmp(name, names[i]) == 0) {
            *value = values[i];
            *len = strlen(values[i]);
            return true;
        }
    }
    return false;
}

static struct headers sealed(const char *body)
{
    struct headers headers = {.nonce = WECHAT_ANSWER_NONCE, .serial = WORLD_SERIAL};
    struct buf text, signature;

    buf_init(&text, 65536);
    buf_init(&signature, 1024);
    (void)snprintf(headers.timestamp, sizeof headers.timestamp, "%lld", (long long)NOW_MS / 1000);
    buf_addf(&text, "%s\n%s\n%s\n", headers.timestamp, headers.nonce, body);
    assert_int_equal(rsa_sign(world.key, text.data, text.len, &signature), HB_OK);
    (void)snprintf(headers.signature, sizeof headers.signature, "%s", buf_cstr(&signature));
    buf_free(&text);
    buf_free(&signature);
    return headers;
}

static hb_err read_with(struct headers headers, const char *body)
{
    struct provider_notice notice = {
        .body = body, .body_len = strlen(body), .header = header_of, .headers = &headers, .now_ms = NOW_MS};

    return wechat_notice_read(&ACCOUNT, world.wechat_keys, &world.wechat.api_key, &notice, &event, &belief);
}

static hb_err read_notice(const char *body)
{
    return read_with(sealed(body), body);
}

TEST(a_notice_is_opened_and_read)
{
    assert_int_equal(read_notice(NOTICE(FINISHED, WECHAT_NOTICE_CIPHER)), HB_OK);
    assert_string_equal(event.id, "EV-2018022511223320873");
    assert_string_equal(event.kind, FINISHED);
    assert_true(event.verdict.verified);
    assert_int_equal(event.verdict.outcome, PROVIDER_PAID);
    assert_string_equal(event.verdict.order_no, "RP0000000000000000000001");
    assert_string_equal(event.verdict.payee_id, "oTESTopenid0000000000000001");
    assert_int_equal(event.verdict.amount_fen, 188);
}

TEST(an_event_of_another_kind_is_genuine_and_none_of_ours)
{
    assert_int_equal(read_notice(NOTICE("MCHTRANSFER.BATCH.FINISHED", WECHAT_NOTICE_CIPHER)), HB_E_NOT_FOUND);
    assert_string_equal(event.kind, "MCHTRANSFER.BATCH.FINISHED");
}

TEST(a_notice_with_a_bad_seal_is_not_even_read)
{
    static const char BODY[] = NOTICE(FINISHED, WECHAT_NOTICE_CIPHER);
    struct headers headers = sealed(BODY);

    headers.signature[0] = headers.signature[0] == 'A' ? 'B' : 'A';
    assert_int_equal(read_with(headers, BODY), HB_E_FORBIDDEN);
    assert_int_equal(belief, WECHAT_FORGED);
    headers = sealed(BODY);
    headers.serial[0] = 'X';
    assert_int_equal(read_with(headers, BODY), HB_E_FORBIDDEN);
    assert_int_equal(belief, WECHAT_UNKNOWN_SERIAL);
    headers = sealed(BODY);
    headers.timestamp[0] = '0';
    assert_int_equal(read_with(headers, BODY), HB_E_FORBIDDEN);
    assert_int_equal(belief, WECHAT_STALE);
    headers = sealed("{}");
    assert_int_equal(read_with(headers, BODY), HB_E_FORBIDDEN);
    assert_string_equal(event.id, "");
}

TEST(a_resource_whose_tag_does_not_fit_is_refused)
{
    static const char *const BODIES[] = {
        NOTICE(FINISHED, "zGex8j+So9McEOTSoX/XjyiwECxG"),
        NOTICE(FINISHED, GCM_HELLO_ALONE),
    };

    for (size_t i = 0; i < sizeof BODIES / sizeof BODIES[0]; i++) {
        assert_int_equal(read_notice(BODIES[i]), HB_E_FORBIDDEN);
        assert_int_equal(belief, WECHAT_GENUINE);
    }
}

TEST(a_notice_that_is_not_of_its_form_is_refused)
{
    static const char *const BODIES[] = {
        "",
        "{}",
        "[]",
        "{\"id\":\"a\"}",
        "{\"id\":\"\",\"event_type\":\"" FINISHED "\"}",
        "{\"id\":\"a\",\"event_type\":\"" FINISHED "\"}",
        "{\"id\":\"a\",\"event_type\":\"" FINISHED "\",\"resource\":7}",
        NOTICE(FINISHED, ""),
        NOTICE(FINISHED, "not base64"),
        NOTICE(FINISHED, "AAAAAAAAAAAAAAAAAAAA"), /* 15 bytes */
        NOTICE(FINISHED, GCM_HELLO),              /* opens, but is no bill */
    };

    for (size_t i = 0; i < sizeof BODIES / sizeof BODIES[0]; i++) {
        assert_int_equal(read_notice(BODIES[i]), HB_E_INPUT);
    }
}

/* ---- platform certificates ---- */

static void seal_pem(const char *pem, const char *serial, struct buf *out)
{
    struct aead_message message = {.nonce = (const uint8_t *)GCM_NONCE,
                                   .nonce_len = AEAD_NONCE_BYTES,
                                   .associated = (const uint8_t *)"certificate",
                                   .associated_len = strlen("certificate"),
                                   .text = (const uint8_t *)pem,
                                   .text_len = strlen(pem)};
    uint8_t cipher[8192];
    char text[16384];

    assert_true(aead_seal(&world.wechat.api_key, &message, cipher));
    (void)base64_encode(cipher, message.text_len + AEAD_TAG_BYTES, text);
    buf_addf(out,
             "{\"serial_no\":\"%s\",\"encrypt_certificate\":{\"algorithm\":\"AEAD_AES_256_GCM\","
             "\"nonce\":\"" GCM_NONCE "\",\"associated_data\":\"certificate\",\"ciphertext\":\"%s\"}}",
             serial,
             text);
}

static hb_err read_certificates(const char *body, size_t *count)
{
    struct certificate *certificates[WECHAT_CERTIFICATES_MAX];
    hb_err err = wechat_certificates_read(&world.wechat.api_key, span_of(body), certificates, count);

    for (size_t i = 0; i < *count; i++) {
        certificate_free(certificates[i]);
    }
    return err;
}

TEST(all_certificates_of_an_answer_are_opened)
{
    struct buf body;
    size_t count;

    buf_init(&body, 65536);
    buf_adds(&body, "{\"data\":[");
    seal_pem(outbound_certificate(world.key, "171"), "AB", &body);
    buf_addc(&body, ',');
    seal_pem(outbound_certificate(world.key, "172"), "ac", &body);
    buf_adds(&body, "]}");
    assert_int_equal(read_certificates(buf_cstr(&body), &count), HB_OK);
    assert_int_equal(count, 2);
    buf_free(&body);
}

TEST(one_bad_certificate_spoils_the_answer)
{
    static const char *const SERIALS[] = {"AB", "AD"};
    struct buf body;
    size_t count;

    buf_init(&body, 65536);
    for (size_t i = 0; i < 2; i++) {
        buf_clear(&body);
        buf_adds(&body, "{\"data\":[");
        seal_pem(outbound_certificate(world.key, "171"), "AB", &body);
        buf_addc(&body, ',');
        seal_pem(i == 0 ? "no certificate" : outbound_certificate(world.key, "172"), SERIALS[i], &body);
        buf_adds(&body, "]}");
        assert_int_equal(read_certificates(buf_cstr(&body), &count), HB_E_INPUT);
        assert_int_equal(count, 0);
    }
    buf_free(&body);
}

TEST(an_answer_without_certificates_is_none)
{
    static const char *const BODIES[] = {
        "", "{}", "{\"data\":[]}", "{\"data\":{}}", "{\"data\":[7]}", "{\"code\":\"RESOURCE_NOT_EXISTS\"}"};
    size_t count;

    for (size_t i = 0; i < sizeof BODIES / sizeof BODIES[0]; i++) {
        assert_int_equal(read_certificates(BODIES[i], &count), HB_E_INPUT);
        assert_int_equal(count, 0);
    }
}

#define RUN_IN_WORLD(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN_IN_WORLD(a_notice_is_opened_and_read),
        RUN_IN_WORLD(an_event_of_another_kind_is_genuine_and_none_of_ours),
        RUN_IN_WORLD(a_notice_with_a_bad_seal_is_not_even_read),
        RUN_IN_WORLD(a_resource_whose_tag_does_not_fit_is_refused),
        RUN_IN_WORLD(a_notice_that_is_not_of_its_form_is_refused),
        RUN_IN_WORLD(all_certificates_of_an_answer_are_opened),
        RUN_IN_WORLD(one_bad_certificate_spoils_the_answer),
        RUN_IN_WORLD(an_answer_without_certificates_is_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
