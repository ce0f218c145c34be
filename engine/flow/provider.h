/*
 * flow/provider.h - how money leaves: the port to one merchant account at a payment provider.
 *
 * A port per merchant number; outbound/ implements it for WeChat Pay and for Alipay, tests put a small
 * honest world there.
 *
 * Building and sending are two things. build() turns an order into a request and sends nothing; the caller
 * stores the request beside its number, commits, and only then hands it to create(): as often as it has to,
 * byte for byte. What is made anew for every send is only the envelope: time, nonce, signature.
 *
 * Every sending function keeps the promise of all ports: done runs exactly once, on the port's loop, never
 * before the call returns. Its verdict tells
 *
 *   what is certain    PAID, REFUSED, RETURNED: signed by the provider, final for the number
 *   what is under way  WAITS, IN_PROGRESS: signed by the provider; ask again
 *   what must stop     DIFFERS: signed, but about another amount, payee or number: freeze, alarm
 *   what is not known  UNKNOWN: it may have happened. Ask; never a new number
 *   what was not done  by this send: NOT_SENT, ABSENT, NO_FUNDS, LIMITED, TOO_FAST, MISCONFIGURED, DECLINED.
 *                      It says nothing about an earlier send of the same number: where one ended UNKNOWN,
 *                      query before anything else
 *
 * A new number is allowed after REFUSED alone.
 */
#pragma once

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf;

/* The first is what a verdict says that nobody has filled in. */
/*     symbol                  name             what the caller does */
#define PROVIDER_OUTCOMES(X)                                                                             \
    X(PROVIDER_UNKNOWN, "unknown")             /* query, then the same request again */                  \
    X(PROVIDER_PAID, "paid")                   /* the payee has the money: post */                       \
    X(PROVIDER_REFUSED, "refused")             /* never paid under this number: void */                  \
    X(PROVIDER_RETURNED, "returned")           /* was paid and came back: post, reverse */               \
    X(PROVIDER_WAITS, "waits")                 /* for the payee's tap: show `confirm` */                 \
    X(PROVIDER_IN_PROGRESS, "in_progress")     /* ask again */                                           \
    X(PROVIDER_DIFFERS, "differs")             /* freeze, alarm */                                       \
    X(PROVIDER_ABSENT, "absent")               /* of a query: not seen yet; the same request again */    \
    X(PROVIDER_NOT_SENT, "not_sent")           /* nothing left this machine: again later */              \
    X(PROVIDER_NO_FUNDS, "no_funds")           /* park; after a top-up the same request */               \
    X(PROVIDER_LIMITED, "limited")             /* park until it resets; cause: PAYEE_LIMIT, MERCHANT */  \
    X(PROVIDER_TOO_FAST, "too_fast")           /* after retry_after_ms; after a create query first */    \
    X(PROVIDER_MISCONFIGURED, "misconfigured") /* signature, rights, set-up: stop the merchant, alarm */ \
    X(PROVIDER_DECLINED, "declined")           /* not taken as it is; query: REFUSED, or ABSENT */

#define PROVIDER_ENUM(symbol, name) symbol,
enum provider_outcome { PROVIDER_OUTCOMES(PROVIDER_ENUM) PROVIDER_OUTCOME_COUNT };

const char *provider_outcome_name(enum provider_outcome outcome);
bool provider_outcome_parse(const char *name, enum provider_outcome *out);

/* Why REFUSED or DECLINED, for the player's plain words and for what may be tried next. */
/*     symbol                         name */
#define PROVIDER_CAUSES(X)                                                                   \
    X(PROVIDER_CAUSE_NONE, "none")                                                           \
    X(PROVIDER_CAUSE_PAYEE, "payee")             /* cannot receive: the player has to act */ \
    X(PROVIDER_CAUSE_PAYEE_LIMIT, "payee_limit") /* a later day */                           \
    X(PROVIDER_CAUSE_NAME, "name")               /* the real name does not fit */            \
    X(PROVIDER_CAUSE_MERCHANT, "merchant")       /* our quota or set-up */                   \
    X(PROVIDER_CAUSE_EXPIRED, "expired")         /* not confirmed in time */                 \
    X(PROVIDER_CAUSE_CANCELLED, "cancelled")     /* by cancel() or by hand */                \
    X(PROVIDER_CAUSE_RISK, "risk")               /* no retry but by a person */              \
    X(PROVIDER_CAUSE_REQUEST, "request")         /* the request itself is wrong */           \
    X(PROVIDER_CAUSE_OTHER, "other")

