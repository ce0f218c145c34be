/*
 * cli/nodes.c - the Redis nodes: how many, and connections for commands that look at all of them.
 */
#include "cli/nodes.h"

#include "cli/cli.h"
#include "store/redis.h"

void cli_nodes_close(struct cli_nodes *nodes)
{
    for (size_t i = 0; i < nodes->count; i++) {
        redis_close(nodes->at[i]);
    }
}

void cli_nodes_open(const struct config *config, struct cli_nodes *out)
{
    out->count = redis_nodes_count(config);
    for (size_t i = 0; i < out->count; i++) {
        if (redis_open(config, i, &out->at[i]) != HB_OK) {
            out->at[i] = NULL;
        }
    }
}

uint32_t cli_nodes_count(const struct config *config)
{
    size_t count = redis_nodes_count(config);

    if (count == 0) {
        cli_fail("redis.nodes is not a list of nodes by comma, unix:PATH or HOST:PORT");
    }
    return (uint32_t)count;
}
