/*
 * cli/migrate.c - `hongbao migrate`: applies sql/NNN_*.sql, forward only.
 */
#include "cli/cli.h"

#include "store/pg.h"

#include <stdio.h>

int migrate_main(struct cli *cli)
{
    const char *dir = cli_option(cli, "sql");
    struct pg *pg;
    struct buf said;
    hb_err err;

    if (!cli_done(cli)) {
        return EXIT_USAGE;
    }
    pg = cli_database(cli, /* admin= */ true);
    if (pg == NULL) {
        return EXIT_FAILED;
    }
    buf_init(&said, 1024 * 1024);
    err = pg_migrate(pg, dir == NULL ? "sql" : dir, &said);
    fputs(buf_cstr(&said), stdout);
    buf_free(&said);
    if (err != HB_OK) {
        cli_fail("migrate: %s", pg_error(pg));
    }
    pg_close(pg);
    return err == HB_OK ? EXIT_YES : EXIT_FAILED;
}
