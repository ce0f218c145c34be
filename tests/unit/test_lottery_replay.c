/* tests/unit/test_lottery_replay.c - an honest log is clean, and every kind of dishonesty is named. */
#include "lottery/replay.h"

#include "tests/support/lottery_log.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { DRAW_AT = RECORD_HEADER_BYTES, UNIT_AT = 31, PRIZE_AT = 30, SELECTED_AT = 27, CHANCES_AT = 35 };

static struct log_world *WORLD;

static int world_setup(void **state)
{
    (void)state;
    WORLD = log_world_new();
    return 0;
}

static int world_teardown(void **state)
{
    (void)state;
    free(WORLD);
    return 0;
}

static void draws(size_t entries)
{
    for (size_t i = 0; i < entries; i++) {
        log_world_draws(WORLD, 1 + i % 16);
    }
}

static void assert_clean(struct replay_totals totals)
{
    for (size_t i = 0; i < WORLD->finding_count; i++) {
        print_message("%s %u-%lu: %s\n",
                      replay_finding_name(WORLD->findings[i].kind),
                      WORLD->findings[i].epoch,
                      (unsigned long)WORLD->findings[i].position,
                      WORLD->findings[i].text);
    }
    assert_int_equal(totals.findings, 0);
}

/* The first byte of a draw of the log that gave this prize (0: none), and its entry. */
static uint8_t *draw_with(uint8_t prize, struct world_entry **out)
{
    for (size_t i = 40; i < WORLD->count; i++) {
        struct world_entry *entry = &WORLD->entries[i];

        for (size_t at = DRAW_AT; entry->bytes[1] == RECORD_DRAWS && at < entry->len;
             at += RECORD_DRAW_BYTES) {
            if (entry->bytes[at + PRIZE_AT] == prize) {
                *out = entry;
                return entry->bytes + at;
            }
        }
    }
    fail_msg("no draw gave prize %u", prize);
    abort();
}

static void an_honest_log_is_clean(void **state)
{
    struct replay_totals totals;

    (void)state;
    draws(400);
    totals = log_world_replay(WORLD);
    assert_clean(totals);
    assert_int_equal(totals.entries, WORLD->count);
    assert_true(totals.draws > 3000 && totals.wins > 1500);
    assert_int_equal(totals.lost_positions, 0);
}

static void returns_versions_moves_and_openings_are_part_of_an_honest_log(void **state)
{
    const struct lease_record back = {.prize = 1, .from = 2500, .to = 3000};
    const struct lease_record again = {.prize = 1, .from = 2900, .to = 3000, .more = true};

    (void)state;
    draws(20);
    log_world_control(WORLD, RECORD_RETURN, &back);
    log_world_control(WORLD, RECORD_LEASE, &again);
    draws(20);
    log_world_version(WORLD);
    draws(20);
    if (WORLD->shard.moment_count > 0) {
        const struct moment open = WORLD->shard.moments[WORLD->shard.moment_count - 1];
        const struct lease_record gone = {.prize = open.prize, .from = open.unit, .to = open.unit + 1};

        log_world_control(WORLD, RECORD_GONE, &gone);
    }
    log_world_open(WORLD, WORLD->shard.position);
    draws(50);
    log_world_open(WORLD, WORLD->shard.position);
    draws(50);
    assert_clean(log_world_replay(WORLD));
}

static void a_changed_unit_is_found(void **state)
{
    struct world_entry *entry = NULL;
    struct replay_totals totals;

    (void)state;
    draws(100);
    draw_with(1, &entry)[UNIT_AT + 3] ^= 0x40;
    totals = log_world_replay(WORLD);
    assert_true(totals.findings > 0 && log_world_found(WORLD, REPLAY_UNIT));
    assert_int_equal(WORLD->findings[0].epoch, entry->epoch);
    assert_in_range(WORLD->findings[0].position, entry->position, entry->position + 16);
}

