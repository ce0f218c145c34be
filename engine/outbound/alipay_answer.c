/*
 * outbound/alipay_answer.c - what an answer of Alipay's gateway means.
 */
#include "outbound/alipay_answer.h"

#include "outbound/fields.h"
#include "outbound/verdict.h"

#include <stdio.h>

struct transfer {
    char status[PROVIDER_CODE_MAX + 1], error_code[PROVIDER_CODE_MAX + 1];
    char order_id[PROVIDER_NO_MAX + 1];
    int64_t trans_fen, amount_fen, trans_ms, pay_ms;
};

/* `amount` and `trans_date` are the create's, `trans_amount` and `pay_date` the query's and the notice's. */
static bool transfer_parse(const json_t *json, struct transfer *transfer, struct provider_verdict *verdict)
{
    return json_is_object(json) && field_word(json, "status", transfer->status, sizeof transfer->status) &&
           field_word(json, "error_code", transfer->error_code, sizeof transfer->error_code) &&
           field_word(json, "order_id", transfer->order_id, sizeof transfer->order_id) &&
           field_yuan(json, "trans_amount", &transfer->trans_fen) &&
           field_yuan(json, "amount", &transfer->amount_fen) &&
           field_time(json, "trans_date", &transfer->trans_ms) &&
           field_time(json, "pay_date", &transfer->pay_ms) &&
           field_word(json, "out_biz_no", verdict->order_no, sizeof verdict->order_no) &&
           field_word(json, "pay_fund_order_id", verdict->provider_no, sizeof verdict->provider_no);
}

static void judge_status(const struct transfer *transfer, struct provider_verdict *verdict)
{
    verdict_set(verdict, alipay_status_outcome(transfer->status), transfer->status);
    verdict->amount_fen = transfer->trans_fen != 0 ? transfer->trans_fen : transfer->amount_fen;
    if (verdict->provider_no[0] == '\0') {
        memcpy(verdict->provider_no, transfer->order_id, sizeof transfer->order_id);
    }
    if (verdict->outcome == PROVIDER_REFUSED) {
        verdict_set(verdict,
                    PROVIDER_REFUSED,
                    transfer->error_code[0] != '\0' ? transfer->error_code : transfer->status);
        verdict->cause = alipay_fail_cause(verdict->code);
    }
    if (verdict->outcome != PROVIDER_IN_PROGRESS) {
        verdict->settled_at_ms = transfer->pay_ms != 0 ? transfer->pay_ms : transfer->trans_ms;
    }
}

void alipay_transfer_judge(const json_t *json, struct provider_verdict *verdict)
{
    struct transfer transfer = {0};

    if (!transfer_parse(json, &transfer, verdict) || transfer.status[0] == '\0' ||
        verdict->order_no[0] == '\0') {
        verdict_set(verdict, PROVIDER_UNKNOWN, "malformed");
        return;
    }
    judge_status(&transfer, verdict);
}

static void judge_code(enum alipay_call call, const json_t *json, struct provider_verdict *verdict)
{
    char code[16], sub_code[PROVIDER_CODE_MAX + 1];

    if (!json_is_object(json) || !field_word(json, "code", code, sizeof code) || code[0] == '\0' ||
        !field_word(json, "sub_code", sub_code, sizeof sub_code)) {
        verdict_set(verdict, PROVIDER_UNKNOWN, "malformed");
        return;
    }
    if (strcmp(code, "10000") == 0) {
        alipay_transfer_judge(json, verdict);
        return;
    }
    verdict_set(verdict,
                alipay_code_outcome(call, code, sub_code, &verdict->cause),
                sub_code[0] != '\0' ? sub_code : code);
    if (verdict->outcome == PROVIDER_TOO_FAST) {
        verdict->retry_after_ms = verdict->retry_after_ms > 0 ? verdict->retry_after_ms : RETRY_AFTER_MS;
    }
}

void alipay_answer_read(enum alipay_call call, struct span inner, struct provider_verdict *verdict)
{
    json_t *json = NULL;

    if (!verdict->verified) {
        verdict->outcome = PROVIDER_UNKNOWN; /* its code says why */
        return;
    }
    if (json_parse(inner.at, inner.len, &json, NULL, 0) != HB_OK) {
        verdict_set(verdict, PROVIDER_UNKNOWN, "not_json");
        return;
    }
    judge_code(call, json, verdict);
    json_decref(json);
    if (call == ALIPAY_CREATE && verdict->outcome == PROVIDER_REFUSED) {
        verdict->outcome = PROVIDER_DECLINED; /* the query decides */
    }
}
