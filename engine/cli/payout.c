/*
 * cli/payout.c - `hongbao payout ...`: what is on its way to the winners, and what a person decides about it.
 */
#include "cli/operate.h"

#include <stdio.h>
#include <string.h>

static const char WORDS[] =
    "payout list [--state S] [--merchant ID] [--frozen] [--limit N] | show NUMBER-OR-WITHDRAWAL |\n"
    "         approve WITHDRAWAL | refuse WITHDRAWAL | take-back WITHDRAWAL [--part N] | again WITHDRAWAL "
    "--part N\n"
    "         each with [--json]; approve, refuse and take-back with --person NAME --reason TEXT";

/* clang-format off */
static const char LIST_SQL[] =
    "SELECT to_jsonb(r)::text, concat_ws(E'\\t', r.out_no, r.state || CASE WHEN r.frozen THEN ' (frozen)' ELSE '' END, r.merchant, r.amount_fen,"
    "  r.campaign, r.withdrawal, r.part || '.' || r.attempt, coalesce(r.code, '-'), r.planned_at)"
    " FROM (SELECT p.out_no, p.state, p.frozen, p.merchant, p.amount_fen, c.slug AS campaign, p.withdrawal, p.part, p.attempt, p.code,"
    "       p.provider_no, p.planned_at, p.due_at, p.ended_at FROM payout p JOIN campaign c ON c.id = p.campaign"
    "       WHERE ($1::text IS NULL AND ($3::bool OR p.state NOT IN ('paid', 'failed')) OR p.state = $1) AND ($2::text IS NULL OR p.merchant = $2)"
    "         AND (NOT $3::bool OR p.frozen) ORDER BY p.planned_at, p.out_no LIMIT $4::int) r";

static const char SHOW_SQL[] =
    "SELECT to_jsonb(r)::text, concat_ws(E'\\t', r.at, r.out_no, r.event, r.state, r.source, coalesce(r.code, '-'), coalesce(r.person, '-'))"
    " FROM (SELECT e.at, e.out_no, p.withdrawal, p.part, p.attempt, p.merchant, p.amount_fen, e.seq, e.event, e.state, e.source, e.code,"
    "       e.provider_no, e.person, p.frozen, p.due_at FROM payout p JOIN payout_event e USING (out_no)"
    "       WHERE p.out_no = $1 OR p.withdrawal::text = $1 OR replace(p.withdrawal::text, '-', '') = $1 ORDER BY e.at, e.seq) r";

static const struct verdict_words REVIEW[] = {
    {"noted",         "one of two has approved, the second is missing",  "已记录，还需第二人批准", EXIT_YES},
    {"approved",      "two have approved; it will be paid",              "两人已批准，将付款",     EXIT_YES},
    {"refused",       "it was taken back; its wins are free again",      "已拒绝，奖金退回余额",   EXIT_YES},
    {"same",          "this person has spoken already",                  "此人已表态",             EXIT_NO},
    {"not_in_review", "it is not in review",                             "不在审核中",             EXIT_NO},
    {"no_withdrawal", "there is no such withdrawal",                     "没有这笔提现",           EXIT_NO},
    {NULL, NULL, NULL, EXIT_NO},
};

static const struct verdict_words TAKEN_BACK[] = {
    {"0", "nothing of it can be taken back: it was sent, or has ended", "无可撤回：已发出或已结束", EXIT_NO},
    {NULL, NULL, NULL, EXIT_YES},
};

static const struct verdict_words AGAIN[] = {
    {"again",         "another attempt is planned",                 "将再次付款",             EXIT_YES},
    {"same",          "an attempt is under way",                    "正在付款",               EXIT_YES},
    {"not_allowed",   "only a failed piece of a cut win is paid again", "只有拆分奖金的失败部分可再次付款", EXIT_NO},
    {"payee_missing", "the player has no payee",                    "参与者未设置收款账户",   EXIT_NO},
    {"payee_cooling", "the payee was changed too recently",         "收款账户刚变更，冷却中", EXIT_NO},
    {"no_channel",    "no merchant number can pay it",              "没有可用的商户号",       EXIT_NO},
    {"stopped",       "the campaign's payments are stopped",        "本活动付款已停止",       EXIT_NO},
    {"nothing",       "there is no such withdrawal",                "没有这笔提现",           EXIT_NO},
    {NULL, NULL, NULL, EXIT_NO},
};
/* clang-format on */

