/*
 * lottery/record.c - log entries, read strictly and written.
 */
#include "lottery/record.h"

#include <string.h>

enum {
    OPENING_MIN_BYTES = 8 + 73, /* kept, then a state without prizes and moments */
    HASH_BYTES = 32,
};

/* What follows the header of a kind; DRAWS and OPENING have no fixed length. */
static size_t payload_bytes(enum record_kind kind)
{
    switch (kind) {
    case RECORD_LEASE:
        return 14;
    case RECORD_RETURN:
        return 13;
    case RECORD_MOMENT:
        return 17;
    case RECORD_GONE:
        return 9;
    case RECORD_VERSION:
        return HASH_BYTES;
    case RECORD_PAUSE:
        return 1;
    case RECORD_DRAWS:
    case RECORD_OPENING:
        break;
    }
    return 0;
}

static bool length_fits(const struct record_header *header, size_t payload)
{
    if (header->kind == RECORD_DRAWS) {
        return header->count >= 1 && header->count <= RECORD_DRAWS_MAX &&
               payload == (size_t)header->count * RECORD_DRAW_BYTES;
    }
    if (header->kind == RECORD_OPENING) {
        return header->count == 1 && payload >= OPENING_MIN_BYTES;
    }
    return header->count == 1 && payload == payload_bytes(header->kind);
}

bool record_header_read(const uint8_t *entry, size_t len, struct record_header *out)
{
    memset(out, 0, sizeof *out);
    if (len < RECORD_HEADER_BYTES || entry[0] != RECORD_FORMAT || entry[1] < RECORD_DRAWS ||
        entry[1] > RECORD_PAUSE) {
        return false;
    }
    uint64_t time_ms = be_read(entry + 2, 8);
    out->kind = (enum record_kind)entry[1];
    out->time_ms = (int64_t)(time_ms & INT64_MAX);
    out->version = (uint32_t)be_read(entry + 10, 4);
    out->count = (uint16_t)be_read(entry + 14, 2);
    if (time_ms > EXACT_MAX || out->version == 0 || !length_fits(out, len - RECORD_HEADER_BYTES)) {
        return false;
    }
    return out->kind != RECORD_PAUSE || entry[RECORD_HEADER_BYTES] <= 1;
}

/* Do selected, why, how, prize and unit belong together? */
static bool outcome_makes_sense(const struct draw_record *draw)
{
    if ((draw->prize == 0) != (draw->how == GIVEN_NONE) || (draw->prize == 0 && draw->unit != 0)) {
        return false;
    }
    if (draw->how == GIVEN_MOMENT) {
        return draw->why == WITHHELD_NOT;
    }
    if (draw->how == GIVEN_ODDS) {
        return draw->why == WITHHELD_NOT && draw->selected == draw->prize;
    }
    return (draw->selected == 0) == (draw->why == WITHHELD_NOT);
}

bool record_draw_read(const uint8_t *entry, size_t len, uint16_t index, struct draw_record *out)
{
    struct record_header header;

    memset(out, 0, sizeof *out);
    if (!record_header_read(entry, len, &header) || header.kind != RECORD_DRAWS || index >= header.count) {
        return false;
    }
    const uint8_t *at = entry + RECORD_HEADER_BYTES + (size_t)index * RECORD_DRAW_BYTES;
    memcpy(out->player.bytes, at, PLAYER_BYTES);
    memcpy(out->key.bytes, at + 16, KEY_BYTES);
    out->draw_no = (uint32_t)be_read(at + 23, 4);
    out->selected = at[27];
    out->why = at[28];
    out->how = at[29];
    out->prize = at[30];
    out->unit = (uint32_t)be_read(at + 31, 4);
    out->chances_left = (uint16_t)be_read(at + 35, 2);
    return at[37] == 0 && out->draw_no != 0 && out->selected <= PRIZES_MAX && out->prize <= PRIZES_MAX &&
           out->why <= WITHHELD_CAPPED && out->how <= GIVEN_ALWAYS && outcome_makes_sense(out);
}

void record_header_write(const struct record_header *header, struct buf *out)
{
    buf_add_be(out, RECORD_FORMAT, 1);
    buf_add_be(out, (uint64_t)header->kind, 1);
    buf_add_be(out, (uint64_t)header->time_ms, 8);
    buf_add_be(out, header->version, 4);
    buf_add_be(out, header->count, 2);
}

void record_draw_write(const struct draw_record *draw, struct buf *out)
{
    buf_add(out, draw->player.bytes, PLAYER_BYTES);
    buf_add(out, draw->key.bytes, KEY_BYTES);
    buf_add_be(out, draw->draw_no, 4);
    buf_add_be(out, draw->selected, 1);
    buf_add_be(out, draw->why, 1);
    buf_add_be(out, draw->how, 1);
    buf_add_be(out, draw->prize, 1);
    buf_add_be(out, draw->unit, 4);
    buf_add_be(out, draw->chances_left, 2);
    buf_add_be(out, 0, 1);
}

static bool lease_makes_sense(enum record_kind kind, const struct lease_record *lease)
{
    if (lease->lease_no == 0 || lease->prize == 0 || lease->prize > PRIZES_MAX) {
        return false;
    }
    /* Only a lease may be empty: then it says `more` and nothing else. */
    return kind == RECORD_LEASE ? lease->from <= lease->to : lease->from < lease->to;
}

bool record_lease_read(const uint8_t *entry, size_t len, struct lease_record *out)
{
    struct record_header header;

    memset(out, 0, sizeof *out);
    if (!record_header_read(entry, len, &header) || header.kind < RECORD_LEASE || header.kind > RECORD_GONE) {
        return false;
    }
    const uint8_t *at = entry + RECORD_HEADER_BYTES;
    bool range = header.kind == RECORD_LEASE || header.kind == RECORD_RETURN;
    out->lease_no = (uint32_t)be_read(at, 4);
    out->prize = at[4];
    out->from = (uint32_t)be_read(at + 5, 4);
    out->to = range ? (uint32_t)be_read(at + 9, 4) : out->from + (out->from < UINT32_MAX);
    if (header.kind == RECORD_LEASE) {
        out->more = at[13] == 1;
        return at[13] <= 1 && lease_makes_sense(header.kind, out);
    }
    if (header.kind == RECORD_MOMENT) {
        uint64_t at_ms = be_read(at + 9, 8);

        out->at_ms = (int64_t)(at_ms & INT64_MAX);
        return at_ms <= EXACT_MAX && lease_makes_sense(header.kind, out);
    }
    return lease_makes_sense(header.kind, out);
}

void record_lease_write(enum record_kind kind, const struct lease_record *lease, struct buf *out)
{
    buf_add_be(out, lease->lease_no, 4);
    buf_add_be(out, lease->prize, 1);
    buf_add_be(out, lease->from, 4);
    if (kind == RECORD_LEASE || kind == RECORD_RETURN) {
        buf_add_be(out, lease->to, 4);
    }
    if (kind == RECORD_LEASE) {
        buf_add_be(out, lease->more, 1);
    }
    if (kind == RECORD_MOMENT) {
        buf_add_be(out, (uint64_t)lease->at_ms, 8);
    }
}
