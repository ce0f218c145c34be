/*
 * http/conn.c - one connection: bytes in, requests one at a time, answers in order, bytes out.
 *
 *   idle --> reading --> (handler) --> waiting --> writing --> idle
 *                |            answered at once ------^   |
 *                +-- refused: answer, lingering -----> closed
 *
 * What recv() brings is read in the server's scratch; only an unfinished request is kept, in `in`. Answers
 * gather in `out` and leave with one send() at the end of the turn. conn_turn() is the last thing done with
 * a connection in any callback: it may be gone afterwards.
 */
#include "base/log.h"
#include "base/metrics.h"
#include "http/http_internal.h"
#include "http/tls.h"

#include <stdlib.h>
#include <unistd.h>

enum {
    IN_HIGH = 32768,          /* kept for later requests while one is being answered */
    OUT_HIGH = 262144,        /* unsent answers above which no more is read or started */
    OUT_MAX = 64 << 20,       /* one answer can be no larger */
    LINGER_BYTES = 262144,    /* thrown away at most before a closed connection ends */
    WRITE_STEP_BYTES = 16384, /* taken in one write timeout: slow, but not stalled */
    TLS_READS_A_TURN = 8,
};

static size_t conn_pending(const struct http_conn *conn)
{
    return conn->out.len - conn->sent + conn->file.len;
}

static void conn_on_io(void *arg, bool readable, bool writable);

void conn_open(struct http_server *server, int fd, const struct http_address *peer, struct tls_context *tls)
{
    struct http_conn *conn = calloc(1, sizeof *conn);

    if (conn == NULL) {
        close(fd);
        return;
    }
    conn->server = server;
    conn->fd = fd;
    conn->peer = *peer;
    conn->reads = true;
    address_format(peer, conn->client);
    buf_init(&conn->in,
             server->spec.limits.header_max_bytes + server->spec.limits.body_max_bytes + 4 * SCRATCH_BYTES);
    buf_init(&conn->out, OUT_MAX);
    link_init(&conn->ready);
    server->open_count++;
    metrics_add(M_HTTP_CONNECTIONS, 1);
    metrics_gauge_add(G_HTTP_OPEN, 1);
    conn->where = tls != NULL ? CONN_READING : CONN_IDLE;
    conn->since_us = loop_now_us(server->loop);
    link_append(&server->lists[conn->where], &conn->listed);
    conn->io = loop_io_new(server->loop, fd, conn_on_io, conn);
    conn->tls = tls != NULL ? tls_session_new(tls, fd) : NULL;
    if (conn->io == NULL || (tls != NULL && conn->tls == NULL)) {
        conn_close(conn);
    }
}

void conn_close(struct http_conn *conn)
{
    struct http_server *server = conn->server;

    if (conn->call != NULL) {
        call_drop(conn->call);
    }
    link_remove(&conn->listed);
    link_remove(&conn->ready);
    loop_io_free(conn->io);
    tls_session_free(conn->tls);
    close(conn->fd);
    pool_buffer_put_back(server, &conn->in);
    pool_buffer_put_back(server, &conn->out);
    free(conn);
    metrics_gauge_add(G_HTTP_OPEN, -1);
    server_conn_gone(server);
}

static void conn_enter(struct http_conn *conn, enum conn_list where)
{
    bool same_request = conn->listed_count == conn->request_count;

    if (conn->where == where && (same_request || where == CONN_WRITING)) {
        return; /* a client that trickles must not set its own clock back */
    }
    link_remove(&conn->listed);
    link_append(&conn->server->lists[where], &conn->listed);
    conn->where = where;
    conn->listed_count = conn->request_count;
    conn->moved = 0;
    conn->since_us = loop_now_us(conn->server->loop);
}

/* --- requests --- */

static bool conn_may_take(const struct http_conn *conn)
{
    return !conn->close_after && !conn->refused && !(conn->call != NULL && conn->call->dispatched) &&
           conn->file.len == 0 && conn_pending(conn) < OUT_HIGH;
}

static bool conn_begin(struct http_conn *conn)
{
    const struct http_limits *limits = &conn->server->spec.limits;
    struct http_call *call = pool_call_take(conn->server);

    if (call == NULL) {
        conn->close_after = conn->refused = true;
        return false;
    }
    call->conn = conn;
    call->started_us = loop_now_us(conn->server->loop);
    http_parser_start(&call->parser, limits->header_max_bytes, limits->header_count_max);
    conn->call = call;
    conn->request_count++;
    return true;
}

