/*
 * outbound/wechat_answer.c - what an answer of WeChat's transfer-bills calls means.
 */
#include "outbound/wechat_answer.h"

#include "outbound/fields.h"
#include "outbound/verdict.h"

#include <stdio.h>

enum { DAY_MS = 86400 * 1000, ACCOUNT_ID_MAX = 33 };

struct bill {
    char state[PROVIDER_CODE_MAX + 1], fail_reason[PROVIDER_CODE_MAX + 1];
    char mch_id[ACCOUNT_ID_MAX], mchid[ACCOUNT_ID_MAX], app_id[ACCOUNT_ID_MAX];
    int64_t created_ms, updated_ms;
};

static bool bill_parse(const json_t *json, struct bill *bill, struct provider_verdict *verdict)
{
    return json_is_object(json) && field_word(json, "state", bill->state, sizeof bill->state) &&
           field_word(json, "fail_reason", bill->fail_reason, sizeof bill->fail_reason) &&
           field_word(json, "mch_id", bill->mch_id, sizeof bill->mch_id) &&
           field_word(json, "mchid", bill->mchid, sizeof bill->mchid) &&
           field_word(json, "appid", bill->app_id, sizeof bill->app_id) &&
           field_time(json, "create_time", &bill->created_ms) &&
           field_time(json, "update_time", &bill->updated_ms) &&
           field_word(json, "out_bill_no", verdict->order_no, sizeof verdict->order_no) &&
           field_word(json, "transfer_bill_no", verdict->provider_no, sizeof verdict->provider_no) &&
           field_word(json, "openid", verdict->payee_id, sizeof verdict->payee_id) &&
           field_fen(json, "transfer_amount", &verdict->amount_fen) &&
           field_text(json, "package_info", verdict->confirm.package, sizeof verdict->confirm.package);
}

static bool is_ours(const char *said, const char *ours)
{
    return said[0] == '\0' || strcmp(said, ours) == 0;
}

static void copy_id(char out[static ACCOUNT_ID_MAX], const char *id)
{
    (void)snprintf(out, ACCOUNT_ID_MAX, "%s", id);
}

static void
judge_state(const struct wechat_account *account, const struct bill *bill, struct provider_verdict *verdict)
{
    verdict_set(verdict, wechat_state_outcome(bill->state), bill->state);
    if (verdict->outcome == PROVIDER_REFUSED) {
        verdict_set(
            verdict, PROVIDER_REFUSED, bill->fail_reason[0] != '\0' ? bill->fail_reason : bill->state);
        verdict->cause = wechat_fail_cause(verdict->code);
    }
    if (verdict->outcome == PROVIDER_WAITS) {
        copy_id(verdict->confirm.mch_id, account->mch_id);
        copy_id(verdict->confirm.app_id, account->app_id);
        verdict->confirm.expires_at_ms = bill->created_ms == 0 ? 0 : bill->created_ms + DAY_MS;
    }
    if (verdict->outcome == PROVIDER_PAID || verdict->outcome == PROVIDER_REFUSED) {
        verdict->settled_at_ms = bill->updated_ms;
    }
}

void wechat_bill_judge(const struct wechat_account *account,
                       const json_t *json,
                       struct provider_verdict *verdict)
{
    struct bill bill = {0};

    if (!bill_parse(json, &bill, verdict) || bill.state[0] == '\0' || verdict->order_no[0] == '\0') {
        verdict_set(verdict, PROVIDER_UNKNOWN, "malformed");
    } else if (!is_ours(bill.mch_id, account->mch_id) || !is_ours(bill.mchid, account->mch_id) ||
               !is_ours(bill.app_id, account->app_id)) {
        verdict_set(verdict, PROVIDER_DIFFERS, bill.state);
    } else {
        judge_state(account, &bill, verdict);
    }
}

/* Its own word when it has one, else its status. */
static void judge_refusal(enum wechat_call call, const json_t *json, struct provider_verdict *verdict)
{
    char code[PROVIDER_CODE_MAX + 1];

    if (!json_is_object(json) || !field_word(json, "code", code, sizeof code) || code[0] == '\0') {
        (void)snprintf(code, sizeof code, "http_%d", verdict->http_status);
    }
    verdict_set(verdict, wechat_code_outcome(call, verdict->http_status, code), code);
    if (verdict->outcome == PROVIDER_DECLINED) {
        verdict->cause = PROVIDER_CAUSE_REQUEST;
    }
    if (verdict->outcome == PROVIDER_TOO_FAST && verdict->retry_after_ms == 0) {
        verdict->retry_after_ms = RETRY_AFTER_MS;
    }
}

void wechat_answer_read(enum wechat_call call,
                        const struct wechat_account *account,
                        struct span body,
                        struct provider_verdict *verdict)
{
    bool is_good = verdict->http_status >= 200 && verdict->http_status < 300;
    json_t *json = NULL;

    if (is_good && !verdict->verified) {
        verdict->outcome = PROVIDER_UNKNOWN; /* its code says why */
        return;
    }
    if (json_parse(body.at, body.len, &json, NULL, 0) != HB_OK && is_good) {
        verdict_set(verdict, PROVIDER_UNKNOWN, "not_json");
    } else if (is_good) {
        wechat_bill_judge(account, json, verdict);
    } else {
        judge_refusal(call, json, verdict);
    }
    json_decref(json);
}
