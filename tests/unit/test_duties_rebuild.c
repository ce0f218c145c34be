/*
 * Unit tests of duties/rebuild.c: players made from a shard's log are to the byte what the shard had.
 */
#include "duties/rebuild.h"

#include "lottery/shard.h"
#include "tests/support/unit.h"

#include <stdlib.h>
#include <string.h>

enum { PLAYERS = 40, DRAWS = 3000, DAY_MS = 1000 * 1000, DAYS = 12, ENTRY_DRAWS = 5 };

static int64_t days[DAYS + 1];
static struct table_prize prizes[2];
static struct table table = {.campaign = "c",
                             .version = 1,
                             .shards = 1,
                             .base_chances = 60,
                             .day_chances = 5,
                             .days = days,
                             .day_count = DAYS,
                             .prizes = prizes,
                             .prize_count = 2};

/* A shard, its players, and the log that they wrote. */
struct past {
    struct shard shard;
    struct player_state players[PLAYERS];
    struct buf entries[DRAWS];
    size_t entry_count;
    struct draw_record open[ENTRY_DRAWS]; /* of the entry that gathers */
    size_t open_count;
    uint64_t seed;
};

static uint32_t next_number(struct past *past)
{
    past->seed = past->seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(past->seed >> 33);
}

static struct player_id player_of(uint32_t index)
{
    struct player_id player = {{0}};

    memcpy(player.bytes, &index, sizeof index);
    memcpy(player.bytes + 8, &index, sizeof index);
    return player;
}

static const struct table *table_find(void *arg, uint32_t version)
{
    (void)arg;
    return version <= 1 ? &table : NULL;
}

static void past_close_entry(struct past *past)
{
    const struct record_header header = {RECORD_DRAWS, past->shard.time_ms, 1, (uint16_t)past->open_count};
    struct buf *entry = &past->entries[past->entry_count];

    if (past->open_count == 0) {
        return;
    }
    past->entry_count++;
    buf_init(entry, 4096);
    record_header_write(&header, entry);
    for (size_t i = 0; i < past->open_count; i++) {
        record_draw_write(&past->open[i], entry);
    }
    past->open_count = 0;
}

static void past_draw(struct past *past, uint32_t index)
{
    struct draw_request request = {.player = player_of(index),
                                   .block = past->players[index].draw_no / BLOCK_DRAWS};
    struct draw_record record;
    struct draw_result result;

    for (size_t i = 0; i < BLOCK_BYTES; i++) {
        request.numbers[i] = (uint8_t)next_number(past);
    }
    for (size_t i = 0; i < KEY_BYTES; i++) {
        request.key.bytes[i] = (uint8_t)next_number(past);
    }
    result = shard_draw(&past->shard, &table, &past->players[index], &request, 0, &record);
    if (result.status == DRAW_NEW) {
        past->open[past->open_count++] = record;
    }
    if (past->open_count == ENTRY_DRAWS) {
        past_close_entry(past);
    }
}

static void table_fill(void)
{
    for (int i = 0; i <= DAYS; i++) {
        days[i] = (int64_t)i * DAY_MS + 1;
    }
    table.start_ms = 1;
    table.end_ms = (int64_t)DAYS * DAY_MS;
    prizes[0] = (struct table_prize){.id = "a",
                                     .kind = PRIZE_CARD,
                                     .units = 100000,
                                     .number_from = 0,
                                     .number_to = NUMBER_SPAN / 4,
                                     .wins_max = 9};
    prizes[1] = (struct table_prize){.id = "b",
                                     .kind = PRIZE_CARD,
                                     .units = 100000,
                                     .number_from = NUMBER_SPAN / 4,
                                     .number_to = NUMBER_SPAN / 3};
}

static struct past *past_new(uint64_t seed)
{
    struct past *past = calloc(1, sizeof *past);

    assert_non_null(past);
    table_fill();
    past->seed = seed;
    past->shard = (struct shard){.epoch = 1, .position = 2, .version = 1, .prize_count = 2, .time_ms = 1};
    for (int i = 0; i < 2; i++) {
        past->shard.pools[i].range_count = 1;
        past->shard.pools[i].ranges[0] = (struct unit_range){0, 100000};
    }
    for (int i = 0; i < DRAWS; i++) {
        int64_t later = past->shard.time_ms + next_number(past) % (2 * (DAYS - 1) * DAY_MS / DRAWS);

        if (later < table.end_ms && past->open_count == 0) {
            past->shard.time_ms = later;
        }
        past_draw(past, next_number(past) % PLAYERS);
    }
    past_close_entry(past);
    return past;
}

static void past_free(struct past *past)
{
    for (size_t i = 0; i < past->entry_count; i++) {
        buf_free(&past->entries[i]);
    }
    free(past);
}

static const uint8_t *entry_bytes(const struct past *past, size_t at)
{
    return (const uint8_t *)past->entries[at].data;
}

