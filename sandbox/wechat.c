/*
 * sandbox/wechat.c - WeChat Pay's merchant transfers: what is taken, what is refused, what is told.
 */
#include "base/beijing.h"
#include "base/clock.h"
#include "base/crypto.h"
#include "outbound/fields.h"
#include "sandbox/faces.h"
#include "sandbox/notices.h"
#include "sandbox/wechat_wire.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    AMOUNT_MIN_FEN = 10,
    NAME_FROM_FEN = 30,
    NAME_REQUIRED_FEN = 200000,
    NUMBER_MAX = 32,
    SCENE_ROWS = 2,
    EARLY_MS = 300,
    PLAIN_MAX = 4096
};

/* What a create asks for. */
struct wanted {
    char app_id[33], number[65], scene[37], payee[65], name_cipher[1025], remark[129], notify_url[257];
    int64_t amount_fen;
    json_t *json;
};

/* ---- answers ---- */

static void add_text(struct buf *out, const char *name, const char *text)
{
    buf_addf(out, "%s\"%s\":", out->len > 0 && out->data[out->len - 1] == '{' ? "" : ",", name);
    buf_add_json_string(out, text, strlen(text));
}

static void add_time(struct buf *out, const char *name, int64_t at_ms)
{
    char text[BEIJING_RFC3339];

    beijing_write_rfc3339(at_ms, text);
    add_text(out, name, text);
}

/* base64url of "shop:number": opaque enough, and the confirmation page needs no table. */
void wechat_package(const struct order *order, char out[static PACKAGE_MAX])
{
    char text[80];

    (void)snprintf(text, sizeof text, "%zu:%s", order->shop, order->number);
    (void)base64url_encode(text, strlen(text), out);
}

static const char *number_said(const struct exchange *exchange, const struct order *order)
{
    return exchange->rule.fault == FAULT_WRONG_NUMBER ? "SOMEBODYELSES" : order->number;
}

static void add_head(struct exchange *exchange, const struct order *order)
{
    struct buf *out = &exchange->body;

    buf_clear(out);
    buf_addc(out, '{');
    add_text(out, "out_bill_no", number_said(exchange, order));
    add_text(out, "transfer_bill_no", order->provider_no);
    add_text(out, "state", order_state_wechat(order->state));
    if (order->state == ORDER_FAIL) {
        add_text(out, "fail_reason", order->reason);
    }
}

static void write_created(struct exchange *exchange, const struct order *order)
{
    char package[PACKAGE_MAX];

    add_head(exchange, order);
    add_time(&exchange->body, "create_time", order->created_ms);
    if (order->state == ORDER_WAITING) {
        wechat_package(order, package);
        add_text(&exchange->body, "package_info", package);
    }
    buf_addc(&exchange->body, '}');
}

/* What a query answers, and what a notice holds. */
void wechat_write_bill(struct buf *out, const struct order *order, enum fault fault)
{
    buf_addc(out, '{');
    add_text(out, "mch_id", SHOPS[order->shop].mch_id);
    add_text(out, "out_bill_no", fault == FAULT_WRONG_NUMBER ? "SOMEBODYELSES" : order->number);
    add_text(out, "transfer_bill_no", order->provider_no);
    add_text(out, "appid", SHOPS[order->shop].app_id);
    add_text(out, "state", order_state_wechat(order->state));
    buf_addf(out, ",\"transfer_amount\":%" PRId64, order->amount_fen + (fault == FAULT_WRONG_AMOUNT));
    add_text(out, "transfer_remark", order->remark);
    add_text(out, "openid", fault == FAULT_WRONG_PAYEE ? "oSOMEBODYELSE" : order->payee);
    if (order->state == ORDER_FAIL) {
        add_text(out, "fail_reason", order->reason);
    }
    add_time(out, "create_time", order->created_ms);
    add_time(out, "update_time", order->updated_ms);
    buf_addc(out, '}');
}

/* ---- create ---- */

static bool is_number(const char *text)
{
    size_t len = strspn(text, "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");

    return len > 0 && len <= NUMBER_MAX && text[len] == '\0';
}

/* Scene 1000 wants both of its rows, each once. */
static bool reports_fit(const json_t *reports)
{
    static const char *const TYPES[SCENE_ROWS] = {"活动名称", "奖励说明"};
    size_t found[SCENE_ROWS] = {0};

    for (size_t i = 0; i < json_array_size(reports); i++) {
        const char *type = json_string_value(json_object_get(json_array_get(reports, i), "info_type"));

        for (size_t j = 0; j < SCENE_ROWS; j++) {
            found[j] += type != NULL && strcmp(type, TYPES[j]) == 0;
        }
    }
    return json_array_size(reports) == SCENE_ROWS && found[0] == 1 && found[1] == 1;
}

