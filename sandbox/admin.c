/*
 * sandbox/admin.c - the port of whoever tests: rules, taps, money, certificates, what was paid.
 *
 *   GET  /status                                          floats, orders, notices, faults that acted
 *   GET  /orders                                          every order: shop, number, state, amount, package
 *   GET  /bill                                            every payment that succeeded
 *   PUT  /rules     [{...}]                               see fault.h; replaces the ones before
 *   POST /confirm   {"order_no": N} or {"all": true}      the payee taps; "shop" narrows it
 *   POST /decline   {"order_no": N}                       the payee never will: closed as if too late
 *   POST /top-up    {"shop": S, "fen": F}                 below 0: taken away
 *   POST /rotate    {"provider": "wechat" | "alipay", "deliver": true}
 *   POST /deliver   {}                                    Alipay's newest certificate comes to the merchant
 *   GET  /payee?package=P                                 the page on which a payee would tap
 *   POST /payee?package=P&answer=confirm|decline          and his tap
 */
#include "base/clock.h"
#include "base/crypto.h"
#include "base/json.h"
#include "base/yuan.h"
#include "sandbox/faces.h"
#include "sandbox/notices.h"
#include "sandbox/statement.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { LIST_MAX = 256 << 20, STATUS_MAX = 16384, PAGE_MAX = 4096 };

/* ---- answers ---- */

static void reply_json(struct http_call *call, int status, struct buf *body)
{
    http_call_reply(call, status, "application/json", body->data, body->len);
    buf_free(body);
}

static void reply_done(struct http_call *call, int64_t count)
{
    struct buf body;

    buf_init(&body, PAGE_MAX);
    buf_addf(&body, "{\"done\":%" PRId64 "}\n", count);
    reply_json(call, 200, &body);
}

static void reply_wrong(struct http_call *call, const char *why)
{
    struct buf body;

    buf_init(&body, PAGE_MAX);
    buf_adds(&body, "{\"error\":");
    buf_add_json_string(&body, why, strlen(why));
    buf_adds(&body, "}\n");
    reply_json(call, 400, &body);
}

/* NULL: answered already. */
static json_t *body_of(struct http_call *call)
{
    struct http_text text = http_call_request(call)->body;
    json_t *json = NULL;

    if (json_parse(text.at, text.len, &json, NULL, 0) != HB_OK) {
        reply_wrong(call, "the body is no JSON");
    }
    return json;
}

/* ---- what is there ---- */

static void add_faults(struct buf *out, const struct faults *faults)
{
    const char *between = "";

    for (enum call_kind call = CALL_CREATE; call < CALL_KINDS; call++) {
        for (enum fault fault = FAULT_NONE; fault < FAULT_COUNT; fault++) {
            int64_t acted = faults_acted(faults, call, fault);

            if (acted > 0) {
                buf_addf(out, "%s\"%s %s\":%" PRId64, between, call_name(call), fault_name(fault), acted);
                between = ",";
            }
        }
    }
}

static void admin_status(struct http_call *call, void *context)
{
    struct sandbox *sandbox = context;
    size_t orders = 0, open = 0;
    struct buf body;

    for (const struct order *order = book_orders(sandbox->book); order != NULL; order = order->next) {
        orders++;
        open += !order_state_terminal(order->state);
    }
    buf_init(&body, STATUS_MAX);
    buf_addf(&body,
             "{\"orders\":%zu,\"open\":%zu,\"notices\":%zu,\"float_fen\":{",
             orders,
             open,
             notices_waiting(sandbox->notices));
    for (size_t i = 0; i < BOOK_SHOPS; i++) {
        buf_addf(
            &body, "%s\"%s\":%" PRId64, i == 0 ? "" : ",", SHOPS[i].name, book_float_fen(sandbox->book, i));
    }
    buf_adds(&body, "},\"faults\":{");
    add_faults(&body, sandbox->faults);
    buf_adds(&body, "}}\n");
    reply_json(call, 200, &body);
}

static void add_order(struct buf *out, const struct order *order)
{
    char package[PACKAGE_MAX] = "";

    if (order->state == ORDER_WAITING) {
        wechat_package(order, package);
    }
    buf_addf(out,
             "{\"shop\":\"%s\",\"order_no\":\"%s\",\"state\":\"%s\",\"reason\":\"%s\",\"amount_fen\":%" PRId64
             ",\"package\":\"%s\"}",
             SHOPS[order->shop].name,
             order->number,
             order_state_wechat(order->state),
             order->reason,
             order->amount_fen,
             package);
}

