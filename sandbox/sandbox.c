/*
 * sandbox/sandbox.c - the sandbox as a whole: opened, ticking, closed.
 *
 * The tick moves what moves by itself: taps that come alone, transfers that settle, orders that are too old.
 * After a start it finds what a killed sandbox had left half-way.
 */
#include "sandbox/sandbox.h"

#include "base/clock.h"
#include "base/loop.h"
#include "http/listener.h"
#include "http/tls.h"
#include "sandbox/exchange.h"
#include "sandbox/merchants_file.h"
#include "sandbox/notices.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TICK_US = 20 * 1000, BODY_MAX = 256 * 1024 };

/* ---- what moves by itself ---- */

bool sandbox_tap(struct sandbox *sandbox, struct order *order)
{
    bool waits = order->state == ORDER_WAITING;

    if (waits) {
        book_move(sandbox->book, order, ORDER_TRANSFERRING, "", clock_wall_ms());
    }
    return waits;
}

void sandbox_settle(struct sandbox *sandbox, struct order *order)
{
    bool fails = order->fail_with[0] != '\0';

    book_move(sandbox->book,
              order,
              fails ? ORDER_FAIL : ORDER_SUCCESS,
              fails ? order->fail_with : "",
              clock_wall_ms());
    notices_send(sandbox->notices, order);
}

void sandbox_resume(struct sandbox *sandbox, size_t shop)
{
    enum order_state state = SHOPS[shop].mch_id != NULL ? ORDER_WAITING : ORDER_TRANSFERRING;

    for (struct order *order = book_open_orders(sandbox->book); order != NULL; order = order->next_open) {
        if (order->shop == shop && order->state == ORDER_PROCESSING &&
            order->amount_fen <= book_float_fen(sandbox->book, shop)) {
            book_move(sandbox->book, order, state, "", clock_wall_ms());
        }
    }
}

static void order_tick(struct sandbox *sandbox, struct order *order, int64_t now_ms)
{
    const struct sandbox_options *options = &sandbox->options;
    int64_t age_ms = now_ms - order->created_ms, since_ms = now_ms - order->updated_ms;

    if (order->state == ORDER_WAITING && age_ms >= options->expire_ms) {
        book_move(sandbox->book, order, ORDER_FAIL, "OVERDUE_CLOSE", now_ms);
        notices_send(sandbox->notices, order);
    } else if (order->state == ORDER_WAITING && options->confirm_after_ms >= 0 &&
               since_ms >= options->confirm_after_ms) {
        (void)sandbox_tap(sandbox, order);
    } else if (order->state == ORDER_TRANSFERRING && since_ms >= options->transfer_ms) {
        sandbox_settle(sandbox, order);
    } else if (order->state == ORDER_CANCELING && since_ms >= options->transfer_ms) {
        book_move(sandbox->book, order, ORDER_CANCELLED, "", now_ms);
        notices_send(sandbox->notices, order);
    }
}

static void tick(void *arg)
{
    struct sandbox *sandbox = arg;
    int64_t now_ms = clock_wall_ms();

    for (struct order *order = book_open_orders(sandbox->book); order != NULL;) {
        struct order *next = order->next_open;

        order_tick(sandbox, order, now_ms);
        order = next;
    }
    loop_timer_set(sandbox->tick, TICK_US);
}

bool sandbox_too_fast(struct sandbox *sandbox, size_t shop)
{
    struct sandbox_rate *rate = &sandbox->rates[shop];
    int64_t second = clock_wall_ms() / 1000;

    if (rate->second != second) {
        *rate = (struct sandbox_rate){second, 0};
    }
    return sandbox->options.calls_per_s > 0 && ++rate->count > sandbox->options.calls_per_s;
}

/* ---- life ---- */

