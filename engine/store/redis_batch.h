/*
 * store/redis_batch.h - a batch of draws on the wire.
 *
 *   requests  all players, 16 bytes each; then for each of them
 *             key 7 | draw_no u32, 0: any | block u32, its highest bit: the player is in the batch before |
 *             the block's numbers, 6 bytes each
 *   answer    the draws that ran: their records in the entry, in order (lottery/record.h); the others, in
 * order: place in the batch u8 | status u8 | draw_no u32 | chances_left u16 | prize u8 | unit u32
 */
#pragma once

#include "base/buf.h"
#include "flow/ports.h"

enum {
    BATCH_NUMBER_BYTES = 6,
    BATCH_ASKED_BYTES = KEY_BYTES + 4 + 4 + BLOCK_DRAWS * BATCH_NUMBER_BYTES,
    BATCH_REQUEST_BYTES = PLAYER_BYTES + BATCH_ASKED_BYTES,
    BATCH_REFUSED_BYTES = 13,
};

/* What `draws` says of a batch; both parts may be empty. */
struct batch_answer {
    const uint8_t *refused, *entry;
    size_t refused_len, entry_len;
};

void batch_pack(const struct shard_batch *batch, struct buf *out); /* out is emptied first */
/* Fills the batch's results. False: this is no answer to it. */
bool batch_read(const struct batch_answer *answer, const struct shard_batch *batch);
