/* tests/support/lottery_log.c - runs draws as the shard's function does and keeps what it would log. */
#include "tests/support/lottery_log.h"

#include "lottery/moments.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static const struct table_prize PRIZES[LOG_PRIZES] = {
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
     .per_second = 3},
    {.id = "thanks", .kind = PRIZE_VOUCHER, .mode = PRIZE_ALWAYS, .units = 1500},
    {.id = "card", .kind = PRIZE_CARD, .mode = PRIZE_MOMENTS, .units = 50, .wins_max = 1},
};

struct table log_table(struct table_prize prizes[static LOG_PRIZES], int64_t days[static LOG_DAYS])
{
    memcpy(prizes, PRIZES, sizeof PRIZES);
    days[0] = LOG_START_MS;
    days[1] = LOG_START_MS + 120000;
    return (struct table){.campaign = "spring",
                          .version = 1,
                          .shards = 1,
                          .start_ms = LOG_START_MS,
                          .end_ms = LOG_END_MS,
                          .days = days,
                          .day_count = LOG_DAYS,
                          .base_chances = 3,
                          .day_chances = 5000,
                          .prizes = prizes,
                          .prize_count = LOG_PRIZES};
}

static uint32_t world_random(struct log_world *world, uint32_t below)
{
    world->random = world->random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)((world->random >> 33) % below);
}

static struct world_entry *entry_next(struct log_world *world)
{
    struct world_entry *entry = &world->entries[world->count];

    assert(world->count < WORLD_ENTRIES);
    world->count++;
    entry->epoch = world->shard.epoch;
    entry->position = world->shard.position;
    return entry;
}

static void entry_start(struct log_world *world, struct buf *buf, enum record_kind kind, uint16_t count)
{
    const struct record_header header = {
        .kind = kind, .time_ms = world->shard.time_ms, .version = world->shard.version, .count = count};

    buf_init(buf, sizeof world->entries[0].bytes);
    record_header_write(&header, buf);
}

static void entry_end(struct world_entry *entry, struct buf *buf)
{
    assert(!buf->failed && buf->len <= sizeof entry->bytes);
    memcpy(entry->bytes, buf->data, buf->len);
    entry->len = buf->len;
    buf_free(buf);
}

struct player_id log_world_player(size_t index)
{
    struct player_id player = {{0}};

    memset(player.bytes, 0x5a, sizeof player.bytes);
    player.bytes[15] = (uint8_t)index;
    return player;
}

static struct draw_record world_draw(struct log_world *world, size_t index)
{
    const struct table *table = world->shard.version == 1 ? &world->table : &world->next;
    struct draw_request request = {.player = log_world_player(index)};
    struct draw_record record;
    struct draw_result result;

    for (size_t i = 0; i < KEY_BYTES; i++) {
        request.key.bytes[i] = (uint8_t)world_random(world, 256);
    }
    request.block = world->states[index].draw_no / BLOCK_DRAWS;
    fairness_block(&world->seed, "spring", &request.player, request.block, request.numbers);
    result = shard_draw(&world->shard, table, &world->states[index], &request, 0, &record);
    assert(result.status == DRAW_NEW);
    (void)result;
    return record;
}

void log_world_draws(struct log_world *world, size_t count)
{
    struct world_entry *entry = entry_next(world);
    struct buf buf;

    world->shard.time_ms += world_random(world, 400);
    entry_start(world, &buf, RECORD_DRAWS, (uint16_t)count);
    for (size_t i = 0; i < count; i++) {
        const struct draw_record record = world_draw(world, world_random(world, WORLD_PLAYERS));

        record_draw_write(&record, &buf);
    }
    entry_end(entry, &buf);
}

