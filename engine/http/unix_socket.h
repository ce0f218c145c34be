/*
 * http/unix_socket.h - a listening Unix socket whose connections the servers of all workers share.
 *
 * For a proxy on the same machine: a request costs about half of what it does over loopback TCP. Unlike a
 * port, such a socket cannot have a listener for each worker, and the kernel wakes whom it likes; so the
 * first server accepts, and hands on in turn.
 */
#pragma once

#include "base/err.h"

#include <stdbool.h>

struct http_server;
struct unix_socket;

/* The file has mode 0660; one that a dead process left is replaced. HB_E_INPUT: no path of at most 107 bytes;
 * HB_E_IO: it cannot be made, or somebody listens there. Both are logged. */
HB_CHECKED hb_err unix_socket_new(const char *path, int backlog, struct unix_socket **out);
/* Before any of the servers runs. True for the first, which accepts for all. HB_E_NOMEM: it gets none. */
HB_CHECKED hb_err unix_socket_join(struct unix_socket *listening, struct http_server *server, bool *accepts);
struct http_server *unix_socket_next(struct unix_socket *listening); /* whose turn it is; for who accepts */
int unix_socket_fd(const struct unix_socket *listening);
/* Nobody new finds it from now on; who is queued can still be accepted. */
void unix_socket_hide(struct unix_socket *listening);
void unix_socket_free(struct unix_socket *listening); /* accepts NULL; hides it, too */
