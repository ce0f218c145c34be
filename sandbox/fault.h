/*
 * sandbox/fault.h - misbehaviour on demand: which call, which fault, how often.
 *
 * A rule is a JSON object; every condition that it names must hold, the first rule that fits acts:
 *
 *   {"call": "create", "shop": "wechat-sandbox", "order_no": "RP1", "amount_fen": 4103,   when
 *    "fault": "hang_up_after",                                                           what
 *    "code": "NOT_ENOUGH", "status": 403, "reason": "TRANSFER_RISK", "delay_ms": 1500,    with what
 *    "times": 1, "per_mille": 250}                                                       how often
 */
#pragma once

#include "base/json.h"

#include <stdbool.h>
#include <stdint.h>

enum call_kind {
    CALL_CREATE,
    CALL_QUERY,
    CALL_CANCEL,
    CALL_BILL,
    CALL_CERTIFICATES,
    CALL_NOTICE,
    CALL_KINDS
};

/*     symbol                   name            what happens */
#define FAULTS(X)                                                                                       \
    X(FAULT_NONE, "none")                     /* what comes after it in the list does not act */        \
    X(FAULT_REFUSE, "refuse")                 /* `code` (and `status`); nothing is done */              \
    X(FAULT_ERROR_BEFORE, "error_before")     /* 500 or 20000; nothing is done */                       \
    X(FAULT_HANG_UP_BEFORE, "hang_up_before") /* the connection closes; nothing is done */              \
    X(FAULT_ERROR_AFTER, "error_after")       /* done, then 500 or 20000 */                             \
    X(FAULT_HANG_UP_AFTER, "hang_up_after")   /* done, then the connection closes */                    \
    X(FAULT_SILENT, "silent")                 /* done, and never an answer */                           \
    X(FAULT_DELAY, "delay")                   /* done, the answer or notice after `delay_ms` */         \
    X(FAULT_BAD_SIGNATURE, "bad_signature")   /* another text was signed */                             \
    X(FAULT_NO_SIGNATURE, "no_signature")     /* none at all */                                         \
    X(FAULT_PROBE, "probe")                   /* WeChat: WECHATPAY/SIGNTEST/ in front of it */          \
    X(FAULT_WRONG_SERIAL, "wrong_serial")     /* a key that nobody knows is named */                    \
    X(FAULT_STALE, "stale")                   /* WeChat: signed an hour ago */                          \
    X(FAULT_HTML, "html")                     /* 200 with a page instead of an answer */                \
    X(FAULT_CUT_OFF, "cut_off")               /* half of the answer, signed as if it were all */        \
    X(FAULT_WRONG_AMOUNT, "wrong_amount")     /* well signed, one fen more */                           \
    X(FAULT_WRONG_PAYEE, "wrong_payee")       /* well signed, somebody else */                          \
    X(FAULT_WRONG_NUMBER, "wrong_number")     /* well signed, another order */                          \
    X(FAULT_TAMPERED, "tampered")             /* of a notice: its tag or content was changed */         \
    X(FAULT_TWICE, "twice")                   /* of a notice */                                         \
    X(FAULT_NEVER, "never")                   /* of a notice */                                         \
    X(FAULT_EARLY, "early")                   /* of a create: paid and noticed before it is answered */ \
    X(FAULT_FAIL, "fail")                     /* of a create: taken, and FAIL with `reason` at once */  \
    X(FAULT_FAIL_LATER, "fail_later")         /* of a create: FAIL with `reason` instead of SUCCESS */  \
    X(FAULT_PROCESSING, "processing")         /* of a create: taken, and no further until a top-up */   \
    X(FAULT_TAP_FIRST, "tap_first")           /* of a cancel: the payee's tap was faster */

#define FAULT_ENUM(symbol, name) symbol,
enum fault { FAULTS(FAULT_ENUM) FAULT_COUNT };

struct rule {
    enum call_kind call;
    enum fault fault;
    char shop[33], order_no[65]; /* "": any */
    int64_t amount_fen;          /* 0: any */
    char code[65], reason[65];
    int64_t status, delay_ms;
    int64_t times;     /* how often it may act; -1: always */
    int64_t per_mille; /* of the calls that fit */
};

struct faults;

struct faults *faults_new(uint64_t seed); /* NULL when out of memory */
void faults_free(struct faults *faults);

/* A list of rules replaces the ones before. False, and *why, when one is not understood; then nothing has
 * changed. */
bool faults_set(struct faults *faults, const json_t *rules, const char **why);

/* The rule that acts on this call, FAULT_NONE without one; it has one time less. */
struct rule faults_match(
    struct faults *faults, enum call_kind call, const char *shop, const char *order_no, int64_t amount_fen);

/* How often it has acted, whatever the rules were then. */
int64_t faults_acted(const struct faults *faults, enum call_kind call, enum fault fault);

const char *call_name(enum call_kind call);
const char *fault_name(enum fault fault);
