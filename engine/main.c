/*
 * main.c - `hongbao`: one binary, its subcommands.
 */
#include "cli/cli.h"

#include "base/log.h"

#include <stdio.h>
#include <string.h>

extern char **environ;

struct command {
    const char *name;
    int (*run)(struct cli *cli);
    const char *summary;
};

// clang-format off
static const struct command COMMANDS[] = {
    {"serve",        serve_main,    "serve the public API until SIGTERM"},
    {"init",         init_main,     "write fresh secrets and, with --demo, a demo configuration into a home folder"},
    {"migrate",      migrate_main,  "bring the database to this version: migrate [--sql DIR]"},
    {"config",       config_main,   "check | show | reference: every setting and where it came from"},
    {"campaign",     campaign_main, "validate | publish | show | list | fund | pause | resume | end | close"},
    {"payout",       payout_main,   "list | show | approve | refuse | take-back | again"},
    {"merchant",     merchant_main, "list | show | add | topup | stop | resume"},
    {"fairness",     fairness_main, "commit | public-value | reveal"},
    {"token",        token_main,    "demo tokens: --user U [--count N] [--alg HS256|ES256 | --session] [--days N]"},
    {"audit",        audit_main,    "check the books against every promise: [--json]"},
    {"verify-draws", verify_main,   "replay a campaign's log from its seed: CAMPAIGN [--so-far] [--json]"},
    {"reconcile",    reconcile_main, "draw log, ledger and the providers' bills against each other: [--json]"},
    {"correction",   correction_main, "list | ask | approve | refuse: new rows with a reason and two people"},
    {"voucher",      voucher_main,  "mode | import | status | used | failed: what winners of vouchers and cards get"},
    {"tax",          tax_main,      "export --month YYYY-MM [--json | --csv]: what was withheld"},
    {"user",         user_main,     "export | erase: what is held about a person"},
    {"records",      records_main,  "export CAMPAIGN: every record for outsiders, as JSON lines"},
};
// clang-format on

enum { COMMAND_COUNT = sizeof COMMANDS / sizeof *COMMANDS };

static int help(FILE *out)
{
    fputs("hongbao - a red-packet campaign engine\n\n  hongbao COMMAND [--home DIR | --config FILE] "
          "[--section.key=value ...]\n\n",
          out);
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        fprintf(out, "  %-13s %s\n", COMMANDS[i].name, COMMANDS[i].summary);
    }
    fputs("\nEvery setting: hongbao config reference. Start here: ./dev up\n", out);
    return out == stdout ? EXIT_YES : EXIT_USAGE;
}

static int run(const struct command *command, int argc, char **argv)
{
    struct cli cli = {.argc = argc, .argv = argv};
    struct buf problems;
    hb_err err;
    int code;

    buf_init(&problems, 64 * 1024);
    err = config_load(&cli.argc, cli.argv, environ, &cli.config, &problems);
    if (err != HB_OK) {
        fputs(buf_cstr(&problems), stderr);
        buf_free(&problems);
        return EXIT_USAGE;
    }
    buf_free(&problems);
    code = command->run(&cli);
    config_free(cli.config);
    return code;
}

int main(int argc, char **argv)
{
    log_level_set(LOG_LEVEL_WARN); /* commands talk to a person; serve turns it up */
    if (argc < 2) {
        return help(stderr);
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "help") == 0) {
        return help(stdout);
    }
    if (strcmp(argv[1], "--version") == 0) {
        puts("hongbao " HONGBAO_VERSION);
        return EXIT_YES;
    }
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        if (strcmp(argv[1], COMMANDS[i].name) == 0) {
            return run(&COMMANDS[i], argc - 2, argv + 2);
        }
    }
    fprintf(stderr, "hongbao: there is no command '%s'\n\n", argv[1]);
    return help(stderr);
}
