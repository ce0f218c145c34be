/*
 * sandbox/wechat_papers.c - what WeChat Pay hands out besides: bills of a day, its certificates.
 */
#include "base/beijing.h"
#include "base/crypto.h"
#include "sandbox/faces.h"
#include "sandbox/statement.h"
#include "sandbox/wechat_wire.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- bills ---- */

static bool day_of(struct http_call *call, char out[static BEIJING_DAY], int64_t *day_ms)
{
    struct http_text day;

    if (!http_call_query(call, "bill_date", &day) || day.len >= BEIJING_DAY) {
        return false;
    }
    (void)snprintf(out, BEIJING_DAY, "%.*s", (int)day.len, day.at);
    return beijing_parse_day(out, strlen(out), day_ms);
}

static bool is_operation(struct http_call *call)
{
    struct http_text account, packed;

    return http_call_query(call, "account_type", &account) && account.len == 9 &&
           memcmp(account.at, "OPERATION", 9) == 0 && !http_call_query(call, "tar_type", &packed);
}

void wechat_bill(struct http_call *call, void *context)
{
    struct exchange *exchange = exchange_new(context, call);
    char day[BEIJING_DAY], hex[2 * SHA1_BYTES + 1];
    uint8_t hash[SHA1_BYTES];
    int64_t day_ms;
    size_t rows;

    if (!wechat_authenticate(exchange) || exchange_begin(exchange, CALL_BILL, "", 0) ||
        wechat_refuse_by_rule(exchange)) {
        return;
    }
    if (!day_of(call, day, &day_ms) || !is_operation(call)) {
        wechat_answer_error(exchange, "PARAM_ERROR", "参数错误");
        return;
    }
    rows = statement_wechat(exchange->sandbox->book, exchange->shop, day_ms, &exchange->body);
    if (rows == 0) {
        wechat_answer_error(exchange, "NO_STATEMENT_EXIST", "账单文件不存在");
        return;
    }
    sha1(exchange->body.data, exchange->body.len, hash);
    hex_encode(hash, sizeof hash, hex);
    buf_clear(&exchange->body);
    buf_addf(&exchange->body,
             "{\"hash_type\":\"SHA1\",\"hash_value\":\"%s\",\"download_url\":\"%s/v3/billdownload/"
             "file?bill_date=%s\"}",
             hex,
             exchange->sandbox->base_url,
             day);
    exchange_answer(exchange);
}

/* Not signed: the hash that was told before is all there is. A rule about it names the order "download". */
void wechat_download(struct http_call *call, void *context)
{
    struct exchange *exchange = exchange_new(context, call);
    char day[BEIJING_DAY];
    int64_t day_ms;

    if (!wechat_authenticate(exchange) || exchange_begin(exchange, CALL_BILL, "download", 0) ||
        wechat_refuse_by_rule(exchange)) {
        return;
    }
    if (!day_of(call, day, &day_ms)) {
        wechat_answer_error(exchange, "PARAM_ERROR", "参数错误");
        return;
    }
    (void)statement_wechat(exchange->sandbox->book, exchange->shop, day_ms, &exchange->body);
    exchange->type = "text/plain";
    exchange->seal = NULL;
    exchange_answer(exchange);
}

/* ---- certificates ---- */

static void add_certificate(struct exchange *exchange, const struct key_pair *pair, const char *nonce)
{
    const struct aead_key *key = &exchange->sandbox->keys->shops[exchange->shop].api_key;
    size_t len = strlen(pair->pem);
    struct aead_message message = {.nonce = (const uint8_t *)nonce,
                                   .nonce_len = AEAD_NONCE_BYTES,
                                   .associated = (const uint8_t *)"certificate",
                                   .associated_len = strlen("certificate"),
                                   .text = (const uint8_t *)pair->pem,
                                   .text_len = len};
    uint8_t *cipher = malloc(len + AEAD_TAG_BYTES);
    char *text = malloc((len + AEAD_TAG_BYTES + 2) / 3 * 4 + 1);

    if (cipher == NULL || text == NULL || !aead_seal(key, &message, cipher)) {
        abort();
    }
    (void)base64_encode(cipher, len + AEAD_TAG_BYTES, text);
    buf_addf(
        &exchange->body,
        "{\"serial_no\":\"%s\",\"encrypt_certificate\":{\"algorithm\":\"AEAD_AES_256_GCM\",\"nonce\":\"%s\","
        "\"associated_data\":\"certificate\",\"ciphertext\":\"%s\"}}",
        certificate_serial(pair->certificate),
        nonce,
        text);
    free(cipher);
    free(text);
}

void wechat_certificates(struct http_call *call, void *context)
{
    struct exchange *exchange = exchange_new(context, call);
    char nonce[AEAD_NONCE_BYTES + 1];
    uint8_t bytes[AEAD_NONCE_BYTES / 2];

    if (!wechat_authenticate(exchange) || exchange_begin(exchange, CALL_CERTIFICATES, "", 0) ||
        wechat_refuse_by_rule(exchange)) {
        return;
    }
    if (SHOPS[exchange->shop].uses_public_key) {
        wechat_answer_error(exchange, "RESOURCE_NOT_EXISTS", "无可用的平台证书");
        return;
    }
    buf_adds(&exchange->body, "{\"data\":[");
    for (size_t i = 0; i < exchange->sandbox->keys->platform_count; i++) {
        crypto_random(bytes, sizeof bytes);
        hex_encode(bytes, sizeof bytes, nonce);
        buf_adds(&exchange->body, i == 0 ? "" : ",");
        add_certificate(exchange, &exchange->sandbox->keys->platform[i], nonce);
    }
    buf_adds(&exchange->body, "]}");
    exchange_answer(exchange);
}
