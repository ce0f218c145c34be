/*
 * Fuzzes module lottery: a log of any bytes is replayed to its end, and what is not honest is a finding.
 *
 * Input: entries, each epoch u8 | position u16 | length u16 | bytes. The corpus holds honest logs and spoilt
 * ones.
 */
#include "tests/support/lottery_log.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { ENTRY_HEAD_BYTES = 5 };

static struct curve_point CURVE[] = {{.at_s = LOG_START_MS / 1000, .units = 10},
                                     {.at_s = LOG_START_MS / 1000 + 60, .units = 400}};
static struct slot SLOT = {.from_ms = LOG_START_MS, .to_ms = LOG_END_MS};

/* Versions 1 and 2: with a curve and a slot, and from version 2 on with a cap. */
static void tables_make(struct table_prize *prizes, int64_t *days, struct table tables[static 2])
{
    tables[0] = log_table(prizes, days);
    prizes[1].curve = CURVE;
    prizes[1].curve_count = 2;
    prizes[2].slots = &SLOT;
    prizes[2].slot_count = 1;
    tables[1] = tables[0];
    tables[1].version = 2;
    tables[1].day_cap = 100;
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
    struct table_prize prizes[LOG_PRIZES];
    int64_t days[LOG_DAYS];
    struct table tables[2];
    struct replay_totals totals;
    struct replay *replay = NULL;
    struct seed seed;

    tables_make(prizes, days, tables);
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