static int payout_list(struct cli *cli, bool json)
{
    bool frozen = cli_flag(cli, "frozen");
    const char *state = cli_option(cli, "state"), *merchant = cli_option(cli, "merchant");
    long long limit = 100;
    char limit_text[24];

    if (!cli_number("limit", cli_option(cli, "limit"), 1, 100000, &limit) || !cli_done(cli)) {
        return EXIT_USAGE;
    }
    (void)snprintf(limit_text, sizeof limit_text, "%lld", limit);
    const char *params[] = {state, merchant, frozen ? "true" : "false", limit_text};
    int code = operate_rows(cli,
                            json,
                            "number\tstate\tmerchant\tfen\tcampaign\twithdrawal\tpart\tcode\tplanned",
                            LIST_SQL,
                            4,
                            params);

    return code == EXIT_NO ? EXIT_YES : code; /* none is a good answer */
}

static int payout_show(struct cli *cli, bool json)
{
    const char *params[] = {cli_word(cli)};

    if (params[0] == NULL || !cli_done(cli)) {
        return cli_usage("%s", WORDS);
    }
    return operate_rows(cli, json, "at\tnumber\tevent\tstate\tsource\tcode\tperson", SHOW_SQL, 1, params);
}

static int payout_review(struct cli *cli, bool json, bool approved)
{
    const char *withdrawal = cli_word(cli), *person, *reason;

    if (!operate_who(cli, &person, &reason) || !cli_done(cli)) {
        return EXIT_USAGE;
    }
    if (!operate_withdrawal(withdrawal)) {
        return cli_usage("%s", WORDS);
    }
    const char *params[] = {withdrawal, person, approved ? "true" : "false", reason};

    return operate_verdict(
        cli, json, REVIEW, "SELECT withdrawal_approve($1::uuid, $2, $3::bool, $4)", 4, params);
}

static int payout_take_back(struct cli *cli, bool json)
{
    const char *withdrawal = cli_word(cli), *part = cli_option(cli, "part"), *person, *reason;
    long long number = 0;

    if (!operate_who(cli, &person, &reason) || !cli_number("part", part, 1, 32767, &number) ||
        !cli_done(cli)) {
        return EXIT_USAGE;
    }
    if (!operate_withdrawal(withdrawal)) {
        return cli_usage("%s", WORDS);
    }
    const char *params[] = {withdrawal, part, person, reason};

    return operate_verdict(
        cli, json, TAKEN_BACK, "SELECT withdrawal_take_back($1::uuid, $2::int, $3, $4)", 4, params);
}

static int payout_again(struct cli *cli, bool json)
{
    const char *withdrawal = cli_word(cli), *part = cli_option(cli, "part");
    long long number = 0;

    if (part == NULL || !operate_withdrawal(withdrawal)) {
        return cli_usage("%s", WORDS);
    }
    if (!cli_number("part", part, 1, 32767, &number) || !cli_done(cli)) {
        return EXIT_USAGE;
    }
    const char *params[] = {withdrawal, part};

    return operate_verdict(cli,
                           json,
                           AGAIN,
                           "SELECT a.verdict FROM withdrawal w, payout_again(w.player, w.id, $2::int) a"
                           " WHERE w.id = $1::uuid",
                           2,
                           params);
}

int payout_main(struct cli *cli)
{
    bool json = cli_flag(cli, "json");
    const char *word = cli_word(cli);

    if (word == NULL) {
        return cli_usage("%s", WORDS);
    }
    if (strcmp(word, "list") == 0) {
        return payout_list(cli, json);
    }
    if (strcmp(word, "show") == 0) {
        return payout_show(cli, json);
    }
    if (strcmp(word, "approve") == 0 || strcmp(word, "refuse") == 0) {
        return payout_review(cli, json, word[0] == 'a');
    }
    if (strcmp(word, "take-back") == 0) {
        return payout_take_back(cli, json);
    }
    if (strcmp(word, "again") == 0) {
        return payout_again(cli, json);
    }
    return cli_usage("%s", WORDS);
}