static void conn_refuse(struct http_conn *conn, const char *data, hb_err err, const char *why)
{
    metrics_add(M_HTTP_MALFORMED, 1);
    conn->refused = conn->linger = true;
    call_refuse(conn->call, data, err, why);
}

/* RFC 9110, 10.1.1: only for a body that is still to come and that we would take. */
static void conn_continue(struct http_conn *conn, size_t len)
{
    struct http_call *call = conn->call;

    if (call->parser.expects_continue && !call->continued && len == call->parser.head_len) {
        pool_buffer_take(conn->server, &conn->out, OUT_MAX);
        buf_adds(&conn->out, "HTTP/1.1 100 Continue\r\n\r\n");
    }
    call->continued = true;
}

static enum http_parse conn_parse(struct http_conn *conn, char *data, size_t *len)
{
    struct http_call *call = conn->call;
    enum http_parse got = http_parse_head(&call->parser, data, *len);

    if (got == HTTP_PARSE_DONE) {
        if (!call->matched) {
            call_head_arrived(call, data);
        }
        got = http_parse_body(&call->parser, data, len, call->body_max);
        if (got == HTTP_PARSE_MORE) {
            conn_continue(conn, *len);
        }
    }
    if (got == HTTP_PARSE_REFUSED) {
        conn_refuse(conn, data, call->parser.err, call->parser.why);
    }
    return got;
}

/* Takes the requests that are whole and may be started now; returns how many bytes they were. */
static size_t conn_consume(struct http_conn *conn, char *data, size_t *len)
{
    size_t used = 0;

    while (used < *len && conn_may_take(conn)) {
        size_t rest = *len - used;
        struct http_call *call;
        enum http_parse got;

        if (conn->call == NULL && !conn_begin(conn)) {
            return *len;
        }
        call = conn->call;
        got = conn_parse(conn, data + used, &rest);
        if (got == HTTP_PARSE_REFUSED) {
            return *len;
        }
        *len = used + rest;
        if (got == HTTP_PARSE_MORE) {
            return used;
        }
        rest = call->parser.pos;
        conn->behind = *len - used - rest;
        call_dispatch(call, data + used);
        used += rest;
    }
    return used;
}

static void conn_consume_kept(struct http_conn *conn)
{
    size_t len = conn->in.len;
    size_t used = conn_consume(conn, conn->in.data, &len);

    conn->in.len = len;
    buf_consume(&conn->in, used);
}

static void conn_feed(struct http_conn *conn, char *data, size_t len)
{
    size_t used;

    if (conn->refused || conn->close_after) {
        return; /* nothing behind the last request is looked at */
    }
    if (conn->in.len > 0 || (conn->call != NULL && conn->call->dispatched)) {
        conn->behind += len;
        buf_add(&conn->in, data, len);
        if (conn_may_take(conn)) {
            conn_consume_kept(conn);
        }
        return;
    }
    used = conn_consume(conn, data, &len);
    if (used < len) {
        buf_add(&conn->in, data + used, len - used);
    }
}

/* --- output --- */

static void conn_sent(struct http_conn *conn, size_t put)
{
    size_t head = conn->out.len - conn->sent;

    conn->moved += put;
    if (put < head) {
        conn->sent += put;
        return;
    }
    conn->sent = conn->out.len = 0;
    conn->file.at += put - head;
    conn->file.len -= put - head;
}

/* False when the connection is broken. */
static bool conn_flush(struct http_conn *conn)
{
    if (conn->out.failed || conn->in.failed) {
        log_warn("http.buffer_failed", "client=%s", conn->client);
        return false;
    }
    while (conn_pending(conn) > 0) {
        ssize_t put = transport_send(conn);

        if (put == TRANSPORT_AGAIN) {
            return true;
        }
        if (put < 0) {
            return false;
        }
        conn_sent(conn, (size_t)put);
    }
    return true;
}

/* --- the end of a turn --- */

static void conn_want(struct http_conn *conn, bool reads, bool writes)
{
    if (conn->reads != reads || conn->writes != writes) {
        conn->reads = reads;
        conn->writes = writes;
        loop_io_want(conn->io, reads, writes);
    }
}

/* No more answers. A client that may still be sending would answer a plain close with a reset, and lose our
 * last words: so our half is closed first, and what comes is thrown away for a while. One that was too slow
 * sends so little that the kernel can keep it until then: it does not wake us any more. */
static void conn_end(struct http_conn *conn)
{
    if (!conn->linger || conn->eof) {
        conn_close(conn);
        return;
    }
    transport_shutdown(conn);
    buf_free(&conn->in);
    conn_enter(conn, CONN_LINGERING);
    conn_want(conn, /* reads= */ !conn->late, /* writes= */ false);
}

