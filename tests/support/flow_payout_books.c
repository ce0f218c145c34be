/*
 * tests/support/flow_payout_books.c - the books of the world: what payout_claim() and its sisters do, in
 * memory.
 */
#include "tests/support/flow_payout_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct world_payout *world_payout_of(struct world *world, const char *out_no)
{
    for (size_t i = 0; i < WORLD_PAYOUTS; i++) {
        if (world->payouts[i].there && strcmp(world->payouts[i].out_no, out_no) == 0) {
            return &world->payouts[i];
        }
    }
    return NULL;
}

void books_plan(struct world *world, unsigned part, unsigned attempt, int64_t due_ms)
{
    struct world_payout *payout = &world->payouts[part * WORLD_ATTEMPTS + attempt - 1];

    *payout = (struct world_payout){.there = true,
                                    .part = part,
                                    .attempt = attempt,
                                    .state = PAYOUT_PLANNED,
                                    .due_ms = due_ms,
                                    .planned_ms = world->now_ms};
    (void)snprintf(payout->out_no, sizeof payout->out_no, "%030u%u", part + 1, attempt);
}

unsigned world_open(const struct world *world)
{
    unsigned open = 0;

    for (size_t i = 0; i < WORLD_PAYOUTS; i++) {
        open += world->payouts[i].there && !payout_ended(world->payouts[i].state);
    }
    return open;
}

bool world_books_paid(const struct world *world, unsigned part)
{
    for (size_t i = 0; i < WORLD_ATTEMPTS; i++) {
        const struct world_payout *payout = &world->payouts[part * WORLD_ATTEMPTS + i];

        if (payout->there && payout->state == PAYOUT_PAID) {
            return true;
        }
    }
    return false;
}

/* ---- claim, due ---- */

static bool is_wanted(const struct world_payout *payout, enum letter_kind kind)
{
    bool unsent = payout->state == PAYOUT_PLANNED || payout->state == PAYOUT_RESERVED;

    return payout->there && !payout->frozen && !payout_ended(payout->state) &&
           (kind == LETTER_CLAIM) == unsent;
}

static void job_fill(struct world_letter *letter, struct world_payout *payout)
{
    struct world *world = letter->world;
    struct payout_job *job = &letter->jobs[letter->count++];

    *job = (struct payout_job){.state = payout->state,
                               .fence = payout->fence,
                               .amount_fen = 100,
                               .age_ms = world->now_ms - payout->planned_ms,
                               .sends = payout->sends,
                               .since_send_ms = payout->sends > 0 ? world->now_ms - payout->sent_ms : 0,
                               .has_package = payout->has_package,
                               .package_over_ms = world->now_ms - payout->package_until_ms,
                               .player = world->player,
                               .has_body = payout->has_body,
                               .payee_sealed = {world->payee, world->payee_len}};
    memcpy(job->out_no, payout->out_no, sizeof job->out_no);
    memcpy(job->code, payout->code, sizeof job->code);
    memcpy(job->body_hash, payout->body_hash, SHA256_BYTES);
    if (payout->has_body) {
        job->body_sealed = (struct payout_bytes){payout->body, payout->body_len};
    }
}

static void books_take(struct world_letter *letter)
{
    struct world *world = letter->world;

    for (size_t i = 0; i < WORLD_PAYOUTS && letter->count < letter->limit; i++) {
        struct world_payout *payout = &world->payouts[i];

        if (!is_wanted(payout, letter->kind) || payout->due_ms > world->now_ms ||
            (letter->kind == LETTER_CLAIM && world->stopped)) {
            continue;
        }
        if (payout->state == PAYOUT_PLANNED) {
            payout->state = PAYOUT_RESERVED;
        }
        payout->fence = ++world->fence;
        payout->due_ms = world->now_ms + PAYOUT_LEASE_MS;
        job_fill(letter, payout);
    }
}

/* ---- sent ---- */

static const char *books_sent(struct world_letter *letter, struct world_payout *payout)
{
    struct world *world = letter->world;
    enum payout_state after;

    if (payout_ended(payout->state)) {
        return "final";
    }
    if (payout->frozen) {
        return "frozen";
    }
    if (payout->fence != letter->fence) {
        return "fenced";
    }
    if (payout->state == PAYOUT_UNKNOWN) {
        return "ask_first";
    }
    if (!payout_step(payout->state, PAYOUT_SEND, &after)) {
        return "fenced";
    }
    if (payout->has_body && memcmp(payout->body_hash, letter->body_hash, SHA256_BYTES) != 0) {
        world->other_bodies++;
        return "other_body";
    }
    if (payout->state == PAYOUT_RESERVED && world->stopped) {
        return "stopped";
    }
    payout->state = after;
    payout->has_body = true;
    memcpy(payout->body_hash, letter->body_hash, SHA256_BYTES);
    if (payout->body_len == 0) {
        memcpy(payout->body, letter->body, letter->body_len);
        payout->body_len = letter->body_len;
    }
    payout->sends++;
    payout->sent_ms = world->now_ms;
    payout->due_ms = world->now_ms + PAYOUT_LEASE_MS;
    return "send";
}

/* ---- tell ---- */

static void
part_fails(struct world *world, const struct world_payout *payout, const struct payout_telling *telling)
{
    if (telling->again && payout->attempt < WORLD_ATTEMPTS) {
        books_plan(world, payout->part, payout->attempt + 1, world->now_ms + telling->next_ms);
    }
}

