/*
 * store/payout_store.c - the books of payouts, over connections of their own.
 */
#include "store/payout_store.h"

#include "base/crash_point.h"
#include "store/payout_internal.h"

#include <stdlib.h>
#include <string.h>

enum { BOOKS_LINKS = 4, ASKS_MAX = 4096 };

struct payout_store {
    struct pg_queue *queue;
};

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

/* ---- life ---- */

hb_err payout_store_new(struct loop *loop, const struct config *config, struct payout_store **out)
{
    struct payout_store *store = calloc(1, sizeof *store);

    *out = NULL;
    if (store == NULL) {
        return HB_E_NOMEM;
    }
    store->queue =
        pg_queue_new(&(struct pg_queue_spec){.loop = loop,
                                             .uri = config_text(config, CFG_DATABASE_URI),
                                             .name = "payouts",
                                             .timeout_ms = config_int(config, CFG_DATABASE_TIMEOUT_MS),
                                             .statements = PAYOUT_STATEMENTS,
                                             .links = BOOKS_LINKS,
                                             .waiting_max = ASKS_MAX,
                                             .ends_all = true,
                                             .left = ask_left});
    if (store->queue == NULL) {
        payout_store_free(store);
        return HB_E_NOMEM;
    }
    *out = store;
    return HB_OK;
}

void payout_store_free(struct payout_store *store)
{
    if (store != NULL) {
        pg_queue_free(store->queue);
        free(store);
    }
}

bool payout_store_ready(const struct payout_store *store)
{
    return pg_queue_ready(store->queue);
}

/* ---- the port ---- */

static void ask_push(struct payout_store *store,
                     struct books_ask *ask,
                     pg_queue_answer_fn answer,
                     pg_queue_done_fn done,
                     void *arg)
{
    ask->call.answer = answer;
    ask->call.done = done;
    ask->call.arg = arg;
    pg_queue_push(store->queue, &ask->call);
}

static void ask_jobs(struct payout_store *store,
                     const char *statement,
                     const char *merchant,
                     size_t limit,
                     payout_jobs_fn done,
                     void *arg)
{
    struct books_ask ask;

    ask_init(&ask, statement);
    ask_text(&ask, merchant);
    ask_i64(&ask, (int64_t)limit);
    ask_i64(&ask, PAYOUT_LEASE_MS);
    ask_push(store, &ask, jobs_answer, (pg_queue_done_fn)done, arg);
}

static void port_claim(void *self, const char *merchant, size_t limit, payout_jobs_fn done, void *arg)
{
    ask_jobs(self, "claim", merchant, limit, done, arg);
}

static void port_due(void *self, const char *merchant, size_t limit, payout_jobs_fn done, void *arg)
{
    ask_jobs(self, "due", merchant, limit, done, arg);
}

static void port_look(void *self, const char *merchant, const char *out_no, payout_jobs_fn done, void *arg)
{
    struct books_ask ask;

    ask_init(&ask, "look");
    ask_text(&ask, merchant);
    ask_text(&ask, out_no);
    ask_push(self, &ask, jobs_answer, (pg_queue_done_fn)done, arg);
}

static void port_sent(void *self, const struct payout_sending *sending, payout_told_fn done, void *arg)
{
    struct books_ask ask;

    ask_init(&ask, "sent");
    ask_text(&ask, sending->out_no);
    ask_i64(&ask, sending->fence);
    ask_bytes(&ask, sending->body_hash, SHA256_BYTES);
    ask_bytes(&ask, sending->body_sealed, sending->body_sealed_len);
    ask_i64(&ask, PAYOUT_LEASE_MS);
    ask_push(self, &ask, told_answer, (pg_queue_done_fn)done, arg);
}

static void port_tell(void *self, const struct payout_telling *telling, payout_told_fn done, void *arg)
{
    struct books_ask ask;

    ask_telling(&ask, telling);
    ask_push(self, &ask, told_answer, (pg_queue_done_fn)done, arg);
}

static void port_merchants(void *self, merchants_fn done, void *arg)
{
    struct books_ask ask;

    ask_init(&ask, "merchants");
    ask_push(self, &ask, merchants_answer, (pg_queue_done_fn)done, arg);
}

static void port_counts(void *self, payout_counted_fn done, void *arg)
{
    struct books_ask ask;

    ask_init(&ask, "counts");
    ask_push(self, &ask, counts_answer, (pg_queue_done_fn)done, arg);
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
