/*
 * tests/support/http_echo.c - the HTTP server alone, with a few routes, for probes and limits.
 *
 *   http_echo [--port N] [--unix PATH] [--static DIR] [--cert FILE --key FILE] [--proxies LIST]
 *             [--header-bytes N] [--headers N] [--body-bytes N] [--request-ms N] [--idle-ms N] [--write-ms N]
 *             [--connections N] [--accepts N] [--backlog N] [--drain-ms N]
 *
 *   GET /hello  POST /echo  GET /slow (answers after 50 ms)  GET /big?bytes=N  GET /who  GET /things/:thing
 *
 * Prints "ready PORT" and serves until SIGTERM or SIGINT, then drains.
 */
#include "base/log.h"
#include "base/loop.h"
#include "base/metrics.h"
#include "http/server.h"
#include "http/tls.h"
#include "http/unix_socket.h"

#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct {
    struct loop *loop;
    struct http_server *server;
    struct unix_socket *unix_socket;
    int64_t drain_ms;
    char big[1 << 20];
} echo = {.drain_ms = 5000};

struct slow {
    struct http_call *call;
    struct loop_timer *timer;
};

static void hello(struct http_call *call, void *context)
{
    static const char BODY[] = "{\"ok\":true,\"prize\":1234}";

    (void)context;
    http_call_reply(call, 200, "application/json", BODY, sizeof BODY - 1);
}

static void echo_body(struct http_call *call, void *context)
{
    const struct http_request *request = http_call_request(call);

    (void)context;
    http_call_reply(call, 200, "application/octet-stream", request->body.at, request->body.len);
}

static void slow_done(void *arg)
{
    struct slow *slow = arg;

    http_call_reply(slow->call, 200, "application/json", "{\"slow\":true}", 13);
    loop_timer_free(slow->timer);
    free(slow);
}

static void slow_start(struct http_call *call, void *context)
{
    struct slow *slow = calloc(1, sizeof *slow);

    (void)context;
    if (slow == NULL) {
        abort();
    }
    slow->call = call;
    slow->timer = loop_timer_new(http_call_loop(call), slow_done, slow);
    loop_timer_set(slow->timer, 50000);
}

static void big(struct http_call *call, void *context)
{
    struct http_text bytes;
    unsigned long len = sizeof echo.big;

    (void)context;
    if (http_call_query(call, "bytes", &bytes) && bytes.len < 8) {
        char text[8] = "";

        memcpy(text, bytes.at, bytes.len);
        len = strtoul(text, NULL, 10);
    }
    http_call_reply(
        call, 200, "application/octet-stream", echo.big, len < sizeof echo.big ? len : sizeof echo.big);
}

static void who(struct http_call *call, void *context)
{
    const struct http_request *request = http_call_request(call);

    (void)context;
    http_call_reply(call, 200, "text/plain", request->client, strlen(request->client));
}

static void thing(struct http_call *call, void *context)
{
    const struct http_request *request = http_call_request(call);

    (void)context;
    http_call_reply(call, 200, "text/plain", request->params[0].at, request->params[0].len);
}

static void fail(struct http_call *call, void *context)
{
    (void)context;
    http_call_problem(call, HB_E_OVERLOADED, "as asked", "\"next_draw_no\":4");
}

static const struct http_route ROUTES[] = {
    {HTTP_GET, "/hello", hello, 1024},
    {HTTP_POST, "/echo", echo_body, 1 << 24},
    {HTTP_GET, "/slow", slow_start, 0},
    {HTTP_GET, "/big", big, 0},
    {HTTP_GET, "/who", who, 0},
    {HTTP_GET, "/things/:thing", thing, 0},
    {HTTP_GET, "/fail", fail, 0},
    {.path = NULL},
};

static bool origin_allowed(void *context, struct http_text path, struct http_text origin)
{
    static const char ONE[] = "https://example.com";

    (void)context;
    (void)path;
    return origin.len == sizeof ONE - 1 && memcmp(origin.at, ONE, origin.len) == 0;
}

static void drained(void *arg)
{
    (void)arg;
    loop_stop(echo.loop);
}

static void stop(void *arg)
{
    (void)arg;
    if (echo.unix_socket != NULL) {
        unix_socket_hide(echo.unix_socket);
    }
    http_server_drain(echo.server, echo.drain_ms, drained, NULL);
}

enum {
    PORT = 1,
    STATIC,
    CERT,
    KEY,
    PROXIES,
    HEADER_BYTES,
    HEADERS,
    BODY_BYTES,
    REQUEST_MS,
    IDLE_MS,
    WRITE_MS,
    CONNECTIONS,
    ACCEPTS,
    BACKLOG,
    DRAIN_MS,
    UNIX_PATH
};

