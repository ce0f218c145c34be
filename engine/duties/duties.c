/*
 * duties/duties.c - the thread: what is due, who woke it, how it ends.
 *
 *   wait ──> catalog ──> leader row ──> each shard of the leader (hinted ones first) ──> seal ──> wait
 */
#include "duties/duties_internal.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/metrics.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { NAP_US = 50 * 1000, PG_AWAY_US = 300 * 1000 };

static void *duties_run(void *arg);

/* ---- errors ---- */

hb_err ledger_failed(struct duties *duties, hb_err err, const char *what)
{
    if (err == HB_OK) {
        return HB_OK;
    }
    if (err == HB_E_CONFLICT && strcmp(pg_sqlstate(duties->pg), "HB001") == 0) {
        leader_lost(duties, what);
    } else if (err == HB_E_UNAVAILABLE || err == HB_E_UNSURE) {
        if (!duties->pg_away) {
            log_warn("duties.ledger_away", "what=%s error=\"%s\"", what, pg_error(duties->pg));
        }
        duties->pg_away = true;
        duties->pg_retry_at_us = clock_mono_us() + PG_AWAY_US;
    } else {
        log_warn("duties.ledger_refused",
                 "what=%s state=%s error=\"%s\"",
                 what,
                 pg_sqlstate(duties->pg),
                 pg_error(duties->pg));
    }
    return err;
}

struct redis *shard_redis(struct duties *duties, const struct duty_shard *shard)
{
    return shard->node < duties->node_count ? duties->nodes[shard->node].redis : NULL;
}

/* ---- hints from other threads ---- */

static void duties_hint(struct duties *duties, uint32_t campaign_id, uint32_t shard, bool drain)
{
    struct hint *known = NULL;

    (void)pthread_mutex_lock(&duties->lock);
    for (size_t i = 0; i < duties->hint_count && known == NULL; i++) {
        if (duties->hints[i].campaign_id == campaign_id && duties->hints[i].shard == shard) {
            known = &duties->hints[i];
        }
    }
    if (known != NULL) {
        known->drain |= drain;
    } else if (duties->hint_count < HINTS_MAX) {
        duties->hints[duties->hint_count++] = (struct hint){campaign_id, shard, drain};
        (void)pthread_cond_signal(&duties->wake);
    }
    (void)pthread_mutex_unlock(&duties->lock);
}

void duties_shard_closed(struct duties *duties, uint32_t campaign_id, uint32_t shard)
{
    duties_hint(duties, campaign_id, shard, /* drain= */ false);
}

void duties_win_waits(struct duties *duties, uint32_t campaign_id, uint32_t shard)
{
    duties_hint(duties, campaign_id, shard, /* drain= */ true);
}

void duties_stock_dry(struct duties *duties, uint32_t campaign_id, uint32_t shard, uint8_t prize)
{
    (void)prize; /* a round looks at all of the shard's prizes */
    duties_hint(duties, campaign_id, shard, /* drain= */ false);
}

bool duties_ready(struct duties *duties)
{
    return atomic_load(&duties->ready);
}

static size_t hints_take(struct duties *duties, struct hint out[static HINTS_MAX])
{
    size_t count = 0;

    (void)pthread_mutex_lock(&duties->lock);
    count = duties->hint_count;
    memcpy(out, duties->hints, count * sizeof *out);
    duties->hint_count = 0;
    (void)pthread_mutex_unlock(&duties->lock);
    return count;
}

/* ---- rounds ---- */

static bool may_lead(const struct duties *duties)
{
    return duties->fence != 0 && !duties->pg_away;
}

static void hint_follow(struct duties *duties, struct duty_campaign *campaign, const struct hint *hint)
{
    struct duty_shard *shard = &campaign->shards[hint->shard];

    if (may_lead(duties)) {
        shard_round(duties, campaign, shard);
    }
    if (hint->drain && !duties->pg_away) {
        shard_drain_now(duties, campaign, shard);
    }
}

static void hints_follow(struct duties *duties, const struct hint *hints, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        for (size_t c = 0; c < duties->campaign_count && !duties->pg_away; c++) {
            struct duty_campaign *campaign = duties->campaigns[c];

            if (campaign->id == hints[i].campaign_id && hints[i].shard < campaign->shard_count) {
                hint_follow(duties, campaign, &hints[i]);
            }
        }
    }
}

