/*
 * lottery/message.h - the bytes that the campaign's HMACs are taken of, and uniform numbers out of them.
 *
 * A message is the label, then texts that each begin after one zero byte, a zero byte, then big-endian
 * integers and raw bytes. Labels and slugs hold no zero byte, so two different lists of parts never give the
 * same message. Inside lottery only.
 */
#pragma once

#include "lottery/fairness.h"

enum { MESSAGE_MAX = 16 + 2 * (SLUG_MAX + 1) + 1 + PLAYER_BYTES + 8 };

struct message {
    size_t len;
    uint8_t bytes[MESSAGE_MAX];
};

void message_start(struct message *message,
                   const char *label,
                   const char *campaign,
                   const char *prize /* or NULL */);
void message_add(struct message *message, const void *bytes, size_t len);
void message_add_u32(struct message *message, uint32_t value);
void message_hmac(const struct message *message, const struct seed *seed, uint8_t out[static 32]);

/*
 * The first len (8, 12 or 16) bytes as a big-endian number, modulo size.
 * With b bits of input the distance from the uniform distribution is at most size / 2^b: callers keep it
 * below 2^-40 by taking at least 40 bits more than size has.
 */
uint64_t uniform_below(const uint8_t *bytes, size_t len, uint64_t size);
