/*
 * http/server.c - one worker's server: time limits, drain, life.
 *
 * Time limits cost a connection one list node: each state's list is in order of entry, so a tick looks at
 * heads only. It comes when the first of them is due, and cuts few: a thousand that are due together would
 * otherwise hold up everybody else for as long as their goodbyes take.
 *
 * Drain: deaf to new connections, take those the kernel has queued, answer what arrives on open ones with
 * `Connection: close`, then close the idle ones, then report.
 */
#include "http/server.h"

#include "base/crypto.h"
#include "base/log.h"
#include "base/metrics.h"
#include "http/http_internal.h"
#include "http/static.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    TICK_MIN_US = 20000,
    TICK_MAX_US = 500000,
    TICK_MORE_US = 1000, /* after one that left some for the next */
    CUTS_A_TICK = 16,
    LINGER_MS = 2000,
    DRAIN_DEAF_MAX_MS = 300, /* for handshakes that have begun: a phone's round trip */
    DRAIN_IDLE_MAX_MS = 1000 /* a request may be on its way to a connection that looks idle */
};

/* --- answers given outside of a connection's own turn leave together at the end of the loop's --- */

static void server_free_now(struct http_server *server);

static void server_ready_run(void *arg)
{
    struct http_server *server = arg;

    server->deferred = false;
    if (server->freed) {
        server_free_now(server);
        return;
    }
    while (server->ready.next != &server->ready) {
        struct http_conn *conn = LINK_OWNER(server->ready.next, struct http_conn, ready);

        link_remove(&conn->ready);
        conn_turn(conn);
    }
}

void server_conn_ready(struct http_conn *conn)
{
    struct http_server *server = conn->server;

    if (conn->ready.next == &conn->ready) {
        link_append(&server->ready, &conn->ready);
    }
    if (!server->deferred) {
        server->deferred = true;
        loop_defer(server->loop, server_ready_run, server);
    }
}

void server_conn_gone(struct http_server *server)
{
    server->open_count--;
}

/* xorshift64*: only spreads returning clients. */
uint32_t server_random(struct http_server *server, uint32_t below)
{
    uint64_t x = server->random;

    x ^= x >> 12;
    x ^= x << 25;
    x ^= x >> 27;
    server->random = x;
    return (uint32_t)((x * UINT64_C(0x2545F4914F6CDD1D)) >> 33) % below;
}

/* --- time limits --- */

static int64_t limit_us(const struct http_server *server, enum conn_list where)
{
    const struct http_limits *limits = &server->spec.limits;

    switch (where) {
    case CONN_IDLE:
        return limits->idle_timeout_ms * 1000;
    case CONN_READING:
        return limits->request_timeout_ms * 1000;
    case CONN_WRITING:
        return limits->write_timeout_ms * 1000;
    case CONN_LINGERING:
        return (int64_t)LINGER_MS * 1000;
    case CONN_WAITING:
    case CONN_LISTS:
        break;
    }
    return INT64_MAX;
}

/* Each pass moves the head away or closes it; one that is put at the end has a new time. Returns in how long
 * the next is due. */
static int64_t server_sweep(struct http_server *server, enum conn_list where, size_t *cuts_left)
{
    int64_t limit = limit_us(server, where), now = loop_now_us(server->loop);

    while (server->lists[where].next != &server->lists[where]) {
        struct http_conn *conn = LINK_OWNER(server->lists[where].next, struct http_conn, listed);

        if (now - conn->since_us < limit) {
            return limit - (now - conn->since_us);
        }
        if (*cuts_left == 0) {
            return 0;
        }
        *cuts_left -= 1;
        conn_expire(conn);
    }
    return INT64_MAX;
}

/* Also when nothing is due for long: what enters a list meanwhile is found in time. */
static int64_t tick_us(const struct http_server *server)
{
    const struct http_limits *limits = &server->spec.limits;
    int64_t least = limits->request_timeout_ms;

    least = limits->idle_timeout_ms < least ? limits->idle_timeout_ms : least;
    least = limits->write_timeout_ms < least ? limits->write_timeout_ms : least;
    least = server->draining ? 0 : least * 1000 / 8;
    return least < TICK_MIN_US ? TICK_MIN_US : least > TICK_MAX_US ? TICK_MAX_US : least;
}

static bool drain_step(struct http_server *server);

static void server_tick(void *arg)
{
    struct http_server *server = arg;
    int64_t next_us = tick_us(server);
    size_t cuts_left = CUTS_A_TICK;

    for (int where = 0; where < CONN_LISTS; where++) {
        if (where != CONN_WAITING) {
            int64_t due_us = server_sweep(server, (enum conn_list)where, &cuts_left);

            next_us = due_us < next_us ? due_us : next_us;
        }
    }
    if (server->draining && drain_step(server)) {
        return; /* reported: the server may be gone */
    }
    next_us = next_us > TICK_MIN_US ? next_us : TICK_MIN_US;
    loop_timer_set(server->tick, cuts_left > 0 ? next_us : TICK_MORE_US);
}

