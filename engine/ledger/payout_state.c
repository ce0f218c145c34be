/*
 * ledger/payout_state.c - the table of steps.
 */
#include "ledger/payout_state.h"

#include <stddef.h>
#include <string.h>

#define NAME(symbol, name) name,
static const char *const STATES[] = {PAYOUT_STATES(NAME)};
static const char *const EVENTS[] = {PAYOUT_EVENTS(NAME)};
static const char *const SOURCES[] = {PAYOUT_SOURCES(NAME)};

static const struct {
    enum payout_state before;
    enum payout_event event;
    enum payout_state after;
} STEPS[] = {
    {PAYOUT_PLANNED, PAYOUT_RESERVE, PAYOUT_RESERVED},
    {PAYOUT_PLANNED, PAYOUT_WITHDRAW, PAYOUT_FAILED},
    {PAYOUT_RESERVED,
     PAYOUT_WITHDRAW,
     PAYOUT_FAILED}, /* the body is stored before the first byte leaves: nothing was sent */
    {PAYOUT_RESERVED, PAYOUT_SEND, PAYOUT_SENT},
    {PAYOUT_RESERVED, PAYOUT_SAID_PAID, PAYOUT_PAID}, /* after a restore the provider may know more than we */
    {PAYOUT_RESERVED, PAYOUT_SAID_FAILED, PAYOUT_FAILED},
    {PAYOUT_SENT, PAYOUT_SEND, PAYOUT_SENT}, /* the same number, the same body */
    {PAYOUT_SENT, PAYOUT_SAID_WAITING, PAYOUT_WAITING_USER},
    {PAYOUT_SENT, PAYOUT_SAID_IN_PROGRESS, PAYOUT_IN_PROGRESS},
    {PAYOUT_SENT, PAYOUT_SAID_NOTHING, PAYOUT_UNKNOWN},
    {PAYOUT_SENT, PAYOUT_SAID_NOT_SEEN, PAYOUT_SENT},
    {PAYOUT_SENT, PAYOUT_SAID_PARKED, PAYOUT_SENT},
    {PAYOUT_SENT, PAYOUT_SAID_PAID, PAYOUT_PAID},
    {PAYOUT_SENT, PAYOUT_SAID_FAILED, PAYOUT_FAILED},
    {PAYOUT_WAITING_USER, PAYOUT_SEND, PAYOUT_WAITING_USER}, /* for its package */
    {PAYOUT_WAITING_USER, PAYOUT_SAID_WAITING, PAYOUT_WAITING_USER},
    {PAYOUT_WAITING_USER, PAYOUT_SAID_IN_PROGRESS, PAYOUT_IN_PROGRESS},
    {PAYOUT_WAITING_USER, PAYOUT_SAID_PAID, PAYOUT_PAID},
    {PAYOUT_WAITING_USER, PAYOUT_SAID_FAILED, PAYOUT_FAILED},
    {PAYOUT_IN_PROGRESS, PAYOUT_SEND, PAYOUT_IN_PROGRESS},
    {PAYOUT_IN_PROGRESS, PAYOUT_SAID_IN_PROGRESS, PAYOUT_IN_PROGRESS},
    {PAYOUT_IN_PROGRESS, PAYOUT_SAID_WAITING, PAYOUT_WAITING_USER},
    {PAYOUT_IN_PROGRESS, PAYOUT_SAID_NOTHING, PAYOUT_UNKNOWN},
    {PAYOUT_IN_PROGRESS, PAYOUT_SAID_PARKED, PAYOUT_IN_PROGRESS},
    {PAYOUT_IN_PROGRESS, PAYOUT_SAID_PAID, PAYOUT_PAID},
    {PAYOUT_IN_PROGRESS, PAYOUT_SAID_FAILED, PAYOUT_FAILED},
    {PAYOUT_UNKNOWN, PAYOUT_SAID_NOTHING, PAYOUT_UNKNOWN},
    {PAYOUT_UNKNOWN, PAYOUT_SAID_NOT_SEEN, PAYOUT_SENT},
    {PAYOUT_UNKNOWN, PAYOUT_SAID_IN_PROGRESS, PAYOUT_IN_PROGRESS},
    {PAYOUT_UNKNOWN, PAYOUT_SAID_WAITING, PAYOUT_WAITING_USER},
    {PAYOUT_UNKNOWN, PAYOUT_SAID_PAID, PAYOUT_PAID},
    {PAYOUT_UNKNOWN, PAYOUT_SAID_FAILED, PAYOUT_FAILED},
};

const char *payout_state_name(enum payout_state state)
{
    return STATES[state];
}

const char *payout_event_name(enum payout_event event)
{
    return EVENTS[event];
}

const char *payout_source_name(enum payout_source source)
{
    return SOURCES[source];
}

bool payout_state_parse(const char *name, enum payout_state *out)
{
    for (size_t i = 0; i < PAYOUT_STATE_COUNT; i++) {
        if (strcmp(STATES[i], name) == 0) {
            *out = (enum payout_state)i;
            return true;
        }
    }
    return false;
}

bool payout_ended(enum payout_state state)
{
    return state == PAYOUT_PAID || state == PAYOUT_FAILED;
}

bool payout_step(enum payout_state before, enum payout_event event, enum payout_state *after)
{
    for (size_t i = 0; i < sizeof STEPS / sizeof STEPS[0]; i++) {
        if (STEPS[i].before == before && STEPS[i].event == event) {
            *after = STEPS[i].after;
            return true;
        }
    }
    return false;
}

static bool word_final(enum payout_event event)
{
    return event == PAYOUT_SAID_PAID || event == PAYOUT_SAID_FAILED;
}

static bool word_contradicts(const struct payout_now *now, const struct payout_word *word)
{
    enum payout_state said = word->event == PAYOUT_SAID_PAID ? PAYOUT_PAID : PAYOUT_FAILED;

    /* Of a planned payout no provider can know: nothing was reserved for it. */
    return (word->has_amount && word->amount_fen != now->amount_fen) ||
           (word_final(word->event) && now->state != said &&
            (payout_ended(now->state) || now->state == PAYOUT_PLANNED));
}

static bool word_proves(enum payout_source source)
{
    return source == PAYOUT_BY_QUERY || source == PAYOUT_BY_CALLBACK || source == PAYOUT_BY_BILL;
}

enum payout_judgement payout_judge(const struct payout_now *now, const struct payout_word *word)
{
    enum payout_state after = now->state;

    if (word_contradicts(now, word)) {
        return PAYOUT_DISAGREE;
    }
    if (payout_ended(now->state)) {
        return word_final(word->event) ? PAYOUT_SAME : PAYOUT_LATE;
    }
    if (!payout_step(now->state, word->event, &after)) {
        return PAYOUT_LATE;
    }
    if (now->frozen) {
        return PAYOUT_KEPT;
    }
    return now->state == PAYOUT_UNKNOWN && word->event != PAYOUT_SAID_NOTHING && !word_proves(word->source)
               ? PAYOUT_ASK_FIRST
               : PAYOUT_APPLY;
}
