/* tests/unit/test_lottery_shard.c - one draw on a shard, control entries, and the packed state. */
#include "support/unit.h"

#include "lottery/shard.h"
#include "support/lottery_small.h"

#include <string.h>

enum { NONE = 5000, FIRST = 50 }; /* numbers that select nothing, prize 1 */

static struct small small;

static int fresh(void **state)
{
    (void)state;
    small_setup(&small);
    return 0;
}

static void no_prizes(void)
{
    for (uint8_t i = 1; i <= SMALL_PRIZES; i++) {
        small_stock(&small, i, 0, 0, false);
    }
}

/* A refusal leaves every byte as it was. */
static void check_refused(const struct draw_request *request, enum draw_status status, uint32_t draw_no)
{
    struct small before = small;
    struct draw_result result =
        shard_draw(&small.shard, &small.table, &small.player, request, 0, &small.record);

    assert_int_equal(result.status, status);
    assert_int_equal(result.draw_no, draw_no);
    assert_memory_equal(&before, &small, sizeof small);
}

TEST(a_first_draw_is_number_one)
{
    no_prizes();
    struct draw_result result = small_draw(&small, 1, NONE);
    assert_int_equal(result.status, DRAW_NEW);
    assert_int_equal(result.draw_no, 1);
    assert_int_equal(result.chances_left, 4);
    assert_int_equal(result.prize, 0);
    assert_int_equal(small.shard.position, 3);
    assert_int_equal(small.player.day, 1);
    assert_int_equal(small.player.today, 1);
    assert_int_equal(small.player.base_used, 0);
}

TEST(a_win_takes_the_first_unit_of_the_pool)
{
    struct draw_result result = small_draw(&small, 1, FIRST);
    assert_int_equal(result.prize, 1);
    assert_int_equal(result.unit, 10);
    assert_int_equal(small.shard.pools[0].given, 1);
    assert_int_equal(small.shard.pools[0].second, 1000);
    assert_int_equal(small.shard.pools[0].in_second, 1);
    assert_int_equal(shard_units_left(&small.shard.pools[0]), 4);
    assert_int_equal(player_wins(&small.player, 1), 1);
    assert_int_equal(small.record.how, GIVEN_ODDS);
    assert_int_equal(small.record.unit, 10);
}

TEST(a_used_up_range_makes_room_for_the_next)
{
    struct pool *pool = &small.shard.pools[0];

    pool->range_count = 2;
    pool->ranges[0] = (struct unit_range){7, 8};
    pool->ranges[1] = (struct unit_range){90, 95};
    assert_int_equal(small_draw(&small, 1, FIRST).unit, 7);
    assert_int_equal(small_draw(&small, 2, FIRST).unit, 90);
    assert_int_equal(pool->range_count, 1);
}

TEST(a_moment_gives_its_own_unit_and_leaves)
{
    small_moment(&small, 4, 44, 999999);
    struct draw_result result = small_draw(&small, 1, FIRST);
    assert_int_equal(result.prize, 4);
    assert_int_equal(result.unit, 44);
    assert_int_equal(small.shard.moment_count, 0);
    assert_int_equal(small.shard.pools[3].given, 1);
    assert_int_equal(small.record.selected, 1);
    assert_int_equal(small.record.how, GIVEN_MOMENT);
}

TEST(the_same_key_hears_the_same_answer)
{
    struct draw_result first = small_draw(&small, 1, FIRST);
    (void)small_draw(&small, 2, NONE);
    struct draw_result again = small_draw(&small, 1, NONE);
    assert_int_equal(again.status, DRAW_REMEMBERED);
    assert_int_equal(again.draw_no, first.draw_no);
    assert_int_equal(again.chances_left, first.chances_left);
    assert_int_equal(again.prize, first.prize);
    assert_int_equal(again.unit, first.unit);
    assert_int_equal(small.player.draw_no, 2);
}

