/*
 * store/payout_store.c - the books of payouts: calls wait in one queue for one of a few connections.
 *
 *   ask --> waiting --(a link is idle)--> flight --> answered
 *              |                             +-----> refused: conflict; lost: unsure
 *              +-- deadline, over the ceiling: unavailable
 */
#include "store/payout_store.h"

#include "base/crash_point.h"
#include "base/log.h"
#include "base/loop.h"
#include "store/payout_internal.h"

#include <stdlib.h>
#include <string.h>

struct payout_store {
    struct loop *loop;
    int64_t timeout_ms;
    struct pg_link *links[BOOKS_LINKS];
    struct books_ask *flight[BOOKS_LINKS];
    struct books_ask *head, *tail;
    size_t count;
    struct loop_timer *deadline;
    bool send_deferred;
};

static void store_ready(void *arg);
static void store_send(void *arg);
static void store_expire(void *arg);
static void store_answered(void *arg, hb_err err, const PGresult *result);

/* ---- life ---- */

static bool links_open(struct payout_store *store, const char *uri)
{
    for (size_t i = 0; i < BOOKS_LINKS; i++) {
        store->links[i] = pg_link_new(&(struct pg_link_spec){.loop = store->loop,
                                                             .uri = uri,
                                                             .name = "payouts",
                                                             .timeout_ms = store->timeout_ms,
                                                             .statements = PAYOUT_STATEMENTS,
                                                             .ready = store_ready,
                                                             .arg = store});
        if (store->links[i] == NULL) {
            return false;
        }
    }
    return true;
}

hb_err payout_store_new(struct loop *loop, const struct config *config, struct payout_store **out)
{
    struct payout_store *store = calloc(1, sizeof *store);

    *out = NULL;
    if (store == NULL) {
        return HB_E_NOMEM;
    }
    store->loop = loop;
    store->timeout_ms = config_int(config, CFG_DATABASE_TIMEOUT_MS);
    store->deadline = loop_timer_new(loop, store_expire, store);
    if (store->deadline == NULL || !links_open(store, config_text(config, CFG_DATABASE_URI))) {
        payout_store_free(store);
        return HB_E_NOMEM;
    }
    *out = store;
    return HB_OK;
}

static struct books_ask *ask_shift(struct payout_store *store)
{
    struct books_ask *ask = store->head;

    store->head = ask->next;
    store->tail = store->head == NULL ? NULL : store->tail;
    store->count--;
    return ask;
}

static void ask_end(struct books_ask *ask, hb_err err, const PGresult *result)
{
    ask_answer(ask, err, result);
    ask_free(ask);
}

void payout_store_free(struct payout_store *store)
{
    if (store == NULL) {
        return;
    }
    for (size_t i = 0; i < BOOKS_LINKS; i++) {
        pg_link_free(store->links[i]);
        store->links[i] = NULL;
        if (store->flight[i] != NULL) {
            ask_end(store->flight[i], HB_E_UNSURE, NULL);
        }
    }
    while (store->head != NULL) { /* an answer may ask once more */
        ask_end(ask_shift(store), HB_E_UNAVAILABLE, NULL);
    }
    if (store->deadline != NULL) {
        loop_timer_free(store->deadline);
    }
    free(store);
}

bool payout_store_ready(const struct payout_store *store)
{
    for (size_t i = 0; i < BOOKS_LINKS; i++) {
        if (pg_link_up(store->links[i])) {
            return true;
        }
    }
    return false;
}

/* ---- the queue ---- */

static void store_send_soon(struct payout_store *store)
{
    if (!store->send_deferred) {
        store->send_deferred = true;
        loop_defer(store->loop, store_send, store);
    }
}

static void store_ready(void *arg)
{
    store_send_soon(arg);
}

static void ask_push(struct payout_store *store, struct books_ask *ask)
{
    ask->deadline_us = loop_now_us(store->loop) + (store->count < ASKS_MAX ? store->timeout_ms * 1000 : 0);
    if (store->head == NULL) {
        store->head = ask;
    } else {
        store->tail->next = ask;
    }
    store->tail = ask;
    store->count++;
    if (store->count == 1) {
        loop_timer_set(store->deadline, store->timeout_ms * 1000);
    }
    store_send_soon(store);
}

static bool ask_send(struct payout_store *store, struct books_ask *ask, size_t link)
{
    const char *values[ASK_PARAMS];

    for (int i = 0; i < ask->count; i++) {
        values[i] = ask->null[i] ? NULL : ask->bytes.data + ask->at[i];
    }
    ask->link = link;
    return pg_link_call(
        store->links[link],
        ask->statement,
        &(struct pg_link_params){
            .count = ask->count, .values = values, .lengths = ask->lengths, .formats = ask->formats},
        store_answered,
        ask);
}