static void a_changed_selection_is_found(void **state)
{
    struct world_entry *entry = NULL;
    uint8_t *draw = NULL;

    (void)state;
    draws(100);
    draw = draw_with(3, &entry);
    draw[SELECTED_AT] = 2; /* a prize that the number did not select, withheld */
    draw[SELECTED_AT + 1] = WITHHELD_SPENT;
    assert_int_equal(log_world_replay(WORLD).findings, 1);
    assert_true(log_world_found(WORLD, REPLAY_SELECTED));
}

static void a_win_that_is_hidden_is_found(void **state)
{
    struct world_entry *entry = NULL;
    uint8_t *draw = NULL;

    (void)state;
    draws(100);
    draw = draw_with(1, &entry);
    draw[SELECTED_AT + 1] = WITHHELD_PACED;
    memset(draw + SELECTED_AT + 2, 0, 6);
    (void)log_world_replay(WORLD);
    assert_true(log_world_found(WORLD, REPLAY_OUTCOME));
}

static void a_changed_chance_is_found(void **state)
{
    struct world_entry *entry = NULL;

    (void)state;
    draws(100);
    draw_with(3, &entry)[CHANCES_AT + 1] ^= 1;
    assert_int_equal(log_world_replay(WORLD).findings, 1);
    assert_true(log_world_found(WORLD, REPLAY_CHANCES));
}

static void a_changed_player_is_found(void **state)
{
    struct world_entry *entry = NULL;

    (void)state;
    draws(100);
    draw_with(1, &entry)[3] ^= 1;
    assert_true(log_world_replay(WORLD).findings > 0);
    assert_true(log_world_found(WORLD, REPLAY_NUMBER));
}

static void a_missing_entry_is_found(void **state)
{
    (void)state;
    draws(100);
    WORLD->entries[60].len = 0;
    assert_true(log_world_replay(WORLD).findings > 0);
    assert_true(log_world_found(WORLD, REPLAY_GAP));
}

static void a_missing_draw_is_found_although_positions_were_renumbered(void **state)
{
    struct world_entry *gone = &WORLD->entries[60];

    (void)state;
    draws(100);
    for (size_t i = 61; i < WORLD->count; i++) {
        WORLD->entries[i].position -= gone->bytes[15];
    }
    gone->len = 0;
    assert_true(log_world_replay(WORLD).findings > 0);
    assert_true(log_world_found(WORLD, REPLAY_NUMBER));
    assert_false(log_world_found(WORLD, REPLAY_GAP));
}

static void an_added_entry_is_found(void **state)
{
    (void)state;
    draws(100);
    WORLD->entries[WORLD->count] = WORLD->entries[60];
    WORLD->entries[WORLD->count].position = WORLD->shard.position;
    WORLD->count++;
    assert_true(log_world_replay(WORLD).findings > 0);
    assert_true(log_world_found(WORLD, REPLAY_NUMBER));
}

static void an_entry_in_a_taken_place_is_found(void **state)
{
    (void)state;
    draws(100);
    WORLD->entries[WORLD->count] = WORLD->entries[60];
    WORLD->count++;
    assert_int_equal(log_world_replay(WORLD).findings, 1);
    assert_true(log_world_found(WORLD, REPLAY_OVERLAP));
}

static void a_wrong_seed_is_found(void **state)
{
    const uint8_t other[32] = {9};

    (void)state;
    draws(100);
    fairness_seed("spring", other, "", &WORLD->seed);
    assert_true(log_world_replay(WORLD).findings > 100);
    assert_true(log_world_found(WORLD, REPLAY_SELECTED));
}

static void an_oversold_unit_is_found(void **state)
{
    (void)state;
    draws(50);
    WORLD->shard.pools[0].ranges[0].from -= 2; /* units that were given before */
    draws(50);
    (void)log_world_replay(WORLD);
    assert_true(log_world_found(WORLD, REPLAY_UNIT));
}

static void an_unleased_unit_is_found(void **state)
{
    (void)state;
    draws(50);
    WORLD->shard.pools[0].ranges[0].from = 4000;
    WORLD->shard.pools[0].ranges[0].to = 5000;
    draws(50);
    (void)log_world_replay(WORLD);
    assert_true(log_world_found(WORLD, REPLAY_UNIT));
}