static void feed(struct rebuild *rebuild, const struct past *past, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++) {
        assert_int_equal(rebuild_entry(rebuild, entry_bytes(past, i), past->entries[i].len), HB_OK);
    }
}

static struct player_state found(const struct rebuild *rebuild, uint32_t index)
{
    const struct player_id wanted = player_of(index);
    struct player_state state = {0};

    for (size_t i = 0; i < rebuild_places(rebuild); i++) {
        struct player_id player;
        const uint8_t *packed = NULL;
        size_t len = 0;

        if (rebuild_at(rebuild, i, &player, &packed, &len) && memcmp(&player, &wanted, sizeof player) == 0) {
            assert_true(player_unpack(packed, len, &state));
        }
    }
    return state;
}

static void states_same(const struct player_state *a, const struct player_state *b)
{
    uint8_t left[PLAYER_PACKED_MAX], right[PLAYER_PACKED_MAX];
    size_t len = player_pack(a, left);

    assert_int_equal(len, player_pack(b, right));
    assert_memory_equal(left, right, len);
}

static void all_same(const struct rebuild *rebuild, const struct past *past)
{
    for (uint32_t i = 0; i < PLAYERS; i++) {
        struct player_state state = found(rebuild, i);

        states_same(&state, &past->players[i]);
    }
}

TEST(the_whole_log_gives_every_player_back_to_the_byte)
{
    for (uint64_t seed = 1; seed <= 20; seed++) {
        struct past *past = past_new(seed);
        struct rebuild *rebuild = rebuild_new(table_find, NULL);

        feed(rebuild, past, 0, past->entry_count);
        assert_int_equal(rebuild_end(rebuild), HB_OK);
        all_same(rebuild, past);
        assert_int_equal(rebuild_won(rebuild, 1), past->shard.pools[0].given);
        assert_int_equal(rebuild_won(rebuild, 2), past->shard.pools[1].given);
        assert_in_range(rebuild_time_ms(rebuild), 1, past->shard.time_ms);
        rebuild_free(rebuild);
        past_free(past);
    }
}

TEST(a_tail_goes_onto_what_redis_has_and_counts_once)
{
    struct past *past = past_new(7);
    struct rebuild *half = rebuild_new(table_find, NULL), *whole = rebuild_new(table_find, NULL);

    feed(half, past, 0, past->entry_count / 2);
    for (uint32_t i = 0; i < PLAYERS; i++) {
        const struct player_id player = player_of(i);
        struct player_state base = found(half, i);

        assert_int_equal(rebuild_base(whole, &player, &base), HB_OK);
    }
    feed(whole, past, past->entry_count / 3, past->entry_count); /* some of it Redis has already */
    assert_int_equal(rebuild_end(whole), HB_OK);
    all_same(whole, past);
    rebuild_free(half);
    rebuild_free(whole);
    past_free(past);
}

/* The last winning draw of the log, and the entry it is in. */
static struct draw_record last_win(const struct past *past, size_t *entry)
{
    struct draw_record record = {.prize = 0};

    for (size_t i = past->entry_count; i > 0 && record.prize == 0; i--) {
        struct record_header header;

        assert_true(record_header_read(entry_bytes(past, i - 1), past->entries[i - 1].len, &header));
        for (uint16_t k = 0; k < header.count && record.prize == 0; k++) {
            assert_true(record_draw_read(entry_bytes(past, i - 1), past->entries[i - 1].len, k, &record));
        }
        *entry = i - 1;
    }
    assert_int_not_equal(record.prize, 0);
    return record;
}

static struct known_win known(const struct draw_record *record, int64_t at_ms)
{
    return (struct known_win){.player = record->player,
                              .key = record->key,
                              .draw_no = record->draw_no,
                              .unit = record->unit,
                              .chances_left = record->chances_left,
                              .prize = record->prize,
                              .won_at_ms = at_ms};
}

TEST(a_win_that_only_the_ledger_knows_counts_and_is_answered_again)
{
    struct past *past = past_new(3);
    struct rebuild *rebuild = rebuild_new(table_find, NULL);
    size_t entry = 0;
    struct draw_record record = last_win(past, &entry);
    struct known_win win = known(&record, past->shard.time_ms);
    struct player_state now;
    bool same_body = false;
    uint32_t index = 0;

    memcpy(&index, record.player.bytes, sizeof index);
    assert_int_equal(rebuild_win(rebuild, &win), HB_OK);
    feed(rebuild, past, 0, entry); /* its entry and what came after are lost */
    assert_int_equal(rebuild_end(rebuild), HB_OK);
    now = found(rebuild, index);
    assert_int_equal(rebuild_late(rebuild), 1);
    assert_int_equal(now.draw_no, record.draw_no);
    assert_int_equal(player_wins(&now, record.prize), player_wins(&past->players[index], record.prize));
    assert_non_null(player_find(&now, &record.key, &same_body));
    assert_true(same_body);
    rebuild_free(rebuild);
    past_free(past);
}

