/* tests/unit/test_lottery_player.c - what a shard remembers of a player. */
#include "support/unit.h"

#include "lottery/player.h"

#include <string.h>

static struct remembered answer_of(uint32_t draw_no, uint8_t key, uint8_t prize, uint32_t unit)
{
    struct remembered answer = {.draw_no = draw_no, .chances_left = 9, .prize = prize, .unit = unit};

    memset(answer.key.bytes, key, KEY_BYTES);
    return answer;
}

static struct player_state someone(void)
{
    struct player_state player = {
        .draw_no = 0x0102, .day = 3, .today = 4, .base_used = 5, .granted = 6, .win_kinds = 1};
    struct remembered older = answer_of(0x0101, 0xaa, 0, 0), newer = answer_of(0x0102, 0xbb, 7, 0x01020304);

    player.wins[0].prize = 7;
    player.wins[0].count = 2;
    player_remember(&player, &older);
    player_remember(&player, &newer);
    return player;
}

TEST(a_player_is_packed_as_the_header_says)
{
    static const uint8_t EXPECTED[] = {
        0,    0,    1,    2,    0,    3,    0,    4, 0, 5, 0, 6, 1, 7, 0, 2, /* counters, one win kind */
        0xaa, 0xaa, 0xaa, 0xaa, 0xaa, 0xaa, 0xaa, 1, 0, 9, 0,                /* the older one, none */
        0xbb, 0xbb, 0xbb, 0xbb, 0xbb, 0xbb, 0xbb, 2, 0, 9, 7, 1, 2, 3, 4,    /* the newest, a win */
    };
    struct player_state player = someone();
    uint8_t packed[PLAYER_PACKED_MAX];

    assert_int_equal(player_pack(&player, packed), sizeof EXPECTED);
    assert_memory_equal(packed, EXPECTED, sizeof EXPECTED);
}

TEST(a_packed_player_reads_back)
{
    struct player_state player = someone(), read;
    uint8_t packed[PLAYER_PACKED_MAX], again[PLAYER_PACKED_MAX];
    size_t len = player_pack(&player, packed);

    assert_true(player_unpack(packed, len, &read));
    assert_int_equal(read.remembered[0].draw_no, 0x0102);
    assert_int_equal(read.remembered[0].unit, 0x01020304);
    assert_int_equal(read.remembered[1].draw_no, 0x0101);
    assert_int_equal(player_pack(&read, again), len);
    assert_memory_equal(again, packed, len);
}

TEST(an_absent_player_is_all_zeros)
{
    struct player_state read, zeros = {0};

    assert_true(player_unpack(NULL, 0, &read));
    assert_memory_equal(&read, &zeros, sizeof read);
}

TEST(every_shortened_player_but_at_an_answers_end_is_refused)
{
    struct player_state player = someone(), read;
    uint8_t packed[PLAYER_PACKED_MAX];
    size_t len = player_pack(&player, packed);

    for (size_t cut = 1; cut < len; cut++) {
        assert_int_equal(player_unpack(packed, cut, &read), cut == 16 || cut == 27);
    }
}

TEST(a_remembered_number_crosses_256)
{
    struct player_state player = {.draw_no = 0x0201}, read;
    struct remembered answer = answer_of(0x01ff, 1, 0, 0);
    uint8_t packed[PLAYER_PACKED_MAX];

    player_remember(&player, &answer);
    assert_true(player_unpack(packed, player_pack(&player, packed), &read));
    assert_int_equal(read.remembered[0].draw_no, 0x01ff);
}

TEST(a_remembered_number_before_the_first_is_refused)
{
    struct player_state player = {.draw_no = 3}, read;
    struct remembered answer = answer_of(3, 1, 0, 0);
    uint8_t packed[PLAYER_PACKED_MAX];

    player_remember(&player, &answer);
    size_t len = player_pack(&player, packed);
    packed[20] = 0;
    assert_false(player_unpack(packed, len, &read));
    packed[20] = 4;
    assert_false(player_unpack(packed, len, &read));
}

TEST(wins_out_of_order_or_of_count_zero_are_refused)
{
    struct player_state player = {.draw_no = 1}, read;
    uint8_t packed[PLAYER_PACKED_MAX];

    player_won(&player, 9);
    player_won(&player, 4);
    size_t len = player_pack(&player, packed);
    assert_true(player_unpack(packed, len, &read));
    packed[13] = 9; /* 9 twice */
    assert_false(player_unpack(packed, len, &read));
    packed[13] = 4;
    packed[15] = 0;
    assert_false(player_unpack(packed, len, &read));
    packed[15] = 1;
    packed[16] = PRIZES_MAX + 1;
    assert_false(player_unpack(packed, len, &read));
}