static const char *
books_verdict(struct world_letter *letter, struct world_payout *payout, enum payout_event event)
{
    struct world *world = letter->world;
    const struct payout_telling *telling = &letter->telling;
    const struct payout_now now = {payout->state, 100, payout->frozen};
    const struct payout_word word = {event,
                                     telling->kind == TELL_ABSENT ? PAYOUT_BY_QUERY : telling->source,
                                     telling->amount_fen != 0,
                                     telling->amount_fen};

    switch (payout_judge(&now, &word)) {
    case PAYOUT_DISAGREE:
        world->disagreements++;
        payout->frozen = true;
        return "disagree";
    case PAYOUT_SAME:
        return "same";
    case PAYOUT_LATE:
        return "late";
    case PAYOUT_ASK_FIRST:
        return "ask_first";
    case PAYOUT_KEPT:
        return "frozen";
    case PAYOUT_APPLY:
        break;
    }
    (void)payout_step(payout->state, event, &payout->state);
    memcpy(payout->code, letter->code, sizeof payout->code);
    payout->due_ms = world->now_ms + telling->next_ms;
    if (letter->has_package) {
        payout->has_package = true;
        payout->package_until_ms = telling->package_until_ms;
    }
    if (payout->state == PAYOUT_FAILED) {
        part_fails(world, payout, telling);
    }
    return "applied";
}

static const char *books_told(struct world_letter *letter, struct world_payout *payout)
{
    const struct payout_telling *telling = &letter->telling;

    switch (telling->kind) {
    case TELL_VERDICT:
        return books_verdict(letter, payout, telling->event);
    case TELL_ABSENT:
        return payout->fence == telling->fence ? books_verdict(letter, payout, PAYOUT_SAID_FAILED) : "fenced";
    case TELL_DIFFERS:
        payout->frozen = true;
        letter->world->disagreements++;
        return "frozen";
    case TELL_LATER:
        if (payout->fence == telling->fence && !payout_ended(payout->state)) {
            payout->due_ms = letter->world->now_ms + telling->next_ms;
        }
        return "t";
    case TELL_UNSENDABLE:
        if (payout->fence == telling->fence && payout->state == PAYOUT_RESERVED) {
            payout->state = PAYOUT_FAILED;
        }
        return "given_up";
    case TELL_HALT:
    case TELL_NOTICE:
        break;
    }
    return "";
}

static void books_halt(struct world_letter *letter)
{
    letter->world->halts++;
    letter->world->stopped = true;
    letter->verdict = "t";
}

/* One call in twelve fails: before or after it was carried out. */
void books_carry_out(struct world_letter *letter)
{
    struct world *world = letter->world;
    struct world_payout *payout = world_payout_of(world, letter->out_no);
    uint32_t luck = world->faults ? world_dice(world, 36) : 99;

    letter->verdict = "";
    if (luck < 2) {
        letter->err = luck == 0 ? HB_E_UNAVAILABLE : HB_E_UNSURE;
        return;
    }
    if (letter->kind == LETTER_CLAIM || letter->kind == LETTER_DUE) {
        books_take(letter);
    } else if (letter->kind == LETTER_TELL && letter->telling.kind == TELL_HALT) {
        books_halt(letter);
    } else if (payout != NULL) {
        letter->verdict =
            letter->kind == LETTER_SENT ? books_sent(letter, payout) : books_told(letter, payout);
    }
    if (luck == 2) {
        letter_lose(letter);
    }
}

/* ---- the port ---- */

static void
letter_take(struct world_node *node, enum letter_kind kind, size_t limit, payout_jobs_fn done, void *arg)
{
    struct world_letter *letter = letter_new(node, kind, arg);

    letter->limit = limit < PAYOUT_BATCH ? limit : PAYOUT_BATCH;
    letter->jobs_done = done;
}

static void port_claim(void *self, const char *merchant, size_t limit, payout_jobs_fn done, void *arg)
{
    (void)merchant;
    letter_take(self, LETTER_CLAIM, limit, done, arg);
}

static void port_due(void *self, const char *merchant, size_t limit, payout_jobs_fn done, void *arg)
{
    (void)merchant;
    letter_take(self, LETTER_DUE, limit, done, arg);
}

static void port_sent(void *self, const struct payout_sending *sending, payout_told_fn done, void *arg)
{
    struct world_letter *letter = letter_new(self, LETTER_SENT, arg);

    (void)snprintf(letter->out_no, sizeof letter->out_no, "%s", sending->out_no);
    letter->fence = sending->fence;
    letter->told = done;
    letter->body_len = sending->body_sealed_len;
    memcpy(letter->body, sending->body_sealed, sending->body_sealed_len);
    memcpy(letter->body_hash, sending->body_hash, SHA256_BYTES);
}

static void port_tell(void *self, const struct payout_telling *telling, payout_told_fn done, void *arg)
{
    struct world_letter *letter = letter_new(self, LETTER_TELL, arg);

    letter->told = done;
    letter->telling = *telling;
    letter->has_package = telling->package != NULL && telling->package[0] != '\0';
    (void)snprintf(
        letter->out_no, sizeof letter->out_no, "%s", telling->out_no == NULL ? "" : telling->out_no);
    (void)snprintf(letter->code, sizeof letter->code, "%s", telling->code == NULL ? "" : telling->code);
}

struct books_port world_books(struct world_node *node)
{
    return (struct books_port){
        .self = node, .claim = port_claim, .due = port_due, .sent = port_sent, .tell = port_tell};
}
