/* tests/unit/test_lottery_record.c - log entries: written as described, read strictly. */
#include "support/unit.h"

#include "lottery/record.h"

#include <string.h>

static struct draw_record a_win(void)
{
    struct draw_record draw = {.draw_no = 5,
                               .selected = 2,
                               .why = WITHHELD_PACED,
                               .how = GIVEN_ALWAYS,
                               .prize = 3,
                               .unit = 77,
                               .chances_left = 6};

    memset(draw.player.bytes, 0x21, PLAYER_BYTES);
    memset(draw.key.bytes, 0x42, KEY_BYTES);
    return draw;
}

static void write_draws(struct buf *out, const struct draw_record *draws, uint16_t count)
{
    struct record_header header = {
        .kind = RECORD_DRAWS, .time_ms = 0x0102030405, .version = 9, .count = count};

    buf_init(out, 4096);
    record_header_write(&header, out);
    for (uint16_t i = 0; i < count; i++) {
        record_draw_write(&draws[i], out);
    }
}

static bool reads(const struct buf *entry, uint16_t index)
{
    struct draw_record draw;

    return record_draw_read((const uint8_t *)entry->data, entry->len, index, &draw);
}

TEST(a_draw_is_written_as_the_header_says)
{
    static const uint8_t HEADER[] = {1, 1, 0, 0, 0, 1, 2, 3, 4, 5, 0, 0, 0, 9, 0, 1};
    static const uint8_t TAIL[] = {2, 2, 3, 3, 0, 0, 0, 77, 0, 6, 0};
    struct draw_record draw = a_win();
    struct buf entry;

    write_draws(&entry, &draw, 1);
    assert_int_equal(entry.len, RECORD_HEADER_BYTES + RECORD_DRAW_BYTES);
    assert_memory_equal(entry.data, HEADER, sizeof HEADER);
    assert_memory_equal(entry.data + 16, draw.player.bytes, PLAYER_BYTES);
    assert_memory_equal(entry.data + 32, draw.key.bytes, KEY_BYTES);
    assert_memory_equal(entry.data + 43, TAIL, sizeof TAIL);
    buf_free(&entry);
}

TEST(draws_read_back_by_their_place)
{
    struct draw_record draws[3] = {a_win(), a_win(), a_win()}, read;
    struct buf entry;

    draws[1].draw_no = 8;
    write_draws(&entry, draws, 3);
    assert_true(record_draw_read((const uint8_t *)entry.data, entry.len, 1, &read));
    assert_int_equal(read.draw_no, 8);
    assert_int_equal(read.unit, 77);
    assert_int_equal(read.chances_left, 6);
    assert_false(reads(&entry, 3));
    buf_free(&entry);
}

TEST(an_entry_of_another_length_is_refused)
{
    struct draw_record draw = a_win();
    struct record_header header;
    struct buf entry;

    write_draws(&entry, &draw, 1);
    for (size_t cut = 0; cut < entry.len; cut++) {
        assert_false(record_header_read((const uint8_t *)entry.data, cut, &header));
    }
    buf_addc(&entry, 0);
    assert_false(record_header_read((const uint8_t *)entry.data, entry.len, &header));
    buf_free(&entry);
}

/* One byte of a good header changed. */
static bool header_with(size_t at, char value)
{
    struct draw_record draw = a_win();
    struct record_header header;
    struct buf entry;

    write_draws(&entry, &draw, 1);
    entry.data[at] = value;
    bool good = record_header_read((const uint8_t *)entry.data, entry.len, &header);
    buf_free(&entry);
    return good;
}

TEST(a_header_outside_the_format_is_refused)
{
    assert_true(header_with(0, 1));
    assert_false(header_with(0, 2));  /* format */
    assert_false(header_with(1, 0));  /* kind */
    assert_false(header_with(1, 9));  /* kind */
    assert_false(header_with(1, 2));  /* too short for an opening */
    assert_false(header_with(2, 1));  /* a time past 2^53 */
    assert_false(header_with(13, 0)); /* version 0 */
    assert_false(header_with(15, 0)); /* no draws */
    assert_false(header_with(14, 1)); /* 257 draws */
}

static bool draw_with(size_t at, char value)
{
    struct draw_record draw = a_win();
    struct buf entry;

    write_draws(&entry, &draw, 1);
    entry.data[RECORD_HEADER_BYTES + at] = value;
    bool good = reads(&entry, 0);
    buf_free(&entry);
    return good;
}

