/*
 * store/redis_batch.h - a batch of draws on the wire: 63 bytes a request, 12 bytes a result.
 *
 *   request  player 16 | key 7 | draw_no u32 | block u32 | numbers 32
 *   result   status u8 | draw_no u32 | chances_left u16 | prize u8 | unit u32
 */
#pragma once

#include "base/buf.h"
#include "flow/ports.h"

enum {
    BATCH_REQUEST_BYTES = PLAYER_BYTES + KEY_BYTES + 4 + 4 + BLOCK_BYTES,
    BATCH_RESULT_BYTES = 12,
};

void batch_pack(const struct shard_batch *batch, struct buf *out); /* out is emptied first */
void batch_read(const uint8_t *results,
                const struct shard_batch *batch); /* count of them, into its results */