static bool wanted_read(const struct exchange *exchange, struct wanted *out)
{
    const struct http_request *request = http_call_request(exchange->call);
    const json_t *json;

    *out = (struct wanted){0};
    if (json_parse(request->body.at, request->body.len, &out->json, NULL, 0) != HB_OK) {
        return false;
    }
    json = out->json;
    return field_text(json, "appid", out->app_id, sizeof out->app_id) &&
           field_text(json, "out_bill_no", out->number, sizeof out->number) &&
           field_text(json, "transfer_scene_id", out->scene, sizeof out->scene) &&
           field_text(json, "openid", out->payee, sizeof out->payee) &&
           field_text(json, "user_name", out->name_cipher, sizeof out->name_cipher) &&
           field_text(json, "transfer_remark", out->remark, sizeof out->remark) &&
           field_text(json, "notify_url", out->notify_url, sizeof out->notify_url) &&
           field_fen(json, "transfer_amount", &out->amount_fen) && is_number(out->number) &&
           out->payee[0] != '\0' && out->remark[0] != '\0' && out->amount_fen >= AMOUNT_MIN_FEN &&
           strcmp(out->scene, "1000") == 0 &&
           reports_fit(json_object_get(json, "transfer_scene_report_infos"));
}

/* The key that the request names. */
static const struct rsa_key *named_key(const struct exchange *exchange)
{
    const struct keys *keys = exchange->sandbox->keys;
    struct http_text serial;

    if (!http_call_header(exchange->call, "wechatpay-serial", &serial)) {
        return NULL;
    }
    if (serial.len == strlen(KEYS_PUBLIC_ID) && memcmp(serial.at, KEYS_PUBLIC_ID, serial.len) == 0) {
        return keys->public_key;
    }
    for (size_t i = 0; i < keys->platform_count; i++) {
        const char *known = certificate_serial(keys->platform[i].certificate);

        if (strlen(known) == serial.len && memcmp(known, serial.at, serial.len) == 0) {
            return keys->platform[i].key;
        }
    }
    return NULL;
}

/* Puts the name in clear text into the object, so that its digest is of what is meant. */
static bool name_open(const struct exchange *exchange, struct wanted *wanted)
{
    const struct rsa_key *key = named_key(exchange);
    struct buf name;
    bool good;

    if (wanted->name_cipher[0] == '\0') {
        return wanted->amount_fen < NAME_REQUIRED_FEN;
    }
    buf_init(&name, PLAIN_MAX);
    good = key != NULL && wanted->amount_fen >= NAME_FROM_FEN &&
           rsa_decrypt(key, wanted->name_cipher, strlen(wanted->name_cipher), &name) == HB_OK &&
           json_object_set_new(wanted->json, "user_name", json_stringn(name.data, name.len)) == 0;
    buf_free(&name);
    return good;
}

static struct order *order_take(struct exchange *exchange, const struct wanted *wanted, const char *digest)
{
    const struct rule *rule = &exchange->rule;
    struct order order = {.shop = exchange->shop,
                          .amount_fen = wanted->amount_fen,
                          .created_ms = clock_wall_ms(),
                          .state = ORDER_WAITING};

    order.updated_ms = order.created_ms;
    (void)snprintf(order.number, sizeof order.number, "%s", wanted->number);
    (void)snprintf(order.payee, sizeof order.payee, "%s", wanted->payee);
    (void)snprintf(order.remark, sizeof order.remark, "%s", wanted->remark);
    (void)snprintf(order.notify_url, sizeof order.notify_url, "%s", wanted->notify_url);
    (void)snprintf(order.digest, sizeof order.digest, "%s", digest);
    if (rule->fault == FAULT_FAIL) {
        order.state = ORDER_FAIL;
        (void)snprintf(order.reason, sizeof order.reason, "%s", rule->reason);
    } else if (rule->fault == FAULT_FAIL_LATER) {
        (void)snprintf(order.fail_with, sizeof order.fail_with, "%s", rule->reason);
    } else if (rule->fault == FAULT_PROCESSING) {
        order.state = ORDER_PROCESSING;
    }
    return book_create(exchange->sandbox->book, &order);
}

/* Paid, and told so, before this call hears that the payee is asked. */
static void pay_early(struct exchange *exchange, struct order *order)
{
    (void)sandbox_tap(exchange->sandbox, order);
    sandbox_settle(exchange->sandbox, order);
    exchange->rule.fault = FAULT_DELAY;
    exchange->rule.delay_ms = exchange->rule.delay_ms != 0 ? exchange->rule.delay_ms : EARLY_MS;
}

static void create_new(struct exchange *exchange, const struct wanted *wanted, const char *digest)
{
    struct order *order;

    if (wanted->amount_fen > book_float_fen(exchange->sandbox->book, exchange->shop) &&
        exchange->rule.fault != FAULT_PROCESSING) {
        wechat_answer_error(exchange, "NOT_ENOUGH", "运营账户余额不足");
        return;
    }
    order = order_take(exchange, wanted, digest);
    write_created(exchange, order);
    if (exchange->rule.fault == FAULT_EARLY) {
        pay_early(exchange, order);
    } else if (order->state == ORDER_FAIL) {
        notices_send(exchange->sandbox->notices, order);
    }
    exchange_answer(exchange);
}

