/*
 * ledger/payout_number.c - names by hash.
 */
#include "ledger/payout_number.h"

#include "base/crypto.h"

#include <stdio.h>
#include <string.h>

enum { UUID_TEXT = 36 };

static void add_text(struct sha256_stream *stream, const char *text)
{
    sha256_add(stream, text, strlen(text) + 1); /* with its zero byte */
}

static void add_u32(struct sha256_stream *stream, uint32_t value)
{
    const uint8_t bytes[] = {
        (uint8_t)(value >> 24), (uint8_t)(value >> 16), (uint8_t)(value >> 8), (uint8_t)value};

    sha256_add(stream, bytes, sizeof bytes);
}

/* As PostgreSQL prints it: 8-4-4-4-12. */
static void player_uuid(const struct player_id *player, char out[static UUID_TEXT + 1])
{
    char hex[PLAYER_HEX + 1];

    player_hex(player, hex);
    snprintf(out, UUID_TEXT + 1, "%.8s-%.4s-%.4s-%.4s-%.12s", hex, hex + 8, hex + 12, hex + 16, hex + 20);
}

void withdrawal_id(const struct player_id *player, const char *key, uint8_t out[static WITHDRAWAL_BYTES])
{
    struct sha256_stream stream;
    uint8_t hash[SHA256_BYTES];
    char uuid[UUID_TEXT + 1];

    player_uuid(player, uuid);
    sha256_start(&stream);
    add_text(&stream, "hongbao/ref/1");
    add_text(&stream, "withdrawal");
    add_text(&stream, uuid);
    add_text(&stream, key);
    sha256_end(&stream, hash);
    memcpy(out, hash, WITHDRAWAL_BYTES);
}

void payout_number(const uint8_t withdrawal[static WITHDRAWAL_BYTES],
                   uint32_t part,
                   uint32_t attempt,
                   char out[static PAYOUT_NUMBER_LEN + 1])
{
    struct sha256_stream stream;
    uint8_t hash[SHA256_BYTES];

    sha256_start(&stream);
    add_text(&stream, "hongbao/payout/1");
    sha256_add(&stream, withdrawal, WITHDRAWAL_BYTES);
    add_u32(&stream, part);
    add_u32(&stream, attempt);
    sha256_end(&stream, hash);
    hex_encode(hash, PAYOUT_NUMBER_LEN / 2, out);
}
