/*
 * outbound/webhook.h - signed messages to the operator's system, as Standard Webhooks 1.0 has them.
 *
 *   webhook-id         the same for every sending of a message: who receives it twice knows
 *   webhook-timestamp  seconds, of this sending
 *   webhook-signature  "v1," base64(HMAC-SHA256(secret, id "." timestamp "." body))
 *
 * The secret is written "whsec_" base64(24 to 64 bytes).
 */
#pragma once

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { WEBHOOK_SECRET_MIN = 24, WEBHOOK_SECRET_MAX = 64, WEBHOOK_ID_MAX = 128, WEBHOOK_HEADER_MAX = 192 };

struct webhook_secret {
    uint8_t bytes[WEBHOOK_SECRET_MAX];
    size_t len;
};

/* One line end behind it is allowed. HB_E_INPUT: not of that form. */
HB_CHECKED hb_err webhook_secret_parse(const char *text, size_t len, struct webhook_secret *out);

struct webhook_message {
    const char *id; /* visible ASCII without a dot, at most WEBHOOK_ID_MAX */
    const char *body;
    size_t body_len;
};

/* Lines for web_request.headers. */
struct webhook_headers {
    char id[WEBHOOK_HEADER_MAX], timestamp[WEBHOOK_HEADER_MAX], signature[WEBHOOK_HEADER_MAX];
};

/* HB_E_INPUT: the id is none. HB_E_NOMEM. */
HB_CHECKED hb_err webhook_sign(const struct webhook_secret *secret,
                               const struct webhook_message *message,
                               int64_t now_s,
                               struct webhook_headers *out);
