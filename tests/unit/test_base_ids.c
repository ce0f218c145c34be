/*
 * Unit tests of base/ids.c.
 */
#include "base/ids.h"

#include "tests/support/unit.h"

#include <string.h>

TEST(a_player_goes_to_text_and_back)
{
    struct player_id player = {{0x00, 0x01, 0xAB, 0xFF}};
    struct player_id back;
    char hex[PLAYER_HEX + 1];

    player_hex(&player, hex);
    assert_string_equal(hex, "0001abff000000000000000000000000");
    assert_true(player_parse(hex, PLAYER_HEX, &back));
    assert_memory_equal(&player, &back, sizeof back);
}

TEST(a_player_has_one_spelling)
{
    struct player_id player;

    assert_false(player_parse("0001ABFF000000000000000000000000", 32, &player));
    assert_false(player_parse("0001abff00000000000000000000000", 31, &player));
    assert_false(player_parse("0001abff0000000000000000000000000", 33, &player));
    assert_false(player_parse("g001abff000000000000000000000000", 32, &player));
}

TEST(slugs_are_short_and_plain)
{
    const char *good[] = {"a", "7", "spring-2026_x", "abcdefghijklmnopqrstuvwxyz012345"};
    const char *bad[] = {
        "", "-a", "_a", "A", "a b", "a.b", "a/b", "红包", "abcdefghijklmnopqrstuvwxyz0123456"};

    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        assert_true(slug_valid(good[i], strlen(good[i])));
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_false(slug_valid(bad[i], strlen(bad[i])));
    }
    assert_false(slug_valid("a\0b", 3));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(a_player_goes_to_text_and_back),
        RUN(a_player_has_one_spelling),
        RUN(slugs_are_short_and_plain),
    };

    return RUN_ALL(tests);
}
