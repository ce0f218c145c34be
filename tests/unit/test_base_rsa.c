/*
 * Unit tests of base/crypto_rsa*.c: the vectors of both providers' protocols, and everything near them
 * refused.
 */
#include "base/crypto_rsa.h"

#include "base/buf.h"
#include "base/crypto.h"
#include "tests/support/provider_vectors.h"
#include "tests/support/unit.h"

#include <stdlib.h>
#include <string.h>

struct signed_text {
    const char *text, *sha256, *signature;
};

#define WECHAT_STAMP "1700000000\n" WECHAT_NONCE "\n"
#define ALIPAY_REQUEST                                                                    \
    "alipay_root_cert_sn=" ALIPAY_ROOT_SN "&app_cert_sn=0123456789abcdef0123456789abcdef" \
    "&app_id=2021000000000001&biz_content=" ALIPAY_BIZ_CONTENT                            \
    "&charset=utf-8&format=JSON&method=alipay.fund.trans.uni.transfer&sign_type=RSA2"     \
    "&timestamp=2023-11-15 06:13:20&version=1.0"

static const struct signed_text SIGNED[] = {
    {"source", "41cf6794ba4200b839c53531555f0f3998df4cbb01a4d5cb0b94e3ca5e23947d", VECTOR_SOURCE_SIGNATURE},
    {"POST\n" WECHAT_POST_PATH "\n" WECHAT_STAMP WECHAT_POST_BODY "\n",
     "69f9658996cce1bd1cd36c5e5f1ea0e35a233fbdd6d8ee1529ba47bb2cadecaa",
     WECHAT_POST_SIGNATURE},
    {"GET\n" WECHAT_GET_PATH "\n" WECHAT_STAMP "\n",
     "6993964e837ca5cccc7e6d922d33f6f7ce7ba2751d1025679b09a600c018e50d",
     WECHAT_GET_SIGNATURE},
    {"1700000001\n" WECHAT_ANSWER_NONCE "\n" WECHAT_ANSWER_BODY "\n",
     "2228a1271e111a5a646db02206406f6f2dc199faec8074139d5fc90d0d139238",
     WECHAT_ANSWER_SIGNATURE},
    {ALIPAY_REQUEST,
     "cd7d759dc264c569f4054c872d40dd1f9eaee8985210e50ca6b8cbeed30c555d",
     ALIPAY_REQUEST_SIGNATURE},
    {ALIPAY_ANSWER_INNER,
     "cf8c7afcb9496ad9238e9f0df9e288f004a6ddaea4c8cada2cf27f1a26ef8b2b",
     ALIPAY_ANSWER_SIGNATURE},
    {ALIPAY_NOTICE_TEXT,
     "b1656d9c107d667b003bdfcb5b3aa99ec48af578fa6e866b8381fe797e654fce",
     ALIPAY_NOTICE_SIGNATURE},
};

enum { SIGNED_COUNT = sizeof SIGNED / sizeof SIGNED[0], TEXT_MAX = 4096 };

static struct rsa_key *key;

static int setup(void **state)
{
    (void)state;
    return rsa_private_parse(VECTOR_KEY, strlen(VECTOR_KEY), &key) == HB_OK ? 0 : 1;
}

static int teardown(void **state)
{
    (void)state;
    rsa_key_free(key);
    return 0;
}

static bool verifies(const struct signed_text *row, const char *signature, size_t signature_len)
{
    return rsa_verify(key, row->text, strlen(row->text), signature, signature_len);
}

TEST(the_messages_are_the_ones_that_the_vectors_hash)
{
    for (size_t i = 0; i < SIGNED_COUNT; i++) {
        uint8_t hash[SHA256_BYTES];
        char hex[2 * SHA256_BYTES + 1];

        sha256(SIGNED[i].text, strlen(SIGNED[i].text), hash);
        hex_encode(hash, sizeof hash, hex);
        assert_string_equal(hex, SIGNED[i].sha256);
    }
}

TEST(every_signature_is_made_byte_for_byte_and_verifies)
{
    for (size_t i = 0; i < SIGNED_COUNT; i++) {
        struct buf out;

        buf_init(&out, TEXT_MAX);
        assert_int_equal(rsa_sign(key, SIGNED[i].text, strlen(SIGNED[i].text), &out), HB_OK);
        assert_string_equal(buf_cstr(&out), SIGNED[i].signature);
        assert_true(verifies(&SIGNED[i], SIGNED[i].signature, strlen(SIGNED[i].signature)));
        buf_free(&out);
    }
}

