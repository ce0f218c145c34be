/*
 * http/transport.c - how bytes enter and leave a connection: the socket itself, or TLS on it.
 */
#include "http/http_internal.h"
#include "http/tls.h"

#include <errno.h>
#include <sys/socket.h>

_Static_assert((int)TRANSPORT_AGAIN == (int)TLS_AGAIN && (int)TRANSPORT_FAILED == (int)TLS_FAILED,
               "handed through");

static bool is_again(int error)
{
    return error == EAGAIN || error == EINTR;
}

ssize_t transport_receive(struct http_conn *conn, void *out, size_t max)
{
    ssize_t got;

    if (conn->tls != NULL) {
        return tls_session_read(conn->tls, out, max);
    }
    got = recv(conn->fd, out, max, 0);
    if (got >= 0) {
        return got;
    }
    return is_again(errno) ? TRANSPORT_AGAIN : TRANSPORT_FAILED;
}

static ssize_t send_both(struct http_conn *conn, struct http_text head, int flags)
{
    struct iovec parts[2] = {
        {(void *)(uintptr_t)head.at, head.len},
        {(void *)(uintptr_t)conn->file.at, conn->file.len},
    };
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};

    return sendmsg(conn->fd, &message, flags);
}

/* One send of what is there: the buffer, and a static file's bytes behind it. Last words leave with the end
 * of the connection that follows them, in one packet. */
ssize_t transport_send(struct http_conn *conn)
{
    struct http_text head = {conn->out.data + conn->sent, conn->out.len - conn->sent};
    int flags = conn->close_after ? MSG_NOSIGNAL | MSG_MORE : MSG_NOSIGNAL;
    ssize_t put;

    if (head.len == 0) {
        head = conn->file;
    }
    if (conn->tls != NULL) {
        return tls_session_write(conn->tls, head.at, head.len);
    }
    put = head.at != conn->file.at && conn->file.len > 0 ? send_both(conn, head, flags)
                                                         : send(conn->fd, head.at, head.len, flags);
    if (put >= 0) {
        return put;
    }
    return is_again(errno) ? TRANSPORT_AGAIN : TRANSPORT_FAILED;
}

void transport_shutdown(struct http_conn *conn)
{
    if (conn->tls != NULL) {
        tls_session_shutdown(conn->tls);
    }
    (void)shutdown(conn->fd, SHUT_WR);
}

/* Otherwise the kernel would keep it, and go on offering it, for minutes. */
void transport_abort(struct http_conn *conn)
{
    const struct linger none = {.l_onoff = 1, .l_linger = 0};

    (void)setsockopt(conn->fd, SOL_SOCKET, SO_LINGER, &none, sizeof none);
}
