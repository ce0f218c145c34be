/*
 * tests/system/provider_driver.c - the payment providers' ports, driven from outside.
 *
 *   provider_driver MERCHANTS_FILE [--timeout-ms N]
 *
 * One JSON object a line on stdin, one on stdout, matched by "id":
 *
 *   {"id": 1, "do": "build", "merchant": M, "order_no": N, "fen": F, "kind": K, "payee": P, "name": S,
 * "remark": S}
 *   {"id": 2, "do": "create" | "query" | "cancel", "merchant": M, "order_no": N, "fen": F, "payee": P,
 * "request": R}
 *   {"id": 3, "do": "bill", "merchant": M, "day": D}
 *
 * Notices come to http://127.0.0.1:PORT/notices/MERCHANT; each is a line {"event": ...}. The first line says
 * the port. Ends with its stdin.
 */
#include "base/buf.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/metrics.h"
#include "http/server.h"
#include "outbound/providers.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LINE_MAX_BYTES = 1 << 20, TIMEOUT_MS = 1500, CONNECT_MS = 1000 };

static struct {
    struct loop *loop;
    struct providers *providers;
    struct http_server *server;
    struct loop_io *input;
    struct buf in;
} driver;

static void say(json_t *json)
{
    char *text = json == NULL ? NULL : json_dumps(json, JSON_COMPACT);

    if (text == NULL) {
        abort();
    }
    puts(text);
    fflush(stdout);
    free(text);
    json_decref(json);
}

static const char *text_of(const json_t *json, const char *name)
{
    const char *text = json_string_value(json_object_get(json, name));

    return text == NULL ? "" : text;
}

static int64_t number_of(const json_t *json, const char *name)
{
    return json_integer_value(json_object_get(json, name));
}

/* ---- verdicts ---- */

static void put_text(json_t *json, const char *name, const char *text)
{
    (void)json_object_set_new(json, name, json_string(text));
}

static void put_number(json_t *json, const char *name, int64_t number)
{
    (void)json_object_set_new(json, name, json_integer(number));
}

static json_t *verdict_json(const struct provider_verdict *verdict)
{
    json_t *json = json_object();

    put_text(json, "outcome", provider_outcome_name(verdict->outcome));
    put_text(json, "cause", provider_cause_name(verdict->cause));
    put_text(json, "code", verdict->code);
    put_text(json, "order_no", verdict->order_no);
    put_text(json, "provider_no", verdict->provider_no);
    put_text(json, "request_id", verdict->request_id);
    put_text(json, "package", verdict->confirm.package);
    put_text(json, "mch_id", verdict->confirm.mch_id);
    put_text(json, "app_id", verdict->confirm.app_id);
    put_number(json, "expires_at_ms", verdict->confirm.expires_at_ms);
    put_number(json, "fen", verdict->amount_fen);
    put_number(json, "http", verdict->http_status);
    put_number(json, "retry_after_ms", verdict->retry_after_ms);
    (void)json_object_set_new(json, "verified", json_boolean(verdict->verified));
    return json;
}

/* arg: the number of the line that asked. */
static void answered(void *arg, const struct provider_verdict *verdict)
{
    json_t *json = verdict_json(verdict);

    put_number(json, "id", (int64_t)(intptr_t)arg);
    say(json);
}

static void billed(void *arg, hb_err err, const struct provider_bill_row *rows, size_t count)
{
    json_t *json = json_object(), *list = json_array();

    for (size_t i = 0; i < count; i++) {
        json_t *row = json_object();

        put_text(row, "order_no", rows[i].order_no);
        put_text(row, "provider_no", rows[i].provider_no);
        put_number(row, "fen", rows[i].amount_fen);
        (void)json_array_append_new(list, row);
    }
    put_number(json, "id", (int64_t)(intptr_t)arg);
    put_text(json, "err", err_code(err));
    (void)json_object_set_new(json, "rows", list);
    say(json);
}

/* ---- lines ---- */

static enum payee_kind kind_of(const char *name)
{
    static const char *const NAMES[] = {"openid", "user_id", "open_id", "logon_id"};

    for (size_t i = 0; i < sizeof NAMES / sizeof NAMES[0]; i++) {
        if (strcmp(name, NAMES[i]) == 0) {
            return (enum payee_kind)i;
        }
    }
    return PAYEE_OPENID;
}

static void build(const struct provider_port *port, const json_t *line)
{
    const struct provider_order order = {.order_no = text_of(line, "order_no"),
                                         .amount_fen = number_of(line, "fen"),
                                         .payee_kind = kind_of(text_of(line, "kind")),
                                         .payee_id = text_of(line, "payee"),
                                         .payee_name = text_of(line, "name"),
                                         .remark = text_of(line, "remark")};
    json_t *json = json_object();
    const char *why = NULL;
    struct buf request;

    buf_init(&request, PROVIDER_REQUEST_MAX);
    put_text(json, "err", err_code(port->build(port->self, &order, &request, &why)));
    put_text(json, "why", why == NULL ? "" : why);
    put_text(json, "request", buf_cstr(&request));
    put_number(json, "id", number_of(line, "id"));
    say(json);
    buf_free(&request);
}

