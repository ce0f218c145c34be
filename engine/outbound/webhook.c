/*
 * outbound/webhook.c - the secret's text form, and the signature.
 */
#include "outbound/webhook.h"

#include "base/buf.h"
#include "base/crypto.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { SIGNATURE_TEXT = (SHA256_BYTES + 2) / 3 * 4 + 1, SIGNED_EXTRA = WEBHOOK_ID_MAX + 32 };

static const char PREFIX[] = "whsec_";

hb_err webhook_secret_parse(const char *text, size_t len, struct webhook_secret *out)
{
    const size_t prefix = sizeof PREFIX - 1;

    *out = (struct webhook_secret){.len = 0};
    while (len > 0 && (text[len - 1] == '\n' || text[len - 1] == '\r')) {
        len--;
    }
    if (len <= prefix || memcmp(text, PREFIX, prefix) != 0 ||
        !base64_decode(text + prefix, len - prefix, out->bytes, sizeof out->bytes, &out->len) ||
        out->len < WEBHOOK_SECRET_MIN) {
        crypto_wipe(out, sizeof *out);
        return HB_E_INPUT;
    }
    return HB_OK;
}

static bool id_valid(const char *id)
{
    size_t len = strlen(id);

    for (size_t i = 0; i < len; i++) {
        if (id[i] <= ' ' || id[i] > '~' || id[i] == '.') {
            return false;
        }
    }
    return len > 0 && len <= WEBHOOK_ID_MAX;
}

hb_err webhook_sign(const struct webhook_secret *secret,
                    const struct webhook_message *message,
                    int64_t now_s,
                    struct webhook_headers *out)
{
    uint8_t mac[SHA256_BYTES];
    char text[SIGNATURE_TEXT];
    struct hmac_key key;
    struct buf content;
    hb_err err = HB_E_NOMEM;

    if (!id_valid(message->id)) {
        return HB_E_INPUT;
    }
    buf_init(&content, message->body_len + SIGNED_EXTRA);
    buf_addf(&content, "%s.%" PRId64 ".", message->id, now_s);
    buf_add(&content, message->body, message->body_len);
    if (!content.failed) {
        hmac_key_init(&key, secret->bytes, secret->len);
        hmac_sha256(&key, content.data, content.len, mac);
        crypto_wipe(&key, sizeof key);
        (void)base64_encode(mac, sizeof mac, text);
        (void)snprintf(out->id, sizeof out->id, "webhook-id: %s", message->id);
        (void)snprintf(out->timestamp, sizeof out->timestamp, "webhook-timestamp: %" PRId64, now_s);
        (void)snprintf(out->signature, sizeof out->signature, "webhook-signature: v1,%s", text);
        err = HB_OK;
    }
    buf_free(&content);
    return err;
}
