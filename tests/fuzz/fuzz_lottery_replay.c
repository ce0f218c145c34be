/*
 * Fuzzes module lottery: a log of any bytes is replayed to its end, and what is not honest is a finding.
 *
 * Input: entries, each epoch u8 | position u16 | length u16 | bytes. The corpus holds honest logs and spoilt
 * ones.
 */
#include "lottery/replay.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { ENTRY_HEAD_BYTES = 5, START_MS = 1700000000 };

static struct curve_point CURVE[] = {{.at_s = START_MS / 1000, .units = 10},
                                     {.at_s = START_MS / 1000 + 60, .units = 400}};
static struct slot SLOT = {.from_ms = START_MS, .to_ms = START_MS + 3600000};
static struct table_prize PRIZES[] = {
    {.id = "lucky",
     .kind = PRIZE_CASH_SPLIT,
     .mode = PRIZE_ODDS,
     .units = 5000,
     .total_fen = 500000,
     .min_fen = 1,
     .max_fen = 2000,
     .number_to = NUMBER_SPAN / 4,
     .wins_max = 8},
    {.id = "fixed",
     .kind = PRIZE_CASH,
     .mode = PRIZE_ODDS,
     .units = 400,
     .amount_fen = 888,
     .number_from = NUMBER_SPAN / 4,
     .number_to = NUMBER_SPAN / 2,
     .per_second = 3,
     .curve = CURVE,
     .curve_count = 2},
    {.id = "thanks",
     .kind = PRIZE_VOUCHER,
     .mode = PRIZE_ALWAYS,
     .units = 1500,
     .slots = &SLOT,
     .slot_count = 1},
    {.id = "card", .kind = PRIZE_CARD, .mode = PRIZE_MOMENTS, .units = 50, .wins_max = 1},
};
static int64_t DAYS[] = {START_MS, START_MS + 120000};

static struct table table_of(uint32_t version)
{
    return (struct table){.campaign = "spring",
                          .version = version,
                          .shards = 1,
                          .start_ms = START_MS,
                          .end_ms = START_MS + 3600000,
                          .days = DAYS,
                          .day_count = 2,
                          .base_chances = 3,
                          .day_chances = 5000,
                          .day_cap = version == 2 ? 100 : 0,
                          .prizes = PRIZES,
                          .prize_count = 4};
}

static const struct table *table_find(void *arg, uint32_t version)
{
    const struct table *tables = arg;

    return version == 1 || version == 2 ? &tables[version - 1] : NULL;
}

static void finding_check(void *arg, const struct replay_finding *finding)
{
    (void)arg;
    if (replay_finding_name(finding->kind) == NULL ||
        memchr(finding->text, 0, sizeof finding->text) == NULL) {
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint8_t secret[32] = {1, 2, 3};
    struct table tables[2] = {table_of(1), table_of(2)};
    struct replay_totals totals;
    struct replay *replay = NULL;
    struct seed seed;

    fairness_seed("spring", secret, "", &seed);
    replay = replay_new(&seed, "spring", 0, table_find, finding_check, tables);
    while (replay != NULL && size >= ENTRY_HEAD_BYTES) {
        const uint32_t epoch = data[0];
        const uint64_t position = be_read(data + 1, 2);
        size_t len = be_read(data + 3, 2);

        data += ENTRY_HEAD_BYTES;
        size -= ENTRY_HEAD_BYTES;
        len = len < size ? len : size;
        replay_entry(replay, epoch, position, data, len);
        data += len;
        size -= len;
    }
    if (replay != NULL) {
        totals = replay_end(replay);
        if (totals.wins > totals.draws) {
            abort();
        }
    }
    replay_free(replay);
    return 0;
}