static void entries_count(struct duties *duties)
{
    uint64_t entries = 0;

    for (size_t c = 0; c < duties->campaign_count; c++) {
        for (uint32_t s = 0; s < duties->campaigns[c]->shard_count; s++) {
            entries += duties->campaigns[c]->shards[s].entries;
        }
    }
    metrics_gauge_set(G_STREAM_ENTRIES, (int64_t)entries);
}

static void shards_round(struct duties *duties, int64_t now_us)
{
    if (now_us < duties->round_at_us) {
        return;
    }
    duties->round_at_us = now_us + ROUND_US;
    for (size_t c = 0; c < duties->campaign_count; c++) {
        struct duty_campaign *campaign = duties->campaigns[c];

        if (campaign->archived) {
            continue;
        }
        for (uint32_t s = 0; s < campaign->shard_count && may_lead(duties); s++) {
            shard_round(duties, campaign, &campaign->shards[s]);
        }
        if (may_lead(duties)) {
            moments_load(duties, campaign, now_us);
        }
        if (may_lead(duties)) {
            vouchers_round(duties, campaign, now_us);
        }
    }
    entries_count(duties);
}

static bool shards_open(const struct duties *duties)
{
    const int64_t now_ms = clock_wall_ms();

    for (size_t c = 0; c < duties->campaign_count; c++) {
        const struct duty_campaign *campaign = duties->campaigns[c];

        for (uint32_t s = 0; s < campaign->shard_count && !campaign_over(campaign, now_ms); s++) {
            const struct duty_shard *shard = &campaign->shards[s];

            if (!shard->ledger_open || (duties->fence != 0 && !shard->serving)) {
                return false;
            }
        }
    }
    return true;
}

/* Behind a new connection may be another server, or one that was set back. */
static void ledger_met(struct duties *duties)
{
    if (pg_sessions(duties->pg) == duties->pg_session) {
        return;
    }
    duties->pg_session = pg_sessions(duties->pg);
    for (size_t c = 0; c < duties->campaign_count; c++) {
        for (uint32_t s = 0; s < duties->campaigns[c]->shard_count; s++) {
            duties->campaigns[c]->shards[s].log_checked = false;
        }
    }
}

static bool catalog_told(struct duties *duties)
{
    if (!duties->listening) { /* the connection itself listens again after it was lost */
        duties->listening = pg_call(duties->listen, "LISTEN hongbao_catalog", 0, NULL, NULL) == HB_OK;
    }
    return duties->listening && pg_notified(duties->listen, 0);
}

static void duties_round(struct duties *duties)
{
    static _Thread_local struct hint hints[HINTS_MAX];
    int64_t now_us = clock_mono_us();
    /* Also when nothing can be done about them: one that stays would keep this thread from ever napping. */
    size_t hint_count = hints_take(duties, hints);
    bool told = false;

    if (duties->pg_away && now_us < duties->pg_retry_at_us) {
        return;
    }
    duties->pg_away = false;
    told = catalog_told(duties);
    catalog_round(duties, now_us, told);
    if (told) {
        leases_retry_now(duties); /* a campaign may have been funded */
    }
    if (!duties->pg_away) {
        leader_round(duties, now_us);
    }
    ledger_met(duties);
    hints_follow(duties, hints, hint_count);
    if (may_lead(duties)) {
        shards_round(duties, now_us);
        sealer_round(duties, now_us);
    }
    atomic_store(&duties->leading, duties->fence != 0);
    atomic_store(&duties->ready, duties->loaded && shards_open(duties));
}

/* Until somebody asks for something, or for a nap. False when the thread shall end. */
static bool duties_wait(struct duties *duties)
{
    struct timespec until;
    bool go_on = false;

    (void)clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += NAP_US * 1000L;
    if (until.tv_nsec >= 1000000000L) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000L;
    }
    (void)pthread_mutex_lock(&duties->lock);
    if (!duties->stopping && duties->hint_count == 0) {
        (void)pthread_cond_timedwait(&duties->wake, &duties->lock, &until);
    }
    go_on = !duties->stopping;
    (void)pthread_mutex_unlock(&duties->lock);
    return go_on;
}

