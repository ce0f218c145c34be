/*
 * lottery/shard.h - the shard's state and the one function that runs a draw: the C twin of lottery.lua.
 *
 * Pure: no clock, no randomness, no I/O. The differential test and verify-draws hold both to the byte.
 *
 * Packed state, in the string {campaign:shard}:state, big-endian:
 *   format u8 = 1 | epoch u32 | position u64 (next) | run_id 40 | time_ms u64 | version u32 | paused u8 |
 *   lease_no u32 | prizes u8
 *   then per prize: given u32 | second u64 | in_second u32 | more u8 | ranges u8 |
 *   ranges x (from u32, to u32)
 *   then moments u16 | moments x (prize u8, unit u32, at_ms u64), ordered by (at_ms, prize, unit)
 */
#pragma once

#include "lottery/record.h"

enum { RANGES_MAX = 32, MOMENTS_MAX = 512, RUN_ID_BYTES = 40, BLOCK_DRAWS = 4, BLOCK_BYTES = 32 };
/*
 * Shard time never goes back. A call that finds the clock more than this ahead of both the shard's time and
 * the last call of any kind (the drain asks every second, so idling is no jump) closes the shard: moments
 * and schedules must not all fall due because a clock was set wrong. Closed: run_id is forty '0'.
 */
enum { SHARD_JUMP_MS = 3600 * 1000 };

struct unit_range {
    uint32_t from, to; /* [from, to) */
};

struct pool {
    uint32_t given; /* units given by this shard */
    int64_t second; /* the shard second in_second counts */
    uint32_t in_second;
    bool more; /* the campaign may still lease more of it */
    uint8_t range_count;
    struct unit_range ranges[RANGES_MAX]; /* in the order they are used up */
};

struct moment {
    uint8_t prize;
    uint32_t unit;
    int64_t at_ms;
};

struct shard {
    uint32_t epoch;
    uint64_t position; /* of the next draw or control entry */
    char run_id[RUN_ID_BYTES];
    int64_t time_ms; /* monotone */
    uint32_t version;
    bool paused;
    uint32_t lease_no; /* of the last one applied */
    uint8_t prize_count;
    struct pool pools[PRIZES_MAX];
    uint16_t moment_count;
    struct moment moments[MOMENTS_MAX];
};

void shard_pack(const struct shard *shard, struct buf *out);
bool shard_unpack(const uint8_t *packed, size_t len, struct shard *out);
uint32_t shard_units_left(const struct pool *pool);
int moment_compare(const struct moment *a, const struct moment *b); /* by (at_ms, prize, unit) */
void shard_drop_moment(struct shard *shard, uint16_t at);

/* The OPENING entry: shard is the state after it (position 2). */
void shard_opening_write(const struct shard *shard, uint64_t kept, struct buf *out);
bool shard_opening_read(const uint8_t *entry, size_t len, uint64_t *kept, struct shard *out);

/* One letter on the wire of `draws`. */
enum draw_status {
    DRAW_NEW = 'n',          /* ran; record says what it gave */
    DRAW_REMEMBERED = 'r',   /* this key's answer */
    DRAW_KEY_REUSED = 'k',   /* same key, other body */
    DRAW_OTHER_NUMBER = 'x', /* draw_no expected is not the next; result.draw_no is */
    DRAW_NO_CHANCE = 'c',
    DRAW_DAY_CAP = 'd',
    DRAW_CAMPAIGN_CAP = 'm',
    DRAW_BUSY = 'b',        /* result.prize is dry here, the campaign has more; nothing consumed */
    DRAW_OTHER_BLOCK = 'o', /* numbers sent are not for result.draw_no, the next one */
    DRAW_NOT_STARTED = 's',
    DRAW_ENDED = 'e',
    DRAW_PAUSED = 'p',
};

struct draw_request {
    struct player_id player;
    struct draw_key key;
    uint32_t draw_no; /* expected; 0: whichever is next */
    uint32_t block;   /* (draw_no - 1) / BLOCK_DRAWS that numbers are for */
    uint8_t
        numbers[BLOCK_BYTES]; /* HMAC of the block; draw i of it takes bytes 8i..8i+5 as a 48-bit number */
};

struct draw_result {
    enum draw_status status;
    uint32_t draw_no; /* NEW, REMEMBERED: its number; else the next number */
    uint16_t chances_left;
    uint8_t prize;
    uint32_t unit;
};

/* Runs one draw at shard->time_ms. On DRAW_NEW shard, player and record have changed, else nothing has. */
struct draw_result shard_draw(struct shard *shard,
                              const struct table *table,
                              struct player_state *player,
                              const struct draw_request *request,
                              uint32_t shard_index,
                              struct draw_record *record);

/*
 * Apply a control entry as the function does and advance lease_no and position; false, and nothing changed,
 * when it may not be applied: lease out of order, no room, unknown prize, a RETURN that is not the end of the
 * pool's last range, a GONE that is not there; a version not newer or with fewer prizes; already so paused.
 * shard_apply: LEASE (joins the last range when it continues it), RETURN (leaves `more` alone), MOMENT, GONE.
 */
bool shard_apply(struct shard *shard, enum record_kind kind, const struct lease_record *lease);
bool shard_apply_version(struct shard *shard,
                         const struct table *table); /* pools of new prizes are dry with `more` */
bool shard_apply_pause(struct shard *shard, bool paused);
