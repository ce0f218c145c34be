/*
 * outbound/wechat_table.c - every word of WeChat Pay's transfer calls and what it means to us.
 *
 * Documents 4012716434, 4012716437, 4012716458, 4013774966 of the provider.
 */
#include "outbound/wechat_answer.h"

#include <string.h>

struct state_row {
    const char *state;
    enum provider_outcome outcome;
};

// clang-format off
static const struct state_row STATES[] = {
    {"ACCEPTED",          PROVIDER_IN_PROGRESS},
    {"PROCESSING",        PROVIDER_IN_PROGRESS}, /* stays here while the float is empty */
    {"WAIT_USER_CONFIRM", PROVIDER_WAITS},
    {"TRANSFERING",       PROVIDER_IN_PROGRESS},
    {"SUCCESS",           PROVIDER_PAID},
    {"FAIL",              PROVIDER_REFUSED},
    {"CANCELING",         PROVIDER_IN_PROGRESS},
    {"CANCELLED",         PROVIDER_REFUSED},
};

struct cause_row {
    const char *fail_reason;
    enum provider_cause cause;
};

static const struct cause_row FAILS[] = {
    {"ACCOUNT_FROZEN",                        PROVIDER_CAUSE_PAYEE},
    {"ACCOUNT_NOT_EXIST",                     PROVIDER_CAUSE_PAYEE},
    {"OPENID_INVALID",                        PROVIDER_CAUSE_PAYEE},
    {"PAYEE_ACCOUNT_ABNORMAL",                PROVIDER_CAUSE_PAYEE},
    {"REAL_NAME_CHECK_FAIL",                  PROVIDER_CAUSE_PAYEE},
    {"RECEIVE_ACCOUNT_NOT_CONFIGURE",         PROVIDER_CAUSE_PAYEE},
    {"RECEIVE_ACCOUNT_NOT_PERMMIT",           PROVIDER_CAUSE_PAYEE}, /* as published */
    {"ID_CARD_NOT_CORRECT",                   PROVIDER_CAUSE_NAME},
    {"NAME_NOT_CORRECT",                      PROVIDER_CAUSE_NAME},
    {"DAY_RECEIVED_COUNT_EXCEED",             PROVIDER_CAUSE_PAYEE_LIMIT},
    {"DAY_RECEIVED_QUOTA_EXCEED",             PROVIDER_CAUSE_PAYEE_LIMIT},
    {"MONTH_RECEIVED_QUOTA_EXCEED",           PROVIDER_CAUSE_PAYEE_LIMIT},
    {"REALNAME_ACCOUNT_RECEIVED_QUOTA_EXCEED", PROVIDER_CAUSE_PAYEE_LIMIT},
    {"BLOCK_B2C_USERLIMITAMOUNT_MONTH",       PROVIDER_CAUSE_PAYEE_LIMIT},
    {"BLOCK_B2C_USERLIMITAMOUNT_BSRULE_MONTH", PROVIDER_CAUSE_PAYEE_LIMIT},
    {"TRANSFER_QUOTA_EXCEED",                 PROVIDER_CAUSE_MERCHANT},
    {"EXCEEDED_ESTIMATED_AMOUNT",             PROVIDER_CAUSE_MERCHANT},
    {"PAYER_ACCOUNT_ABNORMAL",                PROVIDER_CAUSE_MERCHANT},
    {"PRODUCT_AUTH_CHECK_FAIL",               PROVIDER_CAUSE_MERCHANT},
    {"TRANSFER_SCENE_UNAVAILABLE",            PROVIDER_CAUSE_MERCHANT},
    {"TRANSFER_SCENE_INVALID",                PROVIDER_CAUSE_MERCHANT},
    {"MERCHANT_REJECT",                       PROVIDER_CAUSE_MERCHANT},
    {"TRANSFER_REMARK_SET_FAIL",              PROVIDER_CAUSE_MERCHANT},
    {"OVERDUE_CLOSE",                         PROVIDER_CAUSE_EXPIRED},
    {"MERCHANT_NOT_CONFIRM",                  PROVIDER_CAUSE_EXPIRED},
    {"MCH_CANCEL",                            PROVIDER_CAUSE_CANCELLED},
    {"CANCELLED",                             PROVIDER_CAUSE_CANCELLED}, /* the state, without a reason */
    {"TRANSFER_RISK",                         PROVIDER_CAUSE_RISK},
};

