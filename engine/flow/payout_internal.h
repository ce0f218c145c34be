/*
 * flow/payout_internal.h - what the files of the payout's journey share.
 */
#pragma once

#include "base/buf.h"
#include "flow/payout.h"

enum { BODY_SEALED_MAX = PROVIDER_REQUEST_MAX + SEAL_OVERHEAD, PAYEE_JSON_MAX = 1024 };

/* Opened: who is paid. */
struct payout_payee {
    enum payee_kind kind;
    char id[PROVIDER_PAYEE_MAX + 1];
    char name[PROVIDER_NAME_MAX + 1]; /* "": none */
};

/* One payout in hand. Ours until its last callback. */
struct payout {
    struct payout_desk *desk;
    char out_no[PAYOUT_NUMBER_LEN + 1];
    enum payout_state state;
    int64_t fence, amount_fen, age_ms, sends, package_over_ms, taken_ms, sent_ms;
    bool has_package, declined;
    struct player_id player;
    char campaign[SLUG_MAX + 1];
    struct payout_payee payee;
    struct buf body; /* the request, plain */
    uint8_t body_hash[SHA256_BYTES];
    enum payout_call call;           /* under way */
    struct payout_reaction reaction; /* being told */
};

struct payout_desk {
    struct payout_desk_spec spec;
    bool stopped, closed, claiming, asking;
    int64_t rate_per_s;
    int64_t create_milli, query_milli; /* tokens, in thousandths; may be owed */
    int64_t filled_ms, pause_until_ms, claim_at_ms, due_at_ms;
    size_t in_hand;
};

/* ---- payout_payee.c ---- */
/* False: it does not open, or is not of its form. */
bool payee_open(const struct seal_key *key, const struct payout_job *job, struct payout_payee *out);

/* ---- payout_journey.c ---- */
/* Begins a payout's journey: by sending, or by asking. Out of memory: its lease lapses. */
void payout_start(struct payout_desk *desk, const struct payout_job *job, bool ask);
void payout_store(struct payout *payout); /* then create */
void payout_cancel(struct payout *payout);
void payout_finish(struct payout *payout);

/* ---- payout_answer.c ---- */
void payout_answered(void *arg, const struct provider_verdict *verdict);
void payout_told(void *arg, hb_err err, const char *verdict);
int64_t desk_now_ms(const struct payout_desk *desk);
void payout_alarm(const char *what, const char *merchant, const char *out_no, const char *code);
