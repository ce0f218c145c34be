/*
 * cli/operate.c - what the operators' commands about money share.
 */
#include "cli/operate.h"

#include "base/buf.h"
#include "base/err.h"
#include "store/pg.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

enum { PERSON_MAX = 200, REASON_MAX = 1000, UUID_DIGITS = 32, VERDICT_BYTES = 512 };

/* What a person did wrong is said in the database's own words, without the library's frame around them. */
static bool operate_failed(struct pg *pg, hb_err err)
{
    if (err == HB_E_CONFLICT) {
        cli_fail("refused (%s): %s", pg_sqlstate(pg), pg_error(pg));
        return true;
    }
    return cli_failed(pg, err, "the database");
}

static void rows_print(const struct pg_result *rows, bool json, const char *head)
{
    if (json) {
        putchar('[');
    } else if (head != NULL) {
        puts(head);
    }
    for (int i = 0; i < pg_rows(rows); i++) {
        if (json) {
            printf("%s%s", i == 0 ? "" : ",\n ", pg_text(rows, i, 0));
        } else {
            puts(pg_text(rows, i, 1));
        }
    }
    if (json) {
        puts("]");
    }
}

int operate_rows(
    const struct cli *cli, bool json, const char *head, const char *sql, int count, const char *const *params)
{
    struct pg *pg = cli_operators(cli, config_int(cli->config, CFG_DATABASE_TIMEOUT_MS));
    struct pg_result *rows = NULL;
    int code = EXIT_FAILED;

    if (pg != NULL && !operate_failed(pg, pg_call(pg, sql, count, params, &rows))) {
        rows_print(rows, json, head);
        code = pg_rows(rows) > 0 ? EXIT_YES : EXIT_NO;
    }
    pg_result_free(rows);
    pg_close(pg);
    return code;
}

int operate_verdict_say(const struct verdict_words *words, const char *verdict, bool json)
{
    while (words->verdict != NULL && strcmp(words->verdict, verdict) != 0) {
        words++;
    }
    if (json) {
        printf("{\"verdict\":\"%s\"}\n", verdict);
    } else if (words->verdict != NULL) {
        printf("%s: %s / %s\n", verdict, words->en, words->zh);
    } else {
        puts(verdict);
    }
    return (int)words->code;
}

int operate_verdict(const struct cli *cli,
                    bool json,
                    const struct verdict_words *words,
                    const char *sql,
                    int count,
                    const char *const *params)
{
    struct pg *pg = cli_operators(cli, config_int(cli->config, CFG_DATABASE_TIMEOUT_MS));
    struct pg_result *rows = NULL;
    int code = EXIT_FAILED;

    if (pg != NULL && !operate_failed(pg, pg_call(pg, sql, count, params, &rows))) {
        code = operate_verdict_say(words, pg_rows(rows) == 1 ? pg_text(rows, 0, 0) : "nothing", json);
    }
    pg_result_free(rows);
    pg_close(pg);
    return code;
}

bool operate_who(struct cli *cli, const char **person, const char **reason)
{
    *person = cli_option(cli, "person");
    *reason = cli_option(cli, "reason");
    if (*person == NULL || **person == '\0' || strlen(*person) > PERSON_MAX || *reason == NULL ||
        **reason == '\0' || strlen(*reason) > REASON_MAX) {
        cli_usage("--person NAME and --reason TEXT say who decides and why");
        return false;
    }
    return true;
}

bool operate_withdrawal(const char *text)
{
    size_t digits = 0;

    for (; text != NULL && *text != '\0'; text++) {
        if (isxdigit((unsigned char)*text)) {
            digits++;
        } else if (*text != '-') {
            return false;
        }
    }
    return digits == UUID_DIGITS;
}