static void conn_buffers_put_back(struct http_conn *conn)
{
    if (conn->in.len == 0 && conn->in.data != NULL) {
        pool_buffer_put_back(conn->server, &conn->in);
    }
    if (conn->out.len == 0 && conn->out.data != NULL) {
        pool_buffer_put_back(conn->server, &conn->out);
    }
}

static enum conn_list conn_place(const struct http_conn *conn)
{
    if (conn_pending(conn) > 0) {
        return CONN_WRITING;
    }
    if (conn->call != NULL) {
        return conn->call->dispatched ? CONN_WAITING : CONN_READING;
    }
    return conn->tls != NULL && !tls_session_ready(conn->tls) ? CONN_READING : CONN_IDLE;
}

static void conn_settle(struct http_conn *conn)
{
    bool pending = conn_pending(conn) > 0;
    bool waiting = conn->call != NULL && conn->call->dispatched;

    if (!pending && !waiting && (conn->close_after || conn->eof)) {
        conn_end(conn);
        return;
    }
    conn_buffers_put_back(conn);
    conn_enter(conn, conn_place(conn));
    conn_want(conn,
              !conn->eof && !(waiting && conn->in.len >= IN_HIGH) && conn_pending(conn) < OUT_HIGH &&
                  !(conn->file.len > 0 && conn->in.len >= IN_HIGH),
              pending || (conn->tls != NULL && tls_session_wants_write(conn->tls)));
}

void conn_turn(struct http_conn *conn)
{
    for (;;) {
        size_t kept = conn->in.len, pending;

        if (!conn_flush(conn)) {
            conn_close(conn);
            return;
        }
        pending = conn_pending(conn);
        if (kept == 0 || !conn_may_take(conn)) {
            break;
        }
        conn_consume_kept(conn);
        if (conn->in.len == kept && conn_pending(conn) == pending) {
            break; /* what is kept is no whole request yet */
        }
    }
    conn_settle(conn);
}

/* --- events --- */

static void conn_linger(struct http_conn *conn)
{
    char *scratch = conn->server->scratch;
    ssize_t got = transport_receive(conn, scratch, SCRATCH_BYTES);

    conn->moved += got > 0 ? (size_t)got : 0;
    if (got == TRANSPORT_AGAIN || (got > 0 && conn->moved < LINGER_BYTES)) {
        return;
    }
    conn_close(conn);
}

/* TLS can hold bytes that no event will announce; a socket announces whatever one recv() leaves. */
static bool conn_receive(struct http_conn *conn)
{
    for (int i = 0; i < TLS_READS_A_TURN || tls_session_has_more(conn->tls); i++) {
        ssize_t got = transport_receive(conn, conn->server->scratch, SCRATCH_BYTES);

        if (got == TRANSPORT_FAILED) {
            return false;
        }
        conn->eof = got == 0;
        if (got <= 0) {
            return true;
        }
        conn_feed(conn, conn->server->scratch, (size_t)got);
        if (conn->tls == NULL) {
            return true;
        }
    }
    return true;
}

static void conn_on_io(void *arg, bool readable, bool writable)
{
    struct http_conn *conn = arg;
    bool resumes = writable && conn->tls != NULL && tls_session_wants_write(conn->tls);

    if (conn->where == CONN_LINGERING) {
        conn_linger(conn);
        return;
    }
    if ((readable || resumes) && !conn->eof && !conn_receive(conn)) {
        conn_close(conn);
        return;
    }
    conn_turn(conn);
}

/* --- time limits --- */

void conn_expire(struct http_conn *conn)
{
    if (conn->where == CONN_WRITING && conn->moved >= WRITE_STEP_BYTES) {
        link_remove(&conn->listed); /* slow but alive: another round */
        link_append(&conn->server->lists[CONN_WRITING], &conn->listed);
        conn->moved = 0;
        conn->since_us = loop_now_us(conn->server->loop);
        return;
    }
    if (conn->where == CONN_READING || conn->where == CONN_WRITING) {
        metrics_add(M_HTTP_TIMEOUTS, 1);
    }
    if (conn->where == CONN_READING && conn->call != NULL) {
        conn->refused = conn->linger = conn->late = true;
        call_refuse(conn->call, conn->in.data, HB_E_TIMEOUT, NULL);
        conn_turn(conn);
        return;
    }
    if (conn->where == CONN_WRITING) {
        transport_abort(conn);
    }
    conn_close(conn);
}
