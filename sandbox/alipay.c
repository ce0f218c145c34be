/*
 * sandbox/alipay.c - Alipay's gateway: whose request it is, and what each method does.
 */
#include "base/beijing.h"
#include "base/clock.h"
#include "base/crypto.h"
#include "base/yuan.h"
#include "outbound/alipay_answer.h"
#include "outbound/alipay_sign.h"
#include "outbound/fields.h"
#include "sandbox/faces.h"
#include "sandbox/notices.h"
#include "sandbox/statement.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    FORM_MAX = 128 * 1024,
    TEXT_MAX_BYTES = 256 * 1024,
    CLOCK_MS = 15 * 60 * 1000,
    METHOD_MAX = 96,
    EARLY_MS = 300,
    ROOT_SN_MAX = 512
};

/* A request while it is served: its parameters live as long. */
struct request {
    struct exchange *exchange;
    struct alipay_params params;
    char method[METHOD_MAX];
    json_t *content;
};

/* ---- answers ---- */

void alipay_sign(
    const struct sandbox *sandbox, enum fault fault, const char *text, size_t len, struct buf *out)
{
    const struct key_pair *pair = &sandbox->keys->alipay[sandbox->keys->alipay_count - 1];
    struct buf message;

    buf_init(&message, TEXT_MAX_BYTES + len);
    buf_add(&message, text, len);
    buf_adds(&message, fault == FAULT_BAD_SIGNATURE || fault == FAULT_PROBE ? "?" : "");
    if (message.failed || rsa_sign(pair->key, message.data, message.len, out) != HB_OK) {
        abort();
    }
    buf_free(&message);
}

static const char *sn_said(const struct exchange *exchange)
{
    const struct keys *keys = exchange->sandbox->keys;

    return exchange->rule.fault == FAULT_WRONG_SERIAL
               ? "00000000000000000000000000000000"
               : certificate_alipay_sn(keys->alipay[keys->alipay_count - 1].certificate);
}

/* Until here the body is {"method": ..., the inner object}; the method is put in front by name_answer(). */
static void seal(struct exchange *exchange)
{
    struct buf inner = exchange->body, signature;
    const char *brace = memchr(inner.data, '{', inner.len);
    size_t name_len = brace == NULL ? inner.len : (size_t)(brace - inner.data);

    buf_init(&exchange->body, inner.max);
    buf_init(&signature, TEXT_MAX_BYTES);
    buf_addf(&exchange->body, "{\"%.*s\":", (int)name_len, inner.data);
    buf_add(&exchange->body, inner.data + name_len, inner.len - name_len);
    if (exchange->rule.fault != FAULT_NO_SIGNATURE) {
        alipay_sign(
            exchange->sandbox, exchange->rule.fault, inner.data + name_len, inner.len - name_len, &signature);
        buf_addf(&exchange->body,
                 ",\"alipay_cert_sn\":\"%s\",\"sign\":\"%s\"",
                 sn_said(exchange),
                 buf_cstr(&signature));
    }
    buf_addc(&exchange->body, '}');
    buf_free(&signature);
    buf_free(&inner);
}

/* alipay.fund.trans.uni.transfer --> alipay_fund_trans_uni_transfer_response */
static void name_answer(const struct request *request)
{
    struct buf *body = &request->exchange->body;

    buf_clear(body);
    for (const char *at = request->method; *at != '\0'; at++) {
        buf_addc(body, *at == '.' ? '_' : *at);
    }
    buf_adds(body, "_response");
}

static void answer_code(const struct request *request, const char *code, const char *sub_code)
{
    name_answer(request);
    buf_addf(&request->exchange->body,
             "{\"code\":\"%s\",\"msg\":\"%s\"",
             code,
             strcmp(code, "40004") == 0 ? "Business Failed" : "Service Currently Unavailable");
    if (sub_code[0] != '\0') {
        buf_addf(&request->exchange->body, ",\"sub_code\":\"%s\",\"sub_msg\":\"沙箱\"", sub_code);
    }
    buf_addc(&request->exchange->body, '}');
    exchange_answer(request->exchange);
}

/* Keeps the name that the answer has already, or gives it one. */
static void fail(struct exchange *exchange)
{
    const char *brace = exchange->body.len == 0 ? NULL : memchr(exchange->body.data, '{', exchange->body.len);

    exchange->body.len = brace == NULL ? exchange->body.len : (size_t)(brace - exchange->body.data);
    buf_adds(
        &exchange->body,
        "{\"code\":\"20000\",\"msg\":\"Service Currently Unavailable\",\"sub_code\":\"isp.unknow-error\"}");
}

