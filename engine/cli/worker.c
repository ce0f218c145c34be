/*
 * cli/worker.c - one worker of `hongbao serve`.
 */
#include "cli/worker.h"

#include "base/metrics.h"
#include "store/store.h"

#include <pthread.h>
#include <stdlib.h>

struct worker {
    const struct config *config;
    struct loop *loop;
    struct redis_store *redis;
    struct ledger_store *ledger;
    struct wallet_store *wallet;
    struct deps deps;
    struct public_api *api;
    struct http_server *server;
    pthread_t thread;
};

static void ask_for_opening(void *arg, uint32_t campaign_id, uint32_t shard)
{
    duties_shard_closed(arg, campaign_id, shard);
}

static void ask_for_stock(void *arg, uint32_t campaign_id, uint32_t shard, uint8_t prize)
{
    duties_stock_dry(arg, campaign_id, shard, prize);
}

static void ask_for_drain(void *arg, uint32_t campaign_id, uint32_t shard)
{
    duties_win_waits(arg, campaign_id, shard);
}

static bool shards_ready(void *arg)
{
    return duties_ready(arg);
}

static void deps_fill(struct worker *worker, const struct worker_spec *spec)
{
    worker->deps = (struct deps){
        .loop = worker->loop,
        .catalogs = spec->catalogs,
        .guesses = spec->guesses,
        .shards = redis_store_port(worker->redis),
        .ledger = ledger_store_port(worker->ledger),
        .wallet = wallet_store_port(worker->wallet),
        .shard_closed = ask_for_opening,
        .stock_dry = ask_for_stock,
        .win_waits = ask_for_drain,
        .duties = spec->duties,
        .batch_max = (size_t)config_int(spec->config, CFG_ENGINE_BATCH_MAX),
        .draws_waiting_max = (size_t)config_int(spec->config, CFG_ENGINE_DRAWS_MAX),
        .draw_timeout_ms = config_int(spec->config, CFG_ENGINE_WAIT_MS),
    };
}

static hb_err server_start(struct worker *worker, const struct worker_spec *spec)
{
    const struct config *config = spec->config;
    struct http_server_spec server = {
        .listen = config_text(config, CFG_HTTP_LISTEN),
        .port = (uint16_t)config_int(config, CFG_HTTP_PORT),
        .limits =
            {
                .header_max_bytes = (size_t)config_int(config, CFG_HTTP_HEADER_BYTES),
                .header_count_max = (size_t)config_int(config, CFG_HTTP_HEADERS),
                .body_max_bytes = (size_t)config_int(config, CFG_HTTP_BODY_BYTES),
                .request_timeout_ms = config_int(config, CFG_HTTP_REQUEST_MS),
                .idle_timeout_ms = config_int(config, CFG_HTTP_IDLE_MS),
                .write_timeout_ms = config_int(config, CFG_HTTP_WRITE_MS),
                .connections_max = (size_t)config_int(config, CFG_HTTP_CONNECTIONS),
                .accepts_per_turn = (size_t)config_int(config, CFG_HTTP_ACCEPTS),
                .backlog = (int)config_int(config, CFG_HTTP_BACKLOG),
            },
        .trusted_proxies = config_text(config, CFG_HTTP_PROXIES),
        .tls = spec->tls,
        .unix_socket = spec->unix_socket,
        .routes = PUBLIC_ROUTES,
        .static_dir = config_text(config, CFG_HTTP_PLAYER_UI),
        .context = worker->api,
        .origin_allowed = public_origin_allowed,
    };

    return http_server_new(worker->loop, &server, &worker->server);
}

static hb_err worker_build(struct worker *worker, const struct worker_spec *spec)
{
    struct public_spec api = {.deps = &worker->deps,
                              .keys = spec->keys,
                              .wallet = spec->wallet,
                              .duties_ready = shards_ready,
                              .duties = spec->duties,
                              .notices = spec->notices};
    hb_err err;

    worker->config = spec->config;
    worker->loop = loop_new();
    if (worker->loop == NULL) {
        return HB_E_NOMEM;
    }
    err = redis_store_new(worker->loop, spec->config, &worker->redis);
    if (err == HB_OK) {
        err = ledger_store_new(worker->loop, spec->config, &worker->ledger);
    }
    if (err == HB_OK) {
        err = wallet_store_new(worker->loop, spec->config, &worker->wallet);
    }
    if (err == HB_OK) {
        deps_fill(worker, spec);
        err = public_api_new(&api, &worker->api);
    }
    return err == HB_OK ? server_start(worker, spec) : err;
}

hb_err worker_new(const struct worker_spec *spec, struct worker **out)
{
    struct worker *worker = calloc(1, sizeof *worker);
    hb_err err = HB_E_NOMEM;

    *out = NULL;
    if (worker != NULL) {
        err = worker_build(worker, spec);
    }
    if (err != HB_OK) {
        worker_free(worker);
        return err;
    }
    *out = worker;
    return HB_OK;
}

static void *worker_run(void *arg)
{
    struct worker *worker = arg;

    metrics_thread_setup();
    loop_run(worker->loop);
    return NULL;
}

hb_err worker_start(struct worker *worker)
{
    return pthread_create(&worker->thread, NULL, worker_run, worker) == 0 ? HB_OK : HB_E_NOMEM;
}

static void drained(void *arg)
{
    struct worker *worker = arg;

    loop_stop(worker->loop);
}

static void drain_begin(void *arg)
{
    struct worker *worker = arg;

    public_api_draining(worker->api);
    http_server_drain(worker->server, config_int(worker->config, CFG_HTTP_DRAIN_MS), drained, worker);
}

void worker_drain(struct worker *worker)
{
    loop_post(worker->loop, drain_begin, worker);
}

void worker_join(struct worker *worker)
{
    pthread_join(worker->thread, NULL);
}

void worker_free(struct worker *worker)
{
    if (worker == NULL) {
        return;
    }
    http_server_free(worker->server);
    public_api_free(worker->api);
    wallet_store_free(worker->wallet);
    ledger_store_free(worker->ledger);
    redis_store_free(worker->redis);
    loop_free(worker->loop);
    free(worker);
}
