/*
 * tests/support/flow_payout_provider.c - the provider of the world: honest about what it did, and otherwise
 * as bad as they come. It refuses requests whose signature is older than five minutes, as real ones do.
 */
#include "tests/support/flow_payout_internal.h"

#include <stdio.h>
#include <string.h>

enum { SIGNATURE_MS = 5 * 60 * 1000, PAGE_MS = 24 * 3600 * 1000, CLOSES_LATE_MS = 45 * 60 * 1000 };

static struct world_order *order_of(struct world *world, const char *out_no)
{
    return &world->orders[world_payout_of(world, out_no) - world->payouts];
}

unsigned world_bill_of(const struct world *world, unsigned part)
{
    unsigned paid = 0;

    for (size_t i = 0; i < WORLD_ATTEMPTS; i++) {
        paid += world->orders[part * WORLD_ATTEMPTS + i].paid;
    }
    return paid;
}

static void say(struct world_letter *letter, enum provider_outcome outcome, enum provider_cause cause)
{
    letter->said = (struct provider_verdict){.outcome = outcome, .cause = cause};
    (void)snprintf(letter->said.code, sizeof letter->said.code, "%s", provider_outcome_name(outcome));
    (void)snprintf(letter->said.order_no, sizeof letter->said.order_no, "%s", letter->out_no);
}

static void say_order(struct world_letter *letter, const struct world_order *order)
{
    say(letter, order->state, order->cause);
    letter->said.verified = true;
    letter->said.amount_fen = 100;
    (void)snprintf(letter->said.provider_no, sizeof letter->said.provider_no, "p%s", letter->out_no);
    if (order->state == PROVIDER_WAITS && letter->kind == LETTER_CREATE) {
        (void)snprintf(letter->said.confirm.package, sizeof letter->said.confirm.package, "page");
        letter->said.confirm.expires_at_ms = order->made_ms + PAGE_MS;
    }
}

static void order_pay(struct world_order *order)
{
    order->state = PROVIDER_PAID;
    order->paid++;
}

static void order_refuse(struct world_order *order, enum provider_cause cause)
{
    order->state = PROVIDER_REFUSED;
    order->cause = cause;
}

static void order_make(struct world *world, struct world_order *order, const uint8_t *body_hash)
{
    order->there = true;
    order->made_ms = world->now_ms;
    memcpy(order->body_hash, body_hash, SHA256_BYTES);
    switch (world_dice(world, 6)) {
    case 0:
    case 1:
        order_pay(order);
        break;
    case 2:
        order_refuse(order, PROVIDER_CAUSE_OTHER);
        break;
    case 3:
    case 4:
        order->state = PROVIDER_WAITS;
        break;
    default:
        order->state = PROVIDER_IN_PROGRESS;
    }
}

/* Refusals of a request: nothing was done by it. */
static bool create_refused(struct world_letter *letter)
{
    static const enum provider_outcome REFUSALS[] = {PROVIDER_NOT_SENT,
                                                     PROVIDER_NO_FUNDS,
                                                     PROVIDER_LIMITED,
                                                     PROVIDER_TOO_FAST,
                                                     PROVIDER_DECLINED,
                                                     PROVIDER_DECLINED};
    struct world *world = letter->world;

    if (world->always != PROVIDER_OUTCOME_COUNT) {
        say(letter, world->always, world->always_cause);
        return true;
    }
    if (world->faults && world_dice(world, 5) == 0) {
        say(letter, REFUSALS[world_dice(world, 6)], PROVIDER_CAUSE_PAYEE);
        return true;
    }
    if (world->faults && world_dice(world, 150) == 0) {
        say(letter, PROVIDER_MISCONFIGURED, PROVIDER_CAUSE_NONE);
        return true;
    }
    return false;
}

static void create_carry_out(struct world_letter *letter)
{
    struct world *world = letter->world;
    struct world_order *order = order_of(world, letter->out_no);

    say(letter, PROVIDER_UNKNOWN, PROVIDER_CAUSE_NONE);
    world->sends++;
    if (world->now_ms - letter->sent_ms > SIGNATURE_MS || (world->faults && world_dice(world, 10) == 0)) {
        return; /* never arrived, or too late to count */
    }
    if (order->there && memcmp(order->body_hash, letter->body_hash, SHA256_BYTES) != 0) {
        world->other_bodies++;
        return;
    }
    if (!order->there) {
        if (create_refused(letter)) {
            return;
        }
        order_make(world, order, letter->body_hash);
    }
    if (!world->faults || world_dice(world, 6) != 0) {
        say_order(letter, order);
    } /* else: done, and the answer is lost */
}

