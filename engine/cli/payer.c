/*
 * cli/payer.c - the thread that pays.
 */
#include "cli/payer.h"

#include "base/clock.h"
#include "base/crypto.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/metrics.h"
#include "base/people_key.h"
#include "cli/merchant_accounts.h"
#include "flow/payout.h"
#include "outbound/providers.h"
#include "store/payout_store.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { TURN_US = 100 * 1000, SETTINGS_MS = 2000, COUNTS_MS = 10 * 1000, STOP_MS = 5000 };

struct payer {
    const struct config *config;
    struct loop *loop;
    struct loop_timer *turn;
    struct payout_store *store;
    struct books_port books;
    struct providers *providers;
    struct seal_key key;
    struct payout_desk **desks; /* one a provider, in their order */
    size_t desk_count;
    pthread_t thread;
    bool started, stopping, reading, counting;
    int64_t settings_at_ms, counts_at_ms, stop_at_ms;
};

static void payer_turn(void *arg);

/* ---- the desks' surroundings ---- */

static int64_t now_ms(void *arg)
{
    (void)arg;
    return clock_mono_us() / 1000;
}

static uint32_t random_number(void *arg)
{
    uint32_t number;

    (void)arg;
    crypto_random(&number, sizeof number);
    return number;
}

static struct payout_desk_spec desk_spec(struct payer *payer, const struct provider_port *provider)
{
    return (struct payout_desk_spec){.books = &payer->books,
                                     .provider = provider,
                                     .key = &payer->key,
                                     .remark = config_text(payer->config, CFG_PAYOUT_REMARK),
                                     .now_ms = now_ms,
                                     .random = random_number,
                                     .arg = payer};
}

/* ---- life ---- */

static hb_err desks_open(struct payer *payer)
{
    size_t count = providers_count(payer->providers);

    payer->desks = calloc(count + 1, sizeof(struct payout_desk *));
    for (; payer->desks != NULL && payer->desk_count < count; payer->desk_count++) {
        const struct payout_desk_spec spec =
            desk_spec(payer, providers_at(payer->providers, payer->desk_count));

        payer->desks[payer->desk_count] = payout_desk_new(&spec);
        if (payer->desks[payer->desk_count] == NULL) {
            return HB_E_NOMEM;
        }
    }
    return payer->desks == NULL ? HB_E_NOMEM : HB_OK;
}

/* Only where there are merchant accounts. */
static hb_err payer_build(struct payer *payer)
{
    hb_err err = people_key_load(payer->config, &payer->key);

    if (err == HB_OK) {
        payer->turn = loop_timer_new(payer->loop, payer_turn, payer);
        err = payer->turn == NULL ? HB_E_NOMEM : payout_store_new(payer->loop, payer->config, &payer->store);
    }
    if (err == HB_OK) {
        payer->books = payout_store_port(payer->store);
        err = desks_open(payer);
    }
    return err;
}

/* The providers answer what is in flight, then the books: every journey ends. */
static void payer_free(struct payer *payer)
{
    providers_free(payer->providers);
    payout_store_free(payer->store);
    for (size_t i = 0; i < payer->desk_count; i++) {
        payout_desk_free(payer->desks[i]);
    }
    free(payer->desks);
    if (payer->turn != NULL) {
        loop_timer_free(payer->turn);
    }
    loop_free(payer->loop);
    crypto_wipe(&payer->key, sizeof payer->key);
    free(payer);
}

hb_err payer_new(const struct config *config, struct payer **out)
{
    struct payer *payer = calloc(1, sizeof *payer);
    hb_err err = HB_E_NOMEM;

    *out = NULL;
    if (payer == NULL) {
        return HB_E_NOMEM;
    }
    payer->config = config;
    payer->loop = loop_new();
    if (payer->loop != NULL) {
        err = merchant_accounts_open(config, payer->loop, 0, &payer->providers);
    }
    if (err == HB_OK && payer->providers != NULL) {
        err = payer_build(payer);
    }
    if (err != HB_OK || payer->providers == NULL) {
        payer_free(payer);
        return err;
    }
    *out = payer;
    return HB_OK;
}

static void *payer_run(void *arg)
{
    struct payer *payer = arg;

    metrics_thread_setup();
    loop_timer_set(payer->turn, 0);
    loop_run(payer->loop);
    return NULL;
}

hb_err payer_start(struct payer *payer)
{
    if (pthread_create(&payer->thread, NULL, payer_run, payer) != 0) {
        return HB_E_NOMEM;
    }
    payer->started = true;
    log_info("payer.paying", "merchants=%zu", payer->desk_count);
    return HB_OK;
}

static void stop_begin(void *arg)
{
    struct payer *payer = arg;

    payer->stopping = true;
    payer->stop_at_ms = now_ms(NULL) + STOP_MS;
    for (size_t i = 0; i < payer->desk_count; i++) {
        payout_desk_close(payer->desks[i]);
    }
}

void payer_stop(struct payer *payer)
{
    if (payer == NULL) {
        return;
    }
    if (payer->started) {
        (void)loop_post(payer->loop, stop_begin, payer);
        (void)pthread_join(payer->thread, NULL);
    }
    payer_free(payer);
}

