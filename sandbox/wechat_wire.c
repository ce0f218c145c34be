/*
 * sandbox/wechat_wire.c - WeChat Pay's end of API v3.
 */
#include "sandbox/wechat_wire.h"

#include "base/clock.h"
#include "base/crypto.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MESSAGE_MAX = 1 << 20, CLOCK_S = 300, NONCE_BYTES = 16, HOUR_S = 3600, SHOWN = 60 };

static const char SCHEME[] = "WECHATPAY2-SHA256-RSA2048 ";

/* ---- answers ---- */

void wechat_refuse(struct exchange *exchange, int status, const char *code, const char *message)
{
    exchange->status = status;
    buf_clear(&exchange->body);
    buf_addf(&exchange->body, "{\"code\":\"%s\",\"message\":", code);
    buf_add_json_string(&exchange->body, message, strlen(message));
    buf_addc(&exchange->body, '}');
}

void wechat_fail(struct exchange *exchange)
{
    wechat_refuse(exchange, 500, "SYSTEM_ERROR", "系统异常,请稍后重试");
}

struct code_status {
    const char *code;
    int status;
};

/* clang-format off */
static const struct code_status CODES[] = {
    {"SIGN_ERROR", 401}, {"NO_AUTH", 403}, {"NOT_ENOUGH", 403}, {"ACCOUNT_ERROR", 403}, {"NOT_FOUND", 404},
    {"RESOURCE_NOT_EXISTS", 404}, {"FREQUENCY_LIMITED", 429}, {"FREQUENCY_LIMIT_EXCEED", 429},
    {"RATELIMIT_EXCEEDED", 429}, {"FREQUENCY_LIMIT", 429}, {"SYSTEM_ERROR", 500}, {"SERVICE_UNAVAILABLE", 503},
};
/* clang-format on */

int wechat_status_of(const char *code)
{
    for (size_t i = 0; i < sizeof CODES / sizeof CODES[0]; i++) {
        if (strcmp(code, CODES[i].code) == 0) {
            return CODES[i].status;
        }
    }
    return 400;
}

void wechat_answer_error(struct exchange *exchange, const char *code, const char *message)
{
    wechat_refuse(exchange, wechat_status_of(code), code, message);
    exchange_answer(exchange);
}

bool wechat_refuse_by_rule(struct exchange *exchange)
{
    const struct rule *rule = &exchange->rule;

    if (rule->fault != FAULT_REFUSE) {
        return false;
    }
    wechat_refuse(
        exchange, rule->status != 0 ? (int)rule->status : wechat_status_of(rule->code), rule->code, "沙箱");
    exchange_answer(exchange);
    return true;
}

/* ---- signing ---- */

static void nonce_make(char out[static 2 * NONCE_BYTES + 1])
{
    uint8_t bytes[NONCE_BYTES];

    crypto_random(bytes, sizeof bytes);
    hex_encode(bytes, sizeof bytes, out);
}

static void signature_make(
    const struct rsa_key *key, enum fault fault, const char *body, size_t len, struct wechat_stamped *out)
{
    struct buf message;

    buf_init(&message, MESSAGE_MAX + len);
    buf_init(&out->signature, MESSAGE_MAX);
    buf_addf(&message, "%s\n%s\n", out->timestamp, out->nonce);
    buf_add(&message, body, len);
    buf_adds(&message, fault == FAULT_BAD_SIGNATURE ? "?\n" : "\n");
    buf_adds(&out->signature, fault == FAULT_PROBE ? "WECHATPAY/SIGNTEST/" : "");
    if (message.failed || rsa_sign(key, message.data, message.len, &out->signature) != HB_OK) {
        abort();
    }
    buf_free(&message);
}

void wechat_stamp_make(const struct sandbox *sandbox,
                       bool public,
                       enum fault fault,
                       const char *body,
                       size_t len,
                       struct wechat_stamped *out)
{
    const struct key_pair *platform = &sandbox->keys->platform[sandbox->keys->platform_count - 1];
    int64_t seconds = clock_wall_ms() / 1000 - (fault == FAULT_STALE ? HOUR_S : 0);
    const char *serial = public ? KEYS_PUBLIC_ID : certificate_serial(platform->certificate);

    (void)snprintf(out->timestamp, sizeof out->timestamp, "%" PRId64, seconds);
    nonce_make(out->nonce);
    (void)snprintf(
        out->serial, sizeof out->serial, "%s", fault == FAULT_WRONG_SERIAL ? "0123456789ABCDEF" : serial);
    signature_make(public ? sandbox->keys->public_key : platform->key, fault, body, len, out);
}

/* With the key that the caller has named: he can check that one. */
void wechat_seal(struct exchange *exchange)
{
    struct http_text serial = {"", 0};
    struct wechat_stamped stamp;
    char request_id[2 * NONCE_BYTES + 1];
    bool public;

    nonce_make(request_id);
    http_call_add_header(exchange->call, "Request-ID", request_id);
    if (exchange->rule.fault == FAULT_NO_SIGNATURE) {
        return;
    }
    (void)http_call_header(exchange->call, "wechatpay-serial", &serial);
    public = serial.len == 0 ? SHOPS[exchange->shop].uses_public_key
                             : serial.len > 11 && memcmp(serial.at, "PUB_KEY_ID_", 11) == 0;
    wechat_stamp_make(
        exchange->sandbox, public, exchange->rule.fault, exchange->body.data, exchange->body.len, &stamp);
    http_call_add_header(exchange->call, "Wechatpay-Timestamp", stamp.timestamp);
    http_call_add_header(exchange->call, "Wechatpay-Nonce", stamp.nonce);
    http_call_add_header(exchange->call, "Wechatpay-Signature", buf_cstr(&stamp.signature));
    http_call_add_header(exchange->call, "Wechatpay-Serial", stamp.serial);
    http_call_add_header(exchange->call, "Wechatpay-Signature-Type", "WECHATPAY2-SHA256-RSA2048");
    buf_free(&stamp.signature);
}

