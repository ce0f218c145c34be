/*
 * cli/cli.h - the subcommands of `hongbao`. stdout is data, stderr is talk.
 *
 * Exit codes: 0 done, 1 the answer is no (an audit that finds something, a document with problems), 2 wrong
 * use, 3 could not do it.
 */
#pragma once

#include "base/config.h"

#include <stdbool.h>
#include <stddef.h>

enum exit_code { EXIT_YES = 0, EXIT_NO = 1, EXIT_USAGE = 2, EXIT_FAILED = 3 };

struct cli {
    struct config *config;
    int argc; /* what is left after the configuration's flags: the command's own words */
    char **argv;
};

int serve_main(struct cli *cli);
int migrate_main(struct cli *cli);
int init_main(struct cli *cli);
int config_main(struct cli *cli);
int campaign_main(struct cli *cli);
int payout_main(struct cli *cli);
int merchant_main(struct cli *cli);
int fairness_main(struct cli *cli);
int token_main(struct cli *cli);
int audit_main(struct cli *cli);
int verify_main(struct cli *cli);
int records_main(struct cli *cli);
int correction_main(struct cli *cli);
int user_main(struct cli *cli);
int voucher_main(struct cli *cli);
int reconcile_main(struct cli *cli);
int tax_main(struct cli *cli);

/* ---- words of a command ---- */

/* Takes `--name value` or `--name=value` out of the words; NULL when absent. */
const char *cli_option(struct cli *cli, const char *name);
bool cli_flag(struct cli *cli, const char *name); /* takes `--name` */
const char *cli_word(struct cli *cli);            /* the next plain word; NULL when none is left */
bool cli_done(struct cli *cli);                   /* true when nothing is left; else says what */
/* A whole number in [min, max]; says what is wrong and returns false. text NULL keeps *value. */
bool cli_number(const char *name, const char *text, long long min, long long max, long long *value);

int cli_fail(const char *format, ...) __attribute__((format(printf, 1, 2)));  /* says it; EXIT_FAILED */
int cli_usage(const char *format, ...) __attribute__((format(printf, 1, 2))); /* says it; EXIT_USAGE */

/* ---- connections of a command ---- */

struct pg;
/* The engine's role, or with `admin` the migrator's. Says what failed; NULL. */
struct pg *cli_database(const struct cli *cli, bool admin);
/* The operators' role, with `timeout_ms` for a call. Says what failed; NULL. */
struct pg *cli_operators(const struct cli *cli, int64_t timeout_ms);
bool cli_failed(struct pg *pg, hb_err err, const char *what); /* true, and says it, when err is not HB_OK */
/* A file's text, NUL-terminated, malloc'ed; "-" is standard input. Says what failed; NULL. */
char *cli_read_file(const char *path, size_t max_bytes, size_t *len);
