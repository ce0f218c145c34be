/*
 * flow/payout_journey.c - one payout, from the books' hand-over to the last word that can be had now.
 *
 *   start ──> build ──> store ──> create ──> answered ──> told ──> finish
 *     │                   ▲                     │          │
 *     └──────> query ─────┼─────────────────────┘          │
 *                         └────────────────────────────────┘ not seen: the same bytes again
 *
 * store   books     the body sealed, with its hash; committed before the first byte leaves
 * create  provider  whatever comes back is told; nothing is undone
 *
 * A payout lives on the loop's thread, has one operation in flight, and is freed in payout_finish(). What the
 * books did not take is not repeated here: the lease lapses, and the payout is asked for.
 */
#include "flow/payout_internal.h"

#include "base/crash_point.h"
#include "base/log.h"
#include "base/metrics.h"

#include <stdio.h>
#include <stdlib.h>

enum { KEY_WAIT_MS = 3000, KEY_PAUSE_MS = 1000 };

static void payout_build(struct payout *payout);
static void payout_stored(void *arg, hb_err err, const char *verdict);
static void payout_create(struct payout *payout);
static void payout_query(struct payout *payout);

/* ---- beginning ---- */

static bool body_open(struct payout *payout, const struct payout_job *job)
{
    uint8_t hash[SHA256_BYTES];

    if (!job->has_body || job->body_sealed.at == NULL ||
        !seal_open(payout->desk->spec.key,
                   "payout_body",
                   job->out_no,
                   strlen(job->out_no),
                   job->body_sealed.at,
                   job->body_sealed.len,
                   &payout->body)) {
        return false;
    }
    sha256(payout->body.data, payout->body.len, hash);
    return crypto_equal(hash, job->body_hash, SHA256_BYTES);
}

static struct payout *payout_new(struct payout_desk *desk, const struct payout_job *job)
{
    struct payout *payout = calloc(1, sizeof *payout);

    if (payout == NULL) {
        return NULL;
    }
    payout->desk = desk;
    payout->state = job->state;
    payout->fence = job->fence;
    payout->amount_fen = job->amount_fen;
    payout->age_ms = job->age_ms;
    payout->sends = job->sends;
    payout->has_package = job->has_package;
    payout->package_over_ms = job->package_over_ms;
    payout->declined = payout_code_declined(job->code);
    payout->player = job->player;
    payout->taken_ms = desk_now_ms(desk);
    payout->sent_ms = payout->taken_ms - job->since_send_ms;
    (void)snprintf(payout->out_no, sizeof payout->out_no, "%s", job->out_no);
    (void)snprintf(payout->campaign, sizeof payout->campaign, "%s", job->campaign);
    memcpy(payout->body_hash, job->body_hash, SHA256_BYTES);
    buf_init(&payout->body, PROVIDER_REQUEST_MAX);
    desk->in_hand++;
    return payout;
}

/* Nobody can be paid with this: before anything was sent the wins are free again; afterwards a person looks.
 */
static void payout_cannot(struct payout *payout, const char *code)
{
    const struct payout_telling telling = {.kind = payout->state == PAYOUT_RESERVED ? TELL_UNSENDABLE
                                                                                    : TELL_LATER,
                                           .out_no = payout->out_no,
                                           .fence = payout->fence,
                                           .code = code,
                                           .next_ms = PAYOUT_STUCK_MS};
    const struct books_port *books = payout->desk->spec.books;

    payout_alarm("cannot_be_sent", payout_desk_merchant(payout->desk), payout->out_no, code);
    payout->reaction = (struct payout_reaction){.act = PAYOUT_PUT_OFF};
    books->tell(books->self, &telling, payout_told, payout);
}

void payout_start(struct payout_desk *desk, const struct payout_job *job, bool ask)
{
    struct payout *payout = payout_new(desk, job);

    if (payout == NULL) {
        return;
    }
    if (!payee_open(desk->spec.key, job, &payout->payee)) {
        payout_cannot(payout, "request:payee_sealed");
    } else if (!ask) {
        payout_build(payout);
    } else if (!body_open(payout, job)) {
        payout_cannot(payout, "request:body_sealed");
    } else {
        payout_query(payout);
    }
}

/* ---- sending ---- */

/* The provider's key, to encrypt a name with, comes a moment after the start. */
static void payout_wait_for_key(struct payout *payout)
{
    const struct payout_telling telling = {
        .kind = TELL_LATER, .out_no = payout->out_no, .fence = payout->fence, .next_ms = KEY_WAIT_MS};
    struct payout_desk *desk = payout->desk;
    const struct books_port *books = desk->spec.books;
    int64_t until_ms = desk_now_ms(desk) + KEY_PAUSE_MS;

    desk->pause_until_ms = desk->pause_until_ms > until_ms ? desk->pause_until_ms : until_ms;
    payout->reaction = (struct payout_reaction){.act = PAYOUT_PUT_OFF};
    books->tell(books->self, &telling, payout_told, payout);
}