enum provider_cause { PROVIDER_CAUSES(PROVIDER_ENUM) PROVIDER_CAUSE_COUNT };

const char *provider_cause_name(enum provider_cause cause);

enum {
    PROVIDER_ORDER_MAX = 64,
    PROVIDER_NO_MAX = 64,
    PROVIDER_CODE_MAX = 80,
    PROVIDER_PAYEE_MAX = 128,
    PROVIDER_NAME_MAX = 128,
    PROVIDER_REQUEST_ID_MAX = 64,
    PROVIDER_PACKAGE_MAX = 2048,
    PROVIDER_MERCHANT_MAX = 32,
    PROVIDER_REQUEST_MAX = 8192, /* bytes of a request, at most */
    PROVIDER_REPORTS_MAX = 4
};

/* ---- an order becomes a request ---- */

enum payee_kind {
    PAYEE_OPENID,         /* WeChat, under the merchant's app id */
    PAYEE_ALIPAY_USER_ID, /* 16 digits from 2088 */
    PAYEE_ALIPAY_OPEN_ID,
    PAYEE_ALIPAY_LOGON_ID, /* phone or mail; needs the name */
};

struct provider_report {
    const char *type, *content; /* a row of the scene's report: fixed words, free words */
};

/* What the money is for, in the provider's terms. */
struct provider_scene {
    const char *id;         /* WeChat: number of the scene; Alipay: its name, NULL when not declared */
    const char *perception; /* WeChat: wording the payee sees; NULL: the preset */
    struct provider_report reports[PROVIDER_REPORTS_MAX];
    size_t report_count;
};

struct provider_order {
    const char *order_no; /* letters and digits; unique for ever; see provider_limits.order_no_max */
    int64_t amount_fen;
    enum payee_kind payee_kind;
    const char *payee_id;
    const char *payee_name;             /* NULL: not compared; must be there where the provider demands it */
    const char *remark;                 /* the payee reads it; at most 32 characters */
    const struct provider_scene *scene; /* NULL: the merchant's own */
};

/* A request that was built, with what it must stay true to. Copied during the call. */
struct provider_payment {
    const char *order_no;
    int64_t amount_fen;
    const char *payee_id;
    const char *request; /* from build(), byte for byte; not for the log: it may hold a name */
    size_t request_len;
};

/* ---- what came of it ---- */

/* What the payee's client needs to show the confirmation page. */
struct provider_confirm {
    char package[PROVIDER_PACKAGE_MAX + 1]; /* "" when this answer did not bring it: the earlier one holds */
    char mch_id[33], app_id[33];
    int64_t expires_at_ms; /* of the page; the provider closes the order some time after, which only query()
                              or a notice tells */
};

struct provider_verdict {
    enum provider_outcome outcome;
    enum provider_cause cause;
    bool verified;   /* the provider's signature was there and good */
    int http_status; /* 0: no answer */
    /* The provider's own word: state, failure or error code, upper case. In lower case ours, where there is
     * none: timeout, bad_signature, not_json... */
    char code[PROVIDER_CODE_MAX + 1];
    char request_id[PROVIDER_REQUEST_ID_MAX + 1]; /* what the provider's support asks for; "" */
    char order_no[PROVIDER_ORDER_MAX + 1];
    char provider_no[PROVIDER_NO_MAX + 1]; /* the provider's number; "" */
    char payee_id[PROVIDER_PAYEE_MAX + 1]; /* as the provider says; "" */
    int64_t amount_fen;                    /* as the provider says; 0: not said */
    int64_t settled_at_ms;                 /* when it became final, as the provider says; 0: not said */
    int64_t retry_after_ms;                /* of TOO_FAST */
    struct provider_confirm confirm;       /* of WAITS */
};

