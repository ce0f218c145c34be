/*
 * flow/payout_policy.c - the table of reactions, and what depends on more than the verdict.
 */
#include "flow/payout_policy.h"

#include <stdio.h>
#include <string.h>

#define SECONDS(n) ((n)*1000LL)
#define MINUTES(n) ((n)*60 * 1000LL)
#define HOURS(n) ((n)*3600 * 1000LL)

enum next_kind {
    NEXT_FIXED,  /* next_ms */
    NEXT_ASK,    /* 1, 3, 10, 30 s, then 5 min */
    NEXT_WAIT,   /* a person's tap: 5 s at first, at most 30 min */
    NEXT_AS_SAID /* retry_after_ms, no less than next_ms */
};

struct row {
    enum provider_outcome outcome;
    enum payout_event event;
    enum next_kind next;
    int64_t next_ms, pause_ms;
    bool stop_merchant, alarm;
};

/* What a create's answer means. A query's answer of the upper five means the same; the rest of a query's is
 * in query_react(). */
// clang-format off
static const struct row ROWS[PROVIDER_OUTCOME_COUNT] = {
    /*                        outcome                 event                    next          next_ms      pause_ms     stop   alarm */
    [PROVIDER_PAID]          = {PROVIDER_PAID,          PAYOUT_SAID_PAID,        NEXT_FIXED,   0,           0,           false, false},
    [PROVIDER_REFUSED]       = {PROVIDER_REFUSED,       PAYOUT_SAID_FAILED,      NEXT_FIXED,   0,           0,           false, false},
    [PROVIDER_RETURNED]      = {PROVIDER_RETURNED,      PAYOUT_SAID_PAID,        NEXT_FIXED,   0,           0,           false, true},
    [PROVIDER_WAITS]         = {PROVIDER_WAITS,         PAYOUT_SAID_WAITING,     NEXT_WAIT,    0,           0,           false, false},
    [PROVIDER_IN_PROGRESS]   = {PROVIDER_IN_PROGRESS,   PAYOUT_SAID_IN_PROGRESS, NEXT_ASK,     0,           0,           false, false},
    [PROVIDER_DIFFERS]       = {PROVIDER_DIFFERS,       PAYOUT_SAID_NOTHING,     NEXT_FIXED,   0,           0,           false, true},
    [PROVIDER_UNKNOWN]       = {PROVIDER_UNKNOWN,       PAYOUT_SAID_NOTHING,     NEXT_ASK,     0,           0,           false, false},
    [PROVIDER_ABSENT]        = {PROVIDER_ABSENT,        PAYOUT_SAID_NOTHING,     NEXT_ASK,     0,           0,           false, false},
    [PROVIDER_NOT_SENT]      = {PROVIDER_NOT_SENT,      PAYOUT_SAID_PARKED,      NEXT_FIXED,   SECONDS(5),  SECONDS(1),  false, false},
    [PROVIDER_NO_FUNDS]      = {PROVIDER_NO_FUNDS,      PAYOUT_SAID_PARKED,      NEXT_FIXED,   MINUTES(5),  MINUTES(1),  false, true},
    [PROVIDER_LIMITED]       = {PROVIDER_LIMITED,       PAYOUT_SAID_PARKED,      NEXT_FIXED,   HOURS(1),    0,           false, false},
    [PROVIDER_TOO_FAST]      = {PROVIDER_TOO_FAST,      PAYOUT_SAID_NOTHING,     NEXT_AS_SAID, SECONDS(2),  0,           false, false},
    [PROVIDER_MISCONFIGURED] = {PROVIDER_MISCONFIGURED, PAYOUT_SAID_PARKED,      NEXT_FIXED,   MINUTES(10), MINUTES(10), true,  true},
    [PROVIDER_DECLINED]      = {PROVIDER_DECLINED,      PAYOUT_SAID_NOTHING,     NEXT_FIXED,   SECONDS(1),  0,           false, false},
};

/* After REFUSED: is another attempt made by itself, and when. */
static const struct { bool again; int64_t next_ms; bool alarm; } CAUSES[PROVIDER_CAUSE_COUNT] = {
    [PROVIDER_CAUSE_NONE]        = {false, 0,           false},
    [PROVIDER_CAUSE_PAYEE]       = {false, 0,           false}, /* the player acts first */
    [PROVIDER_CAUSE_PAYEE_LIMIT] = {true,  HOURS(24),   false},
    [PROVIDER_CAUSE_NAME]        = {false, 0,           false},
    [PROVIDER_CAUSE_MERCHANT]    = {true,  HOURS(1),    true},
    [PROVIDER_CAUSE_EXPIRED]     = {false, 0,           false}, /* the wins are free: to be asked for again */
    [PROVIDER_CAUSE_CANCELLED]   = {false, 0,           false},
    [PROVIDER_CAUSE_RISK]        = {false, 0,           true},
    [PROVIDER_CAUSE_REQUEST]     = {false, 0,           true},
    [PROVIDER_CAUSE_OTHER]       = {true,  MINUTES(10), false},
};
// clang-format on

