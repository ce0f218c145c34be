/*
 * ledger/payout_state.h - what may happen to a payout, and what a word about it is worth.
 *
 *   planned --> reserved --> sent --+--> waiting_user --+--> paid
 *                             ^     +--> in_progress  --+
 *                             |     +--> unknown -------+--> failed
 *                             +--------- not_seen (a verified query does not know the number)
 *
 * paid and failed are ends. Before the first sending a person may take a payout back (withdraw); afterwards
 * only the provider's verified word ends it. Pure; the migrations have the steps as table payout_step and the
 * rest in payout_verdict().
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/*     symbol               name */
#define PAYOUT_STATES(X)                   \
    X(PAYOUT_PLANNED, "planned")           \
    X(PAYOUT_RESERVED, "reserved")         \
    X(PAYOUT_SENT, "sent")                 \
    X(PAYOUT_WAITING_USER, "waiting_user") \
    X(PAYOUT_IN_PROGRESS, "in_progress")   \
    X(PAYOUT_UNKNOWN, "unknown")           \
    X(PAYOUT_PAID, "paid")                 \
    X(PAYOUT_FAILED, "failed")

#define PAYOUT_EVENTS(X)                      \
    X(PAYOUT_RESERVE, "reserve")              \
    X(PAYOUT_WITHDRAW, "withdraw")            \
    X(PAYOUT_SEND, "send")                    \
    X(PAYOUT_SAID_WAITING, "waiting_user")    \
    X(PAYOUT_SAID_IN_PROGRESS, "in_progress") \
    X(PAYOUT_SAID_NOT_SEEN, "not_seen")       \
    X(PAYOUT_SAID_PARKED, "parked")           \
    X(PAYOUT_SAID_NOTHING, "unknown")         \
    X(PAYOUT_SAID_PAID, "paid")               \
    X(PAYOUT_SAID_FAILED, "failed")

#define PAYOUT_SOURCES(X)             \
    X(PAYOUT_BY_ENGINE, "engine")     \
    X(PAYOUT_BY_ANSWER, "answer")     \
    X(PAYOUT_BY_QUERY, "query")       \
    X(PAYOUT_BY_CALLBACK, "callback") \
    X(PAYOUT_BY_BILL, "bill")

#define PAYOUT_ENUM(symbol, name) symbol,
enum payout_state { PAYOUT_STATES(PAYOUT_ENUM) PAYOUT_STATE_COUNT };
enum payout_event { PAYOUT_EVENTS(PAYOUT_ENUM) PAYOUT_EVENT_COUNT };
enum payout_source { PAYOUT_SOURCES(PAYOUT_ENUM) PAYOUT_SOURCE_COUNT };

const char *payout_state_name(enum payout_state state);
const char *payout_event_name(enum payout_event event);
const char *payout_source_name(enum payout_source source);
bool payout_state_parse(const char *name, enum payout_state *out);

bool payout_ended(enum payout_state state);
/* Does `event` follow `before`? *after is set when it does. */
bool payout_step(enum payout_state before, enum payout_event event, enum payout_state *after);

struct payout_now {
    enum payout_state state;
    int64_t amount_fen;
    bool frozen;
};

struct payout_word {
    enum payout_event event; /* PAYOUT_SAID_... */
    enum payout_source source;
    bool has_amount;
    int64_t amount_fen;
};

enum payout_judgement {
    PAYOUT_APPLY,
    PAYOUT_SAME,      /* the final word that is there already */
    PAYOUT_LATE,      /* ended, or no step: ignored */
    PAYOUT_ASK_FIRST, /* it is unknown: only query, callback or bill may say otherwise */
    PAYOUT_DISAGREE,  /* another final word, or another amount: freeze, a person looks */
    PAYOUT_KEPT       /* it is frozen */
};

enum payout_judgement payout_judge(const struct payout_now *now, const struct payout_word *word);