TEST(a_remembered_answer_outlives_pause_and_end)
{
    (void)small_draw(&small, 1, NONE);
    small.shard.paused = true;
    assert_int_equal(small_draw(&small, 1, NONE).status, DRAW_REMEMBERED);
    small.shard.time_ms = small.table.end_ms;
    assert_int_equal(small_draw(&small, 1, NONE).status, DRAW_REMEMBERED);
}

TEST(the_same_key_with_another_body_is_refused)
{
    (void)small_draw(&small, 1, NONE);
    struct draw_request request = small_request(&small, 1, NONE);
    request.key.bytes[6] ^= 1;
    check_refused(&request, DRAW_KEY_REUSED, 2);
}

TEST(the_fifth_newest_key_is_forgotten)
{
    small.table.base_chances = 100;
    for (uint8_t key = 1; key <= 5; key++) {
        assert_int_equal(small_draw(&small, key, NONE).status, DRAW_NEW);
    }
    assert_int_equal(small_draw(&small, 2, NONE).status, DRAW_REMEMBERED);
    assert_int_equal(small_draw(&small, 1, NONE).status, DRAW_NEW);
}

TEST(refusals_come_in_their_order_and_change_nothing)
{
    struct draw_request request = small_request(&small, 1, NONE);

    request.draw_no = 9;
    request.block = 7;
    small.table.campaign_cap = 1;
    small.table.day_cap = 1;
    small.player.draw_no = 1;
    small.player.day = 1;
    small.player.today = 1;
    small.table.base_chances = small.table.day_chances = 0;
    small.shard.paused = true;
    small.shard.time_ms = 999999;
    check_refused(&request, DRAW_PAUSED, 2);
    small.shard.paused = false;
    check_refused(&request, DRAW_NOT_STARTED, 2);
    small.shard.time_ms = 3000000;
    check_refused(&request, DRAW_ENDED, 2);
    small.shard.time_ms = 1000000;
    check_refused(&request, DRAW_OTHER_NUMBER, 2);
    request.draw_no = 2;
    check_refused(&request, DRAW_CAMPAIGN_CAP, 2);
    small.table.campaign_cap = 5;
    check_refused(&request, DRAW_DAY_CAP, 2);
    small.table.day_cap = 2;
    check_refused(&request, DRAW_NO_CHANCE, 2);
    small.table.base_chances = 1;
    check_refused(&request, DRAW_OTHER_BLOCK, 2);
    request.block = 0;
    small_stock(&small, 3, 0, 0, true);
    check_refused(&request, DRAW_BUSY, 2);
}

TEST(a_busy_draw_names_its_prize)
{
    small_stock(&small, 1, 0, 0, true);
    struct draw_result result = small_draw(&small, 1, FIRST);
    assert_int_equal(result.status, DRAW_BUSY);
    assert_int_equal(result.prize, 1);
}

TEST(the_days_chances_go_first_and_come_back_next_day)
{
    static const uint16_t LEFT[] = {4, 3, 2};

    for (uint8_t i = 0; i < 3; i++) {
        assert_int_equal(small_draw(&small, (uint8_t)(i + 1), NONE).chances_left, LEFT[i]);
    }
    assert_int_equal(small.player.base_used, 1);
    small.shard.time_ms = 2000000;
    assert_int_equal(small_draw(&small, 9, NONE).chances_left, 1 + 2);
    assert_int_equal(small.player.day, 2);
    assert_int_equal(small.player.today, 1);
    assert_int_equal(small.player.base_used, 1);
}

TEST(every_chance_is_used_once_and_then_there_is_none)
{
    unsigned drawn = 0;

    for (uint8_t key = 1; key < 20; key++) {
        drawn += small_draw(&small, key, NONE).status == DRAW_NEW;
    }
    assert_int_equal(drawn, 5);
    assert_int_equal(small_draw(&small, 99, NONE).status, DRAW_NO_CHANCE);
}

