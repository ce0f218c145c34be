/*
 * cli/clerk.c - turns on a loop of its own.
 *
 *   turn --> webhooks that are due --> sent, each answered on the loop: 2xx is `sent`, all else comes again
 *        --> a comparison, when the last one is old enough and no other node is at it
 */
#include "cli/clerk.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/metrics.h"
#include "books/reconcile.h"
#include "cli/bill_source.h"
#include "cli/clerk_internal.h"
#include "cli/nodes.h"
#include "store/pg.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

enum { TURN_US = 500 * 1000, LOOK_MS = 60 * 1000, FIRST_MS = 5000, CALL_MS = 120 * 1000 };

struct clerk {
    const struct config *config;
    struct loop *loop;
    struct loop_timer *turn;
    struct pg *pg;
    struct teller *teller; /* NULL: there is nobody to tell */
    pthread_t thread;
    atomic_bool stopping;
    int64_t look_at_ms;
};

/* ---- comparisons ---- */

static bool clerk_stopping(void *arg)
{
    return atomic_load(&((struct clerk *)arg)->stopping);
}

/* Old enough is counted from the last comparison, of new books from their first batch. The lock is of the
 * session: it is given back, or goes with the connection. */
static bool turn_is_ours(struct clerk *clerk)
{
    static const char SQL[] =
        "SELECT CASE WHEN coalesce((SELECT max(at) FROM reconcile_run WHERE subject = 'books'), (SELECT at "
        "FROM batch ORDER BY id LIMIT 1), clock_timestamp()) <= clock_timestamp() - $1::int * interval '1 "
        "hour' THEN pg_try_advisory_lock(1752131430) ELSE false END";
    struct pg_result *rows = NULL;
    hb_err err = pg_callf(clerk->pg, &rows, SQL, "%d", (int)config_int(clerk->config, CFG_RECONCILE_HOURS));
    bool ours = err == HB_OK && pg_text(rows, 0, 0)[0] == 't';

    pg_result_free(rows);
    return ours;
}

static hb_err books_compare(struct clerk *clerk)
{
    struct audit_options options = {.quick = false};
    struct cli_nodes nodes;
    hb_err err;

    cli_nodes_open(clerk->config, &nodes);
    options.nodes = nodes.at;
    options.node_count = nodes.count;
    err = reconcile_books(clerk->pg, &options);
    cli_nodes_close(&nodes);
    return err;
}

static hb_err bills_compare(struct clerk *clerk)
{
    struct bill_source *source = NULL;
    struct bill_port port;
    size_t left = 0;
    hb_err err = bill_source_new(clerk->config, &source);

    if (err == HB_OK) {
        port = bill_source_port(source);
        err = reconcile_bills_due(clerk->pg, source == NULL ? NULL : &port, clerk_stopping, clerk, &left);
    }
    bill_source_free(source);
    return err;
}

static void compare(struct clerk *clerk)
{
    int64_t began_us = clock_mono_us();
    hb_err err = books_compare(clerk);

    if (err == HB_OK && !clerk_stopping(clerk)) {
        err = reconcile_all_draws(clerk->pg, clerk_stopping, clerk);
    }
    if (err == HB_OK && !clerk_stopping(clerk)) {
        err = bills_compare(clerk);
    }
    log_info("reconcile.done",
             "err=%s took_ms=%lld",
             err_code(err),
             (long long)((clock_mono_us() - began_us) / 1000));
    if (pg_call(clerk->pg, "SELECT pg_advisory_unlock(1752131430)", 0, NULL, NULL) != HB_OK) {
        log_warn("reconcile.lock", "error=\"%s\"", pg_error(clerk->pg));
    }
}

/* ---- turns ---- */

static void clerk_turn(void *arg)
{
    struct clerk *clerk = arg;
    int64_t now_ms = clock_mono_us() / 1000;

    if (clerk_stopping(clerk)) {
        loop_stop(clerk->loop);
        return;
    }
    if (clerk->teller != NULL) {
        teller_turn(clerk->teller);
    }
    if (config_int(clerk->config, CFG_RECONCILE_HOURS) > 0 && now_ms >= clerk->look_at_ms) {
        if (turn_is_ours(clerk)) {
            compare(clerk);
        }
        clerk->look_at_ms = clock_mono_us() / 1000 + LOOK_MS;
    }
    loop_timer_set(clerk->turn, TURN_US);
}

static void *clerk_run(void *arg)
{
    struct clerk *clerk = arg;

    metrics_thread_setup();
    loop_timer_set(clerk->turn, TURN_US);
    loop_run(clerk->loop);
    return NULL;
}

/* ---- life ---- */

static void clerk_free(struct clerk *clerk)
{
    teller_free(clerk->teller);
    if (clerk->turn != NULL) {
        loop_timer_free(clerk->turn);
    }
    loop_free(clerk->loop);
    pg_close(clerk->pg);
    free(clerk);
}

static hb_err clerk_build(struct clerk *clerk)
{
    hb_err err = pg_open(config_text(clerk->config, CFG_DATABASE_URI), CALL_MS, &clerk->pg);

    clerk->look_at_ms = clock_mono_us() / 1000 + FIRST_MS; /* not while everything starts */
    clerk->loop = loop_new();
    if (err == HB_OK && clerk->loop != NULL) {
        clerk->turn = loop_timer_new(clerk->loop, clerk_turn, clerk);
    }
    if (err == HB_OK && clerk->turn == NULL) {
        err = HB_E_NOMEM;
    }
    if (err == HB_OK && config_text(clerk->config, CFG_WEBHOOK_URL)[0] != '\0') {
        err = teller_new(clerk->loop, clerk->pg, clerk->config, &clerk->teller);
    }
    return err;
}

hb_err clerk_start(const struct config *config, struct clerk **out)
{
    struct clerk *clerk = calloc(1, sizeof *clerk);
    hb_err err = HB_E_NOMEM;

    *out = NULL;
    if (clerk == NULL) {
        return HB_E_NOMEM;
    }
    clerk->config = config;
    err = clerk_build(clerk);
    if (err == HB_OK && pthread_create(&clerk->thread, NULL, clerk_run, clerk) != 0) {
        err = HB_E_INTERNAL;
    }
    if (err != HB_OK) {
        clerk_free(clerk);
        return err;
    }
    *out = clerk;
    return HB_OK;
}

void clerk_stop(struct clerk *clerk)
{
    if (clerk == NULL) {
        return;
    }
    atomic_store(&clerk->stopping, true);
    (void)pthread_join(clerk->thread, NULL);
    clerk_free(clerk);
}