/* --- drain --- */

static void connections_close(struct http_server *server, enum conn_list where)
{
    while (server->lists[where].next != &server->lists[where]) {
        conn_close(LINK_OWNER(server->lists[where].next, struct http_conn, listed));
    }
}

static void connections_close_all(struct http_server *server)
{
    for (int where = 0; where < CONN_LISTS; where++) {
        connections_close(server, (enum conn_list)where);
    }
}

/* True when it is over. */
static bool drain_step(struct http_server *server)
{
    int64_t now = loop_now_us(server->loop);
    bool late = now >= server->drain_end_us;
    loop_fn done = server->drain_done;

    if (accept_is_open(server) && now >= server->drain_deaf_until_us) {
        accept_queued(server);
        accept_end(server);
    }
    if (now >= server->drain_idle_until_us) {
        connections_close(server, CONN_IDLE);
    }
    if (!late && (accept_is_open(server) || server->open_count > 0 || server->call_count > 0)) {
        return false;
    }
    if (server->open_count > 0 || server->call_count > 0) {
        log_warn("http.drain_late", "open=%zu calls=%zu", server->open_count, server->call_count);
    }
    connections_close_all(server);
    server->drain_done = NULL;
    if (done != NULL) {
        done(server->drain_arg);
    }
    return true;
}

void http_server_drain(struct http_server *server, int64_t timeout_ms, loop_fn done, void *arg)
{
    int64_t now = loop_now_us(server->loop);
    int64_t deaf_ms = timeout_ms / 4 < DRAIN_DEAF_MAX_MS ? timeout_ms / 4 : DRAIN_DEAF_MAX_MS;
    int64_t idle_ms = timeout_ms / 2 < DRAIN_IDLE_MAX_MS ? timeout_ms / 2 : DRAIN_IDLE_MAX_MS;

    server->draining = true;
    server->drain_done = done;
    server->drain_arg = arg;
    server->drain_deaf_until_us = now + deaf_ms * 1000;
    server->drain_idle_until_us = now + idle_ms * 1000;
    server->drain_end_us = now + timeout_ms * 1000;
    accept_deafen(server);
    loop_timer_set(server->tick, 0);
}

/* --- life --- */

static void lists_init(struct http_server *server)
{
    for (int i = 0; i < CONN_LISTS; i++) {
        link_init(&server->lists[i]);
    }
    link_init(&server->ready);
    link_init(&server->calls);
}

static hb_err server_prepare(struct http_server *server)
{
    hb_err err = router_new(server->spec.routes, &server->router);

    if (err == HB_OK) {
        err = static_files_new(server->spec.static_dir, &server->files);
    }
    if (err == HB_OK) {
        err = proxy_list_new(server->spec.trusted_proxies, &server->proxies);
    }
    return err;
}

static hb_err server_listen(struct http_server *server)
{
    server->tick = loop_timer_new(server->loop, server_tick, server);
    if (server->tick == NULL) {
        return HB_E_NOMEM;
    }
    loop_timer_set(server->tick, tick_us(server));
    return accept_start(server);
}

hb_err http_server_new(struct loop *loop, const struct http_server_spec *spec, struct http_server **out)
{
    struct http_server *server = calloc(1, sizeof *server);
    hb_err err;

    *out = NULL;
    if (server == NULL) {
        return HB_E_NOMEM;
    }
    server->loop = loop;
    server->spec = *spec;
    lists_init(server);
    crypto_random(&server->random, sizeof server->random);
    server->random |= 1;
    err = server_prepare(server);
    if (err == HB_OK) {
        err = server_listen(server);
    }
    if (err != HB_OK) {
        http_server_free(server);
        return err;
    }
    *out = server;
    return HB_OK;
}

uint16_t http_server_port(const struct http_server *server)
{
    return server->port;
}

/* Calls that are still with their handlers live on by themselves until they are answered. */
static void calls_let_go(struct http_server *server)
{
    while (server->calls.next != &server->calls) {
        struct http_call *call = LINK_OWNER(server->calls.next, struct http_call, open);

        link_remove(&call->open);
        call->server = NULL;
    }
}

static void server_free_now(struct http_server *server)
{
    pool_free(server);
    free(server);
}

void http_server_free(struct http_server *server)
{
    if (server == NULL) {
        return;
    }
    accept_end(server);
    connections_close_all(server);
    calls_let_go(server);
    if (server->tick != NULL) {
        loop_timer_free(server->tick);
    }
    router_free(server->router);
    static_files_free(server->files);
    proxy_list_free(server->proxies);
    if (server->deferred) {
        server->freed = true; /* the deferred call frees it */
    } else {
        server_free_now(server);
    }
}