static void payout_build(struct payout *payout)
{
    const struct provider_port *provider = payout->desk->spec.provider;
    const struct provider_order order = {.order_no = payout->out_no,
                                         .amount_fen = payout->amount_fen,
                                         .payee_kind = payout->payee.kind,
                                         .payee_id = payout->payee.id,
                                         .payee_name =
                                             payout->payee.name[0] == '\0' ? NULL : payout->payee.name,
                                         .remark = payout->desk->spec.remark};
    const char *why = "";
    hb_err err = provider->build(provider->self, &order, &payout->body, &why);

    if (err == HB_E_UNAVAILABLE) {
        payout_wait_for_key(payout);
        return;
    }
    if (err != HB_OK || payout->body.failed) {
        log_warn("payout.not_built", "out_no=%s why=\"%s\"", payout->out_no, why);
        payout_cannot(payout, "request:not_built");
        return;
    }
    sha256(payout->body.data, payout->body.len, payout->body_hash);
    CRASH_POINT(PAYOUT_BUILT);
    payout_store(payout);
}

void payout_store(struct payout *payout)
{
    const struct books_port *books = payout->desk->spec.books;
    struct payout_sending sending = {
        .out_no = payout->out_no, .fence = payout->fence, .body_hash = payout->body_hash};
    struct buf sealed;

    buf_init(&sealed, BODY_SEALED_MAX);
    if (!seal_write(payout->desk->spec.key,
                    "payout_body",
                    payout->out_no,
                    strlen(payout->out_no),
                    payout->body.data,
                    payout->body.len,
                    &sealed)) {
        buf_free(&sealed);
        payout_finish(payout);
        return;
    }
    sending.body_sealed = sealed.data;
    sending.body_sealed_len = sealed.len;
    payout->taken_ms = desk_now_ms(payout->desk);
    books->sent(books->self, &sending, payout_stored, payout);
    buf_free(&sealed);
}

static void payout_stored(void *arg, hb_err err, const char *verdict)
{
    struct payout *payout = arg;

    if (err != HB_OK || strcmp(verdict, "send") != 0) {
        /* Unsure: it may be stored as sent. Then it is asked for, not sent. */
        if (strcmp(verdict, "other_body") == 0) {
            payout_alarm("other_body", payout_desk_merchant(payout->desk), payout->out_no, "");
        }
        payout_finish(payout);
    } else if (desk_now_ms(payout->desk) - payout->taken_ms >= PAYOUT_LEASE_MS / 2) {
        payout_finish(payout); /* we slept: somebody else may ask for it soon, and must find what is so */
    } else {
        payout_create(payout);
    }
}

static struct provider_payment payout_payment(const struct payout *payout)
{
    return (struct provider_payment){.order_no = payout->out_no,
                                     .amount_fen = payout->amount_fen,
                                     .payee_id = payout->payee.id,
                                     .request = payout->body.data,
                                     .request_len = payout->body.len};
}

static void payout_create(struct payout *payout)
{
    const struct provider_port *provider = payout->desk->spec.provider;
    const struct provider_payment payment = payout_payment(payout);

    CRASH_POINT(PAYOUT_STORED);
    payout->call = PAYOUT_CREATE;
    payout->state = payout->state == PAYOUT_RESERVED ? PAYOUT_SENT : payout->state;
    payout->sends++;
    payout->sent_ms = desk_now_ms(payout->desk);
    payout->desk->create_milli -= 1000;
    metrics_add(M_PAYOUT_SENDS, 1);
    provider->create(provider->self, &payment, payout_answered, payout);
    CRASH_POINT(PAYOUT_SENT);
}

static void payout_query(struct payout *payout)
{
    const struct provider_port *provider = payout->desk->spec.provider;
    const struct provider_payment payment = payout_payment(payout);

    payout->call = PAYOUT_QUERY;
    payout->desk->query_milli -= 1000;
    provider->query(provider->self, &payment, payout_answered, payout);
    CRASH_POINT(PAYOUT_ASKED);
}

void payout_cancel(struct payout *payout)
{
    const struct provider_port *provider = payout->desk->spec.provider;
    const struct provider_payment payment = payout_payment(payout);

    payout->call = PAYOUT_CANCEL;
    provider->cancel(provider->self, &payment, payout_answered, payout);
}

/* ---- the end ---- */

void payout_finish(struct payout *payout)
{
    payout->desk->in_hand--;
    if (payout->body.data != NULL) {
        crypto_wipe(payout->body.data, payout->body.len);
    }
    buf_free(&payout->body);
    crypto_wipe(&payout->payee, sizeof payout->payee);
    free(payout);
}
