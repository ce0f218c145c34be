/*
 * Unit tests of flow/block_guesses.c.
 */
#include "flow/block_guesses.h"

#include "base/buf.h"
#include "base/crypto.h"
#include "tests/support/unit.h"

#include <string.h>

/* As players' names are: all their bits look random. */
static struct player_id player_at(uint32_t number)
{
    uint8_t bytes[4], digest[SHA256_BYTES];
    struct player_id player;

    be_write(bytes, number, sizeof bytes);
    sha256(bytes, sizeof bytes, digest);
    memcpy(player.bytes, digest, sizeof player.bytes);
    return player;
}

static uint32_t guess_at(const struct block_guesses *guesses, uint32_t number)
{
    struct player_id player = player_at(number);

    return block_guess(guesses, 1, &player);
}

static void keep_at(struct block_guesses *guesses, uint32_t number, uint32_t block)
{
    struct player_id player = player_at(number);

    block_guess_keep(guesses, 1, &player, block);
}

TEST(what_was_kept_is_guessed_and_else_the_first_block)
{
    struct block_guesses *guesses = block_guesses_new();
    struct player_id player = player_at(1);

    assert_int_equal(guess_at(guesses, 1), 0);
    keep_at(guesses, 1, 3);
    assert_int_equal(guess_at(guesses, 1), 3);
    keep_at(guesses, 1, 4);
    assert_int_equal(guess_at(guesses, 1), 4);
    assert_int_equal(guess_at(guesses, 2), 0);
    assert_int_equal(block_guess(guesses, 2, &player), 0); /* another campaign */
    keep_at(guesses, 1, 0);                                /* a shard that lost the player */
    assert_int_equal(guess_at(guesses, 1), 0);
    block_guesses_free(guesses);
}

TEST(a_block_beyond_its_range_is_not_kept)
{
    struct block_guesses *guesses = block_guesses_new();

    keep_at(guesses, 1, 4095);
    keep_at(guesses, 1, 4096);
    assert_int_equal(guess_at(guesses, 1), 4095);
    block_guesses_free(guesses);
}

TEST(many_players_are_remembered_beside_each_other)
{
    enum { PLAYERS = 1000000 };
    struct block_guesses *guesses = block_guesses_new();
    size_t right = 0;

    for (uint32_t i = 0; i < PLAYERS; i++) {
        keep_at(guesses, i, 1 + i % 4095);
        assert_int_equal(guess_at(guesses, i), 1 + i % 4095);
    }
    for (uint32_t i = 0; i < PLAYERS; i++) {
        right += guess_at(guesses, i) == 1 + i % 4095;
    }
    assert_in_range(right, PLAYERS - 10, PLAYERS); /* two may share a tag */
    block_guesses_free(guesses);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(what_was_kept_is_guessed_and_else_the_first_block),
        RUN(a_block_beyond_its_range_is_not_kept),
        RUN(many_players_are_remembered_beside_each_other),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