static void admin_orders(struct http_call *call, void *context)
{
    struct sandbox *sandbox = context;
    struct buf body;

    buf_init(&body, LIST_MAX);
    buf_addc(&body, '[');
    for (const struct order *order = book_orders(sandbox->book); order != NULL; order = order->next) {
        buf_adds(&body, body.len > 1 ? ",\n" : "");
        add_order(&body, order);
    }
    buf_adds(&body, "]\n");
    reply_json(call, 200, &body);
}

static void admin_bill(struct http_call *call, void *context)
{
    struct sandbox *sandbox = context;
    struct buf body;

    buf_init(&body, LIST_MAX);
    statement_json(sandbox->book, &body);
    reply_json(call, 200, &body);
}

/* ---- what is done ---- */

static void admin_rules(struct http_call *call, void *context)
{
    struct sandbox *sandbox = context;
    json_t *json = body_of(call);
    const char *why;

    if (json == NULL) {
        return;
    }
    if (faults_set(sandbox->faults, json, &why)) {
        reply_done(call, (int64_t)json_array_size(json));
    } else {
        reply_wrong(call, why);
    }
    json_decref(json);
}

static const char *text_of(const json_t *json, const char *name)
{
    const char *text = json_string_value(json_object_get(json, name));

    return text == NULL ? "" : text;
}

/* Orders that wait and fit {"order_no", "shop"} or {"all": true}. */
static bool is_meant(const struct order *order, const json_t *json)
{
    const char *shop = text_of(json, "shop");
    bool all = json_is_true(json_object_get(json, "all"));

    return order->state == ORDER_WAITING && (all || strcmp(order->number, text_of(json, "order_no")) == 0) &&
           (shop[0] == '\0' || strcmp(SHOPS[order->shop].name, shop) == 0);
}

static void decline(struct sandbox *sandbox, struct order *order)
{
    book_move(sandbox->book, order, ORDER_FAIL, "OVERDUE_CLOSE", clock_wall_ms());
    notices_send(sandbox->notices, order);
}

static void payees_act(struct http_call *call, struct sandbox *sandbox, bool tap)
{
    json_t *json = body_of(call);
    int64_t count = 0;

    if (json == NULL) {
        return;
    }
    for (struct order *order = book_open_orders(sandbox->book); order != NULL;) {
        struct order *next = order->next_open;

        if (is_meant(order, json)) {
            count++;
            if (tap) {
                (void)sandbox_tap(sandbox, order);
            } else {
                decline(sandbox, order);
            }
        }
        order = next;
    }
    json_decref(json);
    reply_done(call, count);
}

static void admin_confirm(struct http_call *call, void *context)
{
    payees_act(call, context, /* tap= */ true);
}

static void admin_decline(struct http_call *call, void *context)
{
    payees_act(call, context, /* tap= */ false);
}

static void admin_top_up(struct http_call *call, void *context)
{
    struct sandbox *sandbox = context;
    json_t *json = body_of(call);
    int64_t fen = json_integer_value(json_object_get(json, "fen"));
    size_t shop;

    if (json == NULL) {
        return;
    }
    if (fen != 0 && shop_find(text_of(json, "shop"), &shop)) {
        book_top_up(sandbox->book, shop, fen, clock_wall_ms());
        sandbox_resume(sandbox, shop);
        reply_done(call, book_float_fen(sandbox->book, shop));
    } else {
        reply_wrong(call, "needs a shop and fen that are not 0");
    }
    json_decref(json);
}

static hb_err rotate(struct sandbox *sandbox, const json_t *json)
{
    const char *provider = text_of(json, "provider");
    hb_err err;

    if (strcmp(provider, "wechat") == 0) {
        return keys_rotate_platform(sandbox->keys);
    }
    if (strcmp(provider, "alipay") != 0) {
        return HB_E_INPUT;
    }
    err = keys_rotate_alipay(sandbox->keys);
    return err == HB_OK && json_is_true(json_object_get(json, "deliver")) ? keys_deliver(sandbox->keys) : err;
}

