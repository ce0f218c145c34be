/*
 * lottery/record.h - the shard's log: entries and their packed form (docs/records.md is the public
 * description).
 *
 * A stream entry has the id `<epoch>-<first position>` and one field `e`. Positions count from 1 in every
 * epoch; a DRAWS entry takes one position a draw, any other entry one.
 * Packed, big-endian:
 *   format u8 = 1 | kind u8 | time_ms u64 | version u32 | count u16 (1 unless DRAWS) | then by kind
 *   DRAWS    count x 38 bytes: player 16 | key 7 | draw_no u32 | selected u8 | why u8 | how u8 | prize u8 |
 *            unit u32 | chances_left u16, and one reserved byte 0
 *   OPENING  kept u64 | the shard's packed state after it (shard.h). It is position 1 of its epoch. kept: of
 *            the epoch before, every position below it is stored; at and after it some may be lost for good
 *   LEASE    lease_no u32 | prize u8 | from u32 | to u32 | more u8   units [from, to); empty only says `more`
 *   RETURN   lease_no u32 | prize u8 | from u32 | to u32             these leave the pool's end
 *   MOMENT   lease_no u32 | prize u8 | unit u32 | at_ms u64          one unit, due at at_ms
 *   GONE     lease_no u32 | prize u8 | unit u32                      an open moment leaves this shard
 *   VERSION  hash 32                                                 the entry's version is the new one
 *   PAUSE    paused u8
 */
#pragma once

#include "lottery/player.h"

#include "base/buf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum record_kind {
    RECORD_DRAWS = 1,
    RECORD_OPENING,
    RECORD_LEASE,
    RECORD_RETURN,
    RECORD_MOMENT,
    RECORD_GONE,
    RECORD_VERSION,
    RECORD_PAUSE,
};
enum { RECORD_HEADER_BYTES = 16, RECORD_DRAW_BYTES = 38, RECORD_DRAWS_MAX = 256, RECORD_FORMAT = 1 };

/* Why `selected` was not given. */
enum withheld { WITHHELD_NOT, WITHHELD_SPENT, WITHHELD_PACED, WITHHELD_CAPPED };
enum given_how { GIVEN_NONE, GIVEN_ODDS, GIVEN_MOMENT, GIVEN_ALWAYS };

struct draw_record {
    struct player_id player;
    uint32_t draw_no;
    struct draw_key key;
    uint8_t selected; /* what the odds table selected, 1-based; 0: nothing */
    uint8_t why;      /* enum withheld, about `selected`; WITHHELD_NOT also when a moment came first */
    uint8_t how;      /* enum given_how */
    uint8_t prize;    /* what was given, 1-based; 0: none */
    uint32_t unit;    /* 0 when none */
    uint16_t chances_left;
};

struct record_header {
    enum record_kind kind;
    int64_t time_ms; /* shard time */
    uint32_t version;
    uint16_t count;
};

/* Both check lengths, ranges and reserved bytes; false for anything this format does not allow. */
bool record_header_read(const uint8_t *entry, size_t len, struct record_header *out);
bool record_draw_read(const uint8_t *entry, size_t len, uint16_t index, struct draw_record *out);
void record_header_write(const struct record_header *header, struct buf *out);
void record_draw_write(const struct draw_record *draw, struct buf *out);

struct lease_record { /* LEASE, RETURN, MOMENT, GONE */
    uint32_t lease_no;
    uint8_t prize;
    uint32_t from, to; /* MOMENT, GONE: from = unit, to = unit + 1 */
    bool more;
    int64_t at_ms;
};
bool record_lease_read(const uint8_t *entry, size_t len, struct lease_record *out);
void record_lease_write(enum record_kind kind,
                        const struct lease_record *lease,
                        struct buf *out); /* what follows the header */