enum { ANY_STATUS = 0 };

struct code_row {
    int http_status;
    const char *code;
    enum provider_outcome outcome[WECHAT_CALLS]; /* create, query, cancel */
};

static const struct code_row CODES[] = {
    {401,        "SIGN_ERROR",              {PROVIDER_MISCONFIGURED, PROVIDER_MISCONFIGURED, PROVIDER_MISCONFIGURED}},
    {403,        "NO_AUTH",                 {PROVIDER_MISCONFIGURED, PROVIDER_MISCONFIGURED, PROVIDER_MISCONFIGURED}},
    {403,        "ACCOUNT_ERROR",           {PROVIDER_MISCONFIGURED, PROVIDER_UNKNOWN,       PROVIDER_UNKNOWN}},
    {403,        "NOT_ENOUGH",              {PROVIDER_NO_FUNDS,      PROVIDER_UNKNOWN,       PROVIDER_UNKNOWN}},
    {400,        "PARAM_ERROR",             {PROVIDER_DECLINED,      PROVIDER_UNKNOWN,       PROVIDER_UNKNOWN}},
    {400,        "INVALID_REQUEST",         {PROVIDER_DECLINED,      PROVIDER_UNKNOWN,       PROVIDER_UNKNOWN}},
    {404,        "NOT_FOUND",               {PROVIDER_UNKNOWN,       PROVIDER_ABSENT,        PROVIDER_ABSENT}},
    {404,        "RESOURCE_NOT_EXISTS",     {PROVIDER_UNKNOWN,       PROVIDER_ABSENT,        PROVIDER_ABSENT}},
    {ANY_STATUS, "ALREADY_EXISTS",          {PROVIDER_UNKNOWN,       PROVIDER_UNKNOWN,       PROVIDER_UNKNOWN}},
    {ANY_STATUS, "FREQUENCY_LIMITED",       {PROVIDER_TOO_FAST,      PROVIDER_TOO_FAST,      PROVIDER_TOO_FAST}},
    {ANY_STATUS, "FREQUENCY_LIMIT_EXCEED",  {PROVIDER_TOO_FAST,      PROVIDER_TOO_FAST,      PROVIDER_TOO_FAST}},
    {ANY_STATUS, "RATELIMIT_EXCEEDED",      {PROVIDER_TOO_FAST,      PROVIDER_TOO_FAST,      PROVIDER_TOO_FAST}},
    {ANY_STATUS, "FREQUENCY_LIMIT",         {PROVIDER_TOO_FAST,      PROVIDER_TOO_FAST,      PROVIDER_TOO_FAST}},
    {ANY_STATUS, "SYSTEM_ERROR",            {PROVIDER_UNKNOWN,       PROVIDER_UNKNOWN,       PROVIDER_UNKNOWN}},
    {ANY_STATUS, "SERVICE_UNAVAILABLE",     {PROVIDER_UNKNOWN,       PROVIDER_UNKNOWN,       PROVIDER_UNKNOWN}},
};
// clang-format on

enum provider_outcome wechat_state_outcome(const char *state)
{
    for (size_t i = 0; i < sizeof STATES / sizeof STATES[0]; i++) {
        if (strcmp(state, STATES[i].state) == 0) {
            return STATES[i].outcome;
        }
    }
    return PROVIDER_IN_PROGRESS;
}

enum provider_cause wechat_fail_cause(const char *fail_reason)
{
    for (size_t i = 0; i < sizeof FAILS / sizeof FAILS[0]; i++) {
        if (strcmp(fail_reason, FAILS[i].fail_reason) == 0) {
            return FAILS[i].cause;
        }
    }
    return PROVIDER_CAUSE_OTHER;
}

enum provider_outcome wechat_code_outcome(enum wechat_call call, int http_status, const char *code)
{
    for (size_t i = 0; i < sizeof CODES / sizeof CODES[0]; i++) {
        const struct code_row *row = &CODES[i];

        if ((row->http_status == ANY_STATUS || row->http_status == http_status) &&
            strcmp(code, row->code) == 0) {
            return row->outcome[call];
        }
    }
    return http_status == 429 ? PROVIDER_TOO_FAST : PROVIDER_UNKNOWN;
}
