/*
 * outbound/wechat_sign.c - WeChat Pay API v3: signing requests, believing answers and notices.
 */
#include "outbound/wechat_sign.h"

#include "base/buf.h"
#include "base/crypto.h"

#include <inttypes.h>

enum { ENVELOPE_MAX = 16 * 1024, SECONDS_DIGITS_MAX = 12, SIGNATURE_TEXT_MAX = 2048 };

struct wechat_stamp wechat_stamp_now(int64_t wall_ms)
{
    /* 62 letters and digits, as the provider wants; two come twice, so that six bits choose one. */
    static const char LETTERS[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyzAZ";
    struct wechat_stamp stamp = {.seconds = wall_ms / 1000};
    uint8_t bytes[WECHAT_NONCE_TEXT];

    crypto_random(bytes, sizeof bytes);
    for (size_t i = 0; i < WECHAT_NONCE_TEXT; i++) {
        stamp.nonce[i] = LETTERS[bytes[i] & 63];
    }
    return stamp;
}

hb_err wechat_authorization(const struct wechat_signer *signer,
                            const char *method,
                            const char *path,
                            const struct wechat_stamp *stamp,
                            struct span body,
                            struct buf *out)
{
    struct buf message, signature;
    hb_err err = HB_E_NOMEM;

    buf_init(&message, ENVELOPE_MAX + body.len);
    buf_init(&signature, SIGNATURE_TEXT_MAX);
    buf_addf(&message, "%s\n%s\n%" PRId64 "\n%s\n", method, path, stamp->seconds, stamp->nonce);
    buf_add(&message, body.at, body.len);
    buf_addc(&message, '\n');
    if (!message.failed) {
        err = rsa_sign(signer->key, message.data, message.len, &signature);
    }
    if (err == HB_OK) {
        buf_addf(out,
                 "WECHATPAY2-SHA256-RSA2048 mchid=\"%s\",nonce_str=\"%s\",timestamp=\"%" PRId64
                 "\",serial_no=\"%s\",signature=\"%s\"",
                 signer->mch_id,
                 stamp->nonce,
                 stamp->seconds,
                 signer->serial,
                 buf_cstr(&signature));
        err = out->failed ? HB_E_NOMEM : HB_OK;
    }
    buf_free(&message);
    buf_free(&signature);
    return err;
}

static struct span header_of(bool (*header)(void *headers, const char *name, const char **value, size_t *len),
                             void *headers,
                             const char *name)
{
    struct span span = {"", 0};

    return header(headers, name, &span.at, &span.len) ? span : (struct span){"", 0};
}

struct wechat_seal
wechat_seal_of(bool (*header)(void *headers, const char *name, const char **value, size_t *len),
               void *headers)
{
    return (struct wechat_seal){
        .timestamp = header_of(header, headers, "wechatpay-timestamp"),
        .nonce = header_of(header, headers, "wechatpay-nonce"),
        .signature = header_of(header, headers, "wechatpay-signature"),
        .serial = header_of(header, headers, "wechatpay-serial"),
    };
}

static bool read_seconds(struct span text, int64_t *out)
{
    *out = 0;
    if (text.len == 0 || text.len > SECONDS_DIGITS_MAX) {
        return false;
    }
    for (size_t i = 0; i < text.len; i++) {
        if (text.at[i] < '0' || text.at[i] > '9') {
            return false;
        }
        *out = *out * 10 + (text.at[i] - '0');
    }
    return true;
}

static bool is_fresh(int64_t seconds, int64_t now_ms)
{
    int64_t away_ms = seconds * 1000 - now_ms;

    return away_ms > -WECHAT_CLOCK_S * 1000 && away_ms < WECHAT_CLOCK_S * 1000;
}

static bool seal_fits(const struct rsa_key *key, const struct wechat_seal *seal, struct span body)
{
    struct buf message;
    bool good;

    buf_init(&message, ENVELOPE_MAX + body.len);
    buf_add(&message, seal->timestamp.at, seal->timestamp.len);
    buf_addc(&message, '\n');
    buf_add(&message, seal->nonce.at, seal->nonce.len);
    buf_addc(&message, '\n');
    buf_add(&message, body.at, body.len);
    buf_addc(&message, '\n');
    good = !message.failed &&
           rsa_verify(key, message.data, message.len, seal->signature.at, seal->signature.len);
    buf_free(&message);
    return good;
}

enum wechat_belief
wechat_believe(struct wechat_keys *keys, const struct wechat_seal *seal, int64_t now_ms, struct span body)
{
    struct rsa_key *key;
    int64_t seconds;
    bool fits;

    if (!read_seconds(seal->timestamp, &seconds) || seal->nonce.len == 0 || seal->signature.len == 0 ||
        seal->serial.len == 0) {
        return WECHAT_UNSEALED;
    }
    if (!is_fresh(seconds, now_ms)) {
        return WECHAT_STALE;
    }
    key = wechat_keys_find(keys, seal->serial.at, seal->serial.len);
    if (key == NULL) {
        return WECHAT_UNKNOWN_SERIAL;
    }
    fits = seal_fits(key, seal, body);
    rsa_key_free(key);
    return fits ? WECHAT_GENUINE : WECHAT_FORGED;
}

const char *wechat_belief_name(enum wechat_belief belief)
{
    static const char *const NAMES[] = {
        [WECHAT_GENUINE] = "genuine",
        [WECHAT_UNSEALED] = "no_signature",
        [WECHAT_STALE] = "stale",
        [WECHAT_UNKNOWN_SERIAL] = "unknown_serial",
        [WECHAT_FORGED] = "bad_signature",
    };

    return NAMES[belief];
}