TEST(the_last_number_of_all_is_the_end)
{
    struct draw_request request = small_request(&small, 1, NONE);

    small.player.draw_no = UINT32_MAX;
    check_refused(&request, DRAW_CAMPAIGN_CAP, UINT32_MAX);
}

TEST(never_more_units_than_were_there)
{
    unsigned won = 0;

    small.table.base_chances = 1000;
    for (unsigned i = 0; i < 200; i++) {
        struct draw_request request = small_request(&small, (uint8_t)i, FIRST);
        struct draw_result result =
            shard_draw(&small.shard, &small.table, &small.player, &request, 0, &small.record);

        won += result.status == DRAW_NEW && result.prize == 1;
    }
    assert_int_equal(won, 5);
    assert_int_equal(small.shard.pools[0].given, 5);
}

/* ---- control ---- */

static bool applied(enum record_kind kind, uint8_t prize, uint32_t from, uint32_t to)
{
    const struct lease_record lease = {.lease_no = small.shard.lease_no + 1,
                                       .prize = prize,
                                       .from = from,
                                       .to = to,
                                       .more = true,
                                       .at_ms = 7};

    return shard_apply(&small.shard, kind, &lease);
}

TEST(a_lease_joins_the_last_range_when_it_continues_it)
{
    assert_true(applied(RECORD_LEASE, 1, 15, 18));
    assert_int_equal(small.shard.pools[0].range_count, 1);
    assert_int_equal(small.shard.pools[0].ranges[0].to, 18);
    assert_true(applied(RECORD_LEASE, 1, 30, 40));
    assert_int_equal(small.shard.pools[0].range_count, 2);
    assert_int_equal(shard_units_left(&small.shard.pools[0]), 8 + 10);
    assert_true(small.shard.pools[0].more);
    assert_int_equal(small.shard.lease_no, 2);
    assert_int_equal(small.shard.position, 4);
}

TEST(an_empty_lease_only_says_whether_there_is_more)
{
    const struct lease_record lease = {.lease_no = 1, .prize = 1, .from = 0, .to = 0, .more = false};

    small_stock(&small, 1, 0, 0, true);
    assert_int_equal(small_draw(&small, 1, FIRST).status, DRAW_BUSY);
    assert_true(shard_apply(&small.shard, RECORD_LEASE, &lease));
    assert_int_equal(small_draw(&small, 1, FIRST).status, DRAW_NEW);
    assert_int_equal(small.record.why, WITHHELD_SPENT);
}

TEST(a_lease_out_of_order_or_of_an_unknown_prize_changes_nothing)
{
    struct shard before = small.shard;
    struct lease_record lease = {.lease_no = 2, .prize = 1, .from = 50, .to = 60};

    assert_false(shard_apply(&small.shard, RECORD_LEASE, &lease));
    lease.lease_no = 0;
    assert_false(shard_apply(&small.shard, RECORD_LEASE, &lease));
    assert_false(applied(RECORD_LEASE, SMALL_PRIZES + 1, 0, 1));
    assert_false(applied(RECORD_LEASE, 0, 0, 1));
    assert_memory_equal(&before, &small.shard, sizeof before);
}

TEST(a_pool_has_room_for_so_many_ranges)
{
    uint32_t from = 100;

    while (small.shard.pools[0].range_count < RANGES_MAX) {
        assert_true(applied(RECORD_LEASE, 1, from, from + 1));
        from += 2;
    }
    assert_false(applied(RECORD_LEASE, 1, from, from + 1));
    assert_true(applied(RECORD_LEASE, 1, from - 1, from)); /* continues the last one */
}

TEST(a_return_takes_from_the_pools_end)
{
    assert_true(applied(RECORD_RETURN, 1, 13, 15));
    assert_int_equal(shard_units_left(&small.shard.pools[0]), 3);
    assert_false(applied(RECORD_RETURN, 1, 10, 12)); /* not the end */
    assert_false(applied(RECORD_RETURN, 1, 9, 13));  /* more than there is */
    assert_false(applied(RECORD_RETURN, 1, 13, 13));
    assert_true(applied(RECORD_RETURN, 1, 10, 13));
    assert_int_equal(small.shard.pools[0].range_count, 0);
    assert_false(applied(RECORD_RETURN, 1, 10, 13));
}

