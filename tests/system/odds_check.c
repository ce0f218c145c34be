/*
 * tests/unit/test_lottery_odds.c - the odds that are published are the odds that are drawn.
 *
 *   test_lottery_odds [DRAWS]
 *
 * Chi-square over all prizes and "nothing", stock not binding, for three fixed seeds: p > 0.001 each. Players
 * and numbers are made as the engine makes them. 200,000 draws a seed unless told; ten million in the long
 * run.
 */
#include "support/unit.h"

#include "lottery/decide.h"
#include "lottery/fairness.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PRIZES = 6, CELLS = PRIZES + 1 };

/* The value that chi-square with six degrees of freedom passes once in a thousand times. */
static const double LIMIT = 22.458;

static struct table_prize prizes[PRIZES];
static struct shard shard;

static struct table the_table(void)
{
    /* Parts in a million; what is left, 49.9888 %, selects nothing. */
    static const int64_t MILLIONTHS[PRIZES] = {100, 12, 5000, 95000, 150000, 250000};
    int64_t at = 0;

    for (unsigned i = 0; i < PRIZES; i++) {
        prizes[i] = (struct table_prize){.mode = PRIZE_ODDS, .units = INT32_MAX, .number_from = at};
        at += NUMBER_SPAN / 1000000 * MILLIONTHS[i];
        prizes[i].number_to = at;
        shard.pools[i].range_count = 1;
        shard.pools[i].ranges[0] = (struct unit_range){0, INT32_MAX};
    }
    shard.prize_count = PRIZES;
    return (struct table){
        .campaign = "odds", .version = 1, .shards = 1, .prizes = prizes, .prize_count = PRIZES};
}

static void
count_draws(const struct table *table, const struct seed *seed, uint64_t draws, uint64_t count[CELLS])
{
    const struct player_state newcomer = {0};
    uint8_t numbers[BLOCK_BYTES];

    for (uint64_t i = 0; i < draws; i += BLOCK_DRAWS) {
        struct player_id player = {0};

        memcpy(player.bytes, &i, sizeof i);
        fairness_block(seed, table->campaign, &player, 0, numbers);
        for (uint32_t draw_no = 1; draw_no <= BLOCK_DRAWS; draw_no++) {
            struct decision decision = decide(&shard, table, &newcomer, decide_number(numbers, draw_no), 0);

            count[decision.how == GIVEN_ODDS ? decision.prize : 0]++;
        }
    }
}

static double chi_square(uint64_t draws, const uint64_t count[CELLS])
{
    double sum = 0, rest = (double)draws;

    for (unsigned i = 0; i < PRIZES; i++) {
        double expected =
            (double)draws * (double)(prizes[i].number_to - prizes[i].number_from) / (double)NUMBER_SPAN;
        double off = (double)count[i + 1] - expected;

        sum += off * off / expected;
        rest -= expected;
    }
    return sum + ((double)count[0] - rest) * ((double)count[0] - rest) / rest;
}

static uint64_t option(int argc, char **argv, const char *name, uint64_t preset)
{
    for (int i = 1; i + 1 < argc; i++) {
        if (strcmp(argv[i], name) == 0) {
            return strtoull(argv[i + 1], NULL, 10);
        }
    }
    return preset;
}

int main(int argc, char **argv)
{
    uint64_t draws = option(argc, argv, "--draws", 200000) / BLOCK_DRAWS * BLOCK_DRAWS;
    uint64_t number = option(argc, argv, "--seed", 1);
    uint8_t secret[32] = {0};
    uint64_t count[CELLS] = {0};
    struct table table = the_table();
    struct seed seed;

    memcpy(secret, &number, sizeof number);
    fairness_seed(table.campaign, secret, "", &seed);
    count_draws(&table, &seed, draws, count);
    double chi = chi_square(draws, count);
    printf("seed %" PRIu64 ": %" PRIu64 " draws, chi-square %.3f, limit %.3f\n", number, draws, chi, LIMIT);
    return chi < LIMIT ? 0 : 1;
}