TEST(wins_that_the_log_tells_of_change_nothing)
{
    struct past *past = past_new(4);
    struct rebuild *rebuild = rebuild_new(table_find, NULL);

    for (size_t i = 0; i < past->entry_count; i++) {
        struct record_header header;
        struct draw_record record;

        assert_true(record_header_read(entry_bytes(past, i), past->entries[i].len, &header));
        for (uint16_t k = 0; k < header.count; k++) {
            assert_true(record_draw_read(entry_bytes(past, i), past->entries[i].len, k, &record));
            if (record.prize != 0) {
                struct known_win win = known(&record, header.time_ms);

                assert_int_equal(rebuild_win(rebuild, &win), HB_OK);
            }
        }
    }
    feed(rebuild, past, 0, past->entry_count);
    assert_int_equal(rebuild_end(rebuild), HB_OK);
    assert_int_equal(rebuild_late(rebuild), 0);
    all_same(rebuild, past);
    rebuild_free(rebuild);
    past_free(past);
}

TEST(a_win_from_before_the_last_draw_takes_its_place_among_the_answers)
{
    struct rebuild *rebuild = rebuild_new(table_find, NULL);
    const struct player_id player = player_of(5);
    const struct known_win win = {.player = player, .draw_no = 5, .prize = 2, .unit = 9, .won_at_ms = 10};
    struct player_state base = {.draw_no = 4, .day = 1, .today = 4};
    struct draw_record record = {.player = player, .draw_no = 6, .key = {{1}}};
    const struct record_header header = {RECORD_DRAWS, 20, 1, 1};
    struct buf entry;

    table_fill();
    buf_init(&entry, 256);
    record_header_write(&header, &entry);
    record_draw_write(&record, &entry);
    assert_int_equal(rebuild_base(rebuild, &player, &base), HB_OK);
    assert_int_equal(rebuild_win(rebuild, &win), HB_OK);
    assert_int_equal(rebuild_entry(rebuild, (const uint8_t *)entry.data, entry.len), HB_OK);
    assert_int_equal(rebuild_end(rebuild), HB_OK);
    base = found(rebuild, 5);
    assert_int_equal(base.draw_no, 6);
    assert_int_equal(base.remembered_count, 2);
    assert_int_equal(base.remembered[0].draw_no, 6);
    assert_int_equal(base.remembered[1].draw_no, 5);
    assert_int_equal(player_wins(&base, 2), 1);
    buf_free(&entry);
    rebuild_free(rebuild);
}

TEST(wins_that_only_the_ledger_knows_may_come_in_any_order)
{
    static const uint32_t ORDER[] = {3, 1, 4, 2};
    struct rebuild *rebuild = rebuild_new(table_find, NULL);
    const struct player_id player = player_of(6);
    struct player_state now;

    table_fill();
    for (size_t i = 0; i < 4; i++) {
        const struct known_win win = {
            .player = player, .draw_no = ORDER[i], .prize = 2, .unit = ORDER[i], .won_at_ms = 10 * ORDER[i]};

        assert_int_equal(rebuild_win(rebuild, &win), HB_OK);
    }
    assert_int_equal(rebuild_end(rebuild), HB_OK);
    now = found(rebuild, 6);
    assert_int_equal(now.draw_no, 4);
    assert_int_equal(player_wins(&now, 2), 4);
    for (uint8_t i = 0; i < now.remembered_count; i++) {
        assert_int_equal(now.remembered[i].draw_no, 4 - i);
    }
    rebuild_free(rebuild);
}

TEST(a_malformed_entry_and_an_unknown_version_are_refused)
{
    struct rebuild *rebuild = rebuild_new(table_find, NULL);
    const struct record_header header = {RECORD_PAUSE, 20, 2, 1};
    struct buf entry;

    buf_init(&entry, 256);
    record_header_write(&header, &entry);
    buf_addc(&entry, 0);
    assert_int_equal(rebuild_entry(rebuild, (const uint8_t *)entry.data, entry.len), HB_E_INPUT);
    assert_int_equal(rebuild_entry(rebuild, (const uint8_t *)entry.data, 7), HB_E_INPUT);
    buf_free(&entry);
    rebuild_free(rebuild);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(the_whole_log_gives_every_player_back_to_the_byte),
        RUN(a_tail_goes_onto_what_redis_has_and_counts_once),
        RUN(a_win_that_only_the_ledger_knows_counts_and_is_answered_again),
        RUN(wins_that_the_log_tells_of_change_nothing),
        RUN(a_win_from_before_the_last_draw_takes_its_place_among_the_answers),
        RUN(wins_that_only_the_ledger_knows_may_come_in_any_order),
        RUN(a_malformed_entry_and_an_unknown_version_are_refused),
    };

    return RUN_ALL(tests);
}
