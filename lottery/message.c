/* lottery/message.c - builds the HMAC messages of the fairness formulas. */
#include "lottery/message.h"

#include <assert.h>
#include <string.h>

__extension__ typedef unsigned __int128 wide;

void message_add(struct message *message, const void *bytes, size_t len)
{
    assert(len <= MESSAGE_MAX - message->len);
    memcpy(message->bytes + message->len, bytes, len);
    message->len += len;
}

static void message_add_slug(struct message *message, const char *text)
{
    message_add(message, text, strnlen(text, SLUG_MAX));
    message_add(message, "", 1);
}

void message_start(struct message *message, const char *label, const char *campaign, const char *prize)
{
    message->len = 0;
    message_add(message, label, strlen(label) + 1);
    message_add_slug(message, campaign);
    if (prize != NULL) {
        message_add_slug(message, prize);
    }
}

void message_add_u32(struct message *message, uint32_t value)
{
    const uint8_t bytes[4] = {(uint8_t)(value >> 24),
                              (uint8_t)(value >> 16 & 0xff),
                              (uint8_t)(value >> 8 & 0xff),
                              (uint8_t)(value & 0xff)};

    message_add(message, bytes, sizeof bytes);
}

void message_hmac(const struct message *message, const struct seed *seed, uint8_t out[static 32])
{
    hmac_sha256(&seed->key, message->bytes, message->len, out);
}

uint64_t uniform_below(const uint8_t *bytes, size_t len, uint64_t size)
{
    wide value = 0;

    assert(size > 0 && len <= sizeof value);
    for (size_t i = 0; i < len; i++) {
        value = value << 8 | bytes[i];
    }
    return (uint64_t)(value % size);
}
