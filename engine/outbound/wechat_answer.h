/*
 * outbound/wechat_answer.h - what an answer of WeChat's transfer-bills calls means.
 *
 * Pure. A 2xx answer counts only when its signature was good. Everything else is a hint: it may justify
 * asking again or waiting, never "certainly not paid".
 */
#pragma once

#include "base/json.h"
#include "flow/provider.h"
#include "outbound/span.h"

enum wechat_call { WECHAT_CREATE, WECHAT_QUERY, WECHAT_CANCEL, WECHAT_CALLS };

struct wechat_account {
    const char *mch_id, *app_id;
};

/* Reads http_status, verified, retry_after_ms (0: not said) and, when not verified, code (why not) of the
 * verdict, and fills the rest. */
void wechat_answer_read(enum wechat_call call,
                        const struct wechat_account *account,
                        struct span body,
                        struct provider_verdict *verdict);

/* A bill's object, as answers and notices hold it; its signature was good. */
void wechat_bill_judge(const struct wechat_account *account,
                       const json_t *json,
                       struct provider_verdict *verdict);

/* ---- the tables (wechat_table.c) ---- */

/* A state that is not listed is not terminal: IN_PROGRESS. */
enum provider_outcome wechat_state_outcome(const char *state);
/* OTHER when it is not listed. */
enum provider_cause wechat_fail_cause(const char *fail_reason);
/* Of an answer that is not 2xx; UNKNOWN when it is not listed for this call. */
enum provider_outcome wechat_code_outcome(enum wechat_call call, int http_status, const char *code);
