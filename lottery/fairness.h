/*
 * lottery/fairness.h - the verifiable randomness of a campaign; docs/records.md has the formulas for
 * outsiders.
 *
 *   commitment = SHA-256("hongbao/commit/1" 00 campaign 00 secret[32])   published before the start
 *   seed       = SHA-256("hongbao/seed/1" 00 campaign 00 secret[32] public value)
 *                public value "" when operator-sealed
 *   block      = HMAC-SHA256(seed, "draw" 00 campaign 00 player[16] block u32)   four numbers of 48 bits
 *   cover(v)   = SHA-256("hongbao/version/1" 00 commitment[32] version u32 table hash[32])
 *                published with each version
 *
 * Integers big-endian; campaign is its id's text; 00 is one zero byte.
 */
#pragma once

#include "base/crypto.h"
#include "lottery/shard.h"

struct seed {
    uint8_t bytes[32];
    struct hmac_key key;
};

void fairness_commitment(const char *campaign, const uint8_t secret[static 32], uint8_t out[static 32]);
void fairness_seed(const char *campaign,
                   const uint8_t secret[static 32],
                   const char *public_value,
                   struct seed *out);
void fairness_block(const struct seed *seed,
                    const char *campaign,
                    const struct player_id *player,
                    uint32_t block,
                    uint8_t out[static BLOCK_BYTES]);
void fairness_cover(const uint8_t commitment[static 32],
                    uint32_t version,
                    const uint8_t table_hash[static 32],
                    uint8_t out[static 32]);