/* The verdict is readable during the call. */
typedef void (*provider_done_fn)(void *arg, const struct provider_verdict *verdict);

/* A verified verdict about another number, amount or payee than the payment's becomes DIFFERS. Adapters do
 * this to their answers; who takes a notice does it with what is stored under its order_no. */
void provider_verdict_check(struct provider_verdict *verdict, const struct provider_payment *payment);

/* ---- notices: what the provider says by itself ---- */

struct provider_notice {
    const char *body;
    size_t body_len;
    /* A header of the request by its lower-case name; false when absent. */
    bool (*header)(void *headers, const char *name, const char **value, size_t *len);
    void *headers;
    int64_t now_ms; /* wall clock */
};

struct provider_event {
    char id[65]; /* the same event has the same id however often it comes: refuse what was seen */
    char kind[65];
    struct provider_verdict verdict; /* a hint as good as a query's answer; compare before it counts */
};

/* What is said to the provider, so that it stops or comes again. */
struct provider_reply {
    int status;
    const char *content_type, *body; /* static texts; NULL: none */
};

/* ---- bills: what the provider says that it paid on a day ---- */

struct provider_bill_row {
    char order_no[PROVIDER_ORDER_MAX + 1];
    char provider_no[PROVIDER_NO_MAX + 1];
    int64_t amount_fen; /* left the account; negative: came back to it */
    int64_t at_ms;
};

/* HB_OK; HB_E_NOT_FOUND: there is none for the day, or not yet; HB_E_UNAVAILABLE: ask again later;
 * HB_E_INPUT: what came is no bill, or its hash differs. rows are readable during the call. */
typedef void (*provider_billed_fn)(void *arg, hb_err err, const struct provider_bill_row *rows, size_t count);

/* ---- the port ---- */

enum provider_kind { PROVIDER_WECHAT, PROVIDER_ALIPAY };

/* What the merchant may do; of its own settings. 0: no such limit. */
struct provider_limits {
    int64_t min_fen, max_fen; /* a single payment */
    int64_t day_fen;
    int64_t calls_per_s; /* creates */
    size_t order_no_max;
};

struct provider_port {
    void *self;
    enum provider_kind kind;
    const char *merchant; /* its name in the books, provider:<merchant> */
    bool sandbox;         /* no real money: said wherever a player or an operator reads of it */
    struct provider_limits limits;

    /* HB_E_INPUT: *why says what is wrong with the order, in words for an operator. HB_E_UNAVAILABLE: a name
     * is to be encrypted and the provider's key is not here yet. Thread safe. */
    hb_err (*build)(void *self, const struct provider_order *order, struct buf *request, const char **why);
    void (*create)(void *self, const struct provider_payment *payment, provider_done_fn done, void *arg);
    void (*query)(void *self, const struct provider_payment *payment, provider_done_fn done, void *arg);
    /* Only an order that WAITS can be cancelled, and the payee's tap may be faster: query afterwards. NULL:
     * this provider has no such call. */
    void (*cancel)(void *self, const struct provider_payment *payment, provider_done_fn done, void *arg);
    /* day: "2026-02-16", in the provider's time (Beijing); there from about 10:00 of the next day. */
    void (*bill)(void *self, const char *day, provider_billed_fn done, void *arg);

    /* Any thread. HB_OK: *out is genuine. HB_E_NOT_FOUND: genuine and none of ours (take it). Otherwise it is
     * not believed: HB_E_FORBIDDEN (signature, time, serial number), HB_E_INPUT (not of its form). */
    hb_err (*notice)(void *self, const struct provider_notice *notice, struct provider_event *out);
    /* taken: stored, or none of ours. Otherwise the provider comes again. */
    struct provider_reply (*reply)(void *self, bool taken);
};