static int64_t between(int64_t value, int64_t least, int64_t most)
{
    return value < least ? least : value > most ? most : value;
}

/* Twice the time that has passed: asked at 1, 3, 9, 27... */
static int64_t ask_next_ms(const struct payout_case *what)
{
    return between(2 * what->since_send_ms, SECONDS(1), MINUTES(5));
}

static int64_t next_of(const struct payout_case *what, const struct row *row)
{
    switch (row->next) {
    case NEXT_FIXED:
        return row->next_ms;
    case NEXT_ASK:
        return ask_next_ms(what);
    case NEXT_WAIT:
        return between(what->since_send_ms / 2, SECONDS(5), MINUTES(30));
    case NEXT_AS_SAID:
        return between(what->verdict->retry_after_ms, row->next_ms, HOURS(1));
    }
    return row->next_ms;
}

static enum payout_source source_of(const struct payout_case *what, enum payout_event event)
{
    /* That nothing is known, or that we could not, is the engine's own word. */
    if (event == PAYOUT_SAID_NOTHING || event == PAYOUT_SAID_PARKED) {
        return PAYOUT_BY_ENGINE;
    }
    return what->call == PAYOUT_NOTICE   ? PAYOUT_BY_CALLBACK
           : what->call == PAYOUT_CREATE ? PAYOUT_BY_ANSWER
                                         : PAYOUT_BY_QUERY;
}

static struct payout_reaction tell(const struct payout_case *what)
{
    const struct row *row = &ROWS[what->verdict->outcome];
    struct payout_reaction reaction = {.act = PAYOUT_TELL,
                                       .event = row->event,
                                       .source = source_of(what, row->event),
                                       .next_ms = next_of(what, row),
                                       .pause_ms = row->pause_ms,
                                       .stop_merchant = row->stop_merchant,
                                       .alarm = row->alarm};

    if (what->verdict->outcome == PROVIDER_REFUSED) {
        reaction.again = CAUSES[what->verdict->cause].again;
        reaction.next_ms = CAUSES[what->verdict->cause].next_ms;
        reaction.alarm = CAUSES[what->verdict->cause].alarm;
    } else if (what->verdict->outcome == PROVIDER_DIFFERS) {
        reaction.act = PAYOUT_FREEZE;
    } else if (what->verdict->outcome == PROVIDER_TOO_FAST) {
        reaction.pause_ms = reaction.next_ms;
    } else if (what->verdict->outcome == PROVIDER_LIMITED) {
        reaction.pause_ms = what->verdict->cause == PROVIDER_CAUSE_MERCHANT ? MINUTES(10) : 0;
    }
    return reaction;
}

static struct payout_reaction put_off(int64_t next_ms)
{
    return (struct payout_reaction){.act = PAYOUT_PUT_OFF, .next_ms = next_ms};
}

/* It was declined, and is not known. */
static struct payout_reaction declined_react(const struct payout_case *what)
{
    const struct payout_reaction failed = {
        .act = PAYOUT_TELL_ABSENT, .event = PAYOUT_SAID_FAILED, .source = PAYOUT_BY_QUERY};
    struct payout_reaction reaction;

    if (!what->verdict->verified) {
        /* Not by an unsigned word. Nor is it sent again: it would be declined again. */
        reaction = put_off(between(2 * what->since_send_ms, SECONDS(1), HOURS(1)));
        reaction.alarm = what->since_send_ms >= PAYOUT_SETTLED_MS;
        return reaction;
    }
    if (what->sends > 1 && what->since_send_ms < PAYOUT_SETTLED_MS) {
        return put_off(PAYOUT_SETTLED_MS - what->since_send_ms + SECONDS(1));
    }
    return failed;
}

/* The provider, asked, does not know the number. */
static struct payout_reaction absent_react(const struct payout_case *what)
{
    struct payout_reaction reaction = {.act = PAYOUT_TELL,
                                       .event = PAYOUT_SAID_NOT_SEEN,
                                       .source = PAYOUT_BY_QUERY,
                                       .next_ms = PAYOUT_LEASE_MS};

    if (what->age_ms > PAYOUT_OLD_MS || payout_ended(what->state)) {
        /* Forgotten, perhaps, not unseen. */
        reaction = put_off(HOURS(6));
        reaction.alarm = true;
        return reaction;
    }
    if (what->state == PAYOUT_WAITING_USER || what->state == PAYOUT_IN_PROGRESS) {
        /* It knew the number before: one of the two is wrong. */
        reaction = put_off(MINUTES(10));
        reaction.alarm = true;
        return reaction;
    }
    if (what->declined) {
        return declined_react(what);
    }
    reaction.act = PAYOUT_TELL_AND_SEND;
    return reaction;
}

