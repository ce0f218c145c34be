/*
 * flow/payout_answer.c - what a provider said, and what is done about it.
 *
 *   answered ──> react (payout_policy.c) ──> tell the books ──> told ──> the same bytes again, or the end
 *
 * A verdict that the books did not take (they are away, or somebody else has the payout) is dropped: the
 * provider says it again when asked.
 */
#include "flow/payout_internal.h"

#include "base/crash_point.h"
#include "base/log.h"
#include "base/metrics.h"

#include <inttypes.h>

_Static_assert((int)M_ANSWER_DECLINED - (int)M_ANSWER_PAID == (int)PROVIDER_DECLINED,
               "the counters of answers are in the order of the outcomes");

int64_t desk_now_ms(const struct payout_desk *desk)
{
    return desk->spec.now_ms(desk->spec.arg);
}

void payout_alarm(const char *what, const char *merchant, const char *out_no, const char *code)
{
    metrics_add(M_PAYOUT_ALARMS, 1);
    log_error("payout.alarm", "what=%s merchant=%s out_no=%s code=\"%s\"", what, merchant, out_no, code);
}

static struct payout_reaction payout_judgement_of(const struct payout *payout,
                                                  const struct provider_verdict *verdict)
{
    return payout_react(&(struct payout_case){
        .call = payout->call,
        .verdict = verdict,
        .state = payout->state,
        .declined = payout->declined,
        .has_package = payout->has_package,
        .can_cancel = payout->desk->spec.provider->cancel != NULL,
        .sends = payout->sends,
        .since_send_ms = desk_now_ms(payout->desk) - payout->sent_ms,
        .age_ms = payout->age_ms,
        .package_over_ms = payout->package_over_ms,
    });
}

static void payout_halt_told(void *arg, hb_err err, const char *verdict)
{
    (void)arg;
    (void)err;
    (void)verdict;
}

/* What an answer means for the whole desk. */
static void desk_heed(struct payout *payout, const struct provider_verdict *verdict)
{
    struct payout_desk *desk = payout->desk;
    const struct payout_reaction *reaction = &payout->reaction;
    int64_t until_ms = desk_now_ms(desk) + reaction->pause_ms;

    metrics_add((enum metric_counter)((int)M_ANSWER_PAID + (int)verdict->outcome), 1);
    if (reaction->pause_ms > 0 && until_ms > desk->pause_until_ms) {
        desk->pause_until_ms = until_ms;
    }
    if (reaction->alarm) {
        payout_alarm(provider_outcome_name(verdict->outcome),
                     payout_desk_merchant(desk),
                     payout->out_no,
                     verdict->code);
    }
    if (reaction->stop_merchant && !desk->stopped) {
        const struct payout_telling telling = {
            .kind = TELL_HALT, .merchant = payout_desk_merchant(desk), .code = verdict->code};

        desk->stopped = true;
        log_error("merchant.stopped", "merchant=%s code=\"%s\"", payout_desk_merchant(desk), verdict->code);
        desk->spec.books->tell(desk->spec.books->self, &telling, payout_halt_told, NULL);
    }
}

static void payout_evidence(const struct provider_verdict *verdict, uint8_t out[static SHA256_BYTES])
{
    struct buf text;

    buf_init(&text, 1024);
    buf_addf(&text,
             "%s\n%s\n%s\n%s\n%s\n%" PRId64 "\n%" PRId64 "\n",
             provider_outcome_name(verdict->outcome),
             verdict->code,
             verdict->request_id,
             verdict->order_no,
             verdict->provider_no,
             verdict->amount_fen,
             verdict->settled_at_ms);
    sha256(buf_cstr(&text), text.len, out);
    buf_free(&text);
}

static enum payout_tell_kind kind_of(enum payout_act act)
{
    return act == PAYOUT_FREEZE ? TELL_DIFFERS : act == PAYOUT_TELL_ABSENT ? TELL_ABSENT : TELL_VERDICT;
}

static void payout_tell(struct payout *payout, const struct provider_verdict *verdict)
{
    const struct payout_reaction *reaction = &payout->reaction;
    const struct books_port *books = payout->desk->spec.books;
    uint8_t evidence[SHA256_BYTES];
    char code[PAYOUT_CODE_MAX + 1];
    struct payout_telling telling = {
        .kind = kind_of(reaction->act),
        .fence = payout->fence,
        .out_no = payout->out_no,
        .event = reaction->event,
        .source = reaction->act == PAYOUT_FREEZE
                      ? (payout->call == PAYOUT_CREATE ? PAYOUT_BY_ANSWER : PAYOUT_BY_QUERY)
                      : reaction->source,
        .code = code,
        .provider_no = verdict->provider_no,
        .amount_fen = verdict->verified ? verdict->amount_fen : 0,
        .evidence = verdict->verified ? evidence : NULL,
        .package = verdict->confirm.package,
        .package_until_ms = verdict->confirm.expires_at_ms,
        .again = reaction->again,
        .next_ms = payout_jitter(reaction->next_ms, payout->desk->spec.random(payout->desk->spec.arg)),
    };

    payout_code(verdict, code);
    payout_evidence(verdict, evidence);
    books->tell(books->self, &telling, payout_told, payout);
}

static void payout_put_off(struct payout *payout)
{
    const struct books_port *books = payout->desk->spec.books;
    const struct payout_telling telling = {
        .kind = TELL_LATER,
        .out_no = payout->out_no,
        .fence = payout->fence,
        .next_ms =
            payout_jitter(payout->reaction.next_ms, payout->desk->spec.random(payout->desk->spec.arg))};

    books->tell(books->self, &telling, payout_told, payout);
}

void payout_answered(void *arg, const struct provider_verdict *verdict)
{
    struct payout *payout = arg;

    CRASH_POINT(PAYOUT_ANSWERED);
    payout->reaction = payout_judgement_of(payout, verdict);
    desk_heed(payout, verdict);
    switch (payout->reaction.act) {
    case PAYOUT_TELL:
    case PAYOUT_TELL_ABSENT:
    case PAYOUT_TELL_AND_SEND:
    case PAYOUT_FREEZE:
        payout_tell(payout, verdict);
        break;
    case PAYOUT_SEND_AGAIN:
        if (payout->desk->stopped) {
            payout_put_off(payout);
        } else {
            payout_store(payout);
        }
        break;
    case PAYOUT_ASK_CANCEL:
        payout_cancel(payout);
        break;
    case PAYOUT_PUT_OFF:
        payout_put_off(payout);
        break;
    }
}

static void payout_count(const struct payout *payout)
{
    switch (payout->reaction.event) {
    case PAYOUT_SAID_PAID:
        metrics_add(M_PAYOUT_PAID, 1);
        break;
    case PAYOUT_SAID_FAILED:
        metrics_add(M_PAYOUT_FAILED, 1);
        break;
    default:
        break;
    }
}

void payout_told(void *arg, hb_err err, const char *verdict)
{
    struct payout *payout = arg;

    CRASH_POINT(PAYOUT_BOOKED);
    if (strcmp(verdict, "disagree") == 0 || strcmp(verdict, "unknown_number") == 0) {
        payout_alarm(verdict, payout_desk_merchant(payout->desk), payout->out_no, "");
    }
    if (err == HB_OK && strcmp(verdict, "applied") == 0) {
        payout_count(payout);
        if (payout->reaction.act == PAYOUT_TELL_AND_SEND && !payout->desk->stopped) {
            payout->state = PAYOUT_SENT;
            payout_store(payout);
            return;
        }
    }
    payout_finish(payout);
}
