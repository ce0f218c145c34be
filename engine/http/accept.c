/*
 * http/accept.c - where connections come from: the worker's own port, and the Unix socket that all share.
 */
#include "base/log.h"
#include "base/metrics.h"
#include "http/http_internal.h"
#include "http/listener.h"
#include "http/unix_socket.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum { RESUME_US = 100000 /* without descriptors: how long until accepting is tried again */ };

/* Above the ceiling: the shortest answer, and what has arrived is read so that closing is no reset. */
static void connection_refuse(struct http_server *server, int fd, const struct tls_context *tls)
{
    size_t len = tls != NULL ? 0 : problem_refusal(server, server->scratch, SCRATCH_BYTES);

    metrics_add(M_HTTP_REFUSED, 1);
    if (len > 0) {
        (void)send(fd, server->scratch, len, MSG_NOSIGNAL);
        (void)shutdown(fd, SHUT_WR);
        (void)recv(fd, server->scratch, SCRATCH_BYTES, 0);
    }
    close(fd);
}

static void
connection_admit(struct http_server *server, int fd, const struct http_address *peer, struct tls_context *tls)
{
    if (server->open_count >= server->spec.limits.connections_max) {
        connection_refuse(server, fd, tls);
    } else {
        conn_open(server, fd, peer, tls);
    }
}

/* Out of descriptors or memory: a ready listener would spin, so it rests for a moment. */
static void listener_rest(struct http_listener *listener, int why)
{
    log_warn("http.accept_rests", "errno=%d open=%zu", why, listener->server->open_count);
    loop_io_want(listener->io, /* read= */ false, /* write= */ false);
    loop_timer_set(listener->resume, RESUME_US);
}

static void listener_resume(void *arg)
{
    struct http_listener *listener = arg;

    loop_io_want(listener->io, /* read= */ true, /* write= */ false);
}

/* A connection on its way to the server whose turn it is. */
struct handover {
    struct http_server *server;
    int fd;
};

static void handed_over(void *arg)
{
    struct handover *handover = arg;
    struct http_address peer = {{0}};

    connection_admit(handover->server, handover->fd, &peer, NULL);
    free(handover);
}

static void hand_over(struct http_server *server, int fd)
{
    struct handover *handover = malloc(sizeof *handover);

    if (handover != NULL) {
        *handover = (struct handover){server, fd};
    }
    if (handover == NULL || !loop_post(server->loop, handed_over, handover)) {
        free(handover);
        close(fd);
    }
}

/* One that drains may be the last that runs: it hands nothing on. */
static void connection_take(struct http_listener *listener, int fd, const struct http_address *peer)
{
    struct http_server *server = listener->server;

    if (listener == &server->listeners[LISTENER_UNIX] && !server->draining) {
        server = unix_socket_next(server->spec.unix_socket);
    }
    if (server != listener->server) {
        hand_over(server, fd);
    } else {
        connection_admit(server, fd, peer, listener->tls);
    }
}

/* False when there is no more to accept now. */
static bool accept_one(struct http_listener *listener)
{
    struct http_address peer;
    int fd = listener_accept(listener->fd, &peer);

    if (fd >= 0) {
        connection_take(listener, fd, &peer);
        return true;
    }
    if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
        listener_rest(listener, errno);
        return false;
    }
    return errno != EAGAIN; /* ECONNABORTED and its like concern one connection that is gone */
}

static void accept_turn(void *arg, bool readable, bool writable)
{
    struct http_listener *listener = arg;

    (void)readable;
    (void)writable;
    for (size_t i = 0; i < listener->server->spec.limits.accepts_per_turn && accept_one(listener); i++) {
    }
}

static hb_err listener_start(struct http_server *server, struct http_listener *listener)
{
    listener->server = server;
    listener->io = loop_io_new(server->loop, listener->fd, accept_turn, listener);
    listener->resume = loop_timer_new(server->loop, listener_resume, listener);
    return listener->io != NULL && listener->resume != NULL ? HB_OK : HB_E_NOMEM;
}

static void listener_end(struct http_listener *listener)
{
    loop_io_free(listener->io);
    if (listener->resume != NULL) {
        loop_timer_free(listener->resume);
    }
    if (listener->fd > 0) {
        close(listener->fd);
    }
    *listener = (struct http_listener){.fd = 0};
}

static hb_err port_start(struct http_server *server)
{
    const struct http_server_spec *spec = &server->spec;
    struct http_listener *listener = &server->listeners[LISTENER_PORT];

    listener->fd = listener_open(spec->listen, spec->port, spec->limits.backlog);
    if (listener->fd < 0) {
        log_error("http.listen_failed", "address=%s port=%u errno=%d", spec->listen, spec->port, errno);
        return errno == EINVAL ? HB_E_INPUT : HB_E_IO;
    }
    server->port = listener_port(listener->fd);
    listener->tls = spec->tls;
    return listener_start(server, listener);
}

static hb_err unix_socket_start(struct http_server *server)
{
    struct http_listener *listener = &server->listeners[LISTENER_UNIX];
    bool accepts = false;
    hb_err err = HB_OK;

    if (server->spec.unix_socket != NULL) {
        err = unix_socket_join(server->spec.unix_socket, server, &accepts);
    }
    if (err != HB_OK || !accepts) {
        return err;
    }
    listener->fd = fcntl(unix_socket_fd(server->spec.unix_socket), F_DUPFD_CLOEXEC, 0);
    return listener->fd >= 0 ? listener_start(server, listener) : HB_E_IO;
}

hb_err accept_start(struct http_server *server)
{
    hb_err err = port_start(server);

    return err == HB_OK ? unix_socket_start(server) : err;
}

void accept_deafen(struct http_server *server)
{
    listener_deafen(server->listeners[LISTENER_PORT].fd);
}

bool accept_is_open(const struct http_server *server)
{
    return server->listeners[LISTENER_PORT].io != NULL;
}

void accept_queued(struct http_server *server)
{
    for (int i = 0; i < LISTENERS; i++) {
        while (server->listeners[i].io != NULL && accept_one(&server->listeners[i])) {
        }
    }
}

void accept_end(struct http_server *server)
{
    for (int i = 0; i < LISTENERS; i++) {
        listener_end(&server->listeners[i]);
    }
}
