/*
 * lottery/player.c - one player's counters and remembered answers, packed and not.
 */
#include "lottery/player.h"

#include "base/buf.h"

#include <string.h>

enum { HEAD_BYTES = 13, WIN_BYTES = 3, ANSWER_BYTES = 11, UNIT_BYTES = 4, KEY_PART = 5 };

static uint8_t *put(uint8_t *at, uint64_t value, unsigned bytes)
{
    for (unsigned i = bytes; i > 0; i--) {
        at[i - 1] = (uint8_t)value;
        value >>= 8;
    }
    return at + bytes;
}

static uint8_t *put_remembered(uint8_t *at, const struct remembered *answer)
{
    memcpy(at, answer->key.bytes, KEY_BYTES);
    at += KEY_BYTES;
    *at++ = (uint8_t)answer->draw_no;
    at = put(at, answer->chances_left, 2);
    *at++ = answer->prize;
    return answer->prize == 0 ? at : put(at, answer->unit, UNIT_BYTES);
}

size_t player_pack(const struct player_state *state, uint8_t out[static PLAYER_PACKED_MAX])
{
    uint8_t *at = out;

    at = put(at, state->draw_no, 4);
    at = put(at, state->day, 2);
    at = put(at, state->today, 2);
    at = put(at, state->base_used, 2);
    at = put(at, state->granted, 2);
    *at++ = state->win_kinds;
    for (unsigned i = 0; i < state->win_kinds; i++) {
        *at++ = state->wins[i].prize;
        at = put(at, state->wins[i].count, 2);
    }
    for (unsigned i = state->remembered_count; i > 0; i--) {
        at = put_remembered(at, &state->remembered[i - 1]);
    }
    return (size_t)(at - out);
}

static bool read_wins(const uint8_t *at, struct player_state *out)
{
    uint8_t before = 0;

    for (unsigned i = 0; i < out->win_kinds; i++, at += WIN_BYTES) {
        out->wins[i].prize = at[0];
        out->wins[i].count = (uint16_t)be_read(at + 1, 2);
        if (at[0] <= before || at[0] > PRIZES_MAX || out->wins[i].count == 0) {
            return false;
        }
        before = at[0];
    }
    return true;
}

/* Bytes read, 0 when malformed. `newest` is the largest number that this answer may have. */
static size_t read_remembered(const uint8_t *at, size_t len, uint32_t newest, struct remembered *out)
{
    if (len < ANSWER_BYTES || at[10] > PRIZES_MAX || (at[10] != 0 && len < ANSWER_BYTES + UNIT_BYTES)) {
        return 0;
    }
    uint32_t behind = (newest - at[KEY_BYTES]) & 0xff;
    if (behind >= newest) {
        return 0;
    }
    out->draw_no = newest - behind;
    memcpy(out->key.bytes, at, KEY_BYTES);
    out->chances_left = (uint16_t)be_read(at + 8, 2);
    out->prize = at[10];
    out->unit = out->prize == 0 ? 0 : (uint32_t)be_read(at + ANSWER_BYTES, UNIT_BYTES);
    return out->prize == 0 ? ANSWER_BYTES : ANSWER_BYTES + UNIT_BYTES;
}

/* Oldest first as they are packed; turned round at the end. */
static bool read_answers(const uint8_t *at, size_t len, struct player_state *out)
{
    struct remembered read[REMEMBERED_MAX];
    unsigned count = 0;

    while (len > 0) {
        size_t used = count == REMEMBERED_MAX ? 0 : read_remembered(at, len, out->draw_no, &read[count]);

        if (used == 0 || (count > 0 && read[count].draw_no <= read[count - 1].draw_no)) {
            return false;
        }
        count++;
        at += used;
        len -= used;
    }
    for (unsigned i = 0; i < count; i++) {
        out->remembered[i] = read[count - 1 - i];
    }
    out->remembered_count = (uint8_t)count;
    return true;
}

bool player_unpack(const uint8_t *packed, size_t len, struct player_state *out)
{
    memset(out, 0, sizeof *out);
    if (len == 0) {
        return true;
    }
    if (len < HEAD_BYTES || packed[12] > PRIZES_MAX || len < HEAD_BYTES + packed[12] * (size_t)WIN_BYTES) {
        return false;
    }
    out->draw_no = (uint32_t)be_read(packed, 4);
    out->day = (uint16_t)be_read(packed + 4, 2);
    out->today = (uint16_t)be_read(packed + 6, 2);
    out->base_used = (uint16_t)be_read(packed + 8, 2);
    out->granted = (uint16_t)be_read(packed + 10, 2);
    out->win_kinds = packed[12];
    size_t head = HEAD_BYTES + out->win_kinds * (size_t)WIN_BYTES;
    return read_wins(packed + HEAD_BYTES, out) && read_answers(packed + head, len - head, out);
}

uint32_t player_wins(const struct player_state *state, uint8_t prize)
{
    for (unsigned i = 0; i < state->win_kinds; i++) {
        if (state->wins[i].prize == prize) {
            return state->wins[i].count;
        }
    }
    return 0;
}

void player_won(struct player_state *state, uint8_t prize)
{
    unsigned at = 0;

    while (at < state->win_kinds && state->wins[at].prize < prize) {
        at++;
    }
    if (at < state->win_kinds && state->wins[at].prize == prize) {
        state->wins[at].count = (uint16_t)(state->wins[at].count + (state->wins[at].count < UINT16_MAX));
        return;
    }
    memmove(&state->wins[at + 1], &state->wins[at], (state->win_kinds - at) * sizeof state->wins[0]);
    state->wins[at].prize = prize;
    state->wins[at].count = 1;
    state->win_kinds++;
}

const struct remembered *
player_find(const struct player_state *state, const struct draw_key *key, bool *same_body)
{
    for (unsigned i = 0; i < state->remembered_count; i++) {
        const uint8_t *bytes = state->remembered[i].key.bytes;

        if (memcmp(bytes, key->bytes, KEY_PART) == 0) {
            *same_body = memcmp(bytes + KEY_PART, key->bytes + KEY_PART, KEY_BYTES - KEY_PART) == 0;
            return &state->remembered[i];
        }
    }
    return NULL;
}

void player_remember(struct player_state *state, const struct remembered *answer)
{
    unsigned keep = state->remembered_count < REMEMBERED_MAX ? state->remembered_count : REMEMBERED_MAX - 1;

    memmove(&state->remembered[1], &state->remembered[0], keep * sizeof state->remembered[0]);
    state->remembered[0] = *answer;
    state->remembered_count = (uint8_t)(keep + 1);
}

static uint32_t least(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

static uint32_t left_of(uint32_t total, uint32_t used)
{
    return total > used ? total - used : 0;
}

uint32_t player_today(const struct player_state *state, uint32_t day)
{
    return state->day == day ? state->today : 0;
}

uint32_t player_day_left(const struct table *table, const struct player_state *state, uint32_t day)
{
    return left_of(least(table->day_chances, UINT16_MAX), player_today(state, day));
}

uint32_t player_chances_left(const struct table *table, const struct player_state *state, uint32_t day)
{
    /* Both counters stop at 65535, so nothing past that may be given either. */
    uint32_t base = least(least(table->base_chances, UINT16_MAX) + state->granted, UINT16_MAX);
    uint32_t left = player_day_left(table, state, day) + left_of(base, state->base_used);

    if (table->day_cap != 0) {
        left = least(left, left_of(least(table->day_cap, UINT16_MAX), player_today(state, day)));
    }
    return least(left, left_of(table->campaign_cap != 0 ? table->campaign_cap : UINT32_MAX, state->draw_no));
}
