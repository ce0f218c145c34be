/*
 * cli/config.c - `hongbao config check | show | reference`.
 */
#include "cli/cli.h"

#include <stdio.h>
#include <string.h>

int config_main(struct cli *cli)
{
    const char *call = cli_word(cli);
    struct buf out;

    if (call == NULL || !cli_done(cli)) {
        return cli_usage("config check | show | reference");
    }
    if (strcmp(call, "check") == 0) {
        puts("ok"); /* a configuration with problems does not get here */
        return EXIT_YES;
    }
    buf_init(&out, 1024 * 1024);
    if (strcmp(call, "show") == 0) {
        config_show(cli->config, &out);
    } else if (strcmp(call, "reference") == 0) {
        config_reference(&out);
    } else {
        return cli_usage("config check | show | reference, not '%s'", call);
    }
    fputs(buf_cstr(&out), stdout);
    buf_free(&out);
    return EXIT_YES;
}