TEST(wins_are_kept_in_ascending_order)
{
    struct player_state player = {0};

    player_won(&player, 5);
    player_won(&player, 2);
    player_won(&player, 64);
    player_won(&player, 5);
    assert_int_equal(player.win_kinds, 3);
    assert_int_equal(player.wins[0].prize, 2);
    assert_int_equal(player.wins[1].prize, 5);
    assert_int_equal(player.wins[2].prize, 64);
    assert_int_equal(player_wins(&player, 5), 2);
    assert_int_equal(player_wins(&player, 3), 0);
}

TEST(a_win_count_stops_at_its_maximum)
{
    struct player_state player = {.win_kinds = 1};

    player.wins[0].prize = 1;
    player.wins[0].count = UINT16_MAX;
    player_won(&player, 1);
    assert_int_equal(player_wins(&player, 1), UINT16_MAX);
}

TEST(a_player_with_everything_fits)
{
    struct player_state player = {.draw_no = 500}, read;
    uint8_t packed[PLAYER_PACKED_MAX];

    for (uint8_t i = 1; i <= PRIZES_MAX; i++) {
        player_won(&player, i);
    }
    for (uint32_t i = 0; i < 6; i++) {
        struct remembered answer = answer_of(495 + i, (uint8_t)i, 1, i);

        player_remember(&player, &answer);
    }
    assert_int_equal(player.remembered_count, REMEMBERED_MAX);
    assert_int_equal(player_pack(&player, packed), PLAYER_PACKED_MAX);
    assert_true(player_unpack(packed, PLAYER_PACKED_MAX, &read));
    assert_int_equal(read.remembered[0].draw_no, 500);
    assert_int_equal(read.remembered[3].draw_no, 497);
}

TEST(a_key_is_found_and_its_body_compared)
{
    struct player_state player = someone();
    struct draw_key key = player.remembered[1].key;
    bool same_body = false;

    assert_ptr_equal(player_find(&player, &key, &same_body), &player.remembered[1]);
    assert_true(same_body);
    key.bytes[6] ^= 1;
    assert_ptr_equal(player_find(&player, &key, &same_body), &player.remembered[1]);
    assert_false(same_body);
    key.bytes[0] ^= 1;
    assert_null(player_find(&player, &key, &same_body));
}

TEST(chances_are_the_days_then_base_and_granted)
{
    const struct table table = {.base_chances = 3, .day_chances = 2};
    struct player_state player = {.day = 1, .today = 1, .base_used = 1, .granted = 4};

    assert_int_equal(player_chances_left(&table, &player, 1), 1 + 3 + 4 - 1);
    assert_int_equal(player_chances_left(&table, &player, 2), 2 + 3 + 4 - 1);
    player.today = 9;
    assert_int_equal(player_chances_left(&table, &player, 1), 3 + 4 - 1);
    player.base_used = 60;
    assert_int_equal(player_chances_left(&table, &player, 1), 0);
}

TEST(chances_never_pass_the_caps)
{
    const struct table table = {.base_chances = 100, .day_cap = 5, .campaign_cap = 12};
    struct player_state player = {.draw_no = 4, .day = 1, .today = 2};

    assert_int_equal(player_chances_left(&table, &player, 1), 3);
    assert_int_equal(player_chances_left(&table, &player, 2), 5);
    player.draw_no = 10;
    assert_int_equal(player_chances_left(&table, &player, 2), 2);
    player.draw_no = 13;
    assert_int_equal(player_chances_left(&table, &player, 2), 0);
}

TEST(counters_that_stopped_leave_no_endless_chances)
{
    const struct table table = {.base_chances = 1000000, .day_chances = 1000000};
    const struct player_state player = {
        .day = 1, .today = UINT16_MAX, .base_used = UINT16_MAX, .granted = UINT16_MAX};

    assert_int_equal(player_chances_left(&table, &player, 1), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(a_player_is_packed_as_the_header_says),
        RUN(a_packed_player_reads_back),
        RUN(an_absent_player_is_all_zeros),
        RUN(every_shortened_player_but_at_an_answers_end_is_refused),
        RUN(a_remembered_number_crosses_256),
        RUN(a_remembered_number_before_the_first_is_refused),
        RUN(wins_out_of_order_or_of_count_zero_are_refused),
        RUN(wins_are_kept_in_ascending_order),
        RUN(a_win_count_stops_at_its_maximum),
        RUN(a_player_with_everything_fits),
        RUN(a_key_is_found_and_its_body_compared),
        RUN(chances_are_the_days_then_base_and_granted),
        RUN(chances_never_pass_the_caps),
        RUN(counters_that_stopped_leave_no_endless_chances),
    };

    return RUN_ALL(tests);
}
