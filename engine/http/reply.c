/*
 * http/reply.c - an answer becomes bytes: status line, Date, fields, body.
 */
#include "base/clock.h"
#include "base/log.h"
#include "base/metrics.h"
#include "http/chars.h"
#include "http/http_internal.h"

#include <assert.h>
#include <stdio.h>
#include <time.h>

#define STATUS_LIST(X)                        \
    X(200, "OK")                              \
    X(201, "Created")                         \
    X(202, "Accepted")                        \
    X(204, "No Content")                      \
    X(304, "Not Modified")                    \
    X(400, "Bad Request")                     \
    X(401, "Unauthorized")                    \
    X(403, "Forbidden")                       \
    X(404, "Not Found")                       \
    X(405, "Method Not Allowed")              \
    X(408, "Request Timeout")                 \
    X(409, "Conflict")                        \
    X(412, "Precondition Failed")             \
    X(413, "Content Too Large")               \
    X(414, "URI Too Long")                    \
    X(417, "Expectation Failed")              \
    X(422, "Unprocessable Content")           \
    X(428, "Precondition Required")           \
    X(429, "Too Many Requests")               \
    X(431, "Request Header Fields Too Large") \
    X(500, "Internal Server Error")           \
    X(501, "Not Implemented")                 \
    X(503, "Service Unavailable")             \
    X(504, "Gateway Timeout")                 \
    X(505, "HTTP Version Not Supported")      \
    X(301, "Moved Permanently")               \
    X(302, "Found")                           \
    X(303, "See Other")                       \
    X(307, "Temporary Redirect")              \
    X(308, "Permanent Redirect")              \
    X(410, "Gone")                            \
    X(502, "Bad Gateway")

#define LINE(text) (text), sizeof(text) - 1
#define STATUS_LINE(status, reason) {status, LINE("HTTP/1.1 " #status " " reason "\r\n")},

enum { FIXED_BYTES = 512, LINE_MAX_BYTES = 64 };

static const char CORS_EXPOSE[] =
    "Access-Control-Expose-Headers: Retry-After, Idempotency-Replayed, Location\r\n";

struct status_line {
    int status;
    const char *text;
    size_t len;
};

static const struct status_line STATUS_LINES[] = {STATUS_LIST(STATUS_LINE)};

static char *put(char *at, const char *bytes, size_t len)
{
    memcpy(at, bytes, len);
    return at + len;
}

static char *put_text(char *at, struct http_text text)
{
    return text.len > 0 ? put(at, text.at, text.len) : at;
}

static char *put_u64(char *at, uint64_t value)
{
    char digits[20];
    size_t i = sizeof digits;

    do {
        digits[--i] = (char)('0' + value % 10);
        value /= 10;
    } while (value > 0);
    return put(at, digits + i, sizeof digits - i);
}

static char *put_status(char *at, int status)
{
    int len;

    for (size_t i = 0; i < sizeof STATUS_LINES / sizeof STATUS_LINES[0]; i++) {
        if (STATUS_LINES[i].status == status) {
            return put(at, STATUS_LINES[i].text, STATUS_LINES[i].len);
        }
    }
    len = snprintf(at, LINE_MAX_BYTES, "HTTP/1.1 %03d \r\n", status % 1000);
    return at + len;
}

/* Formatted anew when the second is over, by the wall clock. */
static char *put_date(char *at, struct http_server *server)
{
    int64_t now_us = loop_now_us(server->loop);

    if (now_us >= server->date_until_us) {
        int64_t wall_ms = clock_wall_ms();
        time_t seconds = (time_t)(wall_ms / 1000);
        struct tm utc;

        gmtime_r(&seconds, &utc);
        server->date_len =
            strftime(server->date, sizeof server->date, "Date: %a, %d %b %Y %H:%M:%S GMT\r\n", &utc);
        server->date_until_us = now_us + (1000 - wall_ms % 1000) * 1000;
    }
    return put(at, server->date, server->date_len);
}

static bool closes(const struct http_call *call)
{
    const struct http_parser *parser = &call->parser;
    const struct http_conn *conn = call->conn;

    return parser->close || (parser->minor == 0 && !parser->keep_alive) || conn->refused ||
           (call->server->draining && conn->behind == 0);
}

static char *put_connection(char *at, struct http_call *call)
{
    struct http_conn *conn = call->conn;

    if (closes(call)) {
        conn->close_after = true;
        conn->linger |= call->server->draining || conn->behind > 0; /* more may be on its way */
        return put(at, LINE("Connection: close\r\n"));
    }
    return call->parser.minor == 0 ? put(at, LINE("Connection: keep-alive\r\n")) : at;
}

