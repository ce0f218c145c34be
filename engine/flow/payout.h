/*
 * flow/payout.h - how a withdrawal's money leaves: one desk a merchant number, over two ports.
 *
 *   claim ──> build ──> sent (commit) ──> create ──> tell ──> done
 *                          ▲                │ nothing certain: unknown
 *   due ────> query ───────┼────────────────┘
 *               ├── not seen: the same bytes again
 *               ├── a final word: tell
 *               └── nothing new: put off
 *
 * The books reserve the money before the desk hears of a payout; the request is built once, sealed and stored
 * with its hash before its first byte leaves; every later sending is of the same bytes. What was sent and not
 * answered is asked for, never guessed, never timed out. See payout_policy.h for what an answer means.
 *
 * A desk has no clock and no timers of its own: its owner calls payout_desk_turn() every tenth of a second or
 * so. A payout whose journey ends early (the books are away, the process dies) comes back when its lease is
 * over: `due` names it again and it is asked for first.
 */
#pragma once

#include "base/crypto_seal.h"
#include "base/ids.h"
#include "flow/payout_policy.h"
#include "flow/provider.h"
#include "ledger/payout_number.h"

/* ---- the books (PostgreSQL) ---- */

struct payout_bytes {
    const uint8_t *at; /* NULL: none; readable during the callback */
    size_t len;
};

struct payout_job {
    char out_no[PAYOUT_NUMBER_LEN + 1], campaign[SLUG_MAX + 1];
    enum payout_state state;
    int64_t fence, amount_fen;
    int64_t age_ms;               /* since it was planned */
    int64_t sends, since_send_ms; /* sendings that were stored; since the last one */
    bool has_package;
    int64_t package_over_ms; /* since its page expired; negative: not yet */
    char code[PAYOUT_CODE_MAX + 1];
    struct player_id player;
    bool has_body;
    uint8_t body_hash[SHA256_BYTES];
    struct payout_bytes payee_sealed, name_sealed, body_sealed;
};

/* HB_OK: these are the caller's, under their fences, for PAYOUT_LEASE_MS. */
typedef void (*payout_jobs_fn)(void *arg, hb_err err, const struct payout_job *jobs, size_t count);

struct payout_sending {
    const char *out_no;
    int64_t fence;
    const uint8_t *body_hash; /* SHA256_BYTES, of the plain body */
    const void *body_sealed;
    size_t body_sealed_len;
};

enum payout_tell_kind {
    TELL_VERDICT,    /* event, source, code, provider_no, amount, evidence, package, again, next_ms */
    TELL_DIFFERS,    /* source, code, provider_no, amount, evidence: frozen */
    TELL_ABSENT,     /* fence, code, evidence: declined, and not known: failed */
    TELL_LATER,      /* fence, next_ms */
    TELL_UNSENDABLE, /* fence, code: reserved, and no request can be made */
    TELL_HALT,       /* merchant, code: its switch */
    TELL_NOTICE      /* merchant, notice_id, notice_kind, notice_event, and as VERDICT: once an id */
};

struct payout_telling {
    enum payout_tell_kind kind;
    const char *merchant, *out_no;
    int64_t fence;
    enum payout_event event;
    enum payout_source source;
    const char *code, *provider_no; /* "" for none */
    int64_t amount_fen;             /* 0: not said */
    const uint8_t *evidence;        /* SHA256_BYTES; NULL: none */
    const char *package;            /* "" for none */
    int64_t package_until_ms;       /* 0: not said */
    bool again;
    int64_t next_ms;
    const char *notice_id, *notice_kind;
    const char *notice_event; /* an event's name, "differs", or NULL: it is only noted */
};

/* HB_OK: verdict is the word of the function in the migrations ("applied", "send", ...). Otherwise "". */
typedef void (*payout_told_fn)(void *arg, hb_err err, const char *verdict);

struct merchant_row {
    char id[SLUG_MAX + 1];
    bool stopped;
    int64_t rate_per_s;
};
typedef void (*merchants_fn)(void *arg, hb_err err, const struct merchant_row *rows, size_t count);

/* What is counted for the metrics. */
struct payout_counts {
    int64_t open[PAYOUT_STATE_COUNT]; /* paid and failed: 0 */
    int64_t frozen, oldest_unknown_s;
};
typedef void (*payout_counted_fn)(void *arg, hb_err err, const struct payout_counts *counts);

/* Each done runs exactly once, on the loop, never before the call returns. Arguments are copied. */
struct books_port {
    void *self;
    void (*claim)(void *self, const char *merchant, size_t limit, payout_jobs_fn done, void *arg);
    void (*due)(void *self, const char *merchant, size_t limit, payout_jobs_fn done, void *arg);
    void (*look)(void *self, const char *merchant, const char *out_no, payout_jobs_fn done, void *arg);
    void (*sent)(void *self, const struct payout_sending *sending, payout_told_fn done, void *arg);
    void (*tell)(void *self, const struct payout_telling *telling, payout_told_fn done, void *arg);
    void (*merchants)(void *self, merchants_fn done, void *arg);
    void (*counts)(void *self, payout_counted_fn done, void *arg);
};

/* ---- a desk ---- */

enum { PAYOUT_BATCH = 50, PAYOUTS_IN_HAND = 200 };

struct payout_desk_spec {
    const struct books_port *books;       /* borrowed, like all here */
    const struct provider_port *provider; /* of this merchant number */
    const struct seal_key *key;
    const char *remark;           /* the payee reads it */
    int64_t (*now_ms)(void *arg); /* monotonic */
    uint32_t (*random)(void *arg);
    void *arg;
};

struct payout_desk;

struct payout_desk *payout_desk_new(const struct payout_desk_spec *spec); /* NULL: out of memory */
/* With nothing in hand, or after the ports have answered everything. Accepts NULL. */
void payout_desk_free(struct payout_desk *desk);
/* Of the merchant's row; a desk begins stopped. */
void payout_desk_set(struct payout_desk *desk, bool stopped, int64_t rate_per_s);
/* Takes what is due and what may be sent. */
void payout_desk_turn(struct payout_desk *desk);
size_t payout_desk_in_hand(const struct payout_desk *desk);
/* Takes nothing more; what is in hand goes on. */
void payout_desk_close(struct payout_desk *desk);
const char *payout_desk_merchant(const struct payout_desk *desk);

/* ---- a notice ---- */

/* taken: stored, or none of ours: the provider need not come again. */
typedef void (*notice_done_fn)(void *arg, bool taken);

/* A genuine notice: compared with what is stored under its number, then applied, once an id. body_hash: of
 * its bytes. event is copied. */
void payout_notice(const struct payout_desk_spec *spec,
                   const struct provider_event *event,
                   const uint8_t body_hash[static SHA256_BYTES],
                   notice_done_fn done,
                   void *arg);
