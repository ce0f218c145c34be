/*
 * outbound/alipay_table.c - every word of Alipay's transfer calls and what it means to us.
 *
 * The lists of alipay.fund.trans.uni.transfer and alipay.fund.trans.common.query. A code that says "no" is
 * DECLINED, not REFUSED: only the query may say that a number is done with.
 */
#include "outbound/alipay_answer.h"

#include <string.h>

struct status_row {
    const char *status;
    enum provider_outcome outcome;
};

// clang-format off
static const struct status_row STATUSES[] = {
    {"SUCCESS",  PROVIDER_PAID},
    {"WAIT_PAY", PROVIDER_IN_PROGRESS},
    {"DEALING",  PROVIDER_IN_PROGRESS},
    {"CLOSED",   PROVIDER_REFUSED},
    {"FAIL",     PROVIDER_REFUSED},
    {"REFUND",   PROVIDER_RETURNED},
};

struct code_row {
    const char *code; /* one that ends in * stands for all that begin so */
    enum provider_outcome outcome;
    enum provider_cause cause;
};

/* `code` of the gateway, but 10000 and 40004. */
static const struct code_row GATEWAY[] = {
    {"20000", PROVIDER_UNKNOWN,       PROVIDER_CAUSE_NONE},
    {"20001", PROVIDER_MISCONFIGURED, PROVIDER_CAUSE_NONE},
    {"40001", PROVIDER_MISCONFIGURED, PROVIDER_CAUSE_NONE},
    {"40002", PROVIDER_MISCONFIGURED, PROVIDER_CAUSE_NONE},
    {"40003", PROVIDER_MISCONFIGURED, PROVIDER_CAUSE_NONE},
    {"40006", PROVIDER_MISCONFIGURED, PROVIDER_CAUSE_NONE},
};

/* `sub_code` of a create with 40004. Spellings are as published. */
static const struct code_row BUSINESS[] = {
    {"SYSTEM_ERROR",                    PROVIDER_UNKNOWN,       PROVIDER_CAUSE_NONE},
    {"REQUEST_PROCESSING",              PROVIDER_UNKNOWN,       PROVIDER_CAUSE_NONE},
    {"PROCESS_FAIL",                    PROVIDER_UNKNOWN,       PROVIDER_CAUSE_NONE},
    {"BIZ_UNIQUE_EXCEPTION",            PROVIDER_UNKNOWN,       PROVIDER_CAUSE_NONE},
    {"RESOURCE_LIMIT_EXCEED",           PROVIDER_TOO_FAST,      PROVIDER_CAUSE_NONE},
    {"PAYER_BALANCE_NOT_ENOUGH",        PROVIDER_NO_FUNDS,      PROVIDER_CAUSE_NONE},
    {"BALANCE_IS_NOT_ENOUGH",           PROVIDER_NO_FUNDS,      PROVIDER_CAUSE_NONE},
    {"EXCEED_LIMIT_UNRN_DM_AMOUNT",     PROVIDER_LIMITED,       PROVIDER_CAUSE_PAYEE_LIMIT},
    {"EXCEED_LIMIT_DC_RECEIVED",        PROVIDER_LIMITED,       PROVIDER_CAUSE_PAYEE_LIMIT},
    {"PAYEE_TRUSTEESHIP_ACC_OVER_LIMIT", PROVIDER_LIMITED,      PROVIDER_CAUSE_PAYEE_LIMIT},
    {"EXCEED_LIMIT_*",                  PROVIDER_LIMITED,       PROVIDER_CAUSE_MERCHANT},
    {"PAYEE_NOT_EXIST",                 PROVIDER_DECLINED,      PROVIDER_CAUSE_PAYEE},
    {"PAYEE_ACCOUNT_NOT_EXSIT",         PROVIDER_DECLINED,      PROVIDER_CAUSE_PAYEE},
    {"PAYEE_ACCOUNT_STATUS_ERROR",      PROVIDER_DECLINED,      PROVIDER_CAUSE_PAYEE},
    {"PAYEE_USERINFO_STATUS_ERROR",     PROVIDER_DECLINED,      PROVIDER_CAUSE_PAYEE},
    {"PAYEE_USER_TYPE_ERROR",           PROVIDER_DECLINED,      PROVIDER_CAUSE_PAYEE},
    {"PAYEE_NOT_RELNAME_CERTIFY",       PROVIDER_DECLINED,      PROVIDER_CAUSE_PAYEE},
    {"PAYEE_ACC_OCUPIED",               PROVIDER_DECLINED,      PROVIDER_CAUSE_PAYEE},
    {"PERM_AML_NOT_REALNAME_REV",       PROVIDER_DECLINED,      PROVIDER_CAUSE_PAYEE},
    {"NO_ACCOUNT_RECEIVE_PERMISSION",   PROVIDER_DECLINED,      PROVIDER_CAUSE_PAYEE},
    {"BLOCK_USER_FORBBIDEN_RECIEVE",    PROVIDER_DECLINED,      PROVIDER_CAUSE_PAYEE},
    {"RELEASE_USER_FORBBIDEN_RECIEVE",  PROVIDER_DECLINED,      PROVIDER_CAUSE_PAYEE},
    {"PAYEE_CERT_INFO_ERROR",           PROVIDER_DECLINED,      PROVIDER_CAUSE_NAME},
    {"SECURITY_CHECK_FAILED",           PROVIDER_DECLINED,      PROVIDER_CAUSE_RISK},
    {"USER_RISK_FREEZE",                PROVIDER_DECLINED,      PROVIDER_CAUSE_RISK},
    {"BLOCK_USER_FORBBIDEN_SEND",       PROVIDER_DECLINED,      PROVIDER_CAUSE_RISK},
    {"INVALID_PARAMETER",               PROVIDER_DECLINED,      PROVIDER_CAUSE_REQUEST},
    {"PAYMENT_INFO_INCONSISTENCY",      PROVIDER_DECLINED,      PROVIDER_CAUSE_REQUEST},
    {"MEMO_REQUIRED_IN_TRANSFER_ERROR", PROVIDER_DECLINED,      PROVIDER_CAUSE_REQUEST},
    {"REMARK_HAS_SENSITIVE_WORD",       PROVIDER_DECLINED,      PROVIDER_CAUSE_REQUEST},
    {"PAYER_STATUS_ERROR",              PROVIDER_MISCONFIGURED, PROVIDER_CAUSE_NONE},
    {"PAYER_CERTIFY_CHECK_FAIL",        PROVIDER_MISCONFIGURED, PROVIDER_CAUSE_NONE},
    {"PAYER_USER_INFO_ERROR",           PROVIDER_MISCONFIGURED, PROVIDER_CAUSE_NONE},
    {"PAYER_NOT_EXIST",                 PROVIDER_MISCONFIGURED, PROVIDER_CAUSE_NONE},
    {"PAYER_PAYEE_CANNOT_SAME",         PROVIDER_MISCONFIGURED, PROVIDER_CAUSE_NONE},
    {"PAYER_PERMLIMIT_CHECK_FAILURE",   PROVIDER_MISCONFIGURED, PROVIDER_CAUSE_NONE},
    {"PAYCARD_UNABLE_PAYMENT",          PROVIDER_MISCONFIGURED, PROVIDER_CAUSE_NONE},
    {"INVALID_PAYER_ACCOUNT",           PROVIDER_MISCONFIGURED, PROVIDER_CAUSE_NONE},
    {"NO_ACCOUNT_PAYMENT_PERMISSION",   PROVIDER_MISCONFIGURED, PROVIDER_CAUSE_NONE},
    {"NO_PERMISSION_ACCOUNT",           PROVIDER_MISCONFIGURED, PROVIDER_CAUSE_NONE},
    {"NO_ORDER_PERMISSION",             PROVIDER_MISCONFIGURED, PROVIDER_CAUSE_NONE},
    {"PRODUCT_NOT_SIGN",                PROVIDER_MISCONFIGURED, PROVIDER_CAUSE_NONE},
    {"NOT_IN_WHITE_LIST",               PROVIDER_MISCONFIGURED, PROVIDER_CAUSE_NONE},
    {"MONEY_PAY_CLOSED",                PROVIDER_MISCONFIGURED, PROVIDER_CAUSE_NONE},
    {"NO_AVAILABLE_PAYMENT_TOOLS",      PROVIDER_MISCONFIGURED, PROVIDER_CAUSE_NONE},
    {"INST_PAY_UNABLE",                 PROVIDER_MISCONFIGURED, PROVIDER_CAUSE_NONE},
    {"ISV_AUTH_ERROR",                  PROVIDER_MISCONFIGURED, PROVIDER_CAUSE_NONE},
    {"PERMIT_*",                        PROVIDER_MISCONFIGURED, PROVIDER_CAUSE_NONE},
    {"PERM_PAY_*",                      PROVIDER_MISCONFIGURED, PROVIDER_CAUSE_NONE},
    {"TRUSTEESHIP_*",                   PROVIDER_MISCONFIGURED, PROVIDER_CAUSE_NONE},
    {"SIGN_*",                          PROVIDER_MISCONFIGURED, PROVIDER_CAUSE_NONE},
};
// clang-format on

