/*
 * Unit tests of flow/payout*.c over a small honest world: whatever is lost, delayed, refused or killed, each
 * part is paid at most once by the provider's bill, and the books say what the bill says.
 */
#include "flow/payout.h"

#include "tests/support/flow_payout_world.h"
#include "tests/support/unit.h"

#include <stdio.h>
#include <stdlib.h>

enum { SEEDS = 60, STEPS = 3000 };

static void books_agree_with_bill(struct world *world, unsigned seed)
{
    for (unsigned part = 0; part < WORLD_PARTS; part++) {
        unsigned billed = world_bill_of(world, part);

        if (billed > 1 || (billed == 1) != world_books_paid(world, part)) {
            fail_msg("seed %u, part %u: billed %u times, the books say %s",
                     seed,
                     part,
                     billed,
                     world_books_paid(world, part) ? "paid" : "not paid");
        }
    }
}

TEST(each_part_is_paid_at_most_once_whatever_happens_and_none_is_lost)
{
    const char *asked = getenv("TEST_SEEDS");
    unsigned seeds = asked != NULL ? (unsigned)strtoul(asked, NULL, 10) : SEEDS;
    unsigned deaths = 0, sends = 0, halts = 0, paid = 0;

    for (unsigned seed = 1; seed <= seeds; seed++) {
        struct world *world = test_malloc(sizeof *world);

        world_setup(world, seed);
        world->faults = true;
        world_run(world, STEPS);
        if (!world_settle(world, 10)) {
            fail_msg("seed %u: %u payouts are open after ten days", seed, world_open(world));
        }
        assert_int_equal(world->other_bodies, 0);
        assert_int_equal(world->disagreements, 0);
        books_agree_with_bill(world, seed);
        deaths += world->deaths;
        sends += world->sends;
        halts += world->halts;
        for (unsigned part = 0; part < WORLD_PARTS; part++) {
            paid += world_bill_of(world, part);
        }
        world_teardown(world);
        test_free(world);
    }
    /* The world was as bad as it should have been. */
    assert_true(deaths > seeds * 5);
    assert_true(sends > seeds * WORLD_PARTS);
    assert_true(seeds < 100 || halts > 0);
    assert_true(paid > seeds * WORLD_PARTS / 3);
    printf("%u seeds: %u deaths, %u sends, %u halts, %u paid\n", seeds, deaths, sends, halts, paid);
}

TEST(without_faults_every_part_is_sent_once_an_attempt)
{
    struct world *world = test_malloc(sizeof *world);

    world_setup(world, 5);
    assert_true(world_settle(world, 3));
    books_agree_with_bill(world, 5);
    for (size_t i = 0; i < WORLD_PAYOUTS; i++) {
        assert_true(!world->payouts[i].there || world->payouts[i].sends == 1 || world->orders[i].made_ms > 0);
    }
    world_teardown(world);
    test_free(world);
}

TEST(a_number_that_was_declined_and_is_not_known_fails_without_another_attempt)
{
    struct world *world = test_malloc(sizeof *world);

    world_setup(world, 11);
    world->always = PROVIDER_DECLINED;
    world->always_cause = PROVIDER_CAUSE_PAYEE;
    assert_true(world_settle(world, 1));
    for (unsigned part = 0; part < WORLD_PARTS; part++) {
        const struct world_payout *payout = &world->payouts[part * WORLD_ATTEMPTS];

        assert_int_equal(payout->state, PAYOUT_FAILED);
        assert_int_equal(payout->sends, 1);
        assert_false(world->payouts[part * WORLD_ATTEMPTS + 1].there);
    }
    assert_int_equal(world->disagreements, 0);
    world_teardown(world);
    test_free(world);
}

/* The first request hangs on the way for four minutes, the second is declined: it may not fail before. */
TEST(a_declined_number_waits_for_its_earlier_requests)
{
    struct world *world = test_malloc(sizeof *world);

    world_setup(world, 14);
    world_calm(world, 3000); /* the buckets fill */
    world->hang_ms = 240 * 1000;
    world_calm(world, 3000);
    world->hang_ms = 0;
    world->always = PROVIDER_DECLINED;
    world->always_cause = PROVIDER_CAUSE_PAYEE;
    for (int i = 0; i < 20; i++) {
        world_calm(world, 3000);
    }
    for (unsigned part = 0; part < WORLD_PARTS; part++) {
        assert_int_equal(world->payouts[part * WORLD_ATTEMPTS].state, PAYOUT_UNKNOWN);
        assert_int_equal(world->payouts[part * WORLD_ATTEMPTS].sends, 2);
    }
    world->always = PROVIDER_OUTCOME_COUNT; /* now the first ones arrive */
    assert_true(world_settle(world, 3));
    assert_int_equal(world->disagreements, 0);
    books_agree_with_bill(world, 14);
    world_teardown(world);
    test_free(world);
}

TEST(a_merchant_whose_set_up_is_refused_is_stopped_and_nothing_ends)
{
    struct world *world = test_malloc(sizeof *world);

    world_setup(world, 12);
    world->always = PROVIDER_MISCONFIGURED;
    for (unsigned i = 0; i < 40 && !world->stopped; i++) {
        world_run(world, 50);
    }
    assert_true(world->stopped);
    assert_true(world->halts >= 1);
    assert_int_equal(world_open(world), WORLD_PARTS);
    world->always = PROVIDER_OUTCOME_COUNT;
    assert_true(world_settle(world, 3));
    books_agree_with_bill(world, 12);
    world_teardown(world);
    test_free(world);
}

TEST(an_empty_account_parks_and_the_same_numbers_are_paid_after_the_top_up)
{
    struct world *world = test_malloc(sizeof *world);

    world_setup(world, 13);
    world->always = PROVIDER_NO_FUNDS;
    world_run(world, 3000);
    assert_int_equal(world_open(world), WORLD_PARTS);
    for (unsigned part = 0; part < WORLD_PARTS; part++) {
        assert_int_equal(world_bill_of(world, part), 0);
        assert_false(world->payouts[part * WORLD_ATTEMPTS + 1].there);
    }
    world->always = PROVIDER_OUTCOME_COUNT;
    assert_true(world_settle(world, 3));
    assert_int_equal(world->other_bodies, 0);
    books_agree_with_bill(world, 13);
    world_teardown(world);
    test_free(world);
}

TEST(a_request_that_cannot_be_made_yet_waits_and_nothing_ends)
{
    struct world *world = test_malloc(sizeof *world);

    world_setup(world, 15);
    world->keyless = true;
    for (int i = 0; i < 20; i++) {
        world_calm(world, 3000);
    }
    for (unsigned part = 0; part < WORLD_PARTS; part++) {
        assert_int_equal(world->payouts[part * WORLD_ATTEMPTS].state, PAYOUT_RESERVED);
    }
    assert_int_equal(world->sends, 0);
    world->keyless = false;
    assert_true(world_settle(world, 3));
    books_agree_with_bill(world, 15);
    world_teardown(world);
    test_free(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(each_part_is_paid_at_most_once_whatever_happens_and_none_is_lost),
        RUN(without_faults_every_part_is_sent_once_an_attempt),
        RUN(a_number_that_was_declined_and_is_not_known_fails_without_another_attempt),
        RUN(a_declined_number_waits_for_its_earlier_requests),
        RUN(a_merchant_whose_set_up_is_refused_is_stopped_and_nothing_ends),
        RUN(an_empty_account_parks_and_the_same_numbers_are_paid_after_the_top_up),
        RUN(a_request_that_cannot_be_made_yet_waits_and_nothing_ends),
    };

    return RUN_ALL(tests);
}
