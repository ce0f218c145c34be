/*
 * cli/cli.c - words, connections and files of the subcommands.
 */
#include "cli/cli.h"

#include "store/pg.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void words_remove(struct cli *cli, int at, int count)
{
    memmove(&cli->argv[at], &cli->argv[at + count], (size_t)(cli->argc - at - count) * sizeof *cli->argv);
    cli->argc -= count;
}

const char *cli_option(struct cli *cli, const char *name)
{
    size_t len = strlen(name);

    for (int i = 0; i < cli->argc; i++) {
        char *word = cli->argv[i];

        if (strncmp(word, "--", 2) != 0 || strncmp(word + 2, name, len) != 0) {
            continue;
        }
        if (word[2 + len] == '=') {
            words_remove(cli, i, 1);
            return word + 3 + len;
        }
        if (word[2 + len] == '\0' && i + 1 < cli->argc) {
            const char *value = cli->argv[i + 1];

            words_remove(cli, i, 2);
            return value;
        }
    }
    return NULL;
}

bool cli_flag(struct cli *cli, const char *name)
{
    for (int i = 0; i < cli->argc; i++) {
        if (strncmp(cli->argv[i], "--", 2) == 0 && strcmp(cli->argv[i] + 2, name) == 0) {
            words_remove(cli, i, 1);
            return true;
        }
    }
    return false;
}

const char *cli_word(struct cli *cli)
{
    const char *word =
        cli->argc > 0 && (cli->argv[0][0] != '-' || cli->argv[0][1] == '\0') ? cli->argv[0] : NULL;

    if (word != NULL) {
        words_remove(cli, 0, 1);
    }
    return word;
}

bool cli_done(struct cli *cli)
{
    if (cli->argc > 0) {
        fprintf(stderr, "hongbao: '%s' is not understood here\n", cli->argv[0]);
    }
    return cli->argc == 0;
}

bool cli_number(const char *name, const char *text, long long min, long long max, long long *value)
{
    char *end;

    if (text == NULL) {
        return true;
    }
    errno = 0;
    *value = strtoll(text, &end, 10);
    if (errno != 0 || end == text || *end != '\0' || *value < min || *value > max) {
        fprintf(stderr, "hongbao: --%s must be a whole number from %lld to %lld\n", name, min, max);
        return false;
    }
    return true;
}

static void say(const char *format, va_list args) __attribute__((format(printf, 1, 0)));

static void say(const char *format, va_list args)
{
    fputs("hongbao: ", stderr);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
}

int cli_fail(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    say(format, args);
    va_end(args);
    return EXIT_FAILED;
}

int cli_usage(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    say(format, args);
    va_end(args);
    return EXIT_USAGE;
}

static struct pg *
database_open(const struct cli *cli, enum config_key key, const char *name, int64_t timeout_ms)
{
    const char *uri = config_text(cli->config, key);
    struct pg *pg = NULL;

    if (uri[0] == '\0') {
        cli_fail("database.%s is not set; see `hongbao config reference`", name);
        return NULL;
    }
    if (pg_open(uri, timeout_ms, &pg) != HB_OK) {
        cli_fail("cannot use the database URI");
    }
    return pg;
}

struct pg *cli_database(const struct cli *cli, bool admin)
{
    return database_open(cli,
                         admin ? CFG_DATABASE_ADMIN_URI : CFG_DATABASE_URI,
                         admin ? "admin_uri" : "uri",
                         config_int(cli->config, CFG_DATABASE_TIMEOUT_MS));
}

struct pg *cli_operators(const struct cli *cli, int64_t timeout_ms)
{
    return database_open(cli, CFG_DATABASE_OPERATOR_URI, "operator_uri", timeout_ms);
}

bool cli_failed(struct pg *pg, hb_err err, const char *what)
{
    if (err != HB_OK) {
        cli_fail("%s: %s: %s", what, err_title(err, HB_EN), pg_error(pg));
    }
    return err != HB_OK;
}

char *cli_read_file(const char *path, size_t max_bytes, size_t *len)
{
    FILE *file = strcmp(path, "-") == 0 ? stdin : fopen(path, "re");
    char *text = malloc(max_bytes + 1);

    if (file == NULL || text == NULL) {
        cli_fail("cannot read %s: %s", path, strerror(errno));
        free(text);
        return NULL;
    }
    *len = fread(text, 1, max_bytes, file);
    text[*len] = '\0';
    if (!feof(file) && fgetc(file) != EOF) {
        cli_fail("%s is larger than %zu bytes", path, max_bytes);
        free(text);
        text = NULL;
    }
    if (file != stdin) {
        fclose(file);
    }
    return text;
}
