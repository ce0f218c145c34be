/*
 * http/unix_socket.c - the file and the listener behind unix_socket.h.
 */
#include "http/unix_socket.h"

#include "base/log.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

struct unix_socket {
    int fd;
    struct sockaddr_un address;
    bool is_found; /* the file is ours to remove */
    struct http_server **servers;
    size_t server_count, turn;
};

static const struct sockaddr *address_of_socket(const struct unix_socket *listening)
{
    return (const struct sockaddr *)&listening->address;
}

static int socket_make(void)
{
    return socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
}

/* A file that refuses us was left by a process that is gone. */
static bool is_left_over(const struct unix_socket *listening)
{
    int fd = socket_make();
    bool is_refused = fd >= 0 && connect(fd, address_of_socket(listening), sizeof listening->address) != 0 &&
                      errno == ECONNREFUSED;

    if (fd >= 0) {
        close(fd);
    }
    return is_refused;
}

static bool socket_bind(struct unix_socket *listening)
{
    if (bind(listening->fd, address_of_socket(listening), sizeof listening->address) == 0) {
        return true;
    }
    return errno == EADDRINUSE && is_left_over(listening) && unlink(listening->address.sun_path) == 0 &&
           bind(listening->fd, address_of_socket(listening), sizeof listening->address) == 0;
}

static bool socket_listen(struct unix_socket *listening, int backlog)
{
    listening->fd = socket_make();
    listening->is_found = listening->fd >= 0 && socket_bind(listening);
    return listening->is_found && chmod(listening->address.sun_path, 0660) == 0 &&
           listen(listening->fd, backlog) == 0;
}

hb_err unix_socket_new(const char *path, int backlog, struct unix_socket **out)
{
    struct unix_socket *listening;
    size_t len = strlen(path);

    *out = NULL;
    if (len == 0 || len >= sizeof listening->address.sun_path) {
        log_error("http.unix_socket_path", "bytes=%zu max=%zu", len, sizeof listening->address.sun_path - 1);
        return HB_E_INPUT;
    }
    listening = calloc(1, sizeof *listening);
    if (listening == NULL) {
        return HB_E_NOMEM;
    }
    listening->address.sun_family = AF_UNIX;
    memcpy(listening->address.sun_path, path, len);
    if (!socket_listen(listening, backlog)) {
        log_error("http.listen_failed", "path=%s errno=%d", path, errno);
        unix_socket_free(listening);
        return HB_E_IO;
    }
    *out = listening;
    return HB_OK;
}

hb_err unix_socket_join(struct unix_socket *listening, struct http_server *server, bool *accepts)
{
    size_t count = listening->server_count;
    struct http_server **servers = reallocarray(listening->servers, count + 1, sizeof *servers);

    *accepts = count == 0;
    if (servers == NULL) {
        return HB_E_NOMEM;
    }
    servers[count] = server;
    listening->servers = servers;
    listening->server_count = count + 1;
    return HB_OK;
}

struct http_server *unix_socket_next(struct unix_socket *listening)
{
    listening->turn = (listening->turn + 1) % listening->server_count;
    return listening->servers[listening->turn];
}

int unix_socket_fd(const struct unix_socket *listening)
{
    return listening->fd;
}

void unix_socket_hide(struct unix_socket *listening)
{
    if (listening->is_found) {
        (void)unlink(listening->address.sun_path);
    }
    listening->is_found = false;
}

void unix_socket_free(struct unix_socket *listening)
{
    if (listening == NULL) {
        return;
    }
    unix_socket_hide(listening);
    if (listening->fd >= 0) {
        close(listening->fd);
    }
    free(listening->servers);
    free(listening);
}