/* ---- who calls ---- */

struct credentials {
    struct http_text mch_id, nonce, timestamp, serial, signature;
};

/* The value of key="value" in the rest of the header. */
static bool pair_take(struct http_text header, const char *key, struct http_text *out)
{
    size_t len = strlen(key);

    for (size_t at = 0; at + len + 2 < header.len; at++) {
        const char *value = header.at + at + len + 2;
        const char *end;

        if ((at > 0 && header.at[at - 1] != ',') || memcmp(header.at + at, key, len) != 0 ||
            memcmp(header.at + at + len, "=\"", 2) != 0) {
            continue;
        }
        end = memchr(value, '"', header.len - (size_t)(value - header.at));
        *out = (struct http_text){value, end == NULL ? 0 : (size_t)(end - value)};
        return end != NULL;
    }
    return false;
}

static bool credentials_read(const struct exchange *exchange, struct credentials *out)
{
    struct http_text header;
    size_t scheme = sizeof SCHEME - 1;

    if (!http_call_header(exchange->call, "authorization", &header) || header.len <= scheme ||
        memcmp(header.at, SCHEME, scheme) != 0) {
        return false;
    }
    header.at += scheme;
    header.len -= scheme;
    return pair_take(header, "mchid", &out->mch_id) && pair_take(header, "nonce_str", &out->nonce) &&
           pair_take(header, "timestamp", &out->timestamp) && pair_take(header, "serial_no", &out->serial) &&
           pair_take(header, "signature", &out->signature);
}

static bool is_fresh(struct http_text timestamp)
{
    char text[16] = "";
    int64_t away_s;

    if (timestamp.len == 0 || timestamp.len >= sizeof text) {
        return false;
    }
    memcpy(text, timestamp.at, timestamp.len);
    away_s = strtoll(text, NULL, 10) - clock_wall_ms() / 1000;
    return away_s > -CLOCK_S && away_s < CLOCK_S;
}

static const char *method_name(enum http_method method)
{
    return method == HTTP_POST ? "POST" : "GET";
}

/* The five lines, from the request as it came. */
static void message_write(const struct exchange *exchange, const struct credentials *who, struct buf *out)
{
    const struct http_request *request = http_call_request(exchange->call);

    buf_addf(out, "%s\n", method_name(request->method));
    buf_add(out, request->path.at, request->path.len);
    if (request->query.len > 0) {
        buf_addc(out, '?');
        buf_add(out, request->query.at, request->query.len);
    }
    buf_addc(out, '\n');
    buf_add(out, who->timestamp.at, who->timestamp.len);
    buf_addc(out, '\n');
    buf_add(out, who->nonce.at, who->nonce.len);
    buf_addc(out, '\n');
    buf_add(out, request->body.at, request->body.len);
    buf_addc(out, '\n');
}

/* What the real one says, too: the fastest way to a wrong byte is the length of the message. */
static void sign_error(struct exchange *exchange, struct buf *message)
{
    const struct http_request *request = http_call_request(exchange->call);
    size_t shown = message->len < SHOWN ? message->len : SHOWN;

    exchange->status = 401;
    buf_addf(&exchange->body,
             "{\"code\":\"SIGN_ERROR\",\"message\":\"签名错误\",\"detail\":{\"sign_information\":{\"method\":"
             "\"%s\","
             "\"sign_message_length\":%zu,\"truncated_sign_message\":",
             method_name(request->method),
             message->len);
    buf_add_json_string(&exchange->body, message->data == NULL ? "" : message->data, shown);
    buf_adds(&exchange->body, ",\"url\":");
    buf_add_json_string(&exchange->body, request->path.at, request->path.len);
    buf_adds(&exchange->body, "}}}");
}

static bool is_signed(struct exchange *exchange, const struct credentials *who, struct buf *message)
{
    const struct key_pair *pair;
    const char *serial;

    message_write(exchange, who, message);
    if (!shop_find_mch_id(who->mch_id.at, who->mch_id.len, &exchange->shop)) {
        exchange->shop = 0;
        return false;
    }
    pair = &exchange->sandbox->keys->shops[exchange->shop].pair;
    serial = certificate_serial(pair->certificate);
    return is_fresh(who->timestamp) && strlen(serial) == who->serial.len &&
           memcmp(serial, who->serial.at, who->serial.len) == 0 &&
           rsa_verify(pair->key, message->data, message->len, who->signature.at, who->signature.len);
}

bool wechat_authenticate(struct exchange *exchange)
{
    struct credentials who = {0};
    struct http_text agent;
    struct buf message;
    bool good;

    buf_init(&message, MESSAGE_MAX);
    exchange->seal = wechat_seal;
    exchange->fail = wechat_fail;
    good = credentials_read(exchange, &who) && http_call_header(exchange->call, "user-agent", &agent) &&
           is_signed(exchange, &who, &message);
    if (!good) {
        sign_error(exchange, &message);
        exchange_answer(exchange);
    }
    buf_free(&message);
    return good;
}