TEST(moments_stand_in_order_of_time_prize_and_unit)
{
    small_moment(&small, 4, 9, 500);
    small_moment(&small, 4, 8, 500);
    small_moment(&small, 2, 99, 500);
    small_moment(&small, 4, 1, 400);
    small_moment(&small, 4, 1, 400); /* is there already */
    assert_int_equal(small.shard.moment_count, 4);
    assert_int_equal(small.shard.moments[0].unit, 1);
    assert_int_equal(small.shard.moments[1].unit, 99);
    assert_int_equal(small.shard.moments[2].unit, 8);
    assert_int_equal(small.shard.moments[3].unit, 9);
}

TEST(only_so_many_moments_are_kept)
{
    for (uint32_t i = 0; i < MOMENTS_MAX; i++) {
        assert_true(applied(RECORD_MOMENT, 4, i, i + 1));
    }
    assert_false(applied(RECORD_MOMENT, 4, MOMENTS_MAX, MOMENTS_MAX + 1));
}

TEST(a_moment_that_was_won_cannot_go)
{
    small_moment(&small, 4, 44, 5000000);
    assert_true(applied(RECORD_GONE, 4, 44, 45));
    assert_int_equal(small.shard.moment_count, 0);
    assert_false(applied(RECORD_GONE, 4, 44, 45));
}

TEST(versions_go_forward_and_bring_new_prizes_dry)
{
    struct table next = small.table;

    next.version = 3;
    next.prize_count = SMALL_PRIZES + 1;
    small.prizes[SMALL_PRIZES].mode = PRIZE_ALWAYS;
    assert_true(shard_apply_version(&small.shard, &next));
    assert_int_equal(small.shard.version, 3);
    assert_int_equal(small.shard.prize_count, SMALL_PRIZES + 1);
    assert_true(small.shard.pools[SMALL_PRIZES].more);
    assert_false(shard_apply_version(&small.shard, &next));
    next.version = 4;
    next.prize_count = SMALL_PRIZES;
    assert_false(shard_apply_version(&small.shard, &next));
}

TEST(a_pause_is_written_once)
{
    assert_true(shard_apply_pause(&small.shard, true));
    assert_false(shard_apply_pause(&small.shard, true));
    assert_int_equal(small.shard.position, 3);
    assert_int_equal(small_draw(&small, 1, NONE).status, DRAW_PAUSED);
    assert_true(shard_apply_pause(&small.shard, false));
    assert_int_equal(small_draw(&small, 1, NONE).status, DRAW_NEW);
}

/* ---- packed ---- */

static void pack(struct buf *out)
{
    small_moment(&small, 4, 44, 5000000);
    memset(small.shard.run_id, 'r', RUN_ID_BYTES);
    buf_init(out, 65536);
    shard_pack(&small.shard, out);
}

TEST(a_packed_state_reads_back)
{
    struct shard read;
    struct buf packed, again;

    pack(&packed);
    buf_init(&again, 65536);
    assert_int_equal(packed.len, 71 + 4 * 18 + 3 * 8 + 2 + 13);
    assert_true(shard_unpack((const uint8_t *)packed.data, packed.len, &read));
    shard_pack(&read, &again);
    assert_int_equal(again.len, packed.len);
    assert_memory_equal(again.data, packed.data, packed.len);
    buf_free(&packed);
    buf_free(&again);
}

TEST(a_state_of_another_length_is_refused)
{
    struct shard read;
    struct buf packed;

    pack(&packed);
    for (size_t cut = 0; cut < packed.len; cut++) {
        assert_false(shard_unpack((const uint8_t *)packed.data, cut, &read));
    }
    buf_addc(&packed, 0);
    assert_false(shard_unpack((const uint8_t *)packed.data, packed.len, &read));
    buf_free(&packed);
}

