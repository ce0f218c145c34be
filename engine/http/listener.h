/*
 * http/listener.h - the listening socket: opened, made deaf, and one accept at a time.
 */
#pragma once

#include "http/proxy.h"

/* Non-blocking, SO_REUSEPORT, TCP_NODELAY (connections inherit it). -1 with errno; EINVAL: no address. */
int listener_open(const char *address, uint16_t port, int backlog);
uint16_t listener_port(int fd);
/* SO_REUSEPORT would let a second program share a port unnoticed: one plain bind tells. Port 0 is free. */
bool listener_port_free(const char *address, uint16_t port);

/* From now on a new connection's first packet is dropped, as if lost; the client sends it again a second
 * later. What the kernel has already begun still arrives, so that after a moment the queue is really empty.
 */
void listener_deafen(int fd);

/* A connection, or -1 with errno. */
int listener_accept(int fd, struct http_address *peer);