TEST(a_draw_outside_the_format_is_refused)
{
    assert_true(draw_with(26, 6));
    assert_false(draw_with(26, 0));  /* number 0 */
    assert_false(draw_with(27, 65)); /* selected */
    assert_false(draw_with(27, 0));  /* withheld without a selection */
    assert_false(draw_with(28, 4));  /* why */
    assert_false(draw_with(28, 0));  /* selected, not given, no reason */
    assert_false(draw_with(29, 4));  /* how */
    assert_false(draw_with(29, 0));  /* a prize given by nothing */
    assert_false(draw_with(29, GIVEN_ODDS));
    assert_false(draw_with(29, GIVEN_MOMENT)); /* with a reason */
    assert_false(draw_with(30, 0));            /* given, but no prize */
    assert_false(draw_with(30, 65));
    assert_false(draw_with(37, 1)); /* reserved */
}

static void write_lease(struct buf *out, enum record_kind kind, const struct lease_record *lease)
{
    struct record_header header = {.kind = kind, .time_ms = 5, .version = 1, .count = 1};

    buf_init(out, 256);
    record_header_write(&header, out);
    record_lease_write(kind, lease, out);
}

TEST(leases_returns_moments_and_leavers_read_back)
{
    static const enum record_kind KINDS[] = {RECORD_LEASE, RECORD_RETURN, RECORD_MOMENT, RECORD_GONE};
    static const size_t BYTES[] = {14, 13, 17, 9};
    const struct lease_record lease = {
        .lease_no = 3, .prize = 2, .from = 9, .to = 10, .more = true, .at_ms = 44};

    for (unsigned i = 0; i < 4; i++) {
        struct lease_record read;
        struct buf entry;

        write_lease(&entry, KINDS[i], &lease);
        assert_int_equal(entry.len, RECORD_HEADER_BYTES + BYTES[i]);
        assert_true(record_lease_read((const uint8_t *)entry.data, entry.len, &read));
        assert_int_equal(read.lease_no, 3);
        assert_int_equal(read.prize, 2);
        assert_int_equal(read.from, 9);
        assert_int_equal(read.to, 10);
        assert_int_equal(read.more, KINDS[i] == RECORD_LEASE);
        assert_int_equal(read.at_ms, KINDS[i] == RECORD_MOMENT ? 44 : 0);
        buf_free(&entry);
    }
}

static bool lease_reads(enum record_kind kind, struct lease_record lease)
{
    struct lease_record read;
    struct buf entry;

    write_lease(&entry, kind, &lease);
    bool good = record_lease_read((const uint8_t *)entry.data, entry.len, &read);
    buf_free(&entry);
    return good;
}

TEST(only_a_lease_may_be_empty)
{
    const struct lease_record empty = {.lease_no = 1, .prize = 1, .from = 4, .to = 4};
    const struct lease_record backwards = {.lease_no = 1, .prize = 1, .from = 5, .to = 4};

    assert_true(lease_reads(RECORD_LEASE, empty));
    assert_false(lease_reads(RECORD_RETURN, empty));
    assert_false(lease_reads(RECORD_LEASE, backwards));
}

TEST(a_lease_needs_a_number_and_a_prize)
{
    assert_false(lease_reads(RECORD_LEASE, (struct lease_record){.prize = 1, .to = 1}));
    assert_false(lease_reads(RECORD_LEASE, (struct lease_record){.lease_no = 1, .to = 1}));
    assert_false(
        lease_reads(RECORD_LEASE, (struct lease_record){.lease_no = 1, .prize = PRIZES_MAX + 1, .to = 1}));
    assert_false(
        lease_reads(RECORD_MOMENT, (struct lease_record){.lease_no = 1, .prize = 1, .at_ms = EXACT_MAX + 1}));
    assert_false(
        lease_reads(RECORD_GONE, (struct lease_record){.lease_no = 1, .prize = 1, .from = UINT32_MAX}));
}

TEST(a_pause_is_yes_or_no)
{
    struct record_header header = {.kind = RECORD_PAUSE, .time_ms = 5, .version = 1, .count = 1}, read;
    struct buf entry;

    buf_init(&entry, 64);
    record_header_write(&header, &entry);
    buf_addc(&entry, 1);
    assert_true(record_header_read((const uint8_t *)entry.data, entry.len, &read));
    assert_int_equal(read.kind, RECORD_PAUSE);
    entry.data[RECORD_HEADER_BYTES] = 2;
    assert_false(record_header_read((const uint8_t *)entry.data, entry.len, &read));
    buf_free(&entry);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(a_draw_is_written_as_the_header_says),
        RUN(draws_read_back_by_their_place),
        RUN(an_entry_of_another_length_is_refused),
        RUN(a_header_outside_the_format_is_refused),
        RUN(a_draw_outside_the_format_is_refused),
        RUN(leases_returns_moments_and_leavers_read_back),
        RUN(only_a_lease_may_be_empty),
        RUN(a_lease_needs_a_number_and_a_prize),
        RUN(a_pause_is_yes_or_no),
    };

    return RUN_ALL(tests);
}
