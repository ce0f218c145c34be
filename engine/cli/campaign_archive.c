/*
 * cli/campaign_archive.c - `hongbao campaign archive`: a settled campaign's rows to files, its tables
 * detached.
 */
#include "cli/campaign_internal.h"
#include "cli/operate.h"

#include "base/ids.h"
#include "books/archive.h"
#include "store/pg.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { CALL_MS = 3600 * 1000 };

/* clang-format off */
static const struct verdict_words VERDICTS[] = {
    {"archived",    "archived; keep the files, then its tables may be dropped (docs/operations.md)", "已归档，请保存文件，之后可删除其数据表", EXIT_YES},
    {"same",        "it was archived before",                                 "此前已归档",             EXIT_YES},
    {"not_settled", "it is not closed: `hongbao campaign close` first",       "活动尚未结清，请先结清", EXIT_NO},
    {"unsealed",    "the sealer has not chained all of it yet; say it again", "批次尚未全部封存，请重试", EXIT_NO},
    {"broken",      "a batch does not hash to its rows: `hongbao audit`",     "有批次与其哈希不符，请先审计", EXIT_NO},
    {"changed",     "other rows than were written; nothing was detached",     "数据与写出的文件不一致，未归档", EXIT_NO},
    {NULL, NULL, NULL, EXIT_NO},
};
/* clang-format on */

int campaign_archive(struct cli *cli)
{
    bool json = cli_flag(cli, "json");
    struct archive_options options = {.dir = cli_option(cli, "out"), .person = cli_option(cli, "person")};
    struct archive_result result;
    struct pg *pg;
    hb_err err;
    bool failed;

    options.slug = cli_word(cli);
    if (options.slug == NULL || !slug_valid(options.slug, strlen(options.slug)) || options.dir == NULL ||
        options.person == NULL || options.person[0] == '\0' || !cli_done(cli)) {
        return cli_usage("campaign archive ID --out DIR --person NAME [--json]");
    }
    pg = cli_operators(cli, CALL_MS);
    if (pg == NULL) {
        return EXIT_FAILED;
    }
    err = archive_run(pg, &options, &result);
    if (err == HB_E_NO_CAMPAIGN) {
        cli_fail("there is no campaign '%s'", options.slug);
        failed = true;
    } else if (err == HB_E_IO) {
        cli_fail("cannot write %s: %s", result.path, strerror(errno));
        failed = true;
    } else {
        failed = cli_failed(pg, err, "archive");
    }
    pg_close(pg);
    if (failed) {
        return EXIT_FAILED;
    }
    fprintf(stderr,
            "wins: %" PRId64 ", log entries: %" PRId64 ", uses of wins: %" PRId64 "\n",
            result.rows[0],
            result.rows[1],
            result.rows[2]);
    return operate_verdict_say(VERDICTS, result.verdict, json);
}
