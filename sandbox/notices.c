/*
 * sandbox/notices.c - what the sandbox tells by itself.
 *
 *   notices_send --> waits (a rule's delay) --> sent --> taken: remembered, gone
 *                      ^                          |
 *                      +------ not taken ---------+
 */
#include "sandbox/notices.h"

#include "base/beijing.h"
#include "base/clock.h"
#include "base/crypto.h"
#include "base/loop.h"
#include "outbound/alipay_sign.h"
#include "outbound/web.h"
#include "sandbox/faces.h"
#include "sandbox/wechat_wire.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    ANSWER_MAX = 64 * 1024,
    BODY_MAX = 256 * 1024,
    TIMEOUT_MS = 5000,
    CALLS_MAX = 1000,
    CONNECTIONS_MAX = 16,
    TRIES_MAX = 15,
    ID_BYTES = 18,
    HEADER_MAX = 1024
};

/* How many times notice_retry_ms each gap is: 15 s, 15 s, 30 s, 3 min and so on, when that is 15 s. */
static const int64_t GAPS[TRIES_MAX] = {1, 1, 2, 12, 40, 80, 120, 120, 120, 240, 720, 720, 720, 1440, 1440};

struct notice {
    struct notices *notices;
    struct notice *next, **link;
    struct order *order;
    struct rule rule;
    char id[2 * ID_BYTES + 1];
    size_t tries;
    struct loop_timer *timer;
};

struct notices {
    struct sandbox *sandbox;
    struct web_client *web;
    struct notice *first;
    bool ending;
};

/* ---- life ---- */

hb_err notices_new(struct sandbox *sandbox, struct notices **out)
{
    const struct web_spec spec = {.connect_timeout_ms = TIMEOUT_MS,
                                  .timeout_ms = TIMEOUT_MS,
                                  .calls_max = CALLS_MAX,
                                  .connections_max = CONNECTIONS_MAX,
                                  .allow_plain = true};
    struct notices *notices = calloc(1, sizeof *notices);
    hb_err err;

    *out = NULL;
    if (notices == NULL) {
        return HB_E_NOMEM;
    }
    notices->sandbox = sandbox;
    err = web_client_new(sandbox->loop, &spec, &notices->web);
    if (err != HB_OK) {
        notices_free(notices);
        return err;
    }
    *out = notices;
    return HB_OK;
}

static void notice_free(struct notice *notice)
{
    *notice->link = notice->next;
    if (notice->next != NULL) {
        notice->next->link = notice->link;
    }
    loop_timer_free(notice->timer);
    free(notice);
}

void notices_free(struct notices *notices)
{
    if (notices == NULL) {
        return;
    }
    notices->ending = true;
    web_client_free(notices->web);
    for (struct notice *notice = notices->first, *next = NULL; notice != NULL; notice = next) {
        next = notice->next;
        notice_free(notice);
    }
    free(notices);
}

size_t notices_waiting(const struct notices *notices)
{
    size_t count = 0;

    for (const struct notice *notice = notices->first; notice != NULL; notice = notice->next) {
        count++;
    }
    return count;
}

/* ---- sending ---- */

static bool is_taken(const struct notice *notice, const struct web_answer *answer)
{
    bool good = answer->err == HB_OK && answer->status >= 200 && answer->status < 300;

    if (SHOPS[notice->order->shop].mch_id == NULL) {
        good = good && answer->body_len == 7 && memcmp(answer->body, "success", 7) == 0;
    }
    return good;
}

static void notice_answered(void *arg, const struct web_answer *answer)
{
    struct notice *notice = arg;
    int64_t retry_us = notice->notices->sandbox->options.notice_retry_ms * 1000;

    if (notice->notices->ending) {
        return; /* freed by the one who ends */
    }
    if (is_taken(notice, answer) || notice->tries == TRIES_MAX) {
        book_noticed(notice->notices->sandbox->book, notice->order);
        notice_free(notice);
        return;
    }
    notice->rule.fault = FAULT_NONE; /* after a bad one the honest one comes */
    loop_timer_set(notice->timer, GAPS[notice->tries - 1] * retry_us);
}

