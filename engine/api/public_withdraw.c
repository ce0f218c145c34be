/*
 * api/public_withdraw.c - POST /v1/wallet/withdrawals, its quote, and another attempt for a part.
 */
#include "api/public_internal.h"

#include "base/clock.h"
#include "base/json.h"
#include "flow/withdrawal.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { PARTS_MAX = 1000, SPREAD_S = 16, EXTRA_BYTES = 96, REMARK_BYTES = 40 };

/* A key that no client can send: a quote is bound to none. */
static const char QUOTE_KEY[] = "a quote";

static void was_asked(void *arg, hb_err err, const struct withdraw_verdict *verdict);
static void was_quoted(void *arg, hb_err err, const struct withdraw_verdict *verdict);
static void was_tried_again(void *arg, hb_err err, const char *verdict);

struct withdraw_asking {
    struct asking asking;
    char id[UUID_TEXT + 1]; /* of another attempt */
};

/* ---- the request ---- */

static const char *draws_read(struct http_call *call, const json_t *list, struct withdraw_order *order)
{
    static const char WHY[] = "/draw_nos must be a list of 1 to 5000 draw numbers";
    size_t count = json_array_size(list);
    uint32_t *draw_nos;

    if (!json_is_array(list) || count == 0 || count > WITHDRAW_WINS_MAX) {
        return WHY;
    }
    draw_nos = arena_alloc(http_call_arena(call), count * sizeof *draw_nos);
    for (size_t i = 0; draw_nos != NULL && i < count; i++) {
        const json_t *one = json_array_get(list, i);

        /* the ledger's draw numbers are PostgreSQL integers */
        if (!json_is_integer(one) || json_integer_value(one) < 1 || json_integer_value(one) > INT32_MAX) {
            return WHY;
        }
        draw_nos[i] = (uint32_t)json_integer_value(one);
    }
    order->draw_nos = draw_nos;
    order->draw_count = count;
    return draw_nos == NULL ? "too many draws" : NULL;
}

static const char *order_read(struct http_call *call, const json_t *body, struct withdraw_order *order)
{
    const json_t *campaign = json_object_get(body, "campaign"), *draws = json_object_get(body, "draw_nos");
    size_t known = (campaign == NULL ? 0U : 1U) + (draws == NULL ? 0U : 1U);

    if (!json_is_object(body) || json_object_size(body) > known) {
        return "the body may have campaign and draw_nos";
    }
    if (!json_is_string(campaign) || !slug_valid(json_string_value(campaign), json_string_length(campaign))) {
        return "/campaign must be a campaign's id";
    }
    order->campaign =
        arena_strndup(http_call_arena(call), json_string_value(campaign), json_string_length(campaign));
    return draws == NULL || json_is_null(draws) ? NULL : draws_read(call, draws, order);
}

/* True when the order can be sent; otherwise it is answered. */
static bool order_take(struct asking *asking, struct withdraw_order *order)
{
    struct http_text text = http_call_request(asking->call)->body, key = {QUOTE_KEY, sizeof QUOTE_KEY - 1};
    hb_err err = order->quote ? HB_OK : api_key_read(asking->call, &key);
    const char *why = NULL;
    json_t *body = NULL;

    if (err == HB_OK) {
        err = json_parse(text.at, text.len, &body, NULL, 0) == HB_OK ? HB_OK : HB_E_JSON;
    }
    if (err == HB_OK) {
        why = order_read(asking->call, body, order);
        err = why == NULL ? HB_OK : HB_E_FIELD;
    }
    json_decref(body);
    order->player = asking->player;
    order->key = err == HB_OK ? arena_strndup(http_call_arena(asking->call), key.at, key.len) : NULL;
    if (err == HB_OK && (order->key == NULL || order->campaign == NULL)) {
        err = HB_E_NOMEM;
    }
    if (err != HB_OK) {
        http_call_problem(asking->call, err, why, NULL);
    }
    return err == HB_OK;
}

static void withdraw(struct http_call *call, struct public_api *api, bool quote, withdrawn_fn done)
{
    struct asking *asking = asking_start(api, call, sizeof *asking);
    struct withdraw_order order = {.quote = quote};

    if (asking != NULL && order_take(asking, &order)) {
        api->deps->wallet.withdraw(api->deps->wallet.self, &order, done, asking);
    }
}

void withdrawal_create(struct http_call *call, void *context)
{
    withdraw(call, context, /* quote= */ false, was_asked);
}