static void admin_rotate(struct http_call *call, void *context)
{
    json_t *json = body_of(call);

    if (json == NULL) {
        return;
    }
    if (rotate(context, json) == HB_OK) {
        reply_done(call, 1);
    } else {
        reply_wrong(call, "no such provider, or too many certificates");
    }
    json_decref(json);
}

static void admin_deliver(struct http_call *call, void *context)
{
    struct sandbox *sandbox = context;

    if (keys_deliver(sandbox->keys) == HB_OK) {
        reply_done(call, 1);
    } else {
        reply_wrong(call, "the file cannot be written");
    }
}

/* ---- the payee's page ---- */

static struct order *order_of_package(struct http_call *call, struct sandbox *sandbox)
{
    struct http_text package;
    char text[PACKAGE_MAX];
    size_t len;

    if (!http_call_query(call, "package", &package) ||
        !base64url_decode(package.at, package.len, text, sizeof text - 1, &len) || len < 3 || text[0] < '0' ||
        text[0] >= '0' + BOOK_SHOPS || text[1] != ':') {
        return NULL;
    }
    text[len] = '\0';
    return book_find(sandbox->book, (size_t)(text[0] - '0'), text + 2);
}

static void reply_page(struct http_call *call, const struct order *order)
{
    char yuan[YUAN_TEXT_MAX], package[PACKAGE_MAX];
    struct buf body;

    wechat_package(order, package);
    (void)yuan_write(order->amount_fen, yuan);
    buf_init(&body, PAGE_MAX);
    buf_addf(&body,
             "<!doctype html><html lang=\"zh\"><meta charset=\"utf-8\"><meta name=\"viewport\" "
             "content=\"width=device-width\"><link rel=\"icon\" href=\"data:,\"><title>沙箱收款</title><body "
             "style=\"font:18px sans-serif;"
             "text-align:center;padding:3em 1em\"><p>沙箱：没有真实资金 · sandbox: no real money</p>"
             "<h1>¥ %s</h1><p>%s</p>",
             yuan,
             order_state_wechat(order->state));
    if (order->state == ORDER_WAITING) {
        buf_addf(&body,
                 "<form method=\"post\" action=\"/payee?package=%s&amp;answer=confirm\"><button "
                 "style=\"font-size:1em;padding:.6em 3em\">确认收款 · Confirm</button></form><br>"
                 "<form method=\"post\" "
                 "action=\"/payee?package=%s&amp;answer=decline\"><button>不收 · Decline</button></form>",
                 package,
                 package);
    }
    http_call_reply(call, 200, "text/html; charset=utf-8", body.data, body.len);
    buf_free(&body);
}

static void payee_page(struct http_call *call, void *context)
{
    struct order *order = order_of_package(call, context);

    if (order == NULL) {
        http_call_problem(call, HB_E_NOT_FOUND, NULL, NULL);
    } else {
        reply_page(call, order);
    }
}

static void payee_answer(struct http_call *call, void *context)
{
    struct order *order = order_of_package(call, context);
    struct http_text answer;

    if (order == NULL || !http_call_query(call, "answer", &answer)) {
        http_call_problem(call, HB_E_NOT_FOUND, NULL, NULL);
        return;
    }
    if (order->state == ORDER_WAITING && answer.len == 7 && memcmp(answer.at, "confirm", 7) == 0) {
        (void)sandbox_tap(context, order);
    } else if (order->state == ORDER_WAITING && answer.len == 7 && memcmp(answer.at, "decline", 7) == 0) {
        decline(context, order);
    }
    reply_page(call, order);
}

const struct http_route ADMIN_ROUTES[] = {
    {HTTP_GET, "/status", admin_status, 0},
    {HTTP_GET, "/orders", admin_orders, 0},
    {HTTP_GET, "/bill", admin_bill, 0},
    {HTTP_PUT, "/rules", admin_rules, 256 * 1024},
    {HTTP_POST, "/confirm", admin_confirm, 4096},
    {HTTP_POST, "/decline", admin_decline, 4096},
    {HTTP_POST, "/top-up", admin_top_up, 4096},
    {HTTP_POST, "/rotate", admin_rotate, 4096},
    {HTTP_POST, "/deliver", admin_deliver, 4096},
    {HTTP_GET, "/payee", payee_page, 0},
    {HTTP_POST, "/payee", payee_answer, 4096},
    {.path = NULL},
};