/* headers: NULL ends them. */
static void post(struct notice *notice, const char *url, const struct buf *body, const char *const *headers)
{
    struct web_request request = {.method = "POST",
                                  .url = url,
                                  .body = body->data,
                                  .body_len = body->len,
                                  .answer_max_bytes = ANSWER_MAX};

    for (size_t i = 0; headers[i] != NULL && i < WEB_HEADERS_MAX; i++) {
        request.headers[i] = headers[i];
    }
    web_send(notice->notices->web, &request, notice_answered, notice);
}

/* Its content, sealed with the merchant's APIv3 key. */
static void add_resource(const struct notice *notice, struct buf *out)
{
    const struct aead_key *key = &notice->notices->sandbox->keys->shops[notice->order->shop].api_key;
    char nonce[AEAD_NONCE_BYTES + 1], text[BODY_MAX / 8];
    uint8_t bytes[AEAD_NONCE_BYTES / 2], cipher[BODY_MAX / 16];
    struct aead_message message = {.nonce = (const uint8_t *)nonce,
                                   .nonce_len = AEAD_NONCE_BYTES,
                                   .associated = (const uint8_t *)"mch_payment",
                                   .associated_len = strlen("mch_payment")};
    struct buf plain;

    buf_init(&plain, sizeof cipher - AEAD_TAG_BYTES);
    crypto_random(bytes, sizeof bytes);
    hex_encode(bytes, sizeof bytes, nonce);
    wechat_write_bill(&plain, notice->order, notice->rule.fault);
    message.text = (const uint8_t *)plain.data;
    message.text_len = plain.len;
    if (plain.failed || !aead_seal(key, &message, cipher)) {
        abort();
    }
    cipher[plain.len] ^= notice->rule.fault == FAULT_TAMPERED; /* the first byte of the tag */
    (void)base64_encode(cipher, plain.len + AEAD_TAG_BYTES, text);
    buf_addf(out,
             "{\"original_type\":\"mch_payment\",\"algorithm\":\"AEAD_AES_256_GCM\",\"ciphertext\":\"%s\","
             "\"associated_data\":\"mch_payment\",\"nonce\":\"%s\"}",
             text,
             nonce);
    buf_free(&plain);
}

static void wechat_body(const struct notice *notice, struct buf *out)
{
    char now[BEIJING_RFC3339];

    beijing_write_rfc3339(clock_wall_ms(), now);
    buf_addf(
        out,
        "{\"id\":\"%s\",\"create_time\":\"%s\",\"resource_type\":\"encrypt-resource\","
        "\"event_type\":\"MCHTRANSFER.BILL.FINISHED\",\"summary\":\"商家转账单据终态通知\",\"resource\":",
        notice->id,
        now);
    add_resource(notice, out);
    buf_addc(out, '}');
}

static void send_wechat(struct notice *notice)
{
    bool public = SHOPS[notice->order->shop].uses_public_key;
    char timestamp[HEADER_MAX], nonce[HEADER_MAX], signature[HEADER_MAX], serial[HEADER_MAX];
    struct wechat_stamped stamp;
    struct buf body;

    buf_init(&body, BODY_MAX);
    wechat_body(notice, &body);
    wechat_stamp_make(notice->notices->sandbox, public, notice->rule.fault, body.data, body.len, &stamp);
    (void)snprintf(timestamp, HEADER_MAX, "Wechatpay-Timestamp: %s", stamp.timestamp);
    (void)snprintf(nonce, HEADER_MAX, "Wechatpay-Nonce: %s", stamp.nonce);
    (void)snprintf(serial, HEADER_MAX, "Wechatpay-Serial: %s", stamp.serial);
    (void)snprintf(signature, HEADER_MAX, "Wechatpay-Signature: %s", buf_cstr(&stamp.signature));
    post(notice,
         notice->order->notify_url,
         &body,
         (const char *[]){"Content-Type: application/json",
                          timestamp,
                          nonce,
                          serial,
                          notice->rule.fault == FAULT_NO_SIGNATURE ? NULL : signature,
                          NULL});
    buf_free(&stamp.signature);
    buf_free(&body);
}

static void alipay_params_fill(const struct notice *notice,
                               struct span content,
                               const char *timestamp,
                               struct alipay_params *out)
{
    out->count = 0;
    alipay_param_add(out, "app_id", span_of(SHOPS[SHOP_ALIPAY].app_id));
    alipay_param_add(out, "biz_content", content);
    alipay_param_add(out, "charset", span_of("UTF-8"));
    alipay_param_add(out, "msg_method", span_of("alipay.fund.trans.order.changed"));
    alipay_param_add(out, "notify_id", span_of(notice->id));
    alipay_param_add(out, "sign_type", span_of("RSA2"));
    alipay_param_add(out, "utc_timestamp", span_of(timestamp));
    alipay_param_add(out, "version", span_of("1.1"));
}

