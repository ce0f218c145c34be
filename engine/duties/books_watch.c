/*
 * duties/books_watch.c - wait, look, say what is wrong; over and over.
 */
#include "duties/books_watch.h"

#include "base/log.h"
#include "base/metrics.h"
#include "store/pg.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <time.h>

enum { CALL_MS = 60 * 1000, SAID_MAX = 20 };

struct books_watch {
    const atomic_bool *leading;
    int64_t period_s;
    struct pg *pg;
    pthread_t thread;
    pthread_mutex_t lock; /* stopping */
    pthread_cond_t wake;
    bool stopping;
};

static void findings_say(const struct pg_result *rows)
{
    for (int row = 0; row < pg_rows(rows) && row < SAID_MAX; row++) {
        log_error("books.broken",
                  "check=%s place=\"%s\" problem=\"%s\"",
                  pg_text(rows, row, 0),
                  pg_text(rows, row, 1),
                  pg_text(rows, row, 2));
    }
    if (pg_rows(rows) > SAID_MAX) {
        log_error("books.broken", "and %d more", pg_rows(rows) - SAID_MAX);
    }
}

static void books_look(struct books_watch *watch)
{
    struct pg_result *rows = NULL;
    hb_err err = pg_call(watch->pg, "SELECT invariant, place, problem FROM books_minute()", 0, NULL, &rows);

    if (err != HB_OK) {
        log_error("books.not_checked", "error=%s database=\"%s\"", err_code(err), pg_error(watch->pg));
        return;
    }
    findings_say(rows);
    metrics_gauge_set(G_BOOKS_FINDINGS, pg_rows(rows));
    metrics_add(M_BOOKS_CHECKS, 1);
    pg_result_free(rows);
}

/* False when the thread shall end. */
static bool watch_wait(struct books_watch *watch)
{
    struct timespec until;
    int result = 0;
    bool go_on;

    (void)clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += watch->period_s;
    (void)pthread_mutex_lock(&watch->lock);
    while (!watch->stopping && result == 0) {
        result = pthread_cond_timedwait(&watch->wake, &watch->lock, &until);
    }
    go_on = !watch->stopping;
    (void)pthread_mutex_unlock(&watch->lock);
    return go_on;
}

static void *watch_run(void *arg)
{
    struct books_watch *watch = arg;

    metrics_thread_setup();
    while (watch_wait(watch)) {
        if (atomic_load(watch->leading)) {
            books_look(watch);
        } else {
            metrics_gauge_set(G_BOOKS_FINDINGS, 0); /* the leader's to say */
        }
    }
    return NULL;
}

static bool locks_init(struct books_watch *watch)
{
    pthread_condattr_t attributes;

    if (pthread_condattr_init(&attributes) != 0) {
        return false;
    }
    (void)pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    (void)pthread_mutex_init(&watch->lock, NULL);
    (void)pthread_cond_init(&watch->wake, &attributes);
    (void)pthread_condattr_destroy(&attributes);
    return true;
}

static void watch_free(struct books_watch *watch)
{
    pg_close(watch->pg);
    (void)pthread_cond_destroy(&watch->wake);
    (void)pthread_mutex_destroy(&watch->lock);
    free(watch);
}

hb_err books_watch_start(const struct config *config, const atomic_bool *leading, struct books_watch **out)
{
    struct books_watch *watch = calloc(1, sizeof *watch);
    hb_err err;

    *out = NULL;
    if (watch == NULL || !locks_init(watch)) {
        free(watch);
        return HB_E_NOMEM;
    }
    watch->leading = leading;
    watch->period_s = config_int(config, CFG_BOOKS_CHECK_S);
    err = pg_open(config_text(config, CFG_DATABASE_URI), CALL_MS, &watch->pg);
    if (err == HB_OK && pthread_create(&watch->thread, NULL, watch_run, watch) != 0) {
        err = HB_E_INTERNAL;
    }
    if (err != HB_OK) {
        watch_free(watch);
        return err;
    }
    *out = watch;
    return HB_OK;
}

void books_watch_stop(struct books_watch *watch)
{
    if (watch == NULL) {
        return;
    }
    (void)pthread_mutex_lock(&watch->lock);
    watch->stopping = true;
    (void)pthread_cond_signal(&watch->wake);
    (void)pthread_mutex_unlock(&watch->lock);
    (void)pthread_join(watch->thread, NULL);
    watch_free(watch);
}
