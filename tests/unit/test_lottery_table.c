/* tests/unit/test_lottery_table.c - days and shards. */
#include "support/unit.h"

#include "lottery/table.h"

#include <stdlib.h>
#include <string.h>

TEST(a_day_lasts_until_the_next_begins)
{
    int64_t days[] = {1000, 2000, 4000};
    const struct table table = {.days = days, .day_count = 3};

    assert_int_equal(table_day(&table, 999), 0);
    assert_int_equal(table_day(&table, 1000), 1);
    assert_int_equal(table_day(&table, 1999), 1);
    assert_int_equal(table_day(&table, 2000), 2);
    assert_int_equal(table_day(&table, 3999), 2);
    assert_int_equal(table_day(&table, 4000), 3);
    assert_int_equal(table_day(&table, INT64_MAX), 3);
}

TEST(a_players_first_four_bytes_choose_the_shard)
{
    struct table table = {.shards = 1};
    const struct player_id player = {{0x80, 0x00, 0x00, 0x07, 0xff}};

    assert_int_equal(table_shard_of(&table, &player), 0);
    table.shards = 256;
    assert_int_equal(table_shard_of(&table, &player), 7);
    table.shards = 10;
    assert_int_equal(table_shard_of(&table, &player), 0x80000007U % 10);
}

TEST(players_spread_evenly_over_shards)
{
    const struct table table = {.shards = 7};
    unsigned count[7] = {0};

    for (uint32_t i = 0; i < 70000; i++) {
        uint32_t mixed = i * 2654435761U;
        struct player_id player = {
            {(uint8_t)(mixed >> 24), (uint8_t)(mixed >> 16), (uint8_t)(mixed >> 8), (uint8_t)mixed}};

        count[table_shard_of(&table, &player)]++;
    }
    for (unsigned i = 0; i < 7; i++) {
        assert_in_range(count[i], 9500, 10500);
    }
}

TEST(a_table_is_freed_with_all_it_holds)
{
    struct table *table = calloc(1, sizeof *table);

    assert_non_null(table);
    table->days = malloc(8);
    table->prize_count = 2;
    table->prizes = calloc(2, sizeof *table->prizes);
    assert_non_null(table->prizes);
    table->prizes[0].curve = malloc(16);
    table->prizes[1].slots = malloc(16);
    table_free(table);
    table_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(a_day_lasts_until_the_next_begins),
        RUN(a_players_first_four_bytes_choose_the_shard),
        RUN(players_spread_evenly_over_shards),
        RUN(a_table_is_freed_with_all_it_holds),
    };

    return RUN_ALL(tests);
}