/* Its fault is in the signature: Alipay's notices are not sealed, so tampering shows there. */
static void alipay_form(const struct notice *notice, struct span content, struct buf *form)
{
    enum fault fault = notice->rule.fault == FAULT_TAMPERED ? FAULT_BAD_SIGNATURE : notice->rule.fault;
    struct alipay_params params;
    struct buf text, signature;
    char timestamp[24];

    buf_init(&text, BODY_MAX);
    buf_init(&signature, BODY_MAX);
    (void)snprintf(timestamp, sizeof timestamp, "%" PRId64, clock_wall_ms());
    alipay_params_fill(notice, content, timestamp, &params);
    alipay_sign_text(&params, /* with_sign_type= */ false, &text);
    alipay_sign(notice->notices->sandbox, fault, text.data, text.len, &signature);
    alipay_param_add(&params, "sign", (struct span){signature.data, signature.len});
    alipay_form_write(&params, 0, params.count, form);
    buf_free(&text);
    buf_free(&signature);
}

static void send_alipay(struct notice *notice)
{
    char url[KEYS_PATH_MAX];
    struct buf content, form;

    buf_init(&content, BODY_MAX);
    buf_init(&form, BODY_MAX);
    (void)snprintf(
        url, sizeof url, "%s/%s", notice->notices->sandbox->options.notify_base, SHOPS[SHOP_ALIPAY].name);
    alipay_write_transfer(&content, notice->order, notice->rule.fault);
    alipay_form(notice, (struct span){content.data, content.len}, &form);
    post(notice,
         url,
         &form,
         (const char *[]){"Content-Type: application/x-www-form-urlencoded; charset=utf-8", NULL});
    buf_free(&content);
    buf_free(&form);
}

static void notice_send(void *arg)
{
    struct notice *notice = arg;

    notice->tries++;
    if (SHOPS[notice->order->shop].mch_id != NULL) {
        send_wechat(notice);
    } else {
        send_alipay(notice);
    }
}

/* ---- which ---- */

static void notice_add(struct notices *notices, struct order *order, const struct rule *rule, const char *id)
{
    struct notice *notice = calloc(1, sizeof *notice);

    if (notice == NULL) {
        abort();
    }
    *notice = (struct notice){.notices = notices, .order = order, .rule = *rule, .next = notices->first};
    memcpy(notice->id, id, sizeof notice->id);
    notice->timer = loop_timer_new(notices->sandbox->loop, notice_send, notice);
    if (notice->timer == NULL) {
        abort();
    }
    notice->link = &notices->first;
    if (notice->next != NULL) {
        notice->next->link = &notice->next;
    }
    notices->first = notice;
    loop_timer_set(notice->timer, rule->fault == FAULT_DELAY ? rule->delay_ms * 1000 : 0);
}

static bool has_address(const struct notices *notices, const struct order *order)
{
    return SHOPS[order->shop].mch_id != NULL ? order->notify_url[0] != '\0'
                                             : notices->sandbox->options.notify_base[0] != '\0';
}

void notices_send(struct notices *notices, struct order *order)
{
    uint8_t bytes[ID_BYTES];
    char id[2 * ID_BYTES + 1];
    struct rule rule = faults_match(
        notices->sandbox->faults, CALL_NOTICE, SHOPS[order->shop].name, order->number, order->amount_fen);

    if (rule.fault == FAULT_NEVER || !has_address(notices, order)) {
        book_noticed(notices->sandbox->book, order);
        return;
    }
    crypto_random(bytes, sizeof bytes);
    hex_encode(bytes, sizeof bytes, id);
    notice_add(notices, order, &rule, id);
    if (rule.fault == FAULT_TWICE) {
        notice_add(notices, order, &rule, id);
    }
}

void notices_resume(struct notices *notices)
{
    for (const struct order *seen = book_orders(notices->sandbox->book); seen != NULL; seen = seen->next) {
        if (order_state_terminal(seen->state) && !seen->noticed) {
            notices_send(notices, book_find(notices->sandbox->book, seen->shop, seen->number));
        }
    }
}
