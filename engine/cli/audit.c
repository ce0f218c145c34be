/*
 * cli/audit.c - `hongbao audit`: the books of every campaign, or one, checked from outside.
 */
#include "cli/cli.h"
#include "cli/nodes.h"

#include "audit/audit.h"
#include "store/pg.h"

#include <stdio.h>

enum { REPORT_MAX_BYTES = 64 * 1024 * 1024 };

int audit_main(struct cli *cli)
{
    struct audit_options options = {.quick = cli_flag(cli, "quick"), .campaign = cli_option(cli, "campaign")};
    bool json = cli_flag(cli, "json"), ok = false, failed;
    struct cli_nodes nodes;
    struct buf report;
    struct pg *pg;

    if (!cli_done(cli)) {
        return cli_usage("audit [--json] [--campaign ID] [--quick]");
    }
    pg = cli_database(cli, /* admin= */ false);
    if (pg == NULL) {
        return EXIT_FAILED;
    }
    cli_nodes_open(cli->config, &nodes);
    options.nodes = nodes.at;
    options.node_count = nodes.count;
    buf_init(&report, REPORT_MAX_BYTES);
    failed = cli_failed(pg, audit_run(pg, &options, &report, json, &ok), "audit");
    fputs(buf_cstr(&report), stdout);
    buf_free(&report);
    cli_nodes_close(&nodes);
    pg_close(pg);
    return failed ? EXIT_FAILED : ok ? EXIT_YES : EXIT_NO;
}
