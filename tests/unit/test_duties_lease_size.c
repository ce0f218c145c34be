/*
 * Unit tests of duties/lease_size.c.
 */
#include "duties/lease_size.h"

#include "tests/support/unit.h"

static struct lease_case plenty(void)
{
    return (struct lease_case){
        .free_units = 1000000, .left = 0, .shards = 1, .per_second = 100, .seconds = 60, .min_units = 1000};
}

TEST(a_lease_lasts_for_the_seconds_that_are_asked_for)
{
    struct lease_case lease = plenty();

    assert_int_equal(lease_units(&lease), 6001);
    lease.per_second = 1;
    assert_int_equal(lease_units(&lease), 1000); /* never less than the smallest */
}

TEST(it_is_renewed_at_half_and_filled_up_to_its_aim)
{
    struct lease_case lease = plenty();

    lease.left = 3100;
    assert_int_equal(lease_units(&lease), 0);
    lease.left = 3000;
    assert_int_equal(lease_units(&lease), 3001);
}

TEST(nothing_is_leased_when_nothing_is_free)
{
    struct lease_case lease = plenty();

    lease.free_units = 0;
    assert_int_equal(lease_units(&lease), 0);
    lease.free_units = 7;
    assert_int_equal(lease_units(&lease), 7);
}

TEST(several_shards_share_what_is_scarce)
{
    struct lease_case lease = plenty();
    int64_t free_units = 100, held[4] = {0};

    lease.shards = 4;
    for (int i = 0; i < 4; i++) {
        lease.free_units = free_units;
        lease.with_others = 100 - free_units;
        held[i] = lease_units(&lease);
        free_units -= held[i];
    }
    for (int i = 0; i < 4; i++) {
        assert_int_equal(held[i], 25);
    }
}

TEST(two_units_for_four_shards_go_to_two_of_them)
{
    struct lease_case lease = plenty();

    lease.shards = 4;
    lease.free_units = 2;
    assert_int_equal(lease_units(&lease), 1);
}

TEST(the_first_lease_lasts_through_a_start)
{
    struct lease_case lease = plenty();

    lease.per_second = 0;
    lease.fresh = true;
    assert_int_equal(lease_units(&lease), 125000);
}

TEST(demand_rises_at_once_and_falls_slowly)
{
    struct demand demand = {0};

    demand_seen(&demand, 0, 1000000);
    demand_seen(&demand, 500, 2000000);
    assert_true(demand.per_second > 499 && demand.per_second < 501);
    demand_seen(&demand, 500, 3000000);
    assert_true(demand.per_second > 449 && demand.per_second < 451);
    demand_seen(&demand, 500, 3000001); /* too soon to say */
    assert_true(demand.per_second > 449);
    demand_seen(&demand, 10, 4000000); /* another process' counter */
    assert_true(demand.per_second > 449);
    assert_int_equal(demand.given, 10);
}

TEST(a_shard_hands_back_half_but_keeps_its_next_second)
{
    assert_int_equal(lease_spare(100, 0), 50);
    assert_int_equal(lease_spare(100, 80), 19);
    assert_int_equal(lease_spare(100, 200), 0);
    assert_int_equal(lease_spare(1, 0), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(a_lease_lasts_for_the_seconds_that_are_asked_for),
        RUN(it_is_renewed_at_half_and_filled_up_to_its_aim),
        RUN(nothing_is_leased_when_nothing_is_free),
        RUN(several_shards_share_what_is_scarce),
        RUN(two_units_for_four_shards_go_to_two_of_them),
        RUN(the_first_lease_lasts_through_a_start),
        RUN(demand_rises_at_once_and_falls_slowly),
        RUN(a_shard_hands_back_half_but_keeps_its_next_second),
    };

    return RUN_ALL(tests);
}
