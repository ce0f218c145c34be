/*
 * flow/payout_policy.h - what a provider's verdict means for a payout, and when to ask again: one table.
 *
 *   create said PAID, REFUSED...   told to the books at once
 *   create said nothing certain    unknown, asked for after 1, 3, 10, 30 s, then every five minutes
 *   query said ABSENT              not_seen: the same bytes again, while that is safe
 *   query said what we knew        nothing is written: it is put off
 *
 * Pure. A payout ends by a provider's verified word alone. The one ending that rests on an absence: a number
 * that the provider declined and, asked, does not know, both signed. It counts only when no request is on its
 * way any more: of a single send at once, of several when the last one is older than every signature's life.
 */
#pragma once

#include "flow/provider.h"
#include "ledger/payout_state.h"

enum {
    PAYOUT_CODE_MAX = 127,
    PAYOUT_LEASE_MS = 60 * 1000,
    PAYOUT_SETTLED_MS = 15 * 60 * 1000, /* providers refuse a signature older than 5 (WeChat) or 10 minutes */
    PAYOUT_STUCK_MS = 10 * 60 * 1000    /* in progress for so long: the same bytes again (an empty account) */
};
#define PAYOUT_OLD_MS (25LL * 24 * 3600 * 1000) /* WeChat forgets after 30 days: no send after this */
#define PAYOUT_CLOSE_SLACK_MS \
    (2LL * 3600 * 1000) /* the provider closes late by up to an hour: then we cancel */

enum payout_call { PAYOUT_CREATE, PAYOUT_QUERY, PAYOUT_CANCEL, PAYOUT_NOTICE };

struct payout_case {
    enum payout_call call; /* what the verdict answers */
    const struct provider_verdict *verdict;
    enum payout_state state;
    bool declined;    /* the last word of a create was DECLINED */
    bool has_package; /* of WAITS: the books have one */
    bool can_cancel;
    int64_t sends;                 /* of this number, this one included */
    int64_t since_send_ms, age_ms; /* since the last send; since it was planned */
    int64_t package_over_ms;       /* since the page expired; negative: not yet; of has_package */
};

enum payout_act {
    PAYOUT_TELL_ABSENT,   /* declined and not known: failed, if nobody else has it in hand */
    PAYOUT_TELL,          /* event, code, again, next_ms to the books */
    PAYOUT_TELL_AND_SEND, /* then the same bytes again */
    PAYOUT_SEND_AGAIN,    /* without a word before it */
    PAYOUT_ASK_CANCEL,    /* cancel, then query */
    PAYOUT_PUT_OFF,       /* nothing new: next_ms */
    PAYOUT_FREEZE         /* it speaks of something else */
};

struct payout_reaction {
    enum payout_act act;
    enum payout_event event; /* PAYOUT_SAID_... of TELL */
    enum payout_source source;
    bool again;         /* of failed: another attempt */
    int64_t next_ms;    /* without jitter */
    int64_t pause_ms;   /* nothing new is sent by this merchant for so long */
    bool stop_merchant; /* the provider refuses its set-up */
    bool alarm;         /* a person looks */
};

struct payout_reaction payout_react(const struct payout_case *what);

/* The books' code: "payee:ACCOUNT_FROZEN", "TRANSFERING", "declined:name:NAME_NOT_CORRECT". */
void payout_code(const struct provider_verdict *verdict, char out[static PAYOUT_CODE_MAX + 1]);
bool payout_code_declined(const char *code);

/* next_ms spread by a quarter to either side; random: any number. */
int64_t payout_jitter(int64_t next_ms, uint32_t random);
