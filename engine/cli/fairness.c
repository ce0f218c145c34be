/*
 * cli/fairness.c - `hongbao fairness commit | public-value | reveal`.
 *
 * commit        makes the campaign's secret and prints its commitment; publish it before the start
 * public-value  sets, once, the value that was named with the commitment and is known only now
 * reveal        after the end: prints the secret, and with it everybody can verify every draw
 */
#include "cli/cli.h"
#include "cli/secret.h"

#include "base/ids.h"
#include "lottery/fairness.h"
#include "store/pg.h"

#include <stdio.h>
#include <string.h>

static int commit(struct cli *cli, const char *slug)
{
    uint8_t secret[SECRET_BYTES], commitment[SHA256_BYTES];
    char hex[2 * SHA256_BYTES + 1];

    if (!secret_of_campaign(cli, slug, secret)) {
        return EXIT_FAILED;
    }
    fairness_commitment(slug, secret, commitment);
    crypto_wipe(secret, sizeof secret);
    hex_encode(commitment, sizeof commitment, hex);
    puts(hex);
    return EXIT_YES;
}

static int public_value(struct cli *cli, const char *slug)
{
    const char *value = cli_word(cli);
    const char *params[] = {slug, value};
    struct pg *pg;
    bool failed;

    if (value == NULL) {
        return cli_usage("fairness public-value CAMPAIGN VALUE");
    }
    pg = cli_database(cli, /* admin= */ false);
    if (pg == NULL) {
        return EXIT_FAILED;
    }
    failed =
        cli_failed(pg, pg_call(pg, "SELECT fairness_public_value($1, $2)", 2, params, NULL), "public-value");
    pg_close(pg);
    return failed ? EXIT_FAILED : EXIT_YES;
}

static int reveal(struct cli *cli, const char *slug)
{
    const char *params[] = {slug};
    struct pg *pg = cli_database(cli, /* admin= */ false);
    struct pg_result *rows = NULL;
    bool failed;

    if (pg == NULL) {
        return EXIT_FAILED;
    }
    failed =
        cli_failed(pg, pg_call(pg, "SELECT encode(fairness_reveal($1), 'hex')", 1, params, &rows), "reveal");
    if (!failed) {
        puts(pg_text(rows, 0, 0));
    }
    pg_result_free(rows);
    pg_close(pg);
    return failed ? EXIT_FAILED : EXIT_YES;
}

int fairness_main(struct cli *cli)
{
    static const char WORDS[] = "fairness commit CAMPAIGN | public-value CAMPAIGN VALUE | reveal CAMPAIGN";
    const char *call = cli_word(cli), *slug = cli_word(cli);

    if (call == NULL || slug == NULL) {
        return cli_usage("%s", WORDS);
    }
    if (!slug_valid(slug, strlen(slug))) {
        return cli_usage("'%s' is not a campaign id", slug);
    }
    if (strcmp(call, "commit") == 0) {
        return commit(cli, slug);
    }
    if (strcmp(call, "public-value") == 0) {
        return public_value(cli, slug);
    }
    return strcmp(call, "reveal") == 0 ? reveal(cli, slug) : cli_usage("%s", WORDS);
}
