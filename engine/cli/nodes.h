/*
 * cli/nodes.h - the Redis nodes of redis.nodes, in its order.
 */
#pragma once

#include "store/redis_nodes.h"

#include <stdint.h>

struct redis;
struct cli_nodes {
    struct redis *at[NODES_MAX];
    size_t count;
};

/* A node that cannot be used stays NULL: the audit counts its shards as unseen. */
void cli_nodes_open(const struct config *config, struct cli_nodes *out);
void cli_nodes_close(struct cli_nodes *nodes);
uint32_t cli_nodes_count(const struct config *config); /* 0, and said, when redis.nodes is malformed */
