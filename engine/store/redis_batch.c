/*
 * store/redis_batch.c - a batch of draws on the wire.
 */
#include "store/redis_batch.h"

#include <string.h>

static void request_pack(const struct draw_request *request, uint8_t *out)
{
    memcpy(out, request->player.bytes, PLAYER_BYTES);
    memcpy(out + PLAYER_BYTES, request->key.bytes, KEY_BYTES);
    be_write(out + 23, request->draw_no, 4);
    be_write(out + 27, request->block, 4);
    memcpy(out + 31, request->numbers, BLOCK_BYTES);
}

void batch_pack(const struct shard_batch *batch, struct buf *out)
{
    char *place = NULL;

    buf_clear(out);
    place = buf_reserve(out, batch->count * BATCH_REQUEST_BYTES);
    if (place == NULL) {
        return;
    }
    for (size_t i = 0; i < batch->count; i++) {
        request_pack(&batch->requests[i], (uint8_t *)place + i * BATCH_REQUEST_BYTES);
    }
    out->len = batch->count * BATCH_REQUEST_BYTES;
}

static struct draw_result result_read(const uint8_t *bytes)
{
    return (struct draw_result){
        .status = (enum draw_status)bytes[0],
        .draw_no = (uint32_t)be_read(bytes + 1, 4),
        .chances_left = (uint16_t)be_read(bytes + 5, 2),
        .prize = bytes[7],
        .unit = (uint32_t)be_read(bytes + 8, 4),
    };
}

void batch_read(const uint8_t *results, const struct shard_batch *batch)
{
    for (size_t i = 0; i < batch->count; i++) {
        batch->results[i] = result_read(results + i * BATCH_RESULT_BYTES);
    }
}
