/*
 * Unit tests of base/crypto_hash.c and base/crypto_text.c: published vectors, strict texts.
 */
#include "base/crypto.h"

#include "tests/support/unit.h"

#include <stdlib.h>
#include <string.h>

static void check_hash(const uint8_t hash[static SHA256_BYTES], const char *expected)
{
    char hex[2 * SHA256_BYTES + 1];

    hex_encode(hash, SHA256_BYTES, hex);
    assert_string_equal(hex, expected);
}

/* FIPS 180-4 examples. */
TEST(sha256_gives_the_published_values)
{
    uint8_t hash[SHA256_BYTES];

    sha256("", 0, hash);
    check_hash(hash, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    sha256("abc", 3, hash);
    check_hash(hash, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    sha256("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 56, hash);
    check_hash(hash, "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}

/* RFC 3174. */
TEST(sha1_gives_the_published_value)
{
    uint8_t hash[SHA1_BYTES];
    char hex[2 * SHA1_BYTES + 1];

    sha1("abc", 3, hash);
    hex_encode(hash, sizeof hash, hex);
    assert_string_equal(hex, "a9993e364706816aba3e25717850c26c9cd0d89d");
}

TEST(a_stream_is_the_hash_of_its_pieces_and_may_be_copied)
{
    struct sha256_stream stream;
    struct sha256_stream copy;
    uint8_t hash[SHA256_BYTES];

    sha256_start(&stream);
    for (size_t i = 0; i < 1000; i++) {
        sha256_add(&stream, "aaaaaaaaaa", 10);
    }
    copy = stream;
    sha256_add(&copy, "tail", 4);
    for (size_t i = 1000; i < 100000; i++) {
        sha256_add(&stream, "aaaaaaaaaa", 10);
    }
    sha256_end(&stream, hash);
    check_hash(hash, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

struct hmac_case {
    uint8_t key_byte;
    size_t key_len;
    const char *key, *data, *expected;
};

/* RFC 4231: 1, 2, 6 and 7. */
static const struct hmac_case HMAC_CASES[] = {
    {0x0b, 20, NULL, "Hi There", "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"},
    {0,
     4,
     "Jefe",
     "what do ya want for nothing?",
     "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
    {0xaa,
     131,
     NULL,
     "Test Using Larger Than Block-Size Key - Hash Key First",
     "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"},
    {0xaa,
     131,
     NULL,
     "This is a test using a larger than block-size key and a larger than block-size data. The key needs to "
     "be "
     "hashed before being used by the HMAC algorithm.",
     "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2"},
};

TEST(hmac_gives_the_values_of_rfc_4231_again_and_again)
{
    for (size_t i = 0; i < sizeof HMAC_CASES / sizeof HMAC_CASES[0]; i++) {
        const struct hmac_case *c = &HMAC_CASES[i];
        uint8_t secret[131];
        uint8_t mac[SHA256_BYTES];
        struct hmac_key key;

        memset(secret, c->key_byte, sizeof secret);
        hmac_key_init(&key, c->key == NULL ? (const void *)secret : c->key, c->key_len);
        for (size_t again = 0; again < 3; again++) {
            hmac_sha256(&key, c->data, strlen(c->data), mac);
            check_hash(mac, c->expected);
        }
    }
}

TEST(comparing_and_wiping)
{
    char secret[8] = "secret!";

    assert_true(crypto_equal("abc", "abc", 3));
    assert_false(crypto_equal("abc", "abd", 3));
    crypto_wipe(secret, sizeof secret);
    assert_memory_equal(secret, "\0\0\0\0\0\0\0\0", 8);
}

TEST(randomness_does_not_repeat)
{
    uint8_t a[16];
    uint8_t b[16];

    crypto_random(a, sizeof a);
    crypto_random(b, sizeof b);
    assert_memory_not_equal(a, b, sizeof a);
}

TEST(hex_is_strict)
{
    uint8_t out[4];
    size_t len;

    assert_true(hex_decode("00aBff", 6, out, sizeof out, &len));
    assert_int_equal(len, 3);
    assert_memory_equal(out, "\x00\xab\xff", 3);
    assert_true(hex_decode("", 0, out, sizeof out, &len));
    assert_false(hex_decode("abc", 3, out, sizeof out, &len));
    assert_false(hex_decode("0g", 2, out, sizeof out, &len));
    assert_false(hex_decode(" 0", 2, out, sizeof out, &len));
    assert_false(hex_decode("0011223344", 10, out, sizeof out, &len));
    assert_int_equal(len, 0);
}

/* RFC 4648 section 10, without padding. */
TEST(base64url_gives_the_published_values)
{
    static const char *const PAIRS[][2] = {
        {"", ""},
        {"f", "Zg"},
        {"fo", "Zm8"},
        {"foo", "Zm9v"},
        {"foob", "Zm9vYg"},
        {"fooba", "Zm9vYmE"},
        {"foobar", "Zm9vYmFy"},
    };

    for (size_t i = 0; i < sizeof PAIRS / sizeof PAIRS[0]; i++) {
        char text[16];
        uint8_t back[16];
        size_t len;

        assert_int_equal(base64url_encode(PAIRS[i][0], strlen(PAIRS[i][0]), text), strlen(PAIRS[i][1]));
        assert_string_equal(text, PAIRS[i][1]);
        assert_true(base64url_decode(text, strlen(text), back, strlen(PAIRS[i][0]), &len));
        assert_int_equal(len, strlen(PAIRS[i][0]));
        assert_memory_equal(back, PAIRS[i][0], len);
    }
}

TEST(base64url_is_strict)
{
    const char *bad[] = {
        "Zg==", "Zh", "Zm9", "Z", "Zm9vY", "Zm+v", "Zm/v", "Zm v", "Zm9v\n", "Zm9vYmFyZm9vYmFyZm9vYmFy"};
    uint8_t out[16];
    size_t len;

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_false(base64url_decode(bad[i], strlen(bad[i]), out, sizeof out, &len));
        assert_int_equal(len, 0);
    }
    assert_true(base64url_decode("-_-_", 4, out, sizeof out, &len));
    assert_memory_equal(out, "\xfb\xff\xbf", 3);
}

/* RFC 4648 section 10. */
TEST(base64_gives_the_published_values)
{
    static const char *const PAIRS[][2] = {
        {"", ""},
        {"f", "Zg=="},
        {"fo", "Zm8="},
        {"foo", "Zm9v"},
        {"foob", "Zm9vYg=="},
        {"fooba", "Zm9vYmE="},
        {"foobar", "Zm9vYmFy"},
        {"\xfb\xff\xbf", "+/+/"},
    };

    for (size_t i = 0; i < sizeof PAIRS / sizeof PAIRS[0]; i++) {
        char text[16];
        uint8_t back[16];
        size_t len;

        assert_int_equal(base64_encode(PAIRS[i][0], strlen(PAIRS[i][0]), text), strlen(PAIRS[i][1]));
        assert_string_equal(text, PAIRS[i][1]);
        assert_true(base64_decode(text, strlen(text), back, strlen(PAIRS[i][0]), &len));
        assert_int_equal(len, strlen(PAIRS[i][0]));
        assert_memory_equal(back, PAIRS[i][0], len);
    }
}

TEST(base64_is_strict)
{
    const char *bad[] = {"Zg",   "Zg=",      "Zh==",     "Zm9=",     "Z===",
                         "====", "=",        "Zm9v=",    "Zg==Zg==", "Zm-v",
                         "Zm_v", "Zm v",     "Zm9v\n",   " Zm9v",    "Zm9",
                         "Zm=v", "Zm9vZh==", "Zm9vZm9=", "Zm9vZ=9v", "Zm9vYmFyZm9vYmFyZm9vYmFy"};
    uint8_t out[16];
    size_t len;

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_false(base64_decode(bad[i], strlen(bad[i]), out, sizeof out, &len));
        assert_int_equal(len, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(sha256_gives_the_published_values),
        RUN(sha1_gives_the_published_value),
        RUN(a_stream_is_the_hash_of_its_pieces_and_may_be_copied),
        RUN(hmac_gives_the_values_of_rfc_4231_again_and_again),
        RUN(comparing_and_wiping),
        RUN(randomness_does_not_repeat),
        RUN(hex_is_strict),
        RUN(base64url_gives_the_published_values),
        RUN(base64url_is_strict),
        RUN(base64_gives_the_published_values),
        RUN(base64_is_strict),
    };

    return RUN_ALL(tests);
}