static bool state_with(size_t at, char value)
{
    struct shard read;
    struct buf packed;

    small_setup(&small);
    pack(&packed);
    packed.data[at] = value;
    bool good = shard_unpack((const uint8_t *)packed.data, packed.len, &read);
    buf_free(&packed);
    return good;
}

TEST(a_state_outside_the_format_is_refused)
{
    assert_true(state_with(0, 1));
    assert_false(state_with(0, 2));                       /* format */
    assert_false(state_with(5, 1));                       /* position past 2^53 */
    assert_false(state_with(65, 2));                      /* paused */
    assert_false(state_with(70, PRIZES_MAX + 1));         /* prizes */
    assert_false(state_with(71 + 16, 2));                 /* more */
    assert_false(state_with(71 + 17, RANGES_MAX + 1));    /* ranges */
    assert_false(state_with(71 + 18 + 3, 15));            /* an empty range */
    assert_false(state_with(71 + 4 * 18 + 3 * 8 + 2, 0)); /* a moment of no prize */
    assert_false(state_with(71 + 4 * 18 + 3 * 8 + 2, 5)); /* of a prize that is not there */
}

TEST(an_opening_holds_the_state_after_it)
{
    struct shard read;
    struct buf entry;
    uint64_t kept = 0;

    buf_init(&entry, 65536);
    shard_opening_write(&small.shard, 41, &entry);
    assert_true(shard_opening_read((const uint8_t *)entry.data, entry.len, &kept, &read));
    assert_int_equal(kept, 41);
    assert_int_equal(read.position, 2);
    entry.data[9] ^= 1; /* the entry's time is not the state's */
    assert_false(shard_opening_read((const uint8_t *)entry.data, entry.len, &kept, &read));
    buf_free(&entry);
}

#define FRESH(name) cmocka_unit_test_setup(name, fresh)

int main(void)
{
    const struct CMUnitTest tests[] = {
        FRESH(a_first_draw_is_number_one),
        FRESH(a_win_takes_the_first_unit_of_the_pool),
        FRESH(a_used_up_range_makes_room_for_the_next),
        FRESH(a_moment_gives_its_own_unit_and_leaves),
        FRESH(the_same_key_hears_the_same_answer),
        FRESH(a_remembered_answer_outlives_pause_and_end),
        FRESH(the_same_key_with_another_body_is_refused),
        FRESH(the_fifth_newest_key_is_forgotten),
        FRESH(refusals_come_in_their_order_and_change_nothing),
        FRESH(a_busy_draw_names_its_prize),
        FRESH(the_days_chances_go_first_and_come_back_next_day),
        FRESH(every_chance_is_used_once_and_then_there_is_none),
        FRESH(the_last_number_of_all_is_the_end),
        FRESH(never_more_units_than_were_there),
        FRESH(a_lease_joins_the_last_range_when_it_continues_it),
        FRESH(an_empty_lease_only_says_whether_there_is_more),
        FRESH(a_lease_out_of_order_or_of_an_unknown_prize_changes_nothing),
        FRESH(a_pool_has_room_for_so_many_ranges),
        FRESH(a_return_takes_from_the_pools_end),
        FRESH(moments_stand_in_order_of_time_prize_and_unit),
        FRESH(only_so_many_moments_are_kept),
        FRESH(a_moment_that_was_won_cannot_go),
        FRESH(versions_go_forward_and_bring_new_prizes_dry),
        FRESH(a_pause_is_written_once),
        FRESH(a_packed_state_reads_back),
        FRESH(a_state_of_another_length_is_refused),
        FRESH(a_state_outside_the_format_is_refused),
        FRESH(an_opening_holds_the_state_after_it),
    };

    return RUN_ALL(tests);
}