static const struct option OPTIONS[] = {
    {"port", 1, NULL, PORT},
    {"static", 1, NULL, STATIC},
    {"cert", 1, NULL, CERT},
    {"key", 1, NULL, KEY},
    {"proxies", 1, NULL, PROXIES},
    {"unix", 1, NULL, UNIX_PATH},
    {"header-bytes", 1, NULL, HEADER_BYTES},
    {"headers", 1, NULL, HEADERS},
    {"body-bytes", 1, NULL, BODY_BYTES},
    {"request-ms", 1, NULL, REQUEST_MS},
    {"idle-ms", 1, NULL, IDLE_MS},
    {"write-ms", 1, NULL, WRITE_MS},
    {"connections", 1, NULL, CONNECTIONS},
    {"accepts", 1, NULL, ACCEPTS},
    {"backlog", 1, NULL, BACKLOG},
    {"drain-ms", 1, NULL, DRAIN_MS},
    {NULL, 0, NULL, 0},
};

struct settings {
    struct http_server_spec spec;
    const char *cert, *key, *unix_path;
};

static void number_take(struct http_server_spec *spec, int option, long value)
{
    struct http_limits *limits = &spec->limits;
    size_t *const sizes[] = {
        [HEADER_BYTES] = &limits->header_max_bytes,
        [HEADERS] = &limits->header_count_max,
        [BODY_BYTES] = &limits->body_max_bytes,
        [CONNECTIONS] = &limits->connections_max,
        [ACCEPTS] = &limits->accepts_per_turn,
        [BACKLOG] = NULL,
    };
    int64_t *const times[] = {
        [REQUEST_MS] = &limits->request_timeout_ms,
        [IDLE_MS] = &limits->idle_timeout_ms,
        [WRITE_MS] = &limits->write_timeout_ms,
        [DRAIN_MS] = &echo.drain_ms,
    };

    if (option == PORT) {
        spec->port = (uint16_t)value;
    } else if (option == BACKLOG) {
        limits->backlog = (int)value;
    } else if (option == DRAIN_MS || (option >= REQUEST_MS && option <= WRITE_MS)) {
        *times[option] = value;
    } else {
        *sizes[option] = (size_t)value;
    }
}

static bool option_take(struct settings *settings, int option)
{
    switch (option) {
    case STATIC:
        settings->spec.static_dir = optarg;
        return true;
    case CERT:
        settings->cert = optarg;
        return true;
    case KEY:
        settings->key = optarg;
        return true;
    case PROXIES:
        settings->spec.trusted_proxies = optarg;
        return true;
    case UNIX_PATH:
        settings->unix_path = optarg;
        return true;
    case '?':
        return false;
    default:
        number_take(&settings->spec, option, strtol(optarg, NULL, 10));
        return true;
    }
}

static bool settings_read(struct settings *settings, int argc, char **argv)
{
    int option;

    *settings = (struct settings){
        .spec = {.listen = "127.0.0.1",
                 .trusted_proxies = "",
                 .static_dir = "",
                 .routes = ROUTES,
                 .origin_allowed = origin_allowed,
                 .limits = {.header_max_bytes = 8192,
                            .header_count_max = 64,
                            .body_max_bytes = 65536,
                            .request_timeout_ms = 10000,
                            .idle_timeout_ms = 75000,
                            .write_timeout_ms = 10000,
                            .connections_max = 65536,
                            .accepts_per_turn = 64,
                            .backlog = 4096}},
    };
    while ((option = getopt_long(argc, argv, "", OPTIONS, NULL)) != -1) {
        if (!option_take(settings, option)) {
            return false;
        }
    }
    return true;
}

int main(int argc, char **argv)
{
    struct settings settings;
    struct tls_context *tls = NULL;
    int status = EXIT_FAILURE;

    metrics_thread_setup();
    echo.loop = loop_new();
    if (echo.loop == NULL || !settings_read(&settings, argc, argv)) {
        goto done;
    }
    if (settings.cert != NULL && tls_context_new(settings.cert, settings.key, &tls) != HB_OK) {
        goto done;
    }
    settings.spec.tls = tls;
    if (settings.unix_path != NULL && unix_socket_new(settings.unix_path, 64, &echo.unix_socket) != HB_OK) {
        goto done;
    }
    settings.spec.unix_socket = echo.unix_socket;
    if (http_server_new(echo.loop, &settings.spec, &echo.server) != HB_OK ||
        !loop_signal(echo.loop, SIGTERM, stop, NULL) || !loop_signal(echo.loop, SIGINT, stop, NULL)) {
        goto done;
    }
    printf("ready %u\n", http_server_port(echo.server));
    fflush(stdout);
    loop_run(echo.loop);
    status = EXIT_SUCCESS;

done:
    http_server_free(echo.server);
    unix_socket_free(echo.unix_socket);
    tls_context_free(tls);
    loop_free(echo.loop);
    return status;
}
