/* lottery/fairness.c - commitment, seed, draw numbers and version covers: the formulas of fairness.h. */
#include "lottery/fairness.h"

#include "lottery/message.h"

#include <string.h>

static void text_add(struct sha256_stream *stream, const char *text)
{
    sha256_add(stream, text, strlen(text) + 1); /* with the zero byte */
}

void fairness_commitment(const char *campaign, const uint8_t secret[static 32], uint8_t out[static 32])
{
    struct sha256_stream stream;

    sha256_start(&stream);
    text_add(&stream, "hongbao/commit/1");
    text_add(&stream, campaign);
    sha256_add(&stream, secret, 32);
    sha256_end(&stream, out);
}

void fairness_seed(const char *campaign,
                   const uint8_t secret[static 32],
                   const char *public_value,
                   struct seed *out)
{
    struct sha256_stream stream;

    sha256_start(&stream);
    text_add(&stream, "hongbao/seed/1");
    text_add(&stream, campaign);
    sha256_add(&stream, secret, 32);
    sha256_add(&stream, public_value, strlen(public_value)); /* last, so it needs no end */
    sha256_end(&stream, out->bytes);
    hmac_key_init(&out->key, out->bytes, sizeof out->bytes);
}

void fairness_block(const struct seed *seed,
                    const char *campaign,
                    const struct player_id *player,
                    uint32_t block,
                    uint8_t out[static BLOCK_BYTES])
{
    struct message message;

    message_start(&message, "draw", campaign, NULL);
    message_add(&message, player->bytes, sizeof player->bytes);
    message_add_u32(&message, block);
    message_hmac(&message, seed, out);
}

void fairness_cover(const uint8_t commitment[static 32],
                    uint32_t version,
                    const uint8_t table_hash[static 32],
                    uint8_t out[static 32])
{
    const uint8_t number[4] = {(uint8_t)(version >> 24),
                               (uint8_t)(version >> 16 & 0xff),
                               (uint8_t)(version >> 8 & 0xff),
                               (uint8_t)(version & 0xff)};
    struct sha256_stream stream;

    sha256_start(&stream);
    text_add(&stream, "hongbao/version/1");
    sha256_add(&stream, commitment, 32);
    sha256_add(&stream, number, sizeof number);
    sha256_add(&stream, table_hash, 32);
    sha256_end(&stream, out);
}
