/*
 * cli/audit.c - `hongbao audit`: the books of every campaign, or one, checked from outside.
 */
#include "cli/cli.h"

#include "audit/audit.h"
#include "store/pg.h"
#include "store/redis.h"

#include <stdio.h>
#include <string.h>

enum { REPORT_MAX_BYTES = 64 * 1024 * 1024, NODES_MAX_HERE = 64 };

struct nodes {
    struct redis *at[NODES_MAX_HERE];
    size_t count;
};

static void nodes_close(struct nodes *nodes)
{
    for (size_t i = 0; i < nodes->count; i++) {
        redis_close(nodes->at[i]);
    }
}

/* A node that cannot be used stays NULL: the audit counts its shards as unseen. */
static void nodes_open(const struct cli *cli, struct nodes *out)
{
    const char *list = config_text(cli->config, CFG_REDIS_NODES);

    out->count = 0;
    while (*list != '\0' && out->count < NODES_MAX_HERE) {
        size_t len = strcspn(list, ",");
        char address[512];

        snprintf(address, sizeof address, "%.*s", (int)len, list);
        out->at[out->count] = NULL;
        if (redis_open(address + strspn(address, " "),
                       config_text(cli->config, CFG_REDIS_PASSWORD_FILE),
                       config_int(cli->config, CFG_REDIS_TIMEOUT_MS),
                       &out->at[out->count]) != HB_OK) {
            out->at[out->count] = NULL;
        }
        out->count++;
        list += len + (list[len] == ',' ? 1 : 0);
    }
}

int audit_main(struct cli *cli)
{
    struct audit_options options = {.quick = cli_flag(cli, "quick"), .campaign = cli_option(cli, "campaign")};
    bool json = cli_flag(cli, "json"), ok = false, failed;
    struct nodes nodes;
    struct buf report;
    struct pg *pg;

    if (!cli_done(cli)) {
        return cli_usage("audit [--json] [--campaign ID] [--quick]");
    }
    pg = cli_database(cli, /* admin= */ false);
    if (pg == NULL) {
        return EXIT_FAILED;
    }
    nodes_open(cli, &nodes);
    options.nodes = nodes.at;
    options.node_count = nodes.count;
    buf_init(&report, REPORT_MAX_BYTES);
    failed = cli_failed(pg, audit_run(pg, &options, &report, json, &ok), "audit");
    fputs(buf_cstr(&report), stdout);
    buf_free(&report);
    nodes_close(&nodes);
    pg_close(pg);
    return failed ? EXIT_FAILED : ok ? EXIT_YES : EXIT_NO;
}