/* ---- turns ---- */

static void settings_read(void *arg, hb_err err, const struct merchant_row *rows, size_t count)
{
    struct payer *payer = arg;
    int64_t stopped = 0;

    payer->reading = false;
    if (err != HB_OK) {
        return; /* what was true stays so; without the books nothing is sent anyway */
    }
    for (size_t i = 0; i < payer->desk_count; i++) {
        bool found = false;

        for (size_t r = 0; r < count && !found; r++) {
            found = strcmp(rows[r].id, payout_desk_merchant(payer->desks[i])) == 0;
            if (found) {
                payout_desk_set(payer->desks[i], rows[r].stopped, rows[r].rate_per_s);
                stopped += rows[r].stopped;
            }
        }
    }
    metrics_gauge_set(G_MERCHANTS_STOPPED, stopped);
}

static void counted(void *arg, hb_err err, const struct payout_counts *counts)
{
    struct payer *payer = arg;

    payer->counting = false;
    if (err != HB_OK) {
        return;
    }
    metrics_gauge_set(G_PAYOUTS_PLANNED, counts->open[PAYOUT_PLANNED]);
    metrics_gauge_set(G_PAYOUTS_RESERVED, counts->open[PAYOUT_RESERVED]);
    metrics_gauge_set(G_PAYOUTS_SENT, counts->open[PAYOUT_SENT]);
    metrics_gauge_set(G_PAYOUTS_WAITING, counts->open[PAYOUT_WAITING_USER]);
    metrics_gauge_set(G_PAYOUTS_IN_PROGRESS, counts->open[PAYOUT_IN_PROGRESS]);
    metrics_gauge_set(G_PAYOUTS_UNKNOWN, counts->open[PAYOUT_UNKNOWN]);
    metrics_gauge_set(G_PAYOUTS_FROZEN, counts->frozen);
    metrics_gauge_set(G_PAYOUT_UNKNOWN_AGE, counts->oldest_unknown_s);
}

static void books_look(struct payer *payer, int64_t at_ms)
{
    if (!payer->reading && at_ms >= payer->settings_at_ms) {
        payer->reading = true;
        payer->settings_at_ms = at_ms + SETTINGS_MS;
        payer->books.merchants(payer->books.self, settings_read, payer);
    }
    if (!payer->counting && at_ms >= payer->counts_at_ms) {
        payer->counting = true;
        payer->counts_at_ms = at_ms + COUNTS_MS;
        payer->books.counts(payer->books.self, counted, payer);
    }
}

static size_t payer_in_hand(const struct payer *payer)
{
    size_t in_hand = 0;

    for (size_t i = 0; i < payer->desk_count; i++) {
        in_hand += payout_desk_in_hand(payer->desks[i]);
    }
    return in_hand;
}

static void payer_turn(void *arg)
{
    struct payer *payer = arg;
    int64_t at_ms = now_ms(NULL);

    if (payer->stopping && (payer_in_hand(payer) == 0 || at_ms >= payer->stop_at_ms)) {
        loop_stop(payer->loop);
        return;
    }
    for (size_t i = 0; i < payer->desk_count; i++) {
        payout_desk_turn(payer->desks[i]);
    }
    if (!payer->stopping) {
        books_look(payer, at_ms);
    }
    loop_timer_set(payer->turn, TURN_US);
}

/* ---- notices: from a worker's loop to ours and back ---- */

struct handing {
    struct payer *payer;
    const struct provider_port *provider;
    struct provider_event event;
    uint8_t body_hash[SHA256_BYTES];
    struct loop *home;
    notice_done_fn done;
    void *arg;
    bool taken;
};

static void handing_ended(void *arg)
{
    struct handing *handing = arg;

    handing->done(handing->arg, handing->taken);
    free(handing);
}

static void handing_taken(void *arg, bool taken)
{
    struct handing *handing = arg;

    handing->taken = taken;
    if (!loop_post(handing->home, handing_ended, handing)) {
        abort(); /* its request would wait for ever */
    }
}

static void handing_begin(void *arg)
{
    struct handing *handing = arg;
    const struct payout_desk_spec spec = desk_spec(handing->payer, handing->provider);

    payout_notice(&spec, &handing->event, handing->body_hash, handing_taken, handing);
}

static void take_notice(void *self,
                        const struct provider_port *provider,
                        const struct provider_event *event,
                        const uint8_t body_hash[static SHA256_BYTES],
                        struct loop *home,
                        notice_done_fn done,
                        void *arg)
{
    struct payer *payer = self;
    struct handing *handing = calloc(1, sizeof *handing);

    if (handing == NULL) {
        abort();
    }
    *handing = (struct handing){
        .payer = payer, .provider = provider, .event = *event, .home = home, .done = done, .arg = arg};
    memcpy(handing->body_hash, body_hash, SHA256_BYTES);
    if (!loop_post(payer->loop, handing_begin, handing)) {
        abort();
    }
}

static const struct provider_port *provider_named(void *self, const char *merchant)
{
    return providers_find(((struct payer *)self)->providers, merchant);
}

struct notice_port payer_notices(struct payer *payer)
{
    return (struct notice_port){.self = payer, .provider = provider_named, .take = take_notice};
}