/* Where a test may end the process: the statement has left; whether it is carried out is open. */
static void ask_left(const char *statement)
{
    if (strcmp(statement, "claim") == 0) {
        CRASH_POINT(PAYOUT_CLAIMING);
    }
    if (strcmp(statement, "sent") == 0) {
        CRASH_POINT(PAYOUT_STORING);
    }
    if (strcmp(statement, "verdict") == 0) {
        CRASH_POINT(PAYOUT_TELLING);
    }
    if (strcmp(statement, "later") == 0) {
        CRASH_POINT(PAYOUT_PUT_OFF);
    }
    if (strcmp(statement, "notice") == 0) {
        CRASH_POINT(NOTICE_TELLING);
    }
}

static void store_send(void *arg)
{
    struct payout_store *store = arg;

    store->send_deferred = false;
    for (size_t i = 0; i < BOOKS_LINKS && store->head != NULL; i++) {
        if (pg_link_idle(store->links[i]) && store->flight[i] == NULL && !store->head->bytes.failed &&
            ask_send(store, store->head, i)) {
            store->flight[i] = ask_shift(store);
            store->flight[i]->next = NULL;
            ask_left(store->flight[i]->statement);
        }
    }
}

static void store_answered(void *arg, hb_err err, const PGresult *result)
{
    struct books_ask *ask = arg;
    struct payout_store *store = ask->store;

    store->flight[ask->link] = NULL;
    if (err == HB_E_CONFLICT) {
        log_error("payout.books_refused",
                  "statement=%s state=%s error=\"%s\"",
                  ask->statement,
                  PQresultErrorField(result, PG_DIAG_SQLSTATE),
                  PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY));
    }
    ask_end(ask, err, result);
    store_send_soon(store);
}

/* The queue is in order of deadlines, but for those that came over the ceiling: these wait for the first. */
static void store_expire(void *arg)
{
    struct payout_store *store = arg;
    int64_t now_us = loop_now_us(store->loop);

    while (store->head != NULL && (store->head->deadline_us <= now_us || store->head->bytes.failed)) {
        ask_end(ask_shift(store), HB_E_UNAVAILABLE, NULL);
    }
    if (store->head != NULL) {
        loop_timer_set(store->deadline, store->head->deadline_us - now_us);
    }
}

/* ---- the port ---- */

static void ask_jobs(struct payout_store *store,
                     struct books_ask *ask,
                     const char *merchant,
                     size_t limit,
                     payout_jobs_fn done)
{
    ask->jobs = done;
    ask_text(ask, merchant);
    ask_i64(ask, (int64_t)limit);
    ask_i64(ask, PAYOUT_LEASE_MS);
    ask_push(store, ask);
}

static void port_claim(void *self, const char *merchant, size_t limit, payout_jobs_fn done, void *arg)
{
    ask_jobs(self, ask_new(self, "claim", arg), merchant, limit, done);
}

static void port_due(void *self, const char *merchant, size_t limit, payout_jobs_fn done, void *arg)
{
    ask_jobs(self, ask_new(self, "due", arg), merchant, limit, done);
}

static void port_look(void *self, const char *merchant, const char *out_no, payout_jobs_fn done, void *arg)
{
    struct books_ask *ask = ask_new(self, "look", arg);

    ask->jobs = done;
    ask_text(ask, merchant);
    ask_text(ask, out_no);
    ask_push(self, ask);
}

static void port_sent(void *self, const struct payout_sending *sending, payout_told_fn done, void *arg)
{
    struct books_ask *ask = ask_new(self, "sent", arg);

    ask->told = done;
    ask_text(ask, sending->out_no);
    ask_i64(ask, sending->fence);
    ask_bytes(ask, sending->body_hash, SHA256_BYTES);
    ask_bytes(ask, sending->body_sealed, sending->body_sealed_len);
    ask_i64(ask, PAYOUT_LEASE_MS);
    ask_push(self, ask);
}

static void port_tell(void *self, const struct payout_telling *telling, payout_told_fn done, void *arg)
{
    struct books_ask *ask = ask_telling(self, telling, arg);

    ask->told = done;
    ask_push(self, ask);
}

static void port_merchants(void *self, merchants_fn done, void *arg)
{
    struct books_ask *ask = ask_new(self, "merchants", arg);

    ask->merchants = done;
    ask_push(self, ask);
}

static void port_counts(void *self, payout_counted_fn done, void *arg)
{
    struct books_ask *ask = ask_new(self, "counts", arg);

    ask->counted = done;
    ask_push(self, ask);
}

struct books_port payout_store_port(struct payout_store *store)
{
    return (struct books_port){.self = store,
                               .claim = port_claim,
                               .due = port_due,
                               .look = port_look,
                               .sent = port_sent,
                               .tell = port_tell,
                               .merchants = port_merchants,
                               .counts = port_counts};
}
