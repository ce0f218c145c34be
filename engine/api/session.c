/*
 * api/session.c - the engine's own short session.
 */
#include "api/session.h"

#include "base/buf.h"

#include <string.h>

enum { MAC_BYTES = 16, SIGNED_BYTES = PLAYER_BYTES + 8, SESSION_BYTES = SIGNED_BYTES + MAC_BYTES };

static const char PREFIX[] = "hbs1.";
static const char LABEL[8] = "session";

static void session_mac(const struct hmac_key *key,
                        const uint8_t signed_part[static SIGNED_BYTES],
                        uint8_t out[static SHA256_BYTES])
{
    uint8_t message[sizeof LABEL + SIGNED_BYTES];

    memcpy(message, LABEL, sizeof LABEL);
    memcpy(message + sizeof LABEL, signed_part, SIGNED_BYTES);
    hmac_sha256(key, message, sizeof message, out);
}

void session_issue(const struct hmac_key *key,
                   const struct player_id *player,
                   int64_t expires_s,
                   char out[static SESSION_TEXT + 1])
{
    uint8_t bytes[SIGNED_BYTES + SHA256_BYTES];

    memcpy(bytes, player->bytes, PLAYER_BYTES);
    be_write(bytes + PLAYER_BYTES, (uint64_t)expires_s, 8);
    session_mac(key, bytes, bytes + SIGNED_BYTES);
    memcpy(out, PREFIX, sizeof PREFIX - 1);
    base64url_encode(bytes, SESSION_BYTES, out + sizeof PREFIX - 1);
}

bool session_looks_like(const char *text, size_t len)
{
    return len >= sizeof PREFIX - 1 && memcmp(text, PREFIX, sizeof PREFIX - 1) == 0;
}

hb_err
session_check(const struct hmac_key *key, const char *text, size_t len, int64_t now_s, struct player_id *out)
{
    uint8_t bytes[SESSION_BYTES], mac[SHA256_BYTES];
    size_t got;

    if (len != SESSION_TEXT || !session_looks_like(text, len) ||
        !base64url_decode(text + sizeof PREFIX - 1, len - (sizeof PREFIX - 1), bytes, sizeof bytes, &got) ||
        got != SESSION_BYTES) {
        return HB_E_TOKEN_INVALID;
    }
    session_mac(key, bytes, mac);
    if (!crypto_equal(mac, bytes + SIGNED_BYTES, MAC_BYTES)) {
        return HB_E_TOKEN_INVALID;
    }
    if ((int64_t)be_read(bytes + PLAYER_BYTES, 8) <= now_s) {
        return HB_E_TOKEN_EXPIRED;
    }
    memcpy(out->bytes, bytes, PLAYER_BYTES);
    return HB_OK;
}
