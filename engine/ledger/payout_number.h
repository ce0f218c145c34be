/*
 * ledger/payout_number.h - the names that follow from what they stand for, so that no crash can mint a second
 * one.
 *
 *   withdrawal    the first 16 bytes of sha256("hongbao/ref/1" 00 "withdrawal" 00 | player as a UUID's text
 * 00 | key 00) order number  the first 16 bytes of sha256("hongbao/payout/1" 00 | withdrawal 16 | part i4 |
 * attempt i4) in hex: 32 letters and digits, which every provider takes
 *
 * Integers are big-endian. The migrations have the same (ref_of, payout_no).
 */
#pragma once

#include "base/ids.h"

#include <stdint.h>

enum { WITHDRAWAL_BYTES = 16, PAYOUT_NUMBER_LEN = 32 };

void withdrawal_id(const struct player_id *player, const char *key, uint8_t out[static WITHDRAWAL_BYTES]);
void payout_number(const uint8_t withdrawal[static WITHDRAWAL_BYTES],
                   uint32_t part,
                   uint32_t attempt,
                   char out[static PAYOUT_NUMBER_LEN + 1]);
