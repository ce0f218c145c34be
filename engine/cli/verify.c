/*
 * cli/verify.c - `hongbao verify-draws` and `hongbao records export`: for auditors, inside and outside.
 */
#include "cli/cli.h"

#include "audit/export.h"
#include "audit/verify.h"
#include "base/crypto.h"
#include "base/ids.h"
#include "store/pg.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { REPORT_MAX_BYTES = 64 * 1024 * 1024, SECRET_BYTES = 32, SECRET_HEX = 64 };

static const char *campaign_word(struct cli *cli, const char *usage)
{
    const char *slug = cli_word(cli);

    if (slug == NULL || !slug_valid(slug, strlen(slug)) || !cli_done(cli)) {
        cli_usage("%s", usage);
        return NULL;
    }
    return slug;
}

static bool secret_read(const char *path, uint8_t out[static SECRET_BYTES])
{
    size_t len = 0, got = 0;
    char *text = cli_read_file(path, SECRET_HEX + 2, &len);
    bool good = text != NULL && len >= SECRET_HEX && hex_decode(text, SECRET_HEX, out, SECRET_BYTES, &got) &&
                got == SECRET_BYTES;

    if (text != NULL && !good) {
        cli_fail("%s does not hold 64 hex digits", path);
    }
    free(text);
    return good;
}

static int verify(struct pg *pg, const char *slug, const struct verify_options *options, bool json)
{
    struct buf report;
    bool ok = false;
    hb_err err;

    buf_init(&report, REPORT_MAX_BYTES);
    err = verify_draws(pg, slug, options, &report, json, &ok);
    fputs(buf_cstr(&report), stdout);
    buf_free(&report);
    if (err == HB_E_FORBIDDEN) {
        return cli_fail(
            "the secret of '%s' is not revealed; give it by --secret-file, or reveal it after the end", slug);
    }
    if (cli_failed(pg, err, "verify-draws")) {
        return EXIT_FAILED;
    }
    return ok ? EXIT_YES : EXIT_NO;
}

int verify_main(struct cli *cli)
{
    struct verify_options options = {.so_far = cli_flag(cli, "so-far")};
    const char *secret_file = cli_option(cli, "secret-file");
    bool json = cli_flag(cli, "json");
    const char *slug = campaign_word(cli, "verify-draws CAMPAIGN [--so-far] [--secret-file FILE] [--json]");
    uint8_t secret[SECRET_BYTES];
    struct pg *pg;
    int code;

    if (slug == NULL) {
        return EXIT_USAGE;
    }
    if (secret_file != NULL) {
        if (!secret_read(secret_file, secret)) {
            return EXIT_FAILED;
        }
        options.secret = secret;
    }
    pg = cli_database(cli, /* admin= */ false);
    if (pg == NULL) {
        return EXIT_FAILED;
    }
    code = verify(pg, slug, &options, json);
    crypto_wipe(secret, sizeof secret);
    pg_close(pg);
    return code;
}

int records_main(struct cli *cli)
{
    static const char USAGE[] = "records export CAMPAIGN";
    const char *call = cli_word(cli);
    const char *slug;
    struct pg *pg;
    bool failed;

    if (call == NULL || strcmp(call, "export") != 0) {
        return cli_usage("%s", USAGE);
    }
    slug = campaign_word(cli, USAGE);
    if (slug == NULL) {
        return EXIT_USAGE;
    }
    pg = cli_database(cli, /* admin= */ false);
    if (pg == NULL) {
        return EXIT_FAILED;
    }
    failed = cli_failed(pg, records_export(pg, slug, stdout), "records");
    pg_close(pg);
    return failed ? EXIT_FAILED : EXIT_YES;
}
