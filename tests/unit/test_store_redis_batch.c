/* tests/unit/test_store_redis_batch.c - a batch of draws as Redis gets it, and what it answers. */
#include "support/unit.h"

#include "lottery/record.h"
#include "store/redis_batch.h"

#include <string.h>

enum { ASKED = BATCH_REQUEST_BYTES - PLAYER_BYTES };

static struct draw_request requests[RECORD_DRAWS_MAX];
static struct draw_result results[RECORD_DRAWS_MAX];
static struct shard_batch batch = {.requests = requests, .results = results};

/* Players by number; every other byte of them is the same. */
static void make(const uint8_t *players, size_t count)
{
    memset(requests, 0, sizeof requests);
    memset(results, 0, sizeof results);
    batch.count = count;
    for (size_t i = 0; i < count; i++) {
        memset(requests[i].player.bytes, 7, PLAYER_BYTES);
        requests[i].player.bytes[0] = players[i];
        memset(requests[i].key.bytes, (int)i, KEY_BYTES);
        requests[i].draw_no = (uint32_t)i;
        requests[i].block = 5;
        for (uint8_t b = 0; b < BLOCK_BYTES; b++) {
            requests[i].numbers[b] = b;
        }
    }
}

static struct buf entry_of(const uint8_t *places, uint16_t count)
{
    const struct record_header header = {.kind = RECORD_DRAWS, .time_ms = 1, .version = 1, .count = count};
    struct buf entry;

    buf_init(&entry, 65536);
    record_header_write(&header, &entry);
    for (uint16_t i = 0; i < count; i++) {
        const struct draw_record record = {.player = requests[places[i]].player,
                                           .draw_no = 10U + places[i],
                                           .selected = 2,
                                           .how = GIVEN_ODDS,
                                           .prize = 2,
                                           .unit = 77,
                                           .chances_left = 3};
        record_draw_write(&record, &entry);
    }
    return entry;
}

static bool read(const void *refused, size_t refused_len, const struct buf *entry)
{
    const struct batch_answer answer = {.refused = refused,
                                        .refused_len = refused_len,
                                        .entry = (const uint8_t *)entry->data,
                                        .entry_len = entry->len};

    return batch_read(&answer, &batch);
}

TEST(players_come_first_then_what_each_asks)
{
    struct buf wire;

    buf_init(&wire, 65536);
    make((const uint8_t[]){1, 2}, 2);
    batch_pack(&batch, &wire);
    assert_int_equal(wire.len, 2 * BATCH_REQUEST_BYTES);
    assert_memory_equal(wire.data, requests[0].player.bytes, PLAYER_BYTES);
    assert_memory_equal(wire.data + PLAYER_BYTES, requests[1].player.bytes, PLAYER_BYTES);
    assert_memory_equal(wire.data + (size_t)2 * PLAYER_BYTES + ASKED,
                        "\1\1\1\1\1\1\1\0\0\0\1\0\0\0\5"
                        "\0\1\2\3\4\5\10\11\12\13\14\15\20\21\22\23\24\25\30\31\32\33\34\35",
                        ASKED);
    buf_free(&wire);
}

TEST(who_is_in_the_batch_before_is_marked)
{
    static const uint8_t PLAYERS[] = {1, 2, 1, 3, 2, 1, 4};
    static const bool AGAIN[] = {false, false, true, false, true, true, false};
    struct buf wire;

    buf_init(&wire, 65536);
    make(PLAYERS, sizeof PLAYERS);
    batch_pack(&batch, &wire);
    for (size_t i = 0; i < sizeof PLAYERS; i++) {
        const uint8_t *asked = (const uint8_t *)wire.data + sizeof PLAYERS * PLAYER_BYTES + i * ASKED;

        assert_int_equal(be_read(asked + KEY_BYTES + 4, 4), AGAIN[i] ? 0x80000005 : 5);
    }
    buf_free(&wire);
}

TEST(a_full_batch_of_one_player_is_marked_but_for_the_first)
{
    static const uint8_t PLAYERS[RECORD_DRAWS_MAX] = {0};
    struct buf wire;

    buf_init(&wire, 65536);
    make(PLAYERS, RECORD_DRAWS_MAX);
    batch_pack(&batch, &wire);
    for (size_t i = 0; i < RECORD_DRAWS_MAX; i++) {
        const size_t at = (size_t)RECORD_DRAWS_MAX * PLAYER_BYTES + i * ASKED + KEY_BYTES + 4;

        assert_int_equal((uint8_t)wire.data[at], i == 0 ? 0 : 0x80);
    }
    buf_free(&wire);
}

TEST(who_is_not_refused_is_in_the_entry)
{
    static const uint8_t REFUSED[] = {1, 'c', 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0};

    make((const uint8_t[]){1, 2, 3}, 3);
    struct buf entry = entry_of((const uint8_t[]){0, 2}, 2);
    assert_true(read(REFUSED, sizeof REFUSED, &entry));
    assert_int_equal(results[0].status, DRAW_NEW);
    assert_int_equal(results[0].draw_no, 10);
    assert_int_equal(results[1].status, DRAW_NO_CHANCE);
    assert_int_equal(results[1].draw_no, 9);
    assert_int_equal(results[2].draw_no, 12);
    assert_int_equal(results[2].prize, 2);
    assert_int_equal(results[2].unit, 77);
    assert_int_equal(results[2].chances_left, 3);
    buf_free(&entry);
}

TEST(what_is_no_answer_to_the_batch_is_not_taken)
{
    static const uint8_t REFUSED[] = {1, 'c', 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0};
    static const uint8_t PAST[] = {3, 'c', 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0};
    struct buf nothing = {0};

    make((const uint8_t[]){1, 2, 3}, 3);
    struct buf entry = entry_of((const uint8_t[]){0, 2}, 2), other = entry_of((const uint8_t[]){2, 0}, 2);
    assert_false(read(REFUSED, 0, &entry));                  /* a draw is missing */
    assert_false(read(REFUSED, sizeof REFUSED - 1, &entry)); /* half an answer */
    assert_false(read(PAST, sizeof PAST, &entry));           /* nobody has this place */
    assert_false(read(REFUSED, sizeof REFUSED, &other));     /* another's record */
    assert_false(read(REFUSED, sizeof REFUSED, &nothing));
    buf_free(&entry);
    buf_free(&other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(players_come_first_then_what_each_asks),
        RUN(who_is_in_the_batch_before_is_marked),
        RUN(a_full_batch_of_one_player_is_marked_but_for_the_first),
        RUN(who_is_not_refused_is_in_the_entry),
        RUN(what_is_no_answer_to_the_batch_is_not_taken),
    };

    return RUN_ALL(tests);
}
