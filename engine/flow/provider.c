/*
 * flow/provider.c - the words of provider.h, and the comparison that no answer escapes.
 */
#include "flow/provider.h"

#include <string.h>

#define PROVIDER_NAME(symbol, name) [symbol] = (name),

static const char *const OUTCOMES[] = {PROVIDER_OUTCOMES(PROVIDER_NAME)};
static const char *const CAUSES[] = {PROVIDER_CAUSES(PROVIDER_NAME)};

const char *provider_outcome_name(enum provider_outcome outcome)
{
    return OUTCOMES[outcome];
}

bool provider_outcome_parse(const char *name, enum provider_outcome *out)
{
    for (enum provider_outcome i = 0; i < PROVIDER_OUTCOME_COUNT; i++) {
        if (strcmp(name, OUTCOMES[i]) == 0) {
            *out = i;
            return true;
        }
    }
    return false;
}

const char *provider_cause_name(enum provider_cause cause)
{
    return CAUSES[cause];
}

/* Whether the provider speaks of an order at all: then what it says of it must fit. */
static bool is_about_an_order(const struct provider_verdict *verdict)
{
    switch (verdict->outcome) {
    case PROVIDER_PAID:
    case PROVIDER_REFUSED:
    case PROVIDER_RETURNED:
    case PROVIDER_WAITS:
    case PROVIDER_IN_PROGRESS:
        return true;
    case PROVIDER_DIFFERS:
    case PROVIDER_UNKNOWN:
    case PROVIDER_ABSENT:
    case PROVIDER_NOT_SENT:
    case PROVIDER_NO_FUNDS:
    case PROVIDER_LIMITED:
    case PROVIDER_TOO_FAST:
    case PROVIDER_MISCONFIGURED:
    case PROVIDER_DECLINED:
    case PROVIDER_OUTCOME_COUNT:
        return false;
    }
    return false;
}

void provider_verdict_check(struct provider_verdict *verdict, const struct provider_payment *payment)
{
    bool fits = strcmp(verdict->order_no, payment->order_no) == 0 &&
                (verdict->amount_fen == 0 || verdict->amount_fen == payment->amount_fen) &&
                (verdict->payee_id[0] == '\0' || strcmp(verdict->payee_id, payment->payee_id) == 0);

    if (is_about_an_order(verdict) && !fits) {
        verdict->outcome = PROVIDER_DIFFERS;
    }
}
