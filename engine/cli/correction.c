/*
 * cli/correction.c - `hongbao correction ...`: new rows that put right what was wrong, with a reason and two
 * people.
 *
 * content, by kind
 *   claw_back {"player": hex, "draw_nos": [..]}    wins that are bound to nothing go back to the budget
 *   give_up   {"withdrawal": id, "part": n}        a failed piece of a cut win goes back to the budget
 *   adjust    {"debit": account, "credit": account, "amount_fen": n, "shard": n}   one side is suspense
 *   thaw      {"out_no": number}                   a frozen payout may go on
 */
#include "cli/operate.h"

#include "base/ids.h"

#include <string.h>

enum { KEY_MAX = 200 };

static const char WORDS[] =
    "correction list [--open] [--json] |\n"
    "         ask claw_back|give_up|adjust|thaw --content JSON --key K [--campaign ID] --person NAME "
    "--reason TEXT |\n"
    "         approve ID | refuse ID  --person NAME --reason TEXT; each with [--json]";

static const char LIST_SQL[] = "SELECT to_jsonb(r)::text, concat_ws(E'\\t', r.id, r.state, r.kind, "
                               "coalesce(r.campaign, '-'), r.content, r.asked_by, r.reason, "
                               "coalesce(r.decided_by, '-'), r.asked_at) FROM (SELECT c.id, c.state, c.kind, "
                               "f.slug AS campaign, c.content, c.reason, "
                               "c.asked_by, c.asked_at, c.decided_by, c.decided_at, c.decision FROM "
                               "correction c LEFT JOIN fairness f ON f.campaign = c.campaign "
                               "WHERE NOT $1::bool OR c.state = 'asked' ORDER BY c.asked_at, c.id) r";

static const char ASK_SQL[] = "SELECT verdict FROM correction_ask($1, $2, $3::jsonb, $4, $5, $6)";

/* clang-format off */
static const struct verdict_words ASKED[] = {
    {"asked",       "it waits for a second person; `correction list --open` has its id", "已申请，待第二人审批", EXIT_YES},
    {"same",        "it was asked for before",                  "此前已申请",         EXIT_YES},
    {"key_reused",  "this key asked for something else before", "该键已用于其他更正", EXIT_NO},
    {"no_campaign", "there is no such campaign",                "活动不存在",         EXIT_NO},
    {"invalid",     "the content does not fit the kind",        "内容与类型不符",     EXIT_NO},
    {NULL, NULL, NULL, EXIT_NO},
};

static const struct verdict_words DECIDED[] = {
    {"done",          "it is booked",                                 "已入账",                 EXIT_YES},
    {"refused",       "it is refused; nothing was booked",            "已拒绝，未入账",         EXIT_YES},
    {"same_person",   "who asked cannot decide: a second person must", "申请人不能审批，需第二人", EXIT_NO},
    {"decided",       "it was decided before",                        "已有决定",               EXIT_NO},
    {"no_correction", "there is no such correction",                  "没有这笔更正",           EXIT_NO},
    {"closed",        "the campaign is closed",                       "活动已结算",             EXIT_NO},
    {"bound",         "one of the wins is bound; it stays asked",     "奖金已被占用，暂不能更正", EXIT_NO},
    {"no_win",        "one of the wins is not there; it stays asked", "没有这笔奖金",           EXIT_NO},
    {"not_failed",    "that piece has not failed; it stays asked",    "该部分未失败",           EXIT_NO},
    {"no_room",       "an account has not that much; it stays asked", "账户余额不足",           EXIT_NO},
    {"not_frozen",    "nothing of it is frozen; it stays asked",      "未冻结",                 EXIT_NO},
    {NULL, NULL, NULL, EXIT_NO},
};
/* clang-format on */

static int correction_list(struct cli *cli, bool json)
{
    const char *open = cli_flag(cli, "open") ? "true" : "false";

    return cli_done(cli)
               ? operate_rows(cli,
                              json,
                              "id\tstate\tkind\tcampaign\tcontent\tasked by\treason\tdecided by\tasked at",
                              LIST_SQL,
                              1,
                              &open)
               : cli_usage("%s", WORDS);
}

static int correction_ask(struct cli *cli, bool json)
{
    const char *content = cli_option(cli, "content"), *key = cli_option(cli, "key"),
               *campaign = cli_option(cli, "campaign"), *person = NULL, *reason = NULL;
    bool who = operate_who(cli, &person, &reason);
    const char *kind = cli_word(cli);
    const char *params[] = {kind, campaign, content, reason, person, key};

    if (!who || kind == NULL || content == NULL || key == NULL || key[0] == '\0' || strlen(key) > KEY_MAX ||
        (campaign != NULL && !slug_valid(campaign, strlen(campaign))) || !cli_done(cli)) {
        return cli_usage("%s", WORDS);
    }
    return operate_verdict(cli, json, ASKED, ASK_SQL, 6, params);
}

static int correction_decide(struct cli *cli, bool json, bool approved)
{
    static const char SQL[] = "SELECT correction_decide($1::uuid, $2, $3::bool, $4)";
    const char *person = NULL, *reason = NULL;
    bool who = operate_who(cli, &person, &reason);
    const char *id = cli_word(cli);
    const char *params[] = {id, person, approved ? "true" : "false", reason};

    if (!who || id == NULL || !operate_withdrawal(id) || !cli_done(cli)) {
        return cli_usage("%s", WORDS);
    }
    return operate_verdict(cli, json, DECIDED, SQL, 4, params);
}

int correction_main(struct cli *cli)
{
    bool json = cli_flag(cli, "json");
    const char *call = cli_word(cli);

    if (call != NULL && strcmp(call, "list") == 0) {
        return correction_list(cli, json);
    }
    if (call != NULL && strcmp(call, "ask") == 0) {
        return correction_ask(cli, json);
    }
    if (call != NULL && (strcmp(call, "approve") == 0 || strcmp(call, "refuse") == 0)) {
        return correction_decide(cli, json, call[0] == 'a');
    }
    return cli_usage("%s", WORDS);
}