static bool tells_nothing_new(const struct payout_case *what)
{
    return (what->verdict->outcome == PROVIDER_WAITS && what->state == PAYOUT_WAITING_USER &&
            (what->verdict->confirm.package[0] == '\0' || what->has_package)) ||
           (what->verdict->outcome == PROVIDER_IN_PROGRESS && what->state == PAYOUT_IN_PROGRESS);
}

static struct payout_reaction waits_react(const struct payout_case *what)
{
    struct payout_reaction reaction = tell(what);

    if (what->has_package && what->package_over_ms > PAYOUT_CLOSE_SLACK_MS && what->can_cancel) {
        return (struct payout_reaction){.act = PAYOUT_ASK_CANCEL, .next_ms = SECONDS(10)};
    }
    if (!what->has_package && what->verdict->confirm.package[0] == '\0' &&
        what->state == PAYOUT_WAITING_USER && what->age_ms <= PAYOUT_OLD_MS) {
        reaction.act = PAYOUT_SEND_AGAIN; /* the answer that brought the package was lost */
    } else if (tells_nothing_new(what)) {
        reaction = put_off(reaction.next_ms);
    }
    return reaction;
}

static struct payout_reaction in_progress_react(const struct payout_case *what)
{
    struct payout_reaction reaction = tell(what);

    if (!tells_nothing_new(what)) {
        return reaction;
    }
    if (what->since_send_ms >= PAYOUT_STUCK_MS && what->age_ms <= PAYOUT_OLD_MS) {
        reaction.act = PAYOUT_SEND_AGAIN;
        reaction.alarm = true;
        return reaction;
    }
    return put_off(reaction.next_ms);
}

static struct payout_reaction query_react(const struct payout_case *what)
{
    struct payout_reaction reaction;

    switch (what->verdict->outcome) {
    case PROVIDER_PAID:
    case PROVIDER_REFUSED:
    case PROVIDER_RETURNED:
    case PROVIDER_DIFFERS:
        return tell(what);
    case PROVIDER_WAITS:
        return waits_react(what);
    case PROVIDER_IN_PROGRESS:
        return in_progress_react(what);
    case PROVIDER_ABSENT:
        return absent_react(what);
    case PROVIDER_UNKNOWN:
    case PROVIDER_NOT_SENT:
    case PROVIDER_NO_FUNDS:
    case PROVIDER_LIMITED:
    case PROVIDER_TOO_FAST:
    case PROVIDER_DECLINED:
    case PROVIDER_MISCONFIGURED:
    case PROVIDER_OUTCOME_COUNT:
        break;
    }
    /* A query that says nothing of the payout changes nothing about it. */
    reaction = put_off(between(what->verdict->retry_after_ms, ask_next_ms(what), HOURS(1)));
    reaction.stop_merchant = what->verdict->outcome == PROVIDER_MISCONFIGURED;
    reaction.alarm = reaction.stop_merchant;
    return reaction;
}

/* Whatever a cancel answers, the query that follows it decides. */
static struct payout_reaction cancel_react(const struct payout_case *what)
{
    return what->verdict->outcome == PROVIDER_DIFFERS ? tell(what) : put_off(SECONDS(10));
}

static struct payout_reaction notice_react(const struct payout_case *what)
{
    switch (what->verdict->outcome) {
    case PROVIDER_PAID:
    case PROVIDER_REFUSED:
    case PROVIDER_RETURNED:
    case PROVIDER_DIFFERS:
        return tell(what);
    default: /* a notice is of an end; anything else is left to the next query */
        return put_off(0);
    }
}

struct payout_reaction payout_react(const struct payout_case *what)
{
    switch (what->call) {
    case PAYOUT_CREATE:
        return tell(what);
    case PAYOUT_QUERY:
        return query_react(what);
    case PAYOUT_CANCEL:
        return cancel_react(what);
    case PAYOUT_NOTICE:
        return notice_react(what);
    }
    return put_off(MINUTES(1));
}

/* ---- codes ---- */

static const char DECLINED[] = "declined:";

void payout_code(const struct provider_verdict *verdict, char out[static PAYOUT_CODE_MAX + 1])
{
    bool has_cause = verdict->cause != PROVIDER_CAUSE_NONE;

    (void)snprintf(out,
                   PAYOUT_CODE_MAX + 1,
                   "%s%s%s%s",
                   verdict->outcome == PROVIDER_DECLINED ? DECLINED : "",
                   has_cause ? provider_cause_name(verdict->cause) : "",
                   has_cause ? ":" : "",
                   verdict->code);
}

bool payout_code_declined(const char *code)
{
    return strncmp(code, DECLINED, sizeof DECLINED - 1) == 0;
}

int64_t payout_jitter(int64_t next_ms, uint32_t random)
{
    int64_t spread = next_ms / 2;

    return spread == 0 ? next_ms : next_ms - spread / 2 + (int64_t)random % (spread + 1);
}
