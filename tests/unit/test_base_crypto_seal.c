/*
 * Unit tests of base/crypto_seal.c: what is sealed opens as what it was sealed as, and as nothing else.
 */
#include "base/crypto_seal.h"

#include "tests/support/unit.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { OUT_MAX = 4096 };

static const char PLAYER[] = "sixteen bytes id"; /* a name, 16 bytes */
static const struct seal_key KEY = {.bytes = {1, 2, 3, 4}};

static struct buf sealed_of(const char *purpose, const char *plain)
{
    struct buf out;

    buf_init(&out, OUT_MAX);
    assert_true(seal_write(&KEY, purpose, PLAYER, 16, plain, strlen(plain), &out));
    return out;
}

static bool opens(const struct seal_key *key, const char *purpose, const char *name, const struct buf *sealed)
{
    struct buf out;
    bool good;

    buf_init(&out, OUT_MAX);
    buf_adds(&out, "before ");
    good = seal_open(key, purpose, name, 16, sealed->data, sealed->len, &out);
    assert_true(good || out.len == strlen("before "));
    buf_free(&out);
    return good;
}

TEST(what_was_sealed_opens)
{
    static const char *const TEXTS[] = {
        "", "x", "{\"kind\":\"openid\",\"id\":\"o-1\"}", "\xe5\xbc\xa0\xe4\xb8\x89"};

    for (size_t i = 0; i < sizeof TEXTS / sizeof *TEXTS; i++) {
        struct buf sealed = sealed_of("payee", TEXTS[i]), out;

        buf_init(&out, OUT_MAX);
        assert_int_equal(sealed.len, strlen(TEXTS[i]) + SEAL_OVERHEAD);
        assert_int_equal(sealed.data[0], 1);
        assert_true(seal_open(&KEY, "payee", PLAYER, 16, sealed.data, sealed.len, &out));
        assert_string_equal(buf_cstr(&out), TEXTS[i]);
        buf_free(&out);
        buf_free(&sealed);
    }
}

TEST(it_opens_only_under_its_key_purpose_and_name)
{
    struct seal_key other = {.bytes = {9}};
    struct buf sealed = sealed_of("payee", "o-1");

    assert_true(opens(&KEY, "payee", PLAYER, &sealed));
    assert_false(opens(&other, "payee", PLAYER, &sealed));
    assert_false(opens(&KEY, "name", PLAYER, &sealed));
    assert_false(opens(&KEY, "payee", "seventeen bytes!", &sealed));
    buf_free(&sealed);
}

/* "payee" + "x..." must not be read as "payeex" + "...". */
TEST(purpose_and_name_do_not_run_into_each_other)
{
    struct buf sealed, out;

    buf_init(&sealed, OUT_MAX);
    buf_init(&out, OUT_MAX);
    assert_true(seal_write(&KEY, "ab", "c", 1, "text", 4, &sealed));
    assert_false(seal_open(&KEY, "a", "bc", 2, sealed.data, sealed.len, &out));
    assert_true(seal_open(&KEY, "ab", "c", 1, sealed.data, sealed.len, &out));
    buf_free(&sealed);
    buf_free(&out);
}

TEST(every_altered_byte_and_every_cut_is_refused)
{
    struct buf sealed = sealed_of("voucher", "CODE-1234");
    size_t len = sealed.len;

    for (size_t i = 0; i < len; i++) {
        sealed.data[i] ^= 0x10;
        assert_false(opens(&KEY, "voucher", PLAYER, &sealed));
        sealed.data[i] ^= 0x10;
    }
    for (sealed.len = 0; sealed.len < len; sealed.len++) {
        assert_false(opens(&KEY, "voucher", PLAYER, &sealed));
    }
    assert_true(opens(&KEY, "voucher", PLAYER, &sealed));
    buf_free(&sealed);
}

TEST(the_same_text_is_never_sealed_the_same)
{
    struct buf a = sealed_of("payee", "o-1"), b = sealed_of("payee", "o-1");

    assert_memory_not_equal(a.data, b.data, a.len);
    buf_free(&a);
    buf_free(&b);
}

