/*
 * Unit tests of base/crypto_aead.c: AES-256-GCM gives the vectors' text, and nothing for anything altered.
 */
#include "base/crypto.h"

#include "base/buf.h"
#include "tests/support/provider_vectors.h"
#include "tests/support/unit.h"

#include <stdlib.h>
#include <string.h>

enum { BYTES_MAX = 1024 };

/* One ciphertext as it travels. */
struct sealed {
    char nonce[AEAD_NONCE_BYTES + 1], associated[16];
    uint8_t text[BYTES_MAX];
    size_t text_len;
};

static struct sealed sealed_of(const char *associated, const char *base64)
{
    struct sealed sealed = {.nonce = GCM_NONCE};

    (void)strncpy(sealed.associated, associated, sizeof sealed.associated - 1);
    assert_true(base64_decode(base64, strlen(base64), sealed.text, BYTES_MAX, &sealed.text_len));
    return sealed;
}

static struct aead_message message_of(const struct sealed *sealed)
{
    return (struct aead_message){
        .nonce = (const uint8_t *)sealed->nonce,
        .nonce_len = strlen(sealed->nonce),
        .associated = (const uint8_t *)sealed->associated,
        .associated_len = strlen(sealed->associated),
        .text = sealed->text,
        .text_len = sealed->text_len,
    };
}

static struct aead_key vector_key(void)
{
    struct aead_key key;

    assert_true(aead_key_init(&key, GCM_KEY, strlen(GCM_KEY)));
    return key;
}

static void check_opens(const struct sealed *sealed, const char *expected)
{
    struct aead_key key = vector_key();
    struct aead_message message = message_of(sealed);
    uint8_t out[BYTES_MAX];

    assert_true(aead_open(&key, &message, out));
    assert_int_equal(sealed->text_len - AEAD_TAG_BYTES, strlen(expected));
    assert_memory_equal(out, expected, strlen(expected));
}

/* Refused, and what was there before is not replaced by text. */
static void check_refused(const struct sealed *sealed)
{
    static const uint8_t ZEROS[BYTES_MAX];
    struct aead_key key = vector_key();
    struct aead_message message = message_of(sealed);
    uint8_t out[BYTES_MAX] = {0};

    assert_false(aead_open(&key, &message, out));
    assert_memory_equal(out, ZEROS, sizeof out);
}

TEST(the_vectors_open)
{
    struct sealed sealed = sealed_of("mch_payment", GCM_HELLO);

    check_opens(&sealed, "hello");
    sealed = sealed_of("", GCM_HELLO_ALONE);
    check_opens(&sealed, "hello");
    sealed = sealed_of("mch_payment", WECHAT_NOTICE_CIPHER);
    check_opens(&sealed, WECHAT_NOTICE_PLAIN);
}

TEST(sealing_gives_the_vectors)
{
    struct aead_key key = vector_key();
    struct sealed sealed = sealed_of("mch_payment", GCM_HELLO);
    struct aead_message message = message_of(&sealed);
    uint8_t out[5 + AEAD_TAG_BYTES];

    message.text = (const uint8_t *)"hello";
    message.text_len = 5;
    assert_true(aead_seal(&key, &message, out));
    assert_memory_equal(out, sealed.text, sizeof out);
}

TEST(an_empty_text_is_sealed_and_opened)
{
    struct aead_key key = vector_key();
    struct sealed sealed = {.nonce = GCM_NONCE, .text_len = AEAD_TAG_BYTES};
    struct aead_message message = {.nonce = (const uint8_t *)GCM_NONCE, .nonce_len = AEAD_NONCE_BYTES};

    assert_true(aead_seal(&key, &message, sealed.text));
    check_opens(&sealed, "");
    sealed.text[0] ^= 1;
    check_refused(&sealed);
}

TEST(one_flipped_bit_anywhere_is_refused)
{
    struct sealed sealed = sealed_of("mch_payment", GCM_HELLO);

    for (size_t bit = 0; bit < 8 * sealed.text_len; bit++) {
        sealed.text[bit / 8] ^= (uint8_t)(1 << bit % 8);
        check_refused(&sealed);
        sealed.text[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    for (size_t at = 0; at < AEAD_NONCE_BYTES; at++) {
        sealed.nonce[at] ^= 1;
        check_refused(&sealed);
        sealed.nonce[at] ^= 1;
    }
    sealed.associated[0] ^= 1;
    check_refused(&sealed);
    sealed.associated[0] = '\0';
    check_refused(&sealed);
}

TEST(what_is_too_short_or_has_another_nonce_is_refused)
{
    struct sealed sealed = sealed_of("mch_payment", GCM_HELLO);
    size_t len = sealed.text_len;

    for (size_t i = 0; i < len; i++) {
        struct aead_key key = vector_key();
        struct aead_message message = message_of(&sealed);
        uint8_t out[BYTES_MAX];

        message.text_len = i;
        assert_false(aead_open(&key, &message, out));
    }
    sealed.nonce[AEAD_NONCE_BYTES - 1] = '\0';
    check_refused(&sealed);
}

TEST(a_key_has_exactly_32_bytes)
{
    static const char LONG[] = GCM_KEY "x";
    struct aead_key key;

    for (size_t len = 0; len < sizeof LONG; len++) {
        assert_int_equal(aead_key_init(&key, LONG, len), len == AEAD_KEY_BYTES);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(the_vectors_open),
        RUN(sealing_gives_the_vectors),
        RUN(an_empty_text_is_sealed_and_opened),
        RUN(one_flipped_bit_anywhere_is_refused),
        RUN(what_is_too_short_or_has_another_nonce_is_refused),
        RUN(a_key_has_exactly_32_bytes),
    };

    return RUN_ALL(tests);
}
