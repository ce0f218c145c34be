/*
 * outbound/alipay_answer.h - what an answer of Alipay's gateway is, and what it means.
 *
 * {"<method>_response":{...},"alipay_cert_sn":"...","sign":"..."}: signed are the bytes of the inner object
 * as they came. An answer without a good signature proves nothing: UNKNOWN, whatever it says.
 */
#pragma once

#include "base/json.h"
#include "flow/provider.h"
#include "outbound/alipay_keys.h"
#include "outbound/span.h"

enum alipay_call { ALIPAY_CREATE, ALIPAY_QUERY, ALIPAY_CALLS };

#define ALIPAY_TRANSFER "alipay.fund.trans.uni.transfer"
#define ALIPAY_COMMON_QUERY "alipay.fund.trans.common.query"
#define ALIPAY_BILL_URL "alipay.data.dataservice.bill.downloadurl.query"

/* The pieces of an answer, in it. */
struct alipay_parts {
    struct span inner;    /* from { to its matching } */
    struct span sn, sign; /* between their quotes; empty when absent */
};

/* method: with dots. error_response counts as well. False: not of this form, or a member comes twice. */
bool alipay_cut(struct span answer, const char *method, struct alipay_parts *out);

enum alipay_belief { ALIPAY_GENUINE, ALIPAY_UNSIGNED, ALIPAY_UNKNOWN_CERTIFICATE, ALIPAY_FORGED };
enum alipay_belief alipay_believe(struct alipay_keys *keys, const struct alipay_parts *parts);
const char *alipay_belief_name(enum alipay_belief belief);

/* verdict->verified says whether the signature was good; code, if not, why. */
void alipay_answer_read(enum alipay_call call, struct span inner, struct provider_verdict *verdict);

/* A transfer's object, as queries and notices hold it; its signature was good. */
void alipay_transfer_judge(const json_t *json, struct provider_verdict *verdict);

/* ---- the tables (alipay_table.c) ---- */

/* A status that is not listed is not terminal: IN_PROGRESS. */
enum provider_outcome alipay_status_outcome(const char *status);
/* Of `code` and, for 40004, `sub_code`; cause goes with it. UNKNOWN when they are not listed. */
enum provider_outcome alipay_code_outcome(enum alipay_call call,
                                          const char *code,
                                          const char *sub_code,
                                          enum provider_cause *cause);
enum provider_cause alipay_fail_cause(const char *sub_code);