static void a_draw_while_paused_is_found(void **state)
{
    struct world_entry *entry = &WORLD->entries[WORLD->count];

    (void)state;
    draws(1);
    entry[1] = entry[0];
    WORLD->count++;
    entry[0] =
        (struct world_entry){.epoch = 1, .position = entry[1].position, .len = RECORD_HEADER_BYTES + 1};
    memcpy(entry[0].bytes, entry[1].bytes, RECORD_HEADER_BYTES);
    entry[0].bytes[1] = RECORD_PAUSE;
    entry[0].bytes[15] = 1;
    entry[0].bytes[RECORD_HEADER_BYTES] = 1;
    entry[1].position++;
    assert_int_equal(log_world_replay(WORLD).findings, 1);
    assert_true(log_world_found(WORLD, REPLAY_OUTCOME));
}

static void time_that_goes_back_is_found(void **state)
{
    (void)state;
    draws(60);
    WORLD->entries[WORLD->count - 1].bytes[7] = 0; /* the third byte from the end of its time */
    (void)log_world_replay(WORLD);
    assert_true(log_world_found(WORLD, REPLAY_TIME));
}

static void an_unknown_version_is_found(void **state)
{
    (void)state;
    draws(30);
    log_world_version(WORLD);
    WORLD->entries[WORLD->count - 1].bytes[13] = 9;
    (void)log_world_replay(WORLD);
    assert_true(log_world_found(WORLD, REPLAY_VERSION));
}

static void a_moment_at_another_time_is_found(void **state)
{
    const struct lease_record moment = {.prize = 4, .from = 30, .to = 31, .at_ms = WORLD->table.start_ms + 1};

    (void)state;
    log_world_control(WORLD, RECORD_MOMENT, &moment);
    assert_int_equal(log_world_replay(WORLD).findings, 1);
    assert_true(log_world_found(WORLD, REPLAY_LEASE));
}

static void units_leased_twice_are_found(void **state)
{
    const struct lease_record lease = {.prize = 1, .from = 2999, .to = 3100, .more = true};

    (void)state;
    log_world_control(WORLD, RECORD_LEASE, &lease);
    assert_int_equal(log_world_replay(WORLD).findings, 1);
    assert_true(log_world_found(WORLD, REPLAY_LEASE));
}

/* ---- losses ---- */

/* The ledger never heard of the last entry: its wins are not counted, its positions are gone. */
static void the_last_entry_is_lost(void)
{
    struct world_entry *entry = &WORLD->entries[WORLD->count - 1];

    for (size_t at = DRAW_AT; at < entry->len; at += RECORD_DRAW_BYTES) {
        const uint8_t prize = entry->bytes[at + PRIZE_AT];

        if (prize != 0) {
            WORLD->shard.pools[prize - 1].given--;
        }
    }
    entry->len = 0;
}

static void a_recorded_loss_is_counted_and_excused(void **state)
{
    struct replay_totals totals;
    uint64_t kept = 0;

    (void)state;
    draws(60);
    kept = WORLD->shard.position;
    log_world_draws(WORLD, 9);
    the_last_entry_is_lost();
    log_world_draws(WORLD, 9); /* stored, because it holds wins */
    log_world_open(WORLD, kept);
    draws(60);
    totals = log_world_replay(WORLD);
    assert_clean(totals);
    assert_int_equal(totals.lost_positions, 9);
}

/* Entries without wins: the shard's stock is put aside while they are drawn. */
static void draws_without_wins(size_t count)
{
    const struct shard before = WORLD->shard;

    memset(WORLD->shard.pools, 0, sizeof WORLD->shard.pools);
    WORLD->shard.moment_count = 0;
    log_world_draws(WORLD, count);
    memcpy(WORLD->shard.pools, before.pools, sizeof before.pools);
    WORLD->shard.moment_count = before.moment_count;
}