static void send_line(const struct provider_port *port, const char *what, const json_t *line)
{
    const struct provider_payment payment = {.order_no = text_of(line, "order_no"),
                                             .amount_fen = number_of(line, "fen"),
                                             .payee_id = text_of(line, "payee"),
                                             .request = text_of(line, "request"),
                                             .request_len = strlen(text_of(line, "request"))};
    void *id = (void *)(intptr_t)number_of(line, "id");

    if (strcmp(what, "create") == 0) {
        port->create(port->self, &payment, answered, id);
    } else if (strcmp(what, "query") == 0) {
        port->query(port->self, &payment, answered, id);
    } else if (strcmp(what, "cancel") == 0) {
        port->cancel(port->self, &payment, answered, id);
    } else if (strcmp(what, "bill") == 0) {
        port->bill(port->self, text_of(line, "day"), billed, id);
    } else {
        abort();
    }
}

static void line_take(const char *text, size_t len)
{
    const struct provider_port *port;
    json_t *line = NULL;

    if (json_parse(text, len, &line, NULL, 0) != HB_OK) {
        abort();
    }
    port = providers_find(driver.providers, text_of(line, "merchant"));
    if (port == NULL) {
        abort();
    }
    if (strcmp(text_of(line, "do"), "build") == 0) {
        build(port, line);
    } else {
        send_line(port, text_of(line, "do"), line);
    }
    json_decref(line);
}

static void input_ready(void *arg, bool readable, bool writable)
{
    char bytes[65536];
    ssize_t got = read(STDIN_FILENO, bytes, sizeof bytes);

    (void)arg;
    (void)readable;
    (void)writable;
    if (got <= 0) {
        loop_stop(driver.loop);
        return;
    }
    buf_add(&driver.in, bytes, (size_t)got);
    for (const char *end; driver.in.len > 0 && (end = memchr(driver.in.data, '\n', driver.in.len)) != NULL;) {
        size_t len = (size_t)(end - driver.in.data);

        line_take(driver.in.data, len);
        buf_consume(&driver.in, len + 1);
    }
}

/* ---- notices ---- */

static bool header_of(void *call, const char *name, const char **value, size_t *len)
{
    struct http_text text;
    bool found = http_call_header(call, name, &text);

    *value = found ? text.at : "";
    *len = found ? text.len : 0;
    return found;
}

static void notice(struct http_call *call, void *context)
{
    const struct http_request *request = http_call_request(call);
    const struct provider_notice notice = {.body = request->body.at,
                                           .body_len = request->body.len,
                                           .header = header_of,
                                           .headers = call,
                                           .now_ms = clock_wall_ms()};
    static struct provider_event event;
    const struct provider_port *port;
    struct provider_reply reply;
    char merchant[PROVIDER_MERCHANT_MAX + 1];
    json_t *json;
    hb_err err;

    (void)context;
    (void)snprintf(merchant, sizeof merchant, "%.*s", (int)request->params[0].len, request->params[0].at);
    port = providers_find(driver.providers, merchant);
    if (port == NULL) {
        abort();
    }
    err = port->notice(port->self, &notice, &event);
    json = verdict_json(&event.verdict);
    put_text(json, "event", event.id);
    put_text(json, "err", err_code(err));
    put_text(json, "merchant", merchant);
    say(json);
    reply = port->reply(port->self, err == HB_OK || err == HB_E_NOT_FOUND);
    http_call_reply(
        call, reply.status, reply.content_type, reply.body, reply.body == NULL ? 0 : strlen(reply.body));
}

static const struct http_route ROUTES[] = {
    {HTTP_POST, "/notices/:merchant", notice, 65536},
    {.path = NULL},
};

/* ---- life ---- */

static bool server_open(void)
{
    const struct http_server_spec spec = {
        .listen = "127.0.0.1",
        .limits = {8192, 64, 65536, 10000, 60000, 10000, 1000, 64, 64},
        .trusted_proxies = "",
        .routes = ROUTES,
        .static_dir = "",
    };

    return http_server_new(driver.loop, &spec, &driver.server) == HB_OK;
}

static bool providers_open(const char *file, int64_t timeout_ms)
{
    const struct web_spec web = {
        .connect_timeout_ms = CONNECT_MS, .timeout_ms = timeout_ms, .calls_max = 1000, .connections_max = 16};
    struct buf problems;
    bool good;

    buf_init(&problems, LINE_MAX_BYTES);
    good = providers_new(driver.loop, file, &web, &driver.providers, &problems) == HB_OK;
    fputs(buf_cstr(&problems), stderr);
    buf_free(&problems);
    return good;
}

int main(int argc, char **argv)
{
    int64_t timeout_ms = argc == 4 ? strtoll(argv[3], NULL, 10) : TIMEOUT_MS;
    int status = EXIT_FAILURE;

    metrics_thread_setup();
    log_level_set(LOG_LEVEL_WARN);
    buf_init(&driver.in, LINE_MAX_BYTES);
    driver.loop = loop_new();
    if (argc >= 2 && driver.loop != NULL && server_open() && providers_open(argv[1], timeout_ms)) {
        driver.input = loop_io_new(driver.loop, STDIN_FILENO, input_ready, NULL);
        printf("{\"port\":%u}\n", http_server_port(driver.server));
        fflush(stdout);
        loop_run(driver.loop);
        status = EXIT_SUCCESS;
    }
    loop_io_free(driver.input);
    http_server_free(driver.server);
    providers_free(driver.providers);
    loop_free(driver.loop);
    buf_free(&driver.in);
    return status;
}