/* The gateway's own refusals come without a signature. */
static void answer_unsigned(struct exchange *exchange, const char *sub_code)
{
    exchange->seal = NULL;
    buf_clear(&exchange->body);
    buf_addf(&exchange->body,
             "{\"error_response\":{\"code\":\"40002\",\"msg\":\"Invalid Arguments\",\"sub_code\":\"%s\"}}",
             sub_code);
    exchange_answer(exchange);
}

/* ---- transfers ---- */

static bool is_all_digits(const char *text)
{
    return text[0] != '\0' && text[strspn(text, "0123456789")] == '\0';
}

static bool refuse_by_rule(const struct request *request)
{
    const struct rule *rule = &request->exchange->rule;

    if (rule->fault != FAULT_REFUSE) {
        return false;
    }
    if (is_all_digits(rule->code)) {
        answer_code(request, rule->code, "");
    } else {
        answer_code(request, "40004", rule->code);
    }
    return true;
}

struct wanted {
    char number[65], amount[24], product[65], scene[65], title[129], payee[129], kind[33];
    int64_t amount_fen;
};

static bool wanted_read(const json_t *content, struct wanted *out)
{
    const json_t *payee = json_object_get(content, "payee_info");

    *out = (struct wanted){0};
    return field_text(content, "out_biz_no", out->number, sizeof out->number) &&
           field_text(content, "product_code", out->product, sizeof out->product) &&
           field_text(content, "biz_scene", out->scene, sizeof out->scene) &&
           field_text(content, "order_title", out->title, sizeof out->title) &&
           field_yuan(content, "trans_amount", &out->amount_fen) &&
           field_text(payee, "identity", out->payee, sizeof out->payee) &&
           field_text(payee, "identity_type", out->kind, sizeof out->kind) && out->number[0] != '\0' &&
           out->product[0] != '\0' && out->title[0] != '\0' && out->payee[0] != '\0' &&
           out->kind[0] != '\0' && out->amount_fen > 0;
}

static void add_text(struct buf *out, const char *name, const char *text)
{
    buf_addf(out, ",\"%s\":", name);
    buf_add_json_string(out, text, strlen(text));
}

static void add_time(struct buf *out, const char *name, int64_t at_ms)
{
    char text[BEIJING_TEXT];

    beijing_write(at_ms, text);
    add_text(out, name, text);
}

void alipay_write_transfer(struct buf *out, const struct order *order, enum fault fault)
{
    char yuan[YUAN_TEXT_MAX];

    (void)yuan_write(order->amount_fen + (fault == FAULT_WRONG_AMOUNT), yuan);
    buf_adds(out, "{\"code\":\"10000\",\"msg\":\"Success\"");
    add_text(out, "out_biz_no", fault == FAULT_WRONG_NUMBER ? "SOMEBODYELSES" : order->number);
    add_text(out, "order_id", order->provider_no);
    add_text(out, "pay_fund_order_id", order->provider_no);
    add_text(out, "status", order_state_alipay(order->state));
    add_text(out, "trans_amount", yuan);
    add_time(out, order->state == ORDER_SUCCESS ? "pay_date" : "trans_date", order->updated_ms);
    if (order->state == ORDER_FAIL) {
        add_text(out, "error_code", order->reason);
    }
    buf_addc(out, '}');
}

static void answer_transfer(const struct request *request, const struct order *order)
{
    name_answer(request);
    alipay_write_transfer(&request->exchange->body, order, request->exchange->rule.fault);
    exchange_answer(request->exchange);
}

/* What a query must repeat; nothing when it does not fit. */
static void words_of(const char *product, const char *scene, char *out, size_t max)
{
    if ((size_t)snprintf(out, max, "%s %s", product, scene) >= max) {
        out[0] = '\0';
    }
}

/* As a rule, the money is there at once. */
static enum order_state first_state(enum fault fault)
{
    return fault == FAULT_FAIL         ? ORDER_FAIL
           : fault == FAULT_FAIL_LATER ? ORDER_TRANSFERRING
           : fault == FAULT_PROCESSING ? ORDER_PROCESSING
                                       : ORDER_SUCCESS;
}

static struct order *order_take(struct exchange *exchange, const struct wanted *wanted, const char *digest)
{
    const struct rule *rule = &exchange->rule;
    struct order order = {.shop = SHOP_ALIPAY,
                          .amount_fen = wanted->amount_fen,
                          .created_ms = clock_wall_ms(),
                          .state = first_state(rule->fault)};