static void numbers_of_a_lost_tail_may_be_drawn_again(void **state)
{
    struct player_state players[WORLD_PLAYERS];
    struct replay_totals totals;
    uint64_t kept = 0;

    (void)state;
    draws(60);
    kept = WORLD->shard.position;
    memcpy(players, WORLD->states, sizeof players);
    draws_without_wins(4);
    the_last_entry_is_lost();
    draws_without_wins(6); /* stored; what the shard knew of its players is lost all the same */
    memcpy(WORLD->states, players, sizeof players);
    log_world_open(WORLD, kept);
    draws(60);
    totals = log_world_replay(WORLD);
    assert_clean(totals);
    assert_int_equal(totals.lost_positions, 4);
    assert_true(totals.redrawn > 0);
}

static void a_gap_below_what_was_kept_is_found(void **state)
{
    (void)state;
    draws(60);
    WORLD->entries[70].len = 0;
    log_world_open(WORLD, WORLD->shard.position);
    draws(10);
    assert_true(log_world_replay(WORLD).findings > 0);
    assert_true(log_world_found(WORLD, REPLAY_GAP));
}

static void an_opening_with_units_that_were_won_is_found(void **state)
{
    (void)state;
    draws(60);
    WORLD->shard.pools[0].ranges[0].from -= 1;
    log_world_open(WORLD, WORLD->shard.position);
    assert_int_equal(log_world_replay(WORLD).findings, 1);
    assert_true(log_world_found(WORLD, REPLAY_UNIT));
}

static void an_opening_with_units_that_were_never_leased_is_found(void **state)
{
    (void)state;
    draws(60);
    WORLD->shard.pools[0].ranges[0].to += 5;
    log_world_open(WORLD, WORLD->shard.position);
    assert_int_equal(log_world_replay(WORLD).findings, 1);
    assert_true(log_world_found(WORLD, REPLAY_LEASE));
}

static void an_epoch_without_its_opening_is_found(void **state)
{
    (void)state;
    draws(60);
    log_world_open(WORLD, WORLD->shard.position);
    WORLD->entries[WORLD->count - 1].len = 0;
    draws(5);
    (void)log_world_replay(WORLD);
    assert_true(log_world_found(WORLD, REPLAY_GAP));
}

static void an_epoch_that_never_opened_is_passed(void **state)
{
    (void)state;
    draws(20);
    WORLD->shard.epoch++;
    log_world_open(WORLD, 1);
    assert_true(log_world_replay(WORLD).findings > 0);
    assert_true(log_world_found(WORLD, REPLAY_GAP));
}

int main(void)
{
#define WORLD_TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)
    const struct CMUnitTest tests[] = {
        WORLD_TEST(an_honest_log_is_clean),
        WORLD_TEST(returns_versions_moves_and_openings_are_part_of_an_honest_log),
        WORLD_TEST(a_changed_unit_is_found),
        WORLD_TEST(a_changed_selection_is_found),
        WORLD_TEST(a_win_that_is_hidden_is_found),
        WORLD_TEST(a_changed_chance_is_found),
        WORLD_TEST(a_changed_player_is_found),
        WORLD_TEST(a_missing_entry_is_found),
        WORLD_TEST(a_missing_draw_is_found_although_positions_were_renumbered),
        WORLD_TEST(an_added_entry_is_found),
        WORLD_TEST(an_entry_in_a_taken_place_is_found),
        WORLD_TEST(a_wrong_seed_is_found),
        WORLD_TEST(an_oversold_unit_is_found),
        WORLD_TEST(an_unleased_unit_is_found),
        WORLD_TEST(a_draw_while_paused_is_found),
        WORLD_TEST(time_that_goes_back_is_found),
        WORLD_TEST(an_unknown_version_is_found),
        WORLD_TEST(a_moment_at_another_time_is_found),
        WORLD_TEST(units_leased_twice_are_found),
        WORLD_TEST(a_recorded_loss_is_counted_and_excused),
        WORLD_TEST(numbers_of_a_lost_tail_may_be_drawn_again),
        WORLD_TEST(a_gap_below_what_was_kept_is_found),
        WORLD_TEST(an_opening_with_units_that_were_won_is_found),
        WORLD_TEST(an_opening_with_units_that_were_never_leased_is_found),
        WORLD_TEST(an_epoch_without_its_opening_is_found),
        WORLD_TEST(an_epoch_that_never_opened_is_passed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
