/*
 * cli/nodes.c - connections to the Redis nodes for commands that look at all of them.
 */
#include "cli/nodes.h"

#include "store/redis.h"

#include <stdio.h>
#include <string.h>

void cli_nodes_close(struct cli_nodes *nodes)
{
    for (size_t i = 0; i < nodes->count; i++) {
        redis_close(nodes->at[i]);
    }
}

void cli_nodes_open(const struct config *config, struct cli_nodes *out)
{
    const char *list = config_text(config, CFG_REDIS_NODES);

    out->count = 0;
    while (*list != '\0' && out->count < CLI_NODES_MAX) {
        size_t len = strcspn(list, ",");
        char address[512];

        snprintf(address, sizeof address, "%.*s", (int)len, list);
        out->at[out->count] = NULL;
        if (redis_open(address + strspn(address, " "),
                       config_text(config, CFG_REDIS_PASSWORD_FILE),
                       config_int(config, CFG_REDIS_TIMEOUT_MS),
                       &out->at[out->count]) != HB_OK) {
            out->at[out->count] = NULL;
        }
        out->count++;
        list += len + (list[len] == ',' ? 1 : 0);
    }
}