/* What is in the streams goes to the ledger once more; the next leader need not wait for us. */
static void duties_wind_up(struct duties *duties)
{
    const int64_t until_us = clock_mono_us() + (int64_t)SHUTDOWN_MS * 1000;

    for (size_t c = 0; c < duties->campaign_count; c++) {
        struct duty_campaign *campaign = duties->campaigns[c];

        for (uint32_t s = 0; s < campaign->shard_count && may_lead(duties) && clock_mono_us() < until_us;
             s++) {
            bool refused = false;

            if (campaign->shards[s].serving) {
                (void)drain_round(duties, campaign, &campaign->shards[s], DRAIN_ALL, &refused);
            }
        }
    }
    leader_yield(duties);
}

static void *duties_run(void *arg)
{
    struct duties *duties = arg;

    metrics_thread_setup();
    do {
        duties_round(duties);
    } while (duties_wait(duties));
    duties_wind_up(duties);
    return NULL;
}

/* ---- its life ---- */

static void duties_free(struct duties *duties)
{
    books_watch_stop(duties->books);
    catalog_free(duties);
    for (size_t i = 0; i < duties->node_count; i++) {
        redis_close(duties->nodes[i].redis);
    }
    pg_close(duties->pg);
    pg_close(duties->listen);
    (void)pthread_cond_destroy(&duties->wake);
    (void)pthread_mutex_destroy(&duties->lock);
    free(duties);
}

static bool locks_init(struct duties *duties)
{
    pthread_condattr_t attributes;

    if (pthread_condattr_init(&attributes) != 0) {
        return false;
    }
    (void)pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    (void)pthread_mutex_init(&duties->lock, NULL);
    (void)pthread_cond_init(&duties->wake, &attributes);
    (void)pthread_condattr_destroy(&attributes);
    return true;
}

static hb_err nodes_open(struct duties *duties)
{
    size_t count = redis_nodes_count(duties->config);
    hb_err err = count == 0 ? HB_E_INPUT : HB_OK;

    while (err == HB_OK && duties->node_count < count) {
        err = redis_open(duties->config, duties->node_count, &duties->nodes[duties->node_count].redis);
        duties->node_count += err == HB_OK;
    }
    return err;
}

static void node_name(struct duties *duties)
{
    char host[64] = "";

    (void)gethostname(host, sizeof host - 1);
    (void)snprintf(duties->name,
                   sizeof duties->name,
                   "%s/%s:%" PRId64,
                   host,
                   config_text(duties->config, CFG_HTTP_LISTEN),
                   config_int(duties->config, CFG_HTTP_PORT));
}

static hb_err connections_open(struct duties *duties)
{
    const char *uri = config_text(duties->config, CFG_DATABASE_URI);
    int64_t timeout_ms = config_int(duties->config, CFG_DATABASE_TIMEOUT_MS);
    hb_err err = pg_open(uri, timeout_ms, &duties->pg);

    if (err == HB_OK) {
        err = pg_open(uri, timeout_ms, &duties->listen);
    }
    return err == HB_OK ? nodes_open(duties) : err;
}

hb_err duties_start(const struct config *config, struct catalog_slot *slot, struct duties **out)
{
    struct duties *duties = calloc(1, sizeof *duties);
    hb_err err = HB_E_NOMEM;

    *out = NULL;
    if (duties == NULL || !locks_init(duties)) {
        free(duties);
        return HB_E_NOMEM;
    }
    duties->config = config;
    duties->slot = slot;
    node_name(duties);
    err = connections_open(duties);
    err = err == HB_OK ? books_watch_start(config, &duties->leading, &duties->books) : err;
    if (err == HB_OK && pthread_create(&duties->thread, NULL, duties_run, duties) != 0) {
        err = HB_E_INTERNAL;
    }
    if (err != HB_OK) {
        duties_free(duties);
        return err;
    }
    *out = duties;
    return HB_OK;
}

void duties_stop(struct duties *duties)
{
    if (duties == NULL) {
        return;
    }
    (void)pthread_mutex_lock(&duties->lock);
    duties->stopping = true;
    (void)pthread_cond_signal(&duties->wake);
    (void)pthread_mutex_unlock(&duties->lock);
    (void)pthread_join(duties->thread, NULL);
    duties_free(duties);
}
