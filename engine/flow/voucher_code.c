/*
 * flow/voucher_code.c - sealing, opening and recognising codes.
 */
#include "flow/voucher_code.h"

#include "base/ids.h"

#include <stdio.h>

enum { PURPOSE_BYTES = sizeof "voucher/" + SLUG_MAX, NAME_BYTES = 2 * SLUG_MAX + 2 };

/* How many bytes the UTF-8 character at text has; 0: none. */
static size_t character_bytes(const unsigned char *text, size_t len)
{
    size_t bytes = text[0] < 0x80   ? 1
                   : text[0] < 0xC2 ? 0
                   : text[0] < 0xE0 ? 2
                   : text[0] < 0xF0 ? 3
                   : text[0] < 0xF5 ? 4
                                    : 0;

    if (bytes == 0 || bytes > len) {
        return 0;
    }
    for (size_t i = 1; i < bytes; i++) {
        if ((text[i] & 0xC0) != 0x80) {
            return 0;
        }
    }
    if ((text[0] == 0xE0 && text[1] < 0xA0) || (text[0] == 0xED && text[1] > 0x9F) ||
        (text[0] == 0xF0 && text[1] < 0x90) || (text[0] == 0xF4 && text[1] > 0x8F)) {
        return 0; /* overlong, half of a pair, or beyond the last one */
    }
    return bytes;
}

bool voucher_code_valid(const char *code, size_t len)
{
    const unsigned char *text = (const unsigned char *)code;

    if (len == 0 || len > VOUCHER_CODE_MAX || text[0] == ' ' || text[len - 1] == ' ') {
        return false;
    }
    for (size_t i = 0, bytes = 0; i < len; i += bytes) {
        bytes = character_bytes(text + i, len - i);
        if (bytes == 0 || text[i] < 0x20 || text[i] == 0x7F) {
            return false;
        }
    }
    return true;
}

static size_t name_write(const char *campaign, const char *prize, char out[static NAME_BYTES])
{
    return (size_t)snprintf(out, NAME_BYTES, "%.*s/%.*s", SLUG_MAX, campaign, SLUG_MAX, prize);
}

bool voucher_code_seal(const struct seal_key *key,
                       const char *campaign,
                       const char *prize,
                       const char *code,
                       size_t len,
                       struct buf *out)
{
    char name[NAME_BYTES];
    size_t name_len = name_write(campaign, prize, name);

    return seal_write(key, "voucher", name, name_len, code, len, out);
}

bool voucher_code_open(const struct seal_key *key,
                       const char *campaign,
                       const char *prize,
                       const void *sealed,
                       size_t len,
                       struct buf *out)
{
    char name[NAME_BYTES];
    size_t name_len = name_write(campaign, prize, name);

    return seal_open(key, "voucher", name, name_len, sealed, len, out);
}

void voucher_code_mark(const struct seal_key *key,
                       const char *campaign,
                       const char *code,
                       size_t len,
                       uint8_t out[static SHA256_BYTES])
{
    char purpose[PURPOSE_BYTES];

    (void)snprintf(purpose, sizeof purpose, "voucher/%.*s", SLUG_MAX, campaign);
    seal_mark(key, purpose, code, len, out);
}
