/* tests/unit/test_lottery_fairness.c - the formulas, against vectors computed by another program. */
#include "lottery/fairness.h"

#include "lottery/decide.h"
#include "lottery/message.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void secret_fill(uint8_t secret[static 32])
{
    for (size_t i = 0; i < 32; i++) {
        secret[i] = (uint8_t)i;
    }
}

static void assert_hex(const uint8_t *bytes, size_t len, const char *expected)
{
    char hex[2 * 32 + 1];

    hex_encode(bytes, len, hex);
    assert_string_equal(hex, expected);
}

static void the_commitment_is_the_published_one(void **state)
{
    uint8_t secret[32], out[32];

    (void)state;
    secret_fill(secret);
    fairness_commitment("spring", secret, out);
    assert_hex(out, 32, "9297c59a14494a13d67d8c52bc100001aa8be55734eaf9ea7dd0f01b3831db76");
}

static void the_seed_depends_on_the_public_value(void **state)
{
    uint8_t secret[32];
    struct seed sealed, open;

    (void)state;
    secret_fill(secret);
    fairness_seed("spring", secret, "", &sealed);
    fairness_seed("spring", secret, "3210.37", &open);
    assert_hex(sealed.bytes, 32, "4fada5e7b590a4a34706ff9f448f7cc9ec22cc18a12e003390ae13db7fa0a424");
    assert_hex(open.bytes, 32, "656d060bda0b3035538a21305e2b4ac3caade55a5f9b2ba36355ca9aa04eb638");
}

static void a_block_holds_four_numbers(void **state)
{
    const struct player_id player = {{0xaa, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}};
    uint8_t secret[32], block[BLOCK_BYTES];
    struct seed seed;

    (void)state;
    secret_fill(secret);
    fairness_seed("spring", secret, "3210.37", &seed);
    fairness_block(&seed, "spring", &player, 1, block);
    assert_hex(block, BLOCK_BYTES, "30cae905a4852d5f98cbb5135466bdee5dd84e93fa1940a8a5d0706c9c2f6452");
    assert_int_equal(decide_number(block, 5), INT64_C(53648050988165));
    assert_int_equal(decide_number(block, 8), INT64_C(182314657946671));
}

static void a_cover_binds_version_and_table(void **state)
{
    uint8_t commitment[32], hash[32], out[32];

    (void)state;
    memset(commitment, 7, sizeof commitment);
    memset(hash, 9, sizeof hash);
    fairness_cover(commitment, 3, hash, out);
    assert_hex(out, 32, "cc59c24614b0cdc47a598d40df87f622533679a157eea5579ab65256bb93773d");
}

static void every_value_below_the_size_comes_up(void **state)
{
    uint8_t bytes[16] = {0};
    unsigned seen[10] = {0};

    (void)state;
    for (unsigned i = 0; i < 10000; i++) {
        bytes[14] = (uint8_t)(i >> 8);
        bytes[15] = (uint8_t)i;
        seen[uniform_below(bytes, 16, 10)]++;
    }
    for (size_t i = 0; i < 10; i++) {
        assert_int_equal(seen[i], 1000);
    }
    memset(bytes, 0xff, sizeof bytes);
    assert_int_equal(uniform_below(bytes, 16, UINT64_C(1) << 53), (UINT64_C(1) << 53) - 1);
    assert_int_equal(uniform_below(bytes, 8, 1), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_commitment_is_the_published_one),
        cmocka_unit_test(the_seed_depends_on_the_public_value),
        cmocka_unit_test(a_block_holds_four_numbers),
        cmocka_unit_test(a_cover_binds_version_and_table),
        cmocka_unit_test(every_value_below_the_size_comes_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
