/*
 * Unit tests of engine/ledger/payout_number.c. The expected values were computed by hand from the header's
 * formula.
 */
#include "ledger/payout_number.h"

#include "base/crypto.h"
#include "tests/support/unit.h"

#include <ctype.h>
#include <string.h>

static struct player_id someone(void)
{
    struct player_id player;

    for (size_t i = 0; i < PLAYER_BYTES; i++) {
        player.bytes[i] = (uint8_t)(i * 17);
    }
    return player;
}

TEST(a_withdrawal_s_id_follows_from_player_and_key)
{
    struct player_id player = someone();
    uint8_t id[WITHDRAWAL_BYTES];
    char hex[2 * WITHDRAWAL_BYTES + 1];

    withdrawal_id(&player, "key-1", id);
    hex_encode(id, sizeof id, hex);
    assert_string_equal(hex, "e0078f6ba6f8700f7bdcf1437e57ef4c");
    withdrawal_id(&player, "key-2", id);
    hex_encode(id, sizeof id, hex);
    assert_string_not_equal(hex, "e0078f6ba6f8700f7bdcf1437e57ef4c");
}

TEST(an_order_number_follows_from_withdrawal_part_and_attempt)
{
    struct player_id player = someone();
    uint8_t id[WITHDRAWAL_BYTES];
    char number[PAYOUT_NUMBER_LEN + 1];

    withdrawal_id(&player, "key-1", id);
    payout_number(id, 1, 1, number);
    assert_string_equal(number, "68373e51aa9bb2e636ece5e265c3bf09");
}

TEST(order_numbers_are_letters_and_digits_and_differ)
{
    struct player_id player = someone();
    uint8_t id[WITHDRAWAL_BYTES];
    char numbers[16][PAYOUT_NUMBER_LEN + 1];

    withdrawal_id(&player, "key-1", id);
    for (uint32_t i = 0; i < 16; i++) {
        payout_number(id, 1 + i / 4, 1 + i % 4, numbers[i]);
        assert_int_equal(strlen(numbers[i]), PAYOUT_NUMBER_LEN);
        for (size_t k = 0; k < PAYOUT_NUMBER_LEN; k++) {
            assert_true(isalnum((unsigned char)numbers[i][k]));
        }
        for (uint32_t k = 0; k < i; k++) {
            assert_string_not_equal(numbers[i], numbers[k]);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(a_withdrawal_s_id_follows_from_player_and_key),
        RUN(an_order_number_follows_from_withdrawal_part_and_attempt),
        RUN(order_numbers_are_letters_and_digits_and_differ),
    };

    return RUN_ALL(tests);
}