TEST(one_altered_byte_of_a_message_is_refused)
{
    for (size_t i = 0; i < SIGNED_COUNT; i++) {
        size_t len = strlen(SIGNED[i].text);
        char *text = strdup(SIGNED[i].text);

        for (size_t at = 0; at < len; at += 17) {
            text[at] ^= 1;
            assert_false(rsa_verify(key, text, len, SIGNED[i].signature, strlen(SIGNED[i].signature)));
            text[at] ^= 1;
        }
        assert_false(rsa_verify(key, text, len - 1, SIGNED[i].signature, strlen(SIGNED[i].signature)));
        free(text);
    }
}

TEST(an_altered_signature_is_refused)
{
    static const char PROBE[] = "WECHATPAY/SIGNTEST/" VECTOR_SOURCE_SIGNATURE;
    char signature[] = VECTOR_SOURCE_SIGNATURE;
    size_t len = strlen(signature);

    for (size_t at = 0; at < len - 2; at += 13) {
        char kept = signature[at];

        signature[at] = kept == 'A' ? 'B' : 'A';
        assert_false(verifies(&SIGNED[0], signature, len));
        signature[at] = kept;
    }
    assert_false(verifies(&SIGNED[0], signature, len - 1));
    assert_false(verifies(&SIGNED[0], signature, len - 4));
    assert_false(verifies(&SIGNED[0], "", 0));
    assert_false(verifies(&SIGNED[0], "not base64 at all", 17));
    assert_false(verifies(&SIGNED[0], PROBE, strlen(PROBE)));
    assert_false(verifies(&SIGNED[0], SIGNED[1].signature, strlen(SIGNED[1].signature)));
}

TEST(another_key_refuses_what_this_one_signed)
{
    struct rsa_key *other;
    struct buf out;

    buf_init(&out, TEXT_MAX);
    assert_int_equal(rsa_generate(&other), HB_OK);
    assert_false(rsa_verify(other, "source", 6, VECTOR_SOURCE_SIGNATURE, strlen(VECTOR_SOURCE_SIGNATURE)));
    assert_false(rsa_keys_fit(key, other));
    assert_int_equal(rsa_decrypt(other, OAEP_CIPHER, strlen(OAEP_CIPHER), &out), HB_E_INPUT);
    assert_int_equal(out.len, 0);
    rsa_key_free(other);
    buf_free(&out);
}

TEST(a_public_key_verifies_and_encrypts_and_does_nothing_else)
{
    struct rsa_key *public;
    struct buf pem, out, back;

    buf_init(&pem, TEXT_MAX);
    buf_init(&out, TEXT_MAX);
    buf_init(&back, TEXT_MAX);
    assert_int_equal(rsa_public_write(key, &pem), HB_OK);
    assert_int_equal(rsa_public_parse(pem.data, pem.len, &public), HB_OK);
    assert_true(rsa_keys_fit(key, public));
    assert_true(rsa_verify(public, "source", 6, VECTOR_SOURCE_SIGNATURE, strlen(VECTOR_SOURCE_SIGNATURE)));
    assert_int_equal(rsa_sign(public, "source", 6, &out), HB_E_INPUT);
    assert_int_equal(rsa_decrypt(public, OAEP_CIPHER, strlen(OAEP_CIPHER), &out), HB_E_INPUT);
    assert_int_equal(out.len, 0);
    assert_int_equal(rsa_encrypt(public, OAEP_PLAIN, strlen(OAEP_PLAIN), &out), HB_OK);
    assert_int_equal(out.len, 344);
    assert_int_equal(rsa_decrypt(key, out.data, out.len, &back), HB_OK);
    assert_string_equal(buf_cstr(&back), OAEP_PLAIN);
    rsa_key_free(public);
    buf_free(&pem);
    buf_free(&out);
    buf_free(&back);
}

TEST(a_name_is_decrypted_and_one_that_was_altered_gives_nothing)
{
    char cipher[] = OAEP_CIPHER;
    size_t len = strlen(cipher);
    struct buf out;

    buf_init(&out, TEXT_MAX);
    assert_int_equal(rsa_decrypt(key, cipher, len, &out), HB_OK);
    assert_string_equal(buf_cstr(&out), OAEP_PLAIN);
    buf_clear(&out);
    for (size_t at = 0; at < len - 2; at += 29) {
        char kept = cipher[at];

        cipher[at] = kept == 'A' ? 'B' : 'A';
        assert_int_equal(rsa_decrypt(key, cipher, len, &out), HB_E_INPUT);
        cipher[at] = kept;
    }
    assert_int_equal(rsa_decrypt(key, cipher, len - 4, &out), HB_E_INPUT);
    assert_int_equal(rsa_decrypt(key, "", 0, &out), HB_E_INPUT);
    assert_int_equal(rsa_decrypt(key, "?", 1, &out), HB_E_INPUT);
    assert_int_equal(out.len, 0);
    buf_free(&out);
}

