/*
 * store/redis_nodes.h - where the Redis nodes are and what opens them: redis.nodes, redis.password_file.
 */
#pragma once

#include "base/config.h"
#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>

enum { NODES_MAX = 64, ADDRESS_MAX = 255, PASSWORD_MAX = 512 };

struct node_address {
    char host[ADDRESS_MAX + 1]; /* or the socket's path */
    int port;                   /* 0: a unix socket */
};

/* "unix:PATH" or "HOST:PORT", IPv6 in brackets; false when it is neither. */
bool node_address_parse(const char *text, size_t len, struct node_address *out);
/* The list of redis.nodes; its count, 0 when one of them is malformed. */
size_t node_addresses_parse(const char *text, struct node_address out[static NODES_MAX]);
/* First line of the file; an empty path gives an empty password. */
HB_CHECKED hb_err node_password_read(const char *path, char out[static PASSWORD_MAX + 1]);

size_t redis_nodes_count(const struct config *config); /* of redis.nodes; 0: it is malformed */
