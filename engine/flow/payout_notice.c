/*
 * flow/payout_notice.c - a provider's notice, after its signature was found good.
 *
 *   look up its number ──> compare ──> store its id and apply it, in one transaction ──> taken
 *
 * A number that is none of this merchant's is noted and taken: coming again would not make it ours.
 */
#include "flow/payout_internal.h"

#include "base/crash_point.h"
#include "base/log.h"
#include "base/metrics.h"

#include <stdlib.h>

struct notice {
    struct payout_desk_spec spec;
    struct provider_event event;
    uint8_t body_hash[SHA256_BYTES];
    struct payout_reaction reaction;
    notice_done_fn done;
    void *arg;
};

static void notice_looked(void *arg, hb_err err, const struct payout_job *jobs, size_t count);
static void notice_tell(struct notice *notice, bool known);
static void notice_told(void *arg, hb_err err, const char *verdict);

static void notice_finish(struct notice *notice, bool taken)
{
    notice->done(notice->arg, taken);
    free(notice);
}

void payout_notice(const struct payout_desk_spec *spec,
                   const struct provider_event *event,
                   const uint8_t body_hash[static SHA256_BYTES],
                   notice_done_fn done,
                   void *arg)
{
    struct notice *notice = calloc(1, sizeof *notice);

    if (notice == NULL) {
        abort(); /* an answer that never comes would hold its request for ever */
    }
    *notice = (struct notice){.spec = *spec, .event = *event, .done = done, .arg = arg};
    memcpy(notice->body_hash, body_hash, SHA256_BYTES);
    CRASH_POINT(NOTICE_RECEIVED);
    spec->books->look(
        spec->books->self, spec->provider->merchant, event->verdict.order_no, notice_looked, notice);
}

/* As an adapter does with its own answers: number, amount, payee. */
static bool notice_compare(struct notice *notice, const struct payout_job *job)
{
    struct payout_payee payee;
    const struct provider_payment payment = {
        .order_no = job->out_no, .amount_fen = job->amount_fen, .payee_id = payee.id};

    if (!payee_open(notice->spec.key, job, &payee)) {
        /* Erased, as only somebody without open payouts can be: number and amount are left to compare. */
        notice->event.verdict.payee_id[0] = '\0';
        payee.id[0] = '\0';
    }
    provider_verdict_check(&notice->event.verdict, &payment);
    crypto_wipe(&payee, sizeof payee);
    return true;
}

static void notice_looked(void *arg, hb_err err, const struct payout_job *jobs, size_t count)
{
    struct notice *notice = arg;

    if (err != HB_OK) {
        notice_finish(notice, /* taken= */ false);
        return;
    }
    notice_tell(notice, count == 1 && notice_compare(notice, &jobs[0]));
}

static const char *notice_event_name(const struct notice *notice, bool known)
{
    if (!known || notice->reaction.act == PAYOUT_PUT_OFF) {
        return NULL;
    }
    return notice->reaction.act == PAYOUT_FREEZE ? "differs" : payout_event_name(notice->reaction.event);
}

static void notice_tell(struct notice *notice, bool known)
{
    const struct provider_verdict *verdict = &notice->event.verdict;
    const struct books_port *books = notice->spec.books;
    char code[PAYOUT_CODE_MAX + 1];
    struct payout_telling telling = {.kind = TELL_NOTICE,
                                     .merchant = notice->spec.provider->merchant,
                                     .out_no = verdict->order_no,
                                     .code = code,
                                     .provider_no = verdict->provider_no,
                                     .amount_fen = verdict->amount_fen,
                                     .evidence = notice->body_hash,
                                     .notice_id = notice->event.id,
                                     .notice_kind = notice->event.kind};

    payout_code(verdict, code);
    notice->reaction =
        payout_react(&(struct payout_case){.call = PAYOUT_NOTICE, .verdict = verdict, .state = PAYOUT_SENT});
    telling.again = notice->reaction.again;
    telling.next_ms = notice->reaction.next_ms;
    telling.notice_event = notice_event_name(notice, known);
    CRASH_POINT(NOTICE_COMPARED);
    if (!known) {
        log_warn("payout.notice_stranger", "merchant=%s order_no=%s", telling.merchant, verdict->order_no);
    }
    if (notice->reaction.alarm) {
        payout_alarm("notice", telling.merchant, verdict->order_no, code);
    }
    books->tell(books->self, &telling, notice_told, notice);
}

static void notice_told(void *arg, hb_err err, const char *verdict)
{
    struct notice *notice = arg;

    CRASH_POINT(NOTICE_BOOKED);
    metrics_add(strcmp(verdict, "seen") == 0 ? M_PAYOUT_NOTICES_AGAIN : M_PAYOUT_NOTICES, 1);
    if (strcmp(verdict, "disagree") == 0 || strcmp(verdict, "frozen") == 0) {
        payout_alarm(verdict, notice->spec.provider->merchant, notice->event.verdict.order_no, "notice");
    }
    notice_finish(notice, err == HB_OK);
}