    order.updated_ms = order.created_ms;
    (void)snprintf(order.number, sizeof order.number, "%s", wanted->number);
    (void)snprintf(order.payee, sizeof order.payee, "%s", wanted->payee);
    (void)snprintf(order.remark, sizeof order.remark, "%s", wanted->title);
    (void)snprintf(order.digest, sizeof order.digest, "%s", digest);
    words_of(wanted->product, wanted->scene, order.words, sizeof order.words);
    (void)snprintf(order.reason, sizeof order.reason, "%s", order.state == ORDER_FAIL ? rule->reason : "");
    (void)snprintf(
        order.fail_with, sizeof order.fail_with, "%s", rule->fault == FAULT_FAIL_LATER ? rule->reason : "");
    return book_create(exchange->sandbox->book, &order);
}

static void transfer_new(const struct request *request, const struct wanted *wanted, const char *digest)
{
    struct exchange *exchange = request->exchange;
    struct order *order;

    if (wanted->amount_fen > book_float_fen(exchange->sandbox->book, SHOP_ALIPAY) &&
        exchange->rule.fault != FAULT_PROCESSING) {
        answer_code(request, "40004", "PAYER_BALANCE_NOT_ENOUGH");
        return;
    }
    order = order_take(exchange, wanted, digest);
    if (order_state_terminal(order->state)) {
        notices_send(exchange->sandbox->notices, order);
    }
    if (exchange->rule.fault == FAULT_EARLY) {
        exchange->rule.fault = FAULT_DELAY;
        exchange->rule.delay_ms = exchange->rule.delay_ms != 0 ? exchange->rule.delay_ms : EARLY_MS;
    }
    answer_transfer(request, order);
}

static void transfer(const struct request *request)
{
    struct exchange *exchange = request->exchange;
    const struct order *known;
    char digest[DIGEST_TEXT];
    struct wanted wanted;

    name_answer(request);
    if (!wanted_read(request->content, &wanted)) {
        answer_code(request, "40004", "INVALID_PARAMETER");
        return;
    }
    if (exchange_begin(exchange, CALL_CREATE, wanted.number, wanted.amount_fen) || refuse_by_rule(request)) {
        return;
    }
    if (sandbox_too_fast(exchange->sandbox, SHOP_ALIPAY)) {
        answer_code(request, "40004", "RESOURCE_LIMIT_EXCEED");
        return;
    }
    exchange_digest(request->content, digest);
    known = book_find(exchange->sandbox->book, SHOP_ALIPAY, wanted.number);
    if (known == NULL) {
        transfer_new(request, &wanted, digest);
    } else if (strcmp(known->digest, digest) != 0) {
        answer_code(request, "40004", "PAYMENT_INFO_INCONSISTENCY");
    } else {
        answer_transfer(request, known);
    }
}

static void query(const struct request *request)
{
    struct exchange *exchange = request->exchange;
    char number[65], product[65], scene[65], words[132];
    const struct order *order = NULL;

    name_answer(request);
    if (field_text(request->content, "out_biz_no", number, sizeof number) &&
        field_text(request->content, "product_code", product, sizeof product) &&
        field_text(request->content, "biz_scene", scene, sizeof scene)) {
        words_of(product, scene, words, sizeof words);
        order = book_find(exchange->sandbox->book, SHOP_ALIPAY, number);
        order = order != NULL && strcmp(order->words, words) == 0 ? order : NULL;
    } else {
        number[0] = '\0';
    }
    if (exchange_begin(exchange, CALL_QUERY, number, order == NULL ? 0 : order->amount_fen) ||
        refuse_by_rule(request)) {
        return;
    }
    if (order == NULL) {
        answer_code(request, "40004", "ORDER_NOT_EXIST");
    } else {
        answer_transfer(request, order);
    }
}

static void bill_url(const struct request *request)
{
    struct exchange *exchange = request->exchange;
    char day[BEIJING_DAY], kind[32];
    int64_t day_ms;
    struct buf statement;
    size_t rows;

    name_answer(request);
    if (exchange_begin(exchange, CALL_BILL, "", 0) || refuse_by_rule(request)) {
        return;
    }
    if (!field_text(request->content, "bill_date", day, sizeof day) ||
        !field_text(request->content, "bill_type", kind, sizeof kind) ||
        !beijing_parse_day(day, strlen(day), &day_ms) || strcmp(kind, "signcustomer") != 0) {
        answer_code(request, "40004", "INVALID_PARAMETER");
        return;
    }
    buf_init(&statement, 64 << 20);
    rows = statement_alipay(exchange->sandbox->book, SHOP_ALIPAY, day_ms, &statement);
    buf_free(&statement);
    if (rows == 0) {
        answer_code(request, "40004", "isp.bill_not_exist");
        return;
    }
    buf_addf(&exchange->body,
             "{\"code\":\"10000\",\"msg\":\"Success\",\"bill_download_url\":\"%s/alipay/bill/%s\"}",
             exchange->sandbox->base_url,
             day);
    exchange_answer(exchange);
}