void log_world_control(struct log_world *world, enum record_kind kind, const struct lease_record *lease)
{
    struct world_entry *entry = entry_next(world);
    struct lease_record numbered = *lease;
    struct buf buf;
    bool applied;

    numbered.lease_no = world->shard.lease_no + 1;
    entry_start(world, &buf, kind, 1);
    record_lease_write(kind, &numbered, &buf);
    entry_end(entry, &buf);
    applied = shard_apply(&world->shard, kind, &numbered);
    assert(applied);
    (void)applied;
}

void log_world_version(struct log_world *world)
{
    struct world_entry *entry = entry_next(world);
    struct buf buf;
    bool applied = shard_apply_version(&world->shard, &world->next);

    assert(applied);
    (void)applied;
    entry_start(world, &buf, RECORD_VERSION, 1);
    buf_add(&buf, "0123456789abcdef0123456789abcdef", 32);
    entry_end(entry, &buf);
}

void log_world_open(struct log_world *world, uint64_t kept)
{
    struct world_entry *entry = NULL;
    struct buf buf;

    world->shard.epoch++;
    world->shard.position = 1;
    entry = entry_next(world);
    world->shard.position = 2;
    entry_start(world, &buf, RECORD_OPENING, 1);
    buf_add_be(&buf, kept, 8);
    shard_pack(&world->shard, &buf);
    entry_end(entry, &buf);
}

static void world_stock(struct log_world *world)
{
    static const struct lease_record LEASES[] = {
        {.prize = 1, .from = 0, .to = 3000, .more = true},
        {.prize = 2, .from = 100, .to = 400, .more = false},
        {.prize = 3, .from = 0, .to = 1000, .more = false},
    };

    for (size_t i = 0; i < sizeof LEASES / sizeof LEASES[0]; i++) {
        log_world_control(world, RECORD_LEASE, &LEASES[i]);
    }
    for (uint32_t unit = 0; unit < 20; unit++) {
        const struct lease_record moment = {.prize = 4,
                                            .from = unit,
                                            .to = unit + 1,
                                            .at_ms = moment_of(&world->table, 4, &world->seed, unit).at_ms};

        log_world_control(world, RECORD_MOMENT, &moment);
    }
}

struct log_world *log_world_new(void)
{
    const uint8_t secret[32] = {1, 2, 3};
    struct log_world *world = calloc(1, sizeof *world);

    assert(world != NULL);
    world->table = log_table(world->prizes, world->days);
    world->next = world->table;
    world->next.version = 2;
    fairness_seed("spring", secret, "", &world->seed);
    memset(world->shard.run_id, '7', sizeof world->shard.run_id);
    world->shard.version = 1;
    world->shard.prize_count = LOG_PRIZES;
    world->shard.time_ms = LOG_START_MS;
    log_world_open(world, 1);
    world_stock(world);
    return world;
}

static const struct table *world_table(void *arg, uint32_t version)
{
    const struct log_world *world = arg;

    if (version == 1) {
        return &world->table;
    }
    return version == 2 ? &world->next : NULL;
}

static void world_found(void *arg, const struct replay_finding *finding)
{
    struct log_world *world = arg;

    if (world->finding_count < WORLD_FINDINGS) {
        world->findings[world->finding_count++] = *finding;
    }
}

struct replay_totals log_world_replay(struct log_world *world)
{
    struct replay *replay = replay_new(&world->seed, "spring", 0, world_table, world_found, world);
    struct replay_totals totals;

    assert(replay != NULL);
    world->finding_count = 0;
    for (size_t i = 0; i < world->count; i++) {
        const struct world_entry *entry = &world->entries[i];

        if (entry->len > 0) { /* 0: dropped by the test */
            replay_entry(replay, entry->epoch, entry->position, entry->bytes, entry->len);
        }
    }
    totals = replay_end(replay);
    replay_free(replay);
    return totals;
}

bool log_world_found(const struct log_world *world, enum replay_finding_kind kind)
{
    for (size_t i = 0; i < world->finding_count; i++) {
        if (world->findings[i].kind == kind) {
            return true;
        }
    }
    return false;
}