TEST(a_full_buffer_is_refused_and_unchanged)
{
    char memory[SEAL_OVERHEAD + 2];
    struct buf out;

    buf_over(&out, memory, sizeof memory);
    assert_false(seal_write(&KEY, "payee", PLAYER, 16, "abc", 3, &out));
    assert_int_equal(out.len, 0);
}

TEST(marks_tell_equals_within_a_purpose_only)
{
    struct seal_key other = {.bytes = {9}};
    uint8_t a[SHA256_BYTES], b[SHA256_BYTES];

    seal_mark(&KEY, "payee", "o-1", 3, a);
    seal_mark(&KEY, "payee", "o-1", 3, b);
    assert_memory_equal(a, b, sizeof a);
    seal_mark(&KEY, "payee", "o-2", 3, b);
    assert_memory_not_equal(a, b, sizeof a);
    seal_mark(&KEY, "voucher", "o-1", 3, b);
    assert_memory_not_equal(a, b, sizeof a);
    seal_mark(&other, "payee", "o-1", 3, b);
    assert_memory_not_equal(a, b, sizeof a);
}

/* ---- the key's file ---- */

static hb_err read_back(const void *bytes, size_t len, mode_t mode, struct seal_key *out)
{
    char path[] = "/tmp/hongbao-seal-XXXXXX";
    int fd = mkstemp(path);
    hb_err err;

    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes, len), (ssize_t)len);
    assert_int_equal(fchmod(fd, mode), 0);
    close(fd);
    err = seal_key_read(path, out);
    unlink(path);
    return err;
}

TEST(a_key_is_hex_or_raw)
{
    static const char HEX[] = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n";
    uint8_t raw[SEAL_KEY_BYTES];
    struct seal_key key;

    for (size_t i = 0; i < sizeof raw; i++) {
        raw[i] = (uint8_t)i;
    }
    assert_int_equal(read_back(HEX, strlen(HEX), 0600, &key), HB_OK);
    assert_memory_equal(key.bytes, raw, sizeof raw);
    assert_int_equal(read_back(HEX, strlen(HEX) - 1, 0400, &key), HB_OK);
    assert_memory_equal(key.bytes, raw, sizeof raw);
    assert_int_equal(read_back(raw, sizeof raw, 0600, &key), HB_OK);
    assert_memory_equal(key.bytes, raw, sizeof raw);
}

TEST(a_key_that_is_none_is_refused_and_leaves_zeros)
{
    static const struct seal_key ZEROS;
    static const char HEX[] = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
    char bad[80];
    struct seal_key key;

    assert_int_equal(read_back(HEX, 63, 0600, &key), HB_E_INPUT);
    assert_int_equal(read_back("", 0, 0600, &key), HB_E_INPUT);
    assert_int_equal(read_back(HEX, 33, 0600, &key), HB_E_INPUT);
    snprintf(bad, sizeof bad, "%s00", HEX);
    assert_int_equal(read_back(bad, strlen(bad), 0600, &key), HB_E_INPUT);
    snprintf(bad, sizeof bad, "g%s", HEX + 1);
    assert_int_equal(read_back(bad, strlen(bad), 0600, &key), HB_E_INPUT);
    assert_int_equal(read_back(HEX, strlen(HEX), 0640, &key), HB_E_FORBIDDEN);
    assert_int_equal(read_back(HEX, strlen(HEX), 0604, &key), HB_E_FORBIDDEN);
    assert_int_equal(seal_key_read("/tmp", &key), HB_E_IO);
    assert_int_equal(seal_key_read("/tmp/hongbao-there-is-none", &key), HB_E_IO);
    assert_memory_equal(&key, &ZEROS, sizeof key);
}

int main(void)
{
    const struct CMUnitTest tests[] = {RUN(what_was_sealed_opens),
                                       RUN(it_opens_only_under_its_key_purpose_and_name),
                                       RUN(purpose_and_name_do_not_run_into_each_other),
                                       RUN(every_altered_byte_and_every_cut_is_refused),
                                       RUN(the_same_text_is_never_sealed_the_same),
                                       RUN(a_full_buffer_is_refused_and_unchanged),
                                       RUN(marks_tell_equals_within_a_purpose_only),
                                       RUN(a_key_is_hex_or_raw),
                                       RUN(a_key_that_is_none_is_refused_and_leaves_zeros)};

    return RUN_ALL(tests);
}