static char *put_cors(char *at, const struct http_call *call)
{
    struct http_text origin = call_known(call, HTTP_ORIGIN);

    if (origin.len == 0 || call->server->spec.origin_allowed == NULL) {
        return at;
    }
    at = put(at, LINE("Vary: Origin\r\n"));
    if (!cors_origin_allowed(call)) {
        return at;
    }
    at = put(at, LINE("Access-Control-Allow-Origin: "));
    at = put_text(at, origin);
    at = put(at, LINE("\r\n"));
    return put(at, LINE(CORS_EXPOSE));
}

static bool has_body(int status)
{
    return status != 204 && status != 304;
}

static char *put_head(char *at, struct http_call *call, const struct reply *reply)
{
    at = put_status(at, reply->status);
    at = put_date(at, call->server);
    if (reply->content_type != NULL) {
        at = put(at, LINE("Content-Type: "));
        at = put(at, reply->content_type, strlen(reply->content_type));
        at = put(at, LINE("\r\nX-Content-Type-Options: nosniff\r\n"));
    }
    if (has_body(reply->status)) {
        at = put(at, LINE("Content-Length: "));
        at = put_u64(at, reply->body.len);
        at = put(at, LINE("\r\n"));
    }
    at = put_connection(at, call);
    at = put_cors(at, call);
    at = put_text(at, reply->block);
    at = put_text(at, (struct http_text){call->headers.data, call->headers.len});
    return put(at, LINE("\r\n"));
}

static void reply_write(struct http_call *call, const struct reply *reply)
{
    struct http_conn *conn = call->conn;
    bool body = has_body(reply->status) && call->request.method != HTTP_HEAD;
    size_t copied = body && !reply->borrowed ? reply->body.len : 0;
    size_t type = reply->content_type == NULL ? 0 : strlen(reply->content_type);
    size_t head =
        FIXED_BYTES + type + reply->block.len + call->headers.len + call_known(call, HTTP_ORIGIN).len;
    char *start, *at;

    pool_buffer_take(call->server, &conn->out, conn->out.max);
    start = buf_reserve(&conn->out, head + copied);
    if (start == NULL) {
        return; /* conn->out.failed ends the connection */
    }
    at = put_head(start, call, reply);
    assert((size_t)(at - start) <= head);
    if (copied > 0) {
        at = put(at, reply->body.at, copied);
    }
    conn->out.len += (size_t)(at - start);
    if (body && reply->borrowed) {
        conn->file = reply->body;
    }
}

static void reply_count(int status)
{
    metrics_add(M_HTTP_REQUESTS, 1);
    if (status >= 500) {
        metrics_add(M_HTTP_SERVER_ERRORS, 1);
    } else if (status >= 400) {
        metrics_add(M_HTTP_CLIENT_ERRORS, 1);
    }
}

static void call_answered(struct http_call *call)
{
    struct http_conn *conn = call->conn;

    call->answered = true;
    if (call->in_handler) {
        return; /* call_dispatch() and call_refuse() end what they began */
    }
    if (conn != NULL) {
        conn->call = NULL;
        server_conn_ready(conn);
    }
    pool_call_put_back(call);
}

void reply_send(struct http_call *call, const struct reply *reply)
{
    assert(!call->answered);
    reply_count(reply->status);
    if (call->conn != NULL) {
        reply_write(call, reply);
    }
    call_answered(call);
}

void http_call_hang_up(struct http_call *call)
{
    assert(!call->answered);
    if (call->conn != NULL) {
        call->conn->close_after = true;
    }
    call_answered(call);
}

void http_call_reply(
    struct http_call *call, int status, const char *content_type, const void *body, size_t len)
{
    const struct reply reply = {.status = status, .content_type = content_type, .body = {body, len}};

    reply_send(call, &reply);
}

static bool name_is_token(const char *name)
{
    size_t len = 0;

    while (name[len] != '\0' && char_is(name[len], CHAR_TOKEN)) {
        len++;
    }
    return len > 0 && name[len] == '\0';
}

void http_call_add_header(struct http_call *call, const char *name, const char *value)
{
    if (!name_is_token(name) || !chars_are_value(value, strlen(value))) {
        log_error("http.header_dropped", "why=\"not a field\"");
        return;
    }
    call->retry_after |= text_equal_fold((struct http_text){name, strlen(name)}, "retry-after");
    buf_adds(&call->headers, name);
    buf_add(&call->headers, LINE(": "));
    buf_adds(&call->headers, value);
    buf_add(&call->headers, LINE("\r\n"));
    if (call->headers.failed) {
        log_error("http.header_dropped", "name=%s why=\"too many\"", name);
    }
}
