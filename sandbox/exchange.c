/*
 * sandbox/exchange.c - one call at the sandbox's face.
 */
#include "sandbox/exchange.h"

#include "base/crypto.h"
#include "base/loop.h"

#include <stdlib.h>
#include <string.h>

enum { ANSWER_MAX = 64 << 20, SILENCE_US = 120 * 1000 * 1000 };

static const char PAGE[] = "<html><body>Bad Gateway</body></html>";

struct exchange *exchange_new(struct sandbox *sandbox, struct http_call *call)
{
    struct exchange *exchange = calloc(1, sizeof *exchange);

    if (exchange == NULL) {
        abort();
    }
    exchange->sandbox = sandbox;
    exchange->call = call;
    exchange->status = 200;
    exchange->type = "application/json";
    buf_init(&exchange->body, ANSWER_MAX);
    exchange->next = sandbox->exchanges;
    exchange->link = &sandbox->exchanges;
    if (exchange->next != NULL) {
        exchange->next->link = &exchange->next;
    }
    sandbox->exchanges = exchange;
    return exchange;
}

static void exchange_free(struct exchange *exchange)
{
    *exchange->link = exchange->next;
    if (exchange->next != NULL) {
        exchange->next->link = exchange->link;
    }
    if (exchange->timer != NULL) {
        loop_timer_free(exchange->timer);
    }
    buf_free(&exchange->body);
    free(exchange);
}

static void hang_up(void *arg)
{
    struct exchange *exchange = arg;

    http_call_hang_up(exchange->call);
    exchange_free(exchange);
}

static void say(void *arg)
{
    struct exchange *exchange = arg;

    if (exchange->seal != NULL) {
        exchange->seal(exchange);
    }
    http_call_reply(
        exchange->call, exchange->status, exchange->type, exchange->body.data, exchange->body.len);
    exchange_free(exchange);
}

static void later(struct exchange *exchange, loop_fn fn, int64_t delay_us)
{
    exchange->timer = loop_timer_new(exchange->sandbox->loop, fn, exchange);
    if (exchange->timer == NULL) {
        abort();
    }
    loop_timer_set(exchange->timer, delay_us);
}

static void say_page(struct exchange *exchange)
{
    exchange->status = 200;
    exchange->type = "text/html";
    exchange->seal = NULL;
    buf_clear(&exchange->body);
    buf_adds(&exchange->body, PAGE);
    say(exchange);
}

bool exchange_begin(struct exchange *exchange, enum call_kind call, const char *order_no, int64_t amount_fen)
{
    exchange->rule =
        faults_match(exchange->sandbox->faults, call, SHOPS[exchange->shop].name, order_no, amount_fen);
    if (exchange->rule.fault == FAULT_HANG_UP_BEFORE) {
        hang_up(exchange);
        return true;
    }
    if (exchange->rule.fault == FAULT_ERROR_BEFORE) {
        exchange->fail(exchange);
        say(exchange);
        return true;
    }
    return false;
}

void exchanges_end(struct sandbox *sandbox)
{
    for (struct exchange *exchange = sandbox->exchanges, *next = NULL; exchange != NULL; exchange = next) {
        next = exchange->next;
        hang_up(exchange);
    }
}

void exchange_digest(const json_t *json, char out[static DIGEST_TEXT])
{
    char *text = json_canonical(json);
    uint8_t hash[SHA256_BYTES];

    if (text == NULL) {
        abort();
    }
    sha256(text, strlen(text), hash);
    hex_encode(hash, sizeof hash, out);
    free(text);
}

/* ---- the ways of answering ---- */

static void fail_after(struct exchange *exchange)
{
    exchange->fail(exchange);
    say(exchange);
}

static void hang_up_after(struct exchange *exchange)
{
    hang_up(exchange);
}

static void stay_silent(struct exchange *exchange)
{
    later(exchange, hang_up, SILENCE_US);
}

static void delay(struct exchange *exchange)
{
    later(exchange, say, exchange->rule.delay_ms * 1000);
}

static void cut_off(struct exchange *exchange)
{
    exchange->body.len /= 2;
    say(exchange);
}

/* The other faults are in what was done, or in the seal. */
static void (*const ANSWERS[FAULT_COUNT])(struct exchange *exchange) = {
    [FAULT_ERROR_AFTER] = fail_after,
    [FAULT_HANG_UP_AFTER] = hang_up_after,
    [FAULT_SILENT] = stay_silent,
    [FAULT_DELAY] = delay,
    [FAULT_HTML] = say_page,
    [FAULT_CUT_OFF] = cut_off,
};

void exchange_answer(struct exchange *exchange)
{
    if (ANSWERS[exchange->rule.fault] != NULL) {
        ANSWERS[exchange->rule.fault](exchange);
    } else {
        say(exchange);
    }
}
