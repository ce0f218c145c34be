/*
 * loadtest/connection.c - the bytes of one connection: connect, send a request, gather its answer.
 *
 * An answer is complete in the callback that hands it over, and its connection may be sending again before
 * that callback returns: nothing here touches a request after pool_ended().
 */
#include "loadtest/pool_internal.h"

#include "base/clock.h"
#include "base/loop.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <unistd.h>

static void connection_ready(void *arg, bool readable, bool writable);

static void connection_close(struct connection *connection)
{
    struct pool *pool = connection->pool;

    if (connection->state == CONNECTION_CLOSED) {
        return;
    }
    pool->opening -= connection->state == CONNECTION_OPENING ? 1U : 0U;
    pool->connected -= connection->state == CONNECTION_OPEN ? 1U : 0U;
    connection->state = CONNECTION_CLOSED;
    loop_io_free(connection->io);
    connection->io = NULL;
    (void)close(connection->fd);
    connection->fd = -1;
    buf_clear(&connection->in);
    buf_clear(&connection->out);
}

void connection_deinit(struct connection *connection)
{
    connection_close(connection);
    buf_free(&connection->in);
    buf_free(&connection->out);
}

void connection_fail(struct connection *connection, const char *why)
{
    connection_close(connection);
    if (connection->is_busy) {
        pool_ended(connection, NULL, why);
    }
}

static void connection_opened(struct connection *connection)
{
    connection->state = CONNECTION_OPEN;
    connection->pool->connected++;
    connection->pool->connects++;
}

static bool socket_begin(struct connection *connection)
{
    const struct address *address = connection->pool->spec.address;
    const int one = 1;
    struct sockaddr_storage socket_address = address->socket;
    int family = socket_address.ss_family;

    connection->fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (connection->fd < 0) {
        return false;
    }
    (void)setsockopt(connection->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    connection->io = loop_io_new(connection->pool->loop, connection->fd, connection_ready, connection);
    return connection->io != NULL;
}

void connection_connect(struct connection *connection)
{
    const struct address *address = connection->pool->spec.address;
    int result = -1;

    if (connection->state != CONNECTION_CLOSED) {
        return;
    }
    if (socket_begin(connection)) {
        result = connect(connection->fd, (const struct sockaddr *)&address->socket, address->socket_len);
    }
    if (result != 0 && (connection->io == NULL || errno != EINPROGRESS)) {
        loop_io_free(connection->io);
        connection->io = NULL;
        if (connection->fd >= 0) {
            (void)close(connection->fd);
        }
        connection->fd = -1;
        return;
    }
    if (result == 0) {
        connection_opened(connection);
        return;
    }
    connection->state = CONNECTION_OPENING;
    connection->pool->opening++;
    loop_io_want(connection->io, /* read= */ true, /* write= */ true);
}

/* Sends what it can; the rest waits in out. False: the connection is lost. */
static bool bytes_send(struct connection *connection, const char *bytes, size_t len)
{
    ssize_t sent = send(connection->fd, bytes, len, MSG_NOSIGNAL);

    if (sent < 0 && errno != EAGAIN && errno != EINTR) {
        return false;
    }
    if (connection->sent_us == 0) {
        connection->sent_us = clock_mono_us();
    }
    sent = sent < 0 ? 0 : sent;
    if (bytes == connection->out.data) {
        buf_consume(&connection->out, (size_t)sent);
    } else {
        buf_add(&connection->out, bytes + sent, len - (size_t)sent);
    }
    loop_io_want(connection->io, /* read= */ true, /* write= */ connection->out.len > 0);
    return !connection->out.failed;
}

void connection_write(struct connection *connection, struct text request)
{
    if (connection->state == CONNECTION_OPENING) {
        buf_add(&connection->out, request.at, request.len);
        return;
    }
    if (!bytes_send(connection, request.at, request.len)) {
        connection_fail(connection, "reset");
    }
}

static void connect_ended(struct connection *connection)
{
    int error = 0;
    socklen_t len = sizeof error;

    if (getsockopt(connection->fd, SOL_SOCKET, SO_ERROR, &error, &len) != 0 || error != 0) {
        connection_fail(connection, "connect");
        return;
    }
    connection->pool->opening--;
    connection_opened(connection);
    loop_io_want(connection->io, /* read= */ true, /* write= */ false);
    if (connection->out.len > 0 && !bytes_send(connection, connection->out.data, connection->out.len)) {
        connection_fail(connection, "reset");
    }
}

/* Bytes behind the answer would belong to no request: such a server is not spoken to any longer. */
static void answer_take(struct connection *connection, char *bytes, size_t len)
{
    struct answer answer;
    enum answer_state state = answer_read(bytes, len, &answer);

    if (state == ANSWER_PART) {
        if (connection->in.len == 0) {
            buf_add(&connection->in, bytes, len);
        }
        return;
    }
    if (state == ANSWER_BAD || answer.bytes != len || !connection->is_busy || connection->out.len > 0) {
        connection_fail(connection, "bad_answer");
        return;
    }
    /* Clearing and closing keep the memory that the answer points into, until bytes come in again. */
    buf_clear(&connection->in);
    if (answer.closes) {
        connection_close(connection);
    }
    pool_ended(connection, &answer, NULL);
}

static void bytes_read(struct connection *connection)
{
    struct pool *pool = connection->pool;
    ssize_t got = recv(connection->fd, pool->read, sizeof pool->read, 0);

    if (got < 0 && (errno == EAGAIN || errno == EINTR)) {
        return;
    }
    if (got <= 0) {
        connection_fail(connection, "reset");
        return;
    }
    if (connection->in.len == 0) {
        answer_take(connection, pool->read, (size_t)got);
        return;
    }
    buf_add(&connection->in, pool->read, (size_t)got);
    if (connection->in.failed) {
        connection_fail(connection, "bad_answer");
        return;
    }
    answer_take(connection, connection->in.data, connection->in.len);
}

static void connection_ready(void *arg, bool readable, bool writable)
{
    struct connection *connection = arg;

    if (connection->state == CONNECTION_OPENING) {
        connect_ended(connection);
        return;
    }
    if (readable) {
        bytes_read(connection);
    } else if (writable && connection->out.len > 0 &&
               !bytes_send(connection, connection->out.data, connection->out.len)) {
        connection_fail(connection, "reset");
    }
}