void withdrawal_quote(struct http_call *call, void *context)
{
    withdraw(call, context, /* quote= */ true, was_quoted);
}

/* ---- answers ---- */

/* Where there is a time to come back, it is said; spread, so that a window's first second is not everybody's.
 */
static void refuse(struct asking *asking, hb_err err, const struct withdraw_verdict *verdict)
{
    int64_t now_ms = clock_wall_ms();
    char extra[EXTRA_BYTES] = "", when[25], wait[REMARK_BYTES];

    if (err == HB_E_BELOW_MINIMUM) {
        snprintf(extra, sizeof extra, "\"min_fen\":%" PRId64, verdict->min_fen);
    } else if (verdict->until_ms > now_ms) {
        clock_format_utc(verdict->until_ms, when);
        snprintf(extra, sizeof extra, "\"until\":\"%s\"", when);
        snprintf(wait,
                 sizeof wait,
                 "%" PRId64,
                 (verdict->until_ms - now_ms + 999) / 1000 + asking->player.bytes[0] % SPREAD_S);
        http_call_add_header(asking->call, "Retry-After", wait);
    }
    http_call_problem(asking->call, err, NULL, extra);
}

static void was_asked(void *arg, hb_err err, const struct withdraw_verdict *verdict)
{
    struct asking *asking = arg;

    if (err != HB_OK) {
        http_call_problem(asking->call, err, NULL, NULL);
        return;
    }
    err = withdraw_error(verdict->verdict);
    if (err != HB_OK) {
        refuse(asking, err, verdict);
        return;
    }
    if (strcmp(verdict->verdict, "same") == 0) {
        http_call_add_header(asking->call, "Idempotency-Replayed", "true");
    }
    withdrawal_show(asking->api, asking->call, &asking->player, verdict->id, 201, /* wrote= */ true);
}

static void was_quoted(void *arg, hb_err err, const struct withdraw_verdict *verdict)
{
    struct asking *asking = arg;
    struct buf body;

    if (err != HB_OK) { /* nothing was asked for in earnest */
        http_call_problem(asking->call, err == HB_E_UNSURE ? HB_E_UNAVAILABLE : err, NULL, NULL);
        return;
    }
    err = withdraw_error(verdict->verdict);
    if (err != HB_OK) {
        refuse(asking, err, verdict);
        return;
    }
    buf_init(&body, ANSWER_MAX_BYTES);
    buf_addf(&body,
             "{\"gross_fen\":%" PRId64 ",\"tax_fen\":%" PRId64 ",\"net_fen\":%" PRId64 ",\"wins\":%" PRId64
             ",\"part_count\":%" PRId64 ",",
             verdict->gross_fen,
             verdict->tax_fen,
             verdict->net_fen,
             verdict->wins,
             verdict->parts);
    api_add_sandbox(&body, asking->api, verdict->sandbox);
    buf_addc(&body, '}');
    asking_reply(asking, 200, &body);
}

/* ---- another attempt ---- */

void withdrawal_again(struct http_call *call, void *context)
{
    struct public_api *api = context;
    const struct http_text *params = http_call_request(call)->params;
    struct withdraw_asking *asking;
    uint64_t part = 0;

    if (!api_is_uuid(params[0])) {
        http_call_problem(call, HB_E_NO_WITHDRAWAL, NULL, NULL);
        return;
    }
    if (!api_number(params[1], 1, PARTS_MAX, &part)) {
        http_call_problem(call, HB_E_FIELD, "a part is a number from 1 to 1000", NULL);
        return;
    }
    asking = asking_start(api, call, sizeof *asking);
    if (asking != NULL) {
        memcpy(asking->id, params[0].at, UUID_TEXT);
        api->deps->wallet.again(api->deps->wallet.self,
                                &asking->asking.player,
                                asking->id,
                                (uint32_t)part,
                                was_tried_again,
                                asking);
    }
}

static void was_tried_again(void *arg, hb_err err, const char *verdict)
{
    struct withdraw_asking *asking = arg;

    err = err == HB_OK ? withdraw_error(verdict) : err;
    if (err != HB_OK) {
        http_call_problem(asking->asking.call, err, NULL, NULL);
        return;
    }
    withdrawal_show(asking->asking.api,
                    asking->asking.call,
                    &asking->asking.player,
                    asking->id,
                    200,
                    /* wrote= */ true);
}