/* ---- the gateway ---- */

struct method {
    const char *name;
    void (*serve)(const struct request *request);
};

static const struct method METHODS[] = {
    {ALIPAY_TRANSFER, transfer},
    {ALIPAY_COMMON_QUERY, query},
    {ALIPAY_BILL_URL, bill_url},
};

static bool names_fit(const struct request *request)
{
    const struct keys *keys = request->exchange->sandbox->keys;
    const struct certificate *own = keys->shops[SHOP_ALIPAY].pair.certificate;
    struct buf root;
    bool good;

    buf_init(&root, ROOT_SN_MAX);
    good = certificate_alipay_root_sn(keys->root.pem, strlen(keys->root.pem), &root) == HB_OK &&
           span_is(alipay_param_of(&request->params, "alipay_root_cert_sn"), buf_cstr(&root)) &&
           span_is(alipay_param_of(&request->params, "app_cert_sn"), certificate_alipay_sn(own)) &&
           span_is(alipay_param_of(&request->params, "app_id"), SHOPS[SHOP_ALIPAY].app_id) &&
           span_is(alipay_param_of(&request->params, "sign_type"), "RSA2") &&
           span_is(alipay_param_of(&request->params, "charset"), "utf-8");
    buf_free(&root);
    return good;
}

static bool is_fresh(const struct request *request)
{
    struct span timestamp = alipay_param_of(&request->params, "timestamp");
    int64_t at_ms;

    return timestamp.len == BEIJING_TEXT - 1 && beijing_parse(timestamp.at, timestamp.len, &at_ms) &&
           llabs(at_ms - clock_wall_ms()) < CLOCK_MS;
}

static bool is_signed(const struct request *request)
{
    const struct rsa_key *key = request->exchange->sandbox->keys->shops[SHOP_ALIPAY].pair.key;
    struct span signature = alipay_param_of(&request->params, "sign");
    struct buf text;
    bool good;

    buf_init(&text, TEXT_MAX_BYTES);
    alipay_sign_text(&request->params, /* with_sign_type= */ true, &text);
    good = !text.failed && rsa_verify(key, text.data, text.len, signature.at, signature.len);
    buf_free(&text);
    return good;
}

static void serve(struct request *request)
{
    struct span method = alipay_param_of(&request->params, "method");
    struct span content = alipay_param_of(&request->params, "biz_content");

    if (!names_fit(request) || !is_fresh(request) || !is_signed(request)) {
        answer_unsigned(request->exchange, "isv.invalid-signature");
        return;
    }
    for (size_t i = 0; i < sizeof METHODS / sizeof METHODS[0]; i++) {
        if (span_is(method, METHODS[i].name) &&
            json_parse(content.at, content.len, &request->content, NULL, 0) == HB_OK) {
            (void)snprintf(request->method, sizeof request->method, "%s", METHODS[i].name);
            METHODS[i].serve(request);
            return;
        }
    }
    answer_unsigned(request->exchange, "isv.invalid-method");
}

/* The query and the body are read as one form. */
void alipay_gateway(struct http_call *call, void *context)
{
    const struct http_request *http = http_call_request(call);
    struct request request = {.exchange = exchange_new(context, call)};
    struct buf form;
    char *memory = malloc(FORM_MAX);

    request.exchange->shop = SHOP_ALIPAY;
    request.exchange->type = "text/html;charset=utf-8"; /* as the real one says */
    request.exchange->seal = seal;
    request.exchange->fail = fail;
    buf_init(&form, FORM_MAX);
    buf_add(&form, http->query.at, http->query.len);
    buf_addc(&form, '&');
    buf_add(&form, http->body.at, http->body.len);
    if (memory == NULL || form.failed ||
        !alipay_form_read((struct span){form.data, form.len}, memory, &request.params)) {
        answer_unsigned(request.exchange, "isv.invalid-parameter");
    } else {
        serve(&request);
    }
    json_decref(request.content);
    buf_free(&form);
    free(memory);
}