static void create_checked(struct exchange *exchange, const struct wanted *wanted)
{
    const struct order *known;
    char digest[DIGEST_TEXT];

    if (exchange_begin(exchange, CALL_CREATE, wanted->number, wanted->amount_fen) ||
        wechat_refuse_by_rule(exchange)) {
        return;
    }
    if (sandbox_too_fast(exchange->sandbox, exchange->shop)) {
        wechat_answer_error(exchange, "FREQUENCY_LIMITED", "频率超限");
        return;
    }
    exchange_digest(wanted->json, digest);
    known = book_find(exchange->sandbox->book, exchange->shop, wanted->number);
    if (known == NULL) {
        create_new(exchange, wanted, digest);
    } else if (strcmp(known->digest, digest) != 0) {
        wechat_answer_error(exchange, "INVALID_REQUEST", "单号已存在但信息不一致");
    } else {
        write_created(exchange, known);
        exchange_answer(exchange);
    }
}

void wechat_create(struct http_call *call, void *context)
{
    struct exchange *exchange = exchange_new(context, call);
    struct wanted wanted;

    if (!wechat_authenticate(exchange)) {
        return;
    }
    if (!wanted_read(exchange, &wanted) || !name_open(exchange, &wanted)) {
        wechat_answer_error(exchange, "PARAM_ERROR", "参数错误");
    } else if (strcmp(wanted.app_id, SHOPS[exchange->shop].app_id) != 0) {
        wechat_answer_error(exchange, "INVALID_REQUEST", "appid与商户号不匹配");
    } else {
        create_checked(exchange, &wanted);
    }
    json_decref(wanted.json);
}

/* ---- query, cancel ---- */

static void text_copy(struct http_text text, char *out, size_t max)
{
    (void)snprintf(out, max, "%.*s", (int)text.len, text.at);
}

/* The order that the path names; NULL when there is none. False: the exchange is over. */
static bool
order_begin(struct exchange *exchange, enum call_kind kind, bool by_provider_no, struct order **out)
{
    char number[65];

    if (!wechat_authenticate(exchange)) {
        return false;
    }
    text_copy(http_call_request(exchange->call)->params[0], number, sizeof number);
    *out = by_provider_no ? book_find_provider_no(exchange->sandbox->book, number)
                          : book_find(exchange->sandbox->book, exchange->shop, number);
    if (*out != NULL && (*out)->shop != exchange->shop) {
        *out = NULL;
    }
    return !exchange_begin(exchange, kind, number, *out == NULL ? 0 : (*out)->amount_fen) &&
           !wechat_refuse_by_rule(exchange);
}

static void query(struct http_call *call, struct sandbox *sandbox, bool by_provider_no)
{
    struct exchange *exchange = exchange_new(sandbox, call);
    struct order *order;

    if (!order_begin(exchange, CALL_QUERY, by_provider_no, &order)) {
        return;
    }
    if (order == NULL) {
        wechat_answer_error(exchange, "NOT_FOUND", "记录不存在");
        return;
    }
    wechat_write_bill(&exchange->body, order, exchange->rule.fault);
    exchange_answer(exchange);
}

void wechat_query(struct http_call *call, void *context)
{
    query(call, context, /* by_provider_no= */ false);
}

void wechat_query_provider_no(struct http_call *call, void *context)
{
    query(call, context, /* by_provider_no= */ true);
}

static bool is_cancelled(const struct order *order)
{
    return order->state == ORDER_CANCELING || order->state == ORDER_CANCELLED;
}

void wechat_cancel(struct http_call *call, void *context)
{
    struct exchange *exchange = exchange_new(context, call);
    struct order *order;

    if (!order_begin(exchange, CALL_CANCEL, /* by_provider_no= */ false, &order)) {
        return;
    }
    if (order != NULL && exchange->rule.fault == FAULT_TAP_FIRST) {
        (void)sandbox_tap(exchange->sandbox, order);
    }
    if (order == NULL) {
        wechat_answer_error(exchange, "NOT_FOUND", "记录不存在");
        return;
    }
    if (order->state == ORDER_WAITING || order->state == ORDER_PROCESSING) {
        book_move(exchange->sandbox->book, order, ORDER_CANCELING, "", clock_wall_ms());
    }
    if (!is_cancelled(order)) {
        wechat_answer_error(exchange, "INVALID_REQUEST", "当前单据状态不支持撤销");
        return;
    }
    add_head(exchange, order);
    add_time(&exchange->body, "update_time", order->updated_ms);
    buf_addc(&exchange->body, '}');
    exchange_answer(exchange);
}
