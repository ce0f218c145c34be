/*
 * cli/serve.c - `hongbao serve`: keys, duties, workers; in order up, in reverse down.
 */
#include "cli/clerk.h"
#include "cli/cli.h"
#include "cli/payer.h"
#include "cli/worker.h"

#include "base/log.h"
#include "base/metrics.h"
#include "base/people_key.h"
#include "flow/block_guesses.h"
#include "http/listener.h"
#include "http/tls.h"
#include "http/unix_socket.h"

#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

struct engine {
    struct loop *loop; /* the main thread's: signals only */
    struct auth_keys keys;
    struct wallet_rules wallet;
    struct catalog_slot *catalogs;
    struct block_guesses *guesses;
    struct duties *duties;
    struct payer *payer; /* NULL: nobody pays here */
    struct clerk *clerk;
    struct tls_context *tls;
    struct unix_socket *unix_socket;
    struct worker **workers;
    size_t worker_count, started;
};

static size_t worker_count_of(const struct config *config)
{
    int64_t asked = config_int(config, CFG_HTTP_WORKERS);
    long cores = sysconf(_SC_NPROCESSORS_ONLN);

    return asked > 0 ? (size_t)asked : cores > 0 ? (size_t)cores : 1;
}

static void descriptors_raise(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

/* What a crowd has needed the next one needs again; giving it back and asking anew is a system call a page.
 */
static void memory_keep(void)
{
    enum { KEPT_BYTES = 64 << 20 };

    (void)mallopt(M_TRIM_THRESHOLD, KEPT_BYTES);
}

static hb_err wallet_rules_load(const struct config *config, struct wallet_rules *out)
{
    const char *proof = config_text(config, CFG_WALLET_PROOF);

    out->is_demo = strcmp(config_text(config, CFG_ENGINE_ENVIRONMENT), "demo") == 0;
    out->proof_required = strcmp(proof, "required") == 0 || (strcmp(proof, "auto") == 0 && !out->is_demo);
    return people_key_load(config, &out->people);
}

static hb_err engine_start(struct engine *engine, const struct config *config)
{
    const char *certificate = config_text(config, CFG_HTTP_TLS_CERT);
    const char *path = config_text(config, CFG_HTTP_UNIX);
    hb_err err = auth_keys_load(config, &engine->keys);

    if (err == HB_OK) {
        err = wallet_rules_load(config, &engine->wallet);
    }
    engine->loop = loop_new();
    engine->catalogs = catalog_slot_new();
    engine->guesses = block_guesses_new();
    if (err == HB_OK && (engine->loop == NULL || engine->catalogs == NULL || engine->guesses == NULL)) {
        err = HB_E_NOMEM;
    }
    if (err == HB_OK && certificate[0] != '\0') {
        err = tls_context_new(certificate, config_text(config, CFG_HTTP_TLS_KEY), &engine->tls);
    }
    if (err == HB_OK && path[0] != '\0') {
        err = unix_socket_new(path, (int)config_int(config, CFG_HTTP_BACKLOG), &engine->unix_socket);
    }
    if (err == HB_OK) {
        err = payer_new(config, &engine->payer);
    }
    if (err == HB_OK && engine->payer != NULL) {
        err = payer_start(engine->payer);
    }
    if (err == HB_OK) {
        err = clerk_start(config, &engine->clerk);
    }
    return err == HB_OK ? duties_start(config, engine->catalogs, &engine->duties) : err;
}

static hb_err workers_start(struct engine *engine, const struct config *config)
{
    struct worker_spec spec = {.config = config,
                               .keys = &engine->keys,
                               .wallet = &engine->wallet,
                               .catalogs = engine->catalogs,
                               .guesses = engine->guesses,
                               .duties = engine->duties,
                               .notices = payer_notices(engine->payer),
                               .tls = engine->tls,
                               .unix_socket = engine->unix_socket};
    size_t count = worker_count_of(config);
    hb_err err = HB_OK;

    engine->workers = calloc(count, sizeof *engine->workers);
    if (engine->workers == NULL) {
        return HB_E_NOMEM;
    }
    for (; err == HB_OK && engine->worker_count < count; engine->worker_count += err == HB_OK) {
        err = worker_new(&spec, &engine->workers[engine->worker_count]);
    }
    for (; err == HB_OK && engine->started < count; engine->started += err == HB_OK) {
        err = worker_start(engine->workers[engine->started]);
    }
    return err;
}

static void engine_stop(struct engine *engine)
{
    if (engine->unix_socket != NULL) {
        unix_socket_hide(engine->unix_socket);
    }
    for (size_t i = 0; i < engine->started; i++) {
        worker_drain(engine->workers[i]);
    }
    for (size_t i = 0; i < engine->started; i++) {
        worker_join(engine->workers[i]);
    }
    clerk_stop(engine->clerk);
    payer_stop(engine->payer); /* it may still answer a notice to a worker's loop */
    for (size_t i = 0; i < engine->worker_count; i++) {
        worker_free(engine->workers[i]);
    }
    free(engine->workers);
    duties_stop(engine->duties);
    unix_socket_free(engine->unix_socket);
    tls_context_free(engine->tls);
    block_guesses_free(engine->guesses);
    catalog_slot_free(engine->catalogs);
    auth_keys_free(&engine->keys);
    crypto_wipe(&engine->wallet, sizeof engine->wallet);
    loop_free(engine->loop);
}

static void asked_to_stop(void *arg)
{
    struct engine *engine = arg;

    log_info("engine.stopping", "workers=%zu", engine->started);
    loop_stop(engine->loop);
}

static void log_level_from(const struct config *config)
{
    static const char *const LEVELS[] = {"error", "warn", "info", "debug"};
    const char *wanted = config_text(config, CFG_ENGINE_LOG_LEVEL);

    for (size_t i = 0; i < sizeof LEVELS / sizeof *LEVELS; i++) {
        if (strcmp(wanted, LEVELS[i]) == 0) {
            log_level_set((enum log_level)i);
        }
    }
}

int serve_main(struct cli *cli)
{
    struct engine engine = {.loop = NULL};
    const struct config *config = cli->config;
    hb_err err;

    if (!cli_done(cli)) {
        return EXIT_USAGE;
    }
    log_level_from(config);
    if (!listener_port_free(config_text(config, CFG_HTTP_LISTEN),
                            (uint16_t)config_int(config, CFG_HTTP_PORT))) {
        return cli_fail("%s port %lld is taken or not ours to listen on",
                        config_text(config, CFG_HTTP_LISTEN),
                        (long long)config_int(config, CFG_HTTP_PORT));
    }
    signal(SIGPIPE, SIG_IGN);
    descriptors_raise();
    memory_keep();
    metrics_thread_setup();
    err = engine_start(&engine, config);
    if (err == HB_OK) {
        loop_signal(engine.loop, SIGTERM, asked_to_stop, &engine);
        loop_signal(engine.loop, SIGINT, asked_to_stop, &engine);
        err = workers_start(&engine, config);
    }
    if (err == HB_OK) {
        log_info("engine.serving",
                 "listen=%s port=%lld workers=%zu",
                 config_text(config, CFG_HTTP_LISTEN),
                 (long long)config_int(config, CFG_HTTP_PORT),
                 engine.worker_count);
        loop_run(engine.loop);
    }
    engine_stop(&engine);
    log_info("engine.stopped", "err=%s", err_code(err));
    return err == HB_OK ? EXIT_YES : cli_fail("could not start: %s", err_title(err, HB_EN));
}