enum provider_outcome alipay_status_outcome(const char *status)
{
    for (size_t i = 0; i < sizeof STATUSES / sizeof STATUSES[0]; i++) {
        if (strcmp(status, STATUSES[i].status) == 0) {
            return STATUSES[i].outcome;
        }
    }
    return PROVIDER_IN_PROGRESS;
}

static bool is_named(const char *code, const char *name)
{
    size_t len = strlen(name);

    return name[len - 1] == '*' ? strncmp(code, name, len - 1) == 0 : strcmp(code, name) == 0;
}

static const struct code_row *row_of(const struct code_row *rows, size_t count, const char *code)
{
    for (size_t i = 0; i < count; i++) {
        if (is_named(code, rows[i].code)) {
            return &rows[i];
        }
    }
    return NULL;
}

static const struct code_row *business_of(const char *sub_code)
{
    return row_of(BUSINESS, sizeof BUSINESS / sizeof BUSINESS[0], sub_code);
}

enum provider_cause alipay_fail_cause(const char *sub_code)
{
    const struct code_row *row = business_of(sub_code);

    return row == NULL || row->cause == PROVIDER_CAUSE_NONE ? PROVIDER_CAUSE_OTHER : row->cause;
}

enum provider_outcome
alipay_code_outcome(enum alipay_call call, const char *code, const char *sub_code, enum provider_cause *cause)
{
    const struct code_row *row;

    *cause = PROVIDER_CAUSE_NONE;
    if (call == ALIPAY_QUERY && strcmp(code, "40004") == 0) {
        return strcmp(sub_code, "ORDER_NOT_EXIST") == 0 ? PROVIDER_ABSENT : PROVIDER_UNKNOWN;
    }
    row = strcmp(code, "40004") == 0 ? business_of(sub_code)
                                     : row_of(GATEWAY, sizeof GATEWAY / sizeof GATEWAY[0], code);
    if (row == NULL) {
        return PROVIDER_UNKNOWN;
    }
    *cause = row->cause;
    return row->outcome;
}
