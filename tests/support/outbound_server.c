/*
 * tests/support/outbound_server.c - see outbound_server.h.
 */
#include "tests/support/outbound_server.h"

#include "tests/support/unit.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { REQUEST_MAX = 1 << 20 };

struct server_peer {
    struct outbound_server *server;
    struct server_peer *next;
    struct loop_io *io;
    int fd;
    struct buf in;
};

static void peer_free(struct server_peer *peer)
{
    struct server_peer **at = &peer->server->peers;

    while (*at != peer) {
        at = &(*at)->next;
    }
    *at = peer->next;
    loop_io_free(peer->io);
    (void)close(peer->fd);
    buf_free(&peer->in);
    free(peer);
}

/* Length of the whole request at the front, 0 while it is not there. */
static size_t request_length(struct buf *in)
{
    const char *text = buf_cstr(in), *end = strstr(text, "\r\n\r\n");
    const char *length = end == NULL ? NULL : strcasestr(text, "\r\nContent-Length:");
    size_t len;

    if (end == NULL) {
        return 0;
    }
    len = (size_t)(end - text) + 4;
    if (length != NULL && length < end) {
        len += strtoul(length + strlen("\r\nContent-Length:"), NULL, 10);
    }
    return len <= in->len ? len : 0;
}

static void peer_act(struct server_peer *peer, size_t len)
{
    struct outbound_server *server = peer->server;

    buf_clear(&server->request);
    buf_add(&server->request, peer->in.data, len);
    buf_consume(&peer->in, len);
    server->requests++;
    if (server->act != SERVER_SILENT && server->text != NULL) {
        assert_int_equal(write(peer->fd, server->text, strlen(server->text)), strlen(server->text));
    }
    if (server->act == SERVER_CLOSES) {
        peer_free(peer);
    }
}

static void peer_read(void *arg, bool readable, bool writable)
{
    struct server_peer *peer = arg;
    char bytes[65536];
    ssize_t got = recv(peer->fd, bytes, sizeof bytes, MSG_DONTWAIT);
    size_t len;

    (void)readable;
    (void)writable;
    if (got <= 0) {
        peer_free(peer);
        return;
    }
    buf_add(&peer->in, bytes, (size_t)got);
    len = request_length(&peer->in);
    if (len > 0) {
        peer_act(peer, len);
    }
}

static void server_accept(void *arg, bool readable, bool writable)
{
    struct outbound_server *server = arg;
    struct server_peer *peer = calloc(1, sizeof *peer);

    (void)readable;
    (void)writable;
    assert_non_null(peer);
    peer->server = server;
    peer->fd = accept4(server->listen_fd, NULL, NULL, SOCK_CLOEXEC);
    assert_true(peer->fd >= 0);
    buf_init(&peer->in, REQUEST_MAX);
    peer->next = server->peers;
    server->peers = peer;
    server->connections++;
    peer->io = loop_io_new(server->loop, peer->fd, peer_read, peer);
}

void outbound_server_open(struct outbound_server *server, struct loop *loop)
{
    struct sockaddr_in at = {.sin_family = AF_INET};
    socklen_t len = sizeof at;

    *server = (struct outbound_server){.loop = loop};
    buf_init(&server->request, REQUEST_MAX);
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    server->listen_fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(server->listen_fd, (struct sockaddr *)&at, sizeof at), 0);
    assert_int_equal(getsockname(server->listen_fd, (struct sockaddr *)&at, &len), 0);
    assert_int_equal(listen(server->listen_fd, 16), 0);
    server->port = ntohs(at.sin_port);
    server->listening = loop_io_new(loop, server->listen_fd, server_accept, server);
}

void outbound_server_close(struct outbound_server *server)
{
    while (server->peers != NULL) {
        peer_free(server->peers);
    }
    loop_io_free(server->listening);
    (void)close(server->listen_fd);
    buf_free(&server->request);
}

const char *outbound_server_text(int status, const char *extra, const char *body)
{
    static char text[65536];

    (void)snprintf(text,
                   sizeof text,
                   "HTTP/1.1 %d X\r\n%sContent-Length: %zu\r\n\r\n%s",
                   status,
                   extra,
                   strlen(body),
                   body);
    return text;
}
