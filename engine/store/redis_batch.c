/*
 * store/redis_batch.c - a batch of draws on the wire.
 */
#include "store/redis_batch.h"

#include "lottery/record.h"

#include <string.h>

enum { NUMBER_STRIDE = BLOCK_BYTES / BLOCK_DRAWS, BUCKETS = 256 };

static const uint32_t AGAIN = UINT32_C(1) << 31; /* blocks are below: four draws each */

/* Whose player is in the batch before. Most buckets have one player: then nothing is compared. */
static void repeats_find(const struct shard_batch *batch, bool repeats[static RECORD_DRAWS_MAX])
{
    uint16_t newest[BUCKETS] = {0}, before[RECORD_DRAWS_MAX]; /* places from 1 */

    for (size_t i = 0; i < batch->count; i++) {
        const struct player_id *player = &batch->requests[i].player;
        uint16_t *bucket = &newest[player->bytes[PLAYER_BYTES - 1]];

        repeats[i] = false;
        for (size_t k = *bucket; k != 0 && !repeats[i]; k = before[k - 1]) {
            repeats[i] = memcmp(&batch->requests[k - 1].player, player, sizeof *player) == 0;
        }
        before[i] = *bucket;
        *bucket = (uint16_t)(i + 1);
    }
}

static uint8_t *request_pack(const struct draw_request *request, bool is_repeat, uint8_t *out)
{
    memcpy(out, request->key.bytes, KEY_BYTES);
    be_write(out + KEY_BYTES, request->draw_no, 4);
    be_write(out + KEY_BYTES + 4, request->block | (is_repeat ? AGAIN : 0), 4);
    out += KEY_BYTES + 8;
    for (size_t i = 0; i < BLOCK_DRAWS; i++) {
        memcpy(out, request->numbers + i * NUMBER_STRIDE, BATCH_NUMBER_BYTES);
        out += BATCH_NUMBER_BYTES;
    }
    return out;
}

void batch_pack(const struct shard_batch *batch, struct buf *out)
{
    size_t len = batch->count * BATCH_REQUEST_BYTES;
    bool repeats[RECORD_DRAWS_MAX];
    uint8_t *at;

    buf_clear(out);
    at = (uint8_t *)buf_reserve(out, len);
    if (at == NULL) {
        return;
    }
    repeats_find(batch, repeats);
    for (size_t i = 0; i < batch->count; i++) {
        memcpy(at, batch->requests[i].player.bytes, PLAYER_BYTES);
        at += PLAYER_BYTES;
    }
    for (size_t i = 0; i < batch->count; i++) {
        at = request_pack(&batch->requests[i], repeats[i], at);
    }
    out->len = len;
}

static struct draw_result refused_read(const uint8_t *bytes)
{
    return (struct draw_result){
        .status = (enum draw_status)bytes[1],
        .draw_no = (uint32_t)be_read(bytes + 2, 4),
        .chances_left = (uint16_t)be_read(bytes + 6, 2),
        .prize = bytes[8],
        .unit = (uint32_t)be_read(bytes + 9, 4),
    };
}

static bool fresh_read(const struct batch_answer *answer,
                       uint16_t index,
                       const struct player_id *player,
                       struct draw_result *out)
{
    struct draw_record record;

    if (!record_draw_read(answer->entry, answer->entry_len, index, &record) ||
        memcmp(&record.player, player, sizeof *player) != 0) {
        return false;
    }
    *out = (struct draw_result){
        .status = DRAW_NEW,
        .draw_no = record.draw_no,
        .chances_left = record.chances_left,
        .prize = record.prize,
        .unit = record.unit,
    };
    return true;
}

bool batch_read(const struct batch_answer *answer, const struct shard_batch *batch)
{
    const uint8_t *refused = answer->refused;
    size_t left = answer->refused_len;
    uint16_t fresh = 0;

    for (size_t i = 0; i < batch->count; i++) {
        if (left >= BATCH_REFUSED_BYTES && refused[0] == i) {
            batch->results[i] = refused_read(refused);
            refused += BATCH_REFUSED_BYTES;
            left -= BATCH_REFUSED_BYTES;
        } else if (!fresh_read(answer, fresh++, &batch->requests[i].player, &batch->results[i])) {
            return false;
        }
    }
    return left == 0;
}
