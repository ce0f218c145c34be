/*
 * cli/campaign.c - `hongbao campaign ...`: what operators do to campaigns from a shell.
 */
#include "cli/campaign_internal.h"

#include "base/clock.h"
#include "base/ids.h"
#include "campaign/demo.h"
#include "store/pg.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char WORDS[] = "campaign validate FILE [--json] | publish FILE | show ID | list | fund ID "
                            "(--fen N | --all) [--key K] |\n"
                            "         pause ID | resume ID | end ID | close ID --person NAME |\n"
                            "         archive ID --out DIR --person NAME | demo";

static const char *slug_word(struct cli *cli)
{
    const char *slug = cli_word(cli);

    if (slug == NULL || !slug_valid(slug, strlen(slug)) || !cli_done(cli)) {
        cli_usage("%s", WORDS);
        return NULL;
    }
    return slug;
}

/* Runs one statement; its first column's first row is printed when `print`. */
static int run_sql(const struct cli *cli,
                   const char *what,
                   const char *sql,
                   int count,
                   const char *const *params,
                   bool print)
{
    struct pg *pg = cli_database(cli, /* admin= */ false);
    struct pg_result *rows = NULL;
    bool failed;

    if (pg == NULL) {
        return EXIT_FAILED;
    }
    failed = cli_failed(pg, pg_call(pg, sql, count, params, &rows), what);
    for (int row = 0; print && !failed && row < pg_rows(rows); row++) {
        puts(pg_text(rows, row, 0));
    }
    if (!failed && print && pg_rows(rows) == 0 && count > 0) {
        failed = true;
        cli_fail("%s: there is no campaign '%s'", what, params[0]);
    }
    pg_result_free(rows);
    pg_close(pg);
    return failed ? EXIT_FAILED : EXIT_YES;
}

static int campaign_demo(struct cli *cli)
{
    char *document;

    if (!cli_done(cli)) {
        return EXIT_USAGE;
    }
    document = demo_document(clock_wall_ms());
    if (document == NULL) {
        return cli_fail("out of memory");
    }
    puts(document);
    free(document);
    return EXIT_YES;
}

static int campaign_list(struct cli *cli)
{
    static const char SQL[] =
        "SELECT c.slug || E'\\t' || 'version ' || v.version || E'\\t' || to_char(v.starts_at AT TIME ZONE "
        "'UTC', "
        "'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"') || E'\\t' || CASE WHEN c.ended_at IS NOT NULL OR v.ends_at <= "
        "now() THEN "
        "'ended' WHEN c.paused THEN 'paused' WHEN v.starts_at > now() THEN 'scheduled' ELSE 'live' END "
        "FROM campaign c JOIN LATERAL (SELECT * FROM campaign_version v WHERE v.campaign = c.id ORDER BY "
        "version "
        "DESC LIMIT 1) v ON true ORDER BY c.slug";

    return cli_done(cli) ? run_sql(cli, "list", SQL, 0, NULL, true) : EXIT_USAGE;
}

static int campaign_show(struct cli *cli)
{
    static const char SQL[] = "SELECT jsonb_pretty(jsonb_build_object('id', c.slug, 'version', v.version, "
                              "'paused', c.paused, 'ended_at', c.ended_at, "
                              "'budget_left_fen', (SELECT credit - debit FROM account WHERE name = 'budget:' "
                              "|| c.slug), 'commitment', encode(c.commitment, "
                              "'hex'), 'prizes', (SELECT jsonb_agg(jsonb_build_object('id', u.prize_id, "
                              "'units', u.units, 'won', u.won_units, 'won_fen', "
                              "u.won_fen, 'leased', u.leased_units) ORDER BY u.prize) FROM units_left u "
                              "WHERE u.campaign = c.id), 'document', v.document)) "
                              "FROM campaign c JOIN LATERAL (SELECT * FROM campaign_version v WHERE "
                              "v.campaign = c.id ORDER BY version DESC LIMIT 1) v ON true "
                              "WHERE c.slug = $1";
    const char *slug = slug_word(cli);

    return slug == NULL ? EXIT_USAGE : run_sql(cli, "show", SQL, 1, &slug, true);
}

/* --all brings the budget account up to what the newest version's budget is. */
static int campaign_fund(struct cli *cli)
{
    static const char FUND[] = "SELECT campaign_fund($1, $2::bigint, $3)";
    static const char FUND_ALL[] = "SELECT CASE WHEN missing > 0 THEN campaign_fund($1, missing, $3 || ':' "
                                   "|| budget) ELSE 0 END FROM (SELECT budget, budget - "
                                   "coalesce((SELECT sum(amount) FROM fund WHERE campaign = c.id), "
                                   "0)::bigint AS missing FROM campaign c JOIN LATERAL (SELECT "
                                   "(document->>'budget_fen')::bigint AS budget FROM campaign_version v "
                                   "WHERE v.campaign = c.id ORDER BY version DESC LIMIT 1) v "
                                   "ON true WHERE c.slug = $1 AND $2::text IS NULL) x";
    const char *fen = cli_option(cli, "fen"), *key = cli_option(cli, "key");
    bool all = cli_flag(cli, "all");
    const char *slug = slug_word(cli);
    long long amount = 0;
    char fresh[64];

    if (slug == NULL || (fen == NULL) == !all || !cli_number("fen", fen, 1, 10000000000000LL, &amount)) {
        return cli_usage("campaign fund ID (--fen N | --all) [--key K]; the same key funds once");
    }
    if (key == NULL) {
        snprintf(fresh, sizeof fresh, "cli-%lld", (long long)clock_wall_ms());
        key = fresh;
    }
    const char *params[] = {slug, fen, key};

    return run_sql(cli, "fund", all ? FUND_ALL : FUND, 3, params, true);
}

static int campaign_end_now(struct cli *cli)
{
    const char *slug = slug_word(cli);

    return slug == NULL ? EXIT_USAGE : run_sql(cli, "end", "SELECT campaign_end($1)", 1, &slug, false);
}

int campaign_main(struct cli *cli)
{
    static const struct {
        const char *name;
        int (*run)(struct cli *cli);
    } CALLS[] = {
        {"validate", campaign_validate},
        {"publish", campaign_publish},
        {"show", campaign_show},
        {"list", campaign_list},
        {"fund", campaign_fund},
        {"end", campaign_end_now},
        {"close", campaign_close},
        {"archive", campaign_archive},
        {"demo", campaign_demo},
    };
    const char *call = cli_word(cli);

    for (size_t i = 0; call != NULL && i < sizeof CALLS / sizeof *CALLS; i++) {
        if (strcmp(call, CALLS[i].name) == 0) {
            return CALLS[i].run(cli);
        }
    }
    if (call != NULL && (strcmp(call, "pause") == 0 || strcmp(call, "resume") == 0)) {
        return campaign_pause(cli, call[0] == 'p');
    }
    return cli_usage("%s", WORDS);
}