TEST(what_is_too_long_for_oaep_is_refused)
{
    char text[215];
    struct buf out;

    buf_init(&out, TEXT_MAX);
    memset(text, 'x', sizeof text);
    assert_int_equal(rsa_encrypt(key, text, 214, &out), HB_OK);
    buf_clear(&out);
    assert_int_equal(rsa_encrypt(key, text, 215, &out), HB_E_INPUT);
    assert_int_equal(out.len, 0);
    buf_free(&out);
}

/* An RSA key of 1024 bits, and one on a curve. */
static const char SMALL[] = "-----BEGIN PUBLIC KEY-----\n"
                            "MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQD4KLjzpbFdYkTT3zkpjiXqOspg\n"
                            "pbg17vGqMtzPEQeSKAeYnFjo0VZQSk6+D9aa6LIz2/cJ3KjPpPG91TZDH+UZ6baQ\n"
                            "EYnQZgrifwr/E1T3A6ZS3/e1pfY7WqjkDqmrJJ8I1/RMTKGe2O5qb+ldB4DkVO+H\n"
                            "I79zjceCNM5q9+nwnwIDAQAB\n"
                            "-----END PUBLIC KEY-----\n";
static const char CURVE[] = "-----BEGIN PUBLIC KEY-----\n"
                            "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE2JAX1aUKcjUGvXlZxKtBmCeb50QI\n"
                            "orcmMlz4ba2NEztXA2kXtQJbWfoX1Cv+zMSAlJtoJrJqfdvD+5Hu6uiWNg==\n"
                            "-----END PUBLIC KEY-----\n";

TEST(keys_that_are_none_are_refused)
{
    static const char *const BAD[] = {"", "no key", "-----BEGIN PUBLIC KEY-----\n", SMALL, CURVE, VECTOR_KEY};
    struct rsa_key *out;

    for (size_t i = 0; i < sizeof BAD / sizeof BAD[0]; i++) {
        out = key;
        assert_int_equal(rsa_public_parse(BAD[i], strlen(BAD[i]), &out), HB_E_INPUT);
        assert_null(out);
    }
    assert_int_equal(rsa_private_parse(SMALL, strlen(SMALL), &out), HB_E_INPUT);
    assert_int_equal(rsa_private_parse(VECTOR_KEY, strlen(VECTOR_KEY) / 2, &out), HB_E_INPUT);
    rsa_key_free(NULL);
}

TEST(a_fresh_key_survives_being_written_and_read)
{
    struct rsa_key *made, *read;
    struct buf pem, signature;

    buf_init(&pem, TEXT_MAX);
    buf_init(&signature, TEXT_MAX);
    assert_int_equal(rsa_generate(&made), HB_OK);
    assert_int_equal(rsa_private_write(made, &pem), HB_OK);
    assert_int_equal(rsa_private_parse(pem.data, pem.len, &read), HB_OK);
    assert_true(rsa_key_is_private(read));
    assert_int_equal(rsa_sign(read, "a", 1, &signature), HB_OK);
    assert_true(rsa_verify(made, "a", 1, signature.data, signature.len));
    rsa_key_free(made);
    rsa_key_free(read);
    buf_free(&pem);
    buf_free(&signature);
}

TEST(a_held_key_outlives_the_one_that_it_came_from)
{
    struct rsa_key *first, *second;

    assert_int_equal(rsa_private_parse(VECTOR_KEY, strlen(VECTOR_KEY), &first), HB_OK);
    second = rsa_key_hold(first);
    rsa_key_free(first);
    assert_true(rsa_verify(second, "source", 6, VECTOR_SOURCE_SIGNATURE, strlen(VECTOR_SOURCE_SIGNATURE)));
    rsa_key_free(second);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(the_messages_are_the_ones_that_the_vectors_hash),
        RUN(every_signature_is_made_byte_for_byte_and_verifies),
        RUN(one_altered_byte_of_a_message_is_refused),
        RUN(an_altered_signature_is_refused),
        RUN(another_key_refuses_what_this_one_signed),
        RUN(a_public_key_verifies_and_encrypts_and_does_nothing_else),
        RUN(a_name_is_decrypted_and_one_that_was_altered_gives_nothing),
        RUN(what_is_too_long_for_oaep_is_refused),
        RUN(keys_that_are_none_are_refused),
        RUN(a_fresh_key_survives_being_written_and_read),
        RUN(a_held_key_outlives_the_one_that_it_came_from),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