static void query_carry_out(struct world_letter *letter)
{
    struct world *world = letter->world;
    struct world_order *order = order_of(world, letter->out_no);

    if (world->faults && world_dice(world, 8) == 0) {
        say(letter, PROVIDER_UNKNOWN, PROVIDER_CAUSE_NONE);
    } else if (order->there) {
        say_order(letter, order);
    } else {
        say(letter, PROVIDER_ABSENT, PROVIDER_CAUSE_NONE);
        letter->said.verified = true;
    }
}

static void cancel_carry_out(struct world_letter *letter)
{
    struct world_order *order = order_of(letter->world, letter->out_no);

    if (order->there && order->state == PROVIDER_WAITS) {
        order_refuse(order, PROVIDER_CAUSE_CANCELLED);
    }
    say(letter, PROVIDER_IN_PROGRESS, PROVIDER_CAUSE_NONE);
}

void provider_carry_out(struct world_letter *letter)
{
    switch (letter->kind) {
    case LETTER_CREATE:
        create_carry_out(letter);
        break;
    case LETTER_QUERY:
        query_carry_out(letter);
        break;
    default:
        cancel_carry_out(letter);
    }
}

void provider_time(struct world *world)
{
    for (size_t i = 0; i < WORLD_PAYOUTS; i++) {
        struct world_order *order = &world->orders[i];
        bool moves = order->there && world_dice(world, 40) == 0;

        if (order->there && order->state == PROVIDER_WAITS &&
            world->now_ms > order->made_ms + PAGE_MS + CLOSES_LATE_MS && i % 2 == 0) {
            order_refuse(order, PROVIDER_CAUSE_EXPIRED); /* odd ones are left to a cancel */
        } else if (moves && order->state == PROVIDER_WAITS && i % 3 == 0) {
            order_pay(order); /* a tap */
        } else if (moves && order->state == PROVIDER_IN_PROGRESS) {
            if (world_dice(world, 2) == 0) {
                order_pay(order);
            } else {
                order_refuse(order, PROVIDER_CAUSE_OTHER);
            }
        }
    }
}

/* ---- letters of both ports ---- */

void letter_carry_out(struct world_letter *letter)
{
    if (letter->kind <= LETTER_TELL) {
        books_carry_out(letter);
    } else {
        provider_carry_out(letter);
    }
}

void letter_lose(struct world_letter *letter)
{
    letter->err = HB_E_UNSURE;
    letter->verdict = "";
    letter->count = 0;
    say(letter, PROVIDER_UNKNOWN, PROVIDER_CAUSE_NONE);
}

void letter_deliver(struct world_letter *letter)
{
    if (letter->jobs_done != NULL) {
        letter->jobs_done(letter->arg, letter->err, letter->jobs, letter->count);
    } else if (letter->told != NULL) {
        letter->told(letter->arg, letter->err, letter->verdict);
    } else {
        letter->answered(letter->arg, &letter->said);
    }
}

/* ---- the port ---- */

static void letter_to_provider(struct world_node *node,
                               enum letter_kind kind,
                               const struct provider_payment *payment,
                               provider_done_fn done,
                               void *arg)
{
    struct world_letter *letter = letter_new(node, kind, arg);

    letter->answered = done;
    (void)snprintf(letter->out_no, sizeof letter->out_no, "%s", payment->order_no);
    sha256(payment->request, payment->request_len, letter->body_hash);
}

static void port_create(void *self, const struct provider_payment *payment, provider_done_fn done, void *arg)
{
    letter_to_provider(self, LETTER_CREATE, payment, done, arg);
}

static void port_query(void *self, const struct provider_payment *payment, provider_done_fn done, void *arg)
{
    letter_to_provider(self, LETTER_QUERY, payment, done, arg);
}

static void port_cancel(void *self, const struct provider_payment *payment, provider_done_fn done, void *arg)
{
    letter_to_provider(self, LETTER_CANCEL, payment, done, arg);
}

/* Never the same bytes twice, like a name that is encrypted: a request that is built again is another one. */
static hb_err
port_build(void *self, const struct provider_order *order, struct buf *request, const char **why)
{
    struct world_node *node = self;

    *why = "";
    if (node->world->keyless) {
        return HB_E_UNAVAILABLE;
    }
    buf_addf(request,
             "%s %lld %s %u",
             order->order_no,
             (long long)order->amount_fen,
             order->payee_id,
             node->world->salt++);
    return HB_OK;
}

struct provider_port world_provider(struct world_node *node)
{
    return (struct provider_port){.self = node,
                                  .kind = PROVIDER_WECHAT,
                                  .merchant = "m1",
                                  .build = port_build,
                                  .create = port_create,
                                  .query = port_query,
                                  .cancel = port_cancel};
}