static hb_err server_open(struct sandbox *sandbox,
                          const struct http_route *routes,
                          uint16_t port,
                          struct tls_context *tls,
                          struct http_server **out)
{
    const struct http_server_spec spec = {
        .listen = "127.0.0.1",
        .port = port,
        .limits = {.header_max_bytes = 32768,
                   .header_count_max = 64,
                   .body_max_bytes = BODY_MAX,
                   .request_timeout_ms = 10000,
                   .idle_timeout_ms = 60000,
                   .write_timeout_ms = 30000,
                   .connections_max = 10000,
                   .accepts_per_turn = 64,
                   .backlog = 1024},
        .trusted_proxies = "",
        .static_dir = "",
        .tls = tls,
        .routes = routes,
        .context = sandbox,
    };
    hb_err err =
        listener_port_free(spec.listen, port) ? http_server_new(sandbox->loop, &spec, out) : HB_E_UNAVAILABLE;

    if (err != HB_OK) {
        fprintf(stderr, "hongbao-sandbox: port %u cannot be had\n", port);
    }
    return err;
}

static hb_err tls_open(struct sandbox *sandbox)
{
    char certificate[KEYS_PATH_MAX], key[KEYS_PATH_MAX];

    keys_path(sandbox->keys, "tls.crt", certificate);
    keys_path(sandbox->keys, "tls.key", key);
    return tls_context_new(certificate, key, &sandbox->tls);
}

static hb_err servers_open(struct sandbox *sandbox)
{
    const struct sandbox_options *options = &sandbox->options;
    hb_err err = tls_open(sandbox);

    err = err == HB_OK ? server_open(sandbox, FACE_ROUTES, options->port, sandbox->tls, &sandbox->face) : err;
    err = err == HB_OK ? server_open(sandbox, ADMIN_ROUTES, options->admin_port, NULL, &sandbox->admin) : err;
    if (err == HB_OK) {
        (void)snprintf(sandbox->base_url,
                       sizeof sandbox->base_url,
                       "https://127.0.0.1:%u",
                       http_server_port(sandbox->face));
        err = merchants_file_write(options->home, sandbox->base_url, options->notify_base);
    }
    return err;
}

static hb_err sandbox_fill(struct sandbox *sandbox)
{
    const struct sandbox_options *options = &sandbox->options;
    char journal[KEYS_PATH_MAX];
    hb_err err = keys_open(options->home, &sandbox->keys);

    (void)snprintf(journal, sizeof journal, "%s/journal.jsonl", options->home);
    err = err == HB_OK ? book_open(journal, options->float_fen, &sandbox->book) : err;
    err = err == HB_OK ? notices_new(sandbox, &sandbox->notices) : err;
    sandbox->faults = faults_new(options->seed);
    sandbox->tick = loop_timer_new(sandbox->loop, tick, sandbox);
    if (err == HB_OK && (sandbox->faults == NULL || sandbox->tick == NULL)) {
        err = HB_E_NOMEM;
    }
    return err == HB_OK ? servers_open(sandbox) : err;
}

hb_err sandbox_open(struct loop *loop, const struct sandbox_options *options, struct sandbox **out)
{
    struct sandbox *sandbox = calloc(1, sizeof *sandbox);
    hb_err err;

    *out = NULL;
    if (sandbox == NULL) {
        return HB_E_NOMEM;
    }
    sandbox->loop = loop;
    sandbox->options = *options;
    err = sandbox_fill(sandbox);
    if (err != HB_OK) {
        sandbox_close(sandbox);
        return err;
    }
    notices_resume(sandbox->notices);
    loop_timer_set(sandbox->tick, TICK_US);
    *out = sandbox;
    return HB_OK;
}

void sandbox_close(struct sandbox *sandbox)
{
    if (sandbox == NULL) {
        return;
    }
    exchanges_end(sandbox);
    http_server_free(sandbox->face);
    http_server_free(sandbox->admin);
    tls_context_free(sandbox->tls);
    if (sandbox->tick != NULL) {
        loop_timer_free(sandbox->tick);
    }
    notices_free(sandbox->notices);
    faults_free(sandbox->faults);
    book_close(sandbox->book);
    keys_free(sandbox->keys);
    free(sandbox);
}

uint16_t sandbox_port(const struct sandbox *sandbox)
{
    return http_server_port(sandbox->face);
}

uint16_t sandbox_admin_port(const struct sandbox *sandbox)
{
    return http_server_port(sandbox->admin);
}
