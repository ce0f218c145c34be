/*
 * cli/nodes.h - connections to the Redis nodes of redis.nodes, in its order.
 */
#pragma once

#include "base/config.h"

enum { CLI_NODES_MAX = 64 };

struct redis;
struct cli_nodes {
    struct redis *at[CLI_NODES_MAX];
    size_t count;
};

/* A node that cannot be used stays NULL: the audit counts its shards as unseen. */
void cli_nodes_open(const struct config *config, struct cli_nodes *out);
void cli_nodes_close(struct cli_nodes *nodes);
