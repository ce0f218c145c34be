/*
 * tests/bench/ledger_writer.c - wins into the ledger as a live engine writes them, for tests/bench/ledger.
 *
 *   ledger_writer --database URI [--plain TABLE] [--workers N] [--shards N] [--draws N] [--blanks N] [--fence
 * N]
 *                 [--position N] [--unit N] [--units N] [--windows N] [--seconds N]
 *
 * Each worker is a thread with a loop and a ledger store of its own and keeps twice as many posts waiting as
 * one transaction takes. A post is the entry of one batch of draws, all won, and its wins. The duties beside
 * them, on a thread of their own: the sealer, the drain of entries without wins, the mark of what is kept,
 * the leader's renewals, at the engine's times.
 *
 * --plain: instead, one connection a worker sends the same rows by the plain statement into TABLE.
 * Shard i gives units from --unit + i * --units on. The last line of the output is one JSON object: wins a
 * second in each window, after a first second that is not counted.
 */
#include "ledger_bench.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/metrics.h"

#include <getopt.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    POLL_US = 1000,
    WARM_UP_US = 1000 * 1000,     /* connections, plans and caches come first */
    WINDOW_PIECE_US = 100 * 1000, /* a window in pieces, so that a failure ends it soon */
};

struct options bench_options = {.workers = 2,
                                .shards = 1,
                                .draws = 100,
                                .blanks = 5000,
                                .fence = 1,
                                .position = 1,
                                .units = 1 << 30,
                                .windows = 1,
                                .seconds = 5};
atomic_bool bench_stop, bench_failed;
static atomic_uint_fast64_t g_wins;

void bench_fail(const char *what, const char *why)
{
    fprintf(stderr, "ledger_writer: %s: %s\n", what, why);
    atomic_store(&bench_failed, true);
    atomic_store(&bench_stop, true);
}

static struct ledger_post post_of(const struct batch_of_draws *batch)
{
    return (struct ledger_post){.campaign_id = CAMPAIGN,
                                .shard = batch->shard,
                                .epoch = 1,
                                .position = batch->position,
                                .entry = (const uint8_t *)batch->entry.data,
                                .entry_len = batch->entry.len,
                                .wins = batch->wins,
                                .win_count = batch->count};
}

/* ---- a worker ---- */

struct worker {
    pthread_t thread;
    struct loop *loop;
    struct loop_timer *watch;
    struct ledger_store *store;
    struct ledger_port port;
    struct pg_link *plain;
    struct post_list flight; /* of the plain statement */
    struct ledger_batch plain_batch;
    struct batch_of_draws batch;
    uint64_t turn;
    size_t waiting;
};

static void worker_posted(void *arg, hb_err err, const enum win_verdict *verdicts)
{
    struct worker *worker = arg;

    worker->waiting--;
    if (err != HB_OK) {
        bench_fail("a post", err_code(err));
        return;
    }
    for (size_t i = 0; i < (size_t)bench_options.draws; i++) {
        if (verdicts[i] != WIN_RECORDED) {
            bench_fail("a win", "was not recorded");
            return;
        }
    }
    atomic_fetch_add(&g_wins, (uint_fast64_t)bench_options.draws);
}

static void worker_feed(struct worker *worker)
{
    size_t most = 2 * (size_t)FLIGHT_WINS_MAX / (size_t)bench_options.draws;

    while (worker->waiting < most && !atomic_load(&bench_stop)) {
        struct ledger_post post;

        draws_make(&worker->batch,
                   (uint32_t)(worker->turn++ % (uint64_t)bench_options.shards),
                   (size_t)bench_options.draws,
                   true);
        post = post_of(&worker->batch);
        worker->waiting++;
        worker->port.post(worker->port.self, &post, worker_posted, worker);
    }
}

/* ---- the plain statement ---- */

static void plain_send(struct worker *worker);

static void plain_sent(void *arg, hb_err err, const PGresult *result)
{
    struct worker *worker = arg;
    struct post *post = NULL;

    if (err != HB_OK) {
        bench_fail("the plain statement", result == NULL ? "lost" : PQresultErrorMessage(result));
    } else if (strtoull(PQcmdTuples((PGresult *)(uintptr_t)result), NULL, 10) != worker->flight.wins) {
        bench_fail("the plain statement", "not every row was inserted");
    } else {
        atomic_fetch_add(&g_wins, worker->flight.wins);
    }
    while ((post = post_list_shift(&worker->flight)) != NULL) {
        free(post);
    }
}

static void plain_send(struct worker *worker)
{
    struct pg_link_params params = {
        LEDGER_PARAMS, worker->plain_batch.values, worker->plain_batch.lengths, worker->plain_batch.formats};

    while (worker->flight.wins < FLIGHT_WINS_MAX) {
        struct ledger_post facts;

        draws_make(&worker->batch,
                   (uint32_t)(worker->turn++ % (uint64_t)bench_options.shards),
                   (size_t)bench_options.draws,
                   true);
        facts = post_of(&worker->batch);
        facts.position = facts.entry_len = 0; /* rows only */
        post_list_push(&worker->flight, post_new(&facts, NULL, NULL, 0));
    }
    if (!ledger_batch_fill(&worker->plain_batch, &worker->flight) ||
        !pg_link_call(worker->plain, "plain", &params, plain_sent, worker)) {
        bench_fail("the plain statement", "not sent");
    }
}

static void plain_ready(void *arg)
{
    struct worker *worker = arg;

    if (pg_link_idle(worker->plain) && worker->flight.head == NULL && !atomic_load(&bench_stop)) {
        plain_send(worker);
    }
}

static void plain_start(struct worker *worker)
{
    static char sql[1024];
    static struct pg_statement statements[] = {{"plain", sql}, {NULL, NULL}};

    snprintf(sql,
             sizeof sql,
             "INSERT INTO %s (player, amount_fen, key, batch, won_at, campaign, draw_no, unit, chances_left, "
             "shard, prize) "
             "SELECT u.player, u.amount, u.key, ($4::bigint[])[1] + 1, now(), ($1::int[])[u.post], "
             "u.draw_no, u.unit, u.chances, "
             "($2::smallint[])[u.post], u.prize FROM unnest($6::int[], $7::uuid[], $8::int[], "
             "$9::smallint[], $10::int[], "
             "$11::bigint[], $12::bigint[], $13::int[]) AS u(post, player, draw_no, prize, unit, amount, "
             "key, chances) "
             "WHERE $3::int[] IS NOT NULL AND $5::bytea[] IS NOT NULL ON CONFLICT DO NOTHING",
             bench_options.plain);
    ledger_batch_init(&worker->plain_batch);
    worker->plain = pg_link_new(&(struct pg_link_spec){.loop = worker->loop,
                                                       .uri = bench_options.uri,
                                                       .name = "plain",
                                                       .timeout_ms = TIMEOUT_MS,
                                                       .statements = statements,
                                                       .ready = plain_ready,
                                                       .arg = worker});
}

/* ---- a worker's life ---- */

static void store_start(struct worker *worker)
{
    char uri[1024], timeout[64];
    char *argv[] = {uri, timeout, NULL};
    int argc = 2;
    struct config *config = NULL;
    struct buf problems;

    buf_init(&problems, 10000);
    snprintf(uri, sizeof uri, "--database.uri=%s", bench_options.uri);
    snprintf(timeout, sizeof timeout, "--database.timeout_ms=%d", TIMEOUT_MS);
    if (config_load(&argc, argv, (char *[]){NULL}, &config, &problems) != HB_OK ||
        ledger_store_new(worker->loop, config, &worker->store) != HB_OK) {
        bench_fail("the store", buf_cstr(&problems));
    } else {
        worker->port = ledger_store_port(worker->store);
    }
    config_free(config);
    buf_free(&problems);
}

/* Feeds every millisecond: an eighth of what one transaction takes. */
static void worker_watch(void *arg)
{
    struct worker *worker = arg;

    if (worker->store != NULL && worker->port.ready(worker->port.self)) {
        worker_feed(worker);
    }
    if (atomic_load(&bench_stop) &&
        ((worker->waiting == 0 && worker->flight.head == NULL) || atomic_load(&bench_failed))) {
        loop_stop(worker->loop);
        return;
    }
    loop_timer_set(worker->watch, 1000);
}

static void *worker_run(void *arg)
{
    struct worker *worker = arg;

    metrics_thread_setup();
    draws_init(&worker->batch);
    worker->loop = loop_new();
    worker->watch = loop_timer_new(worker->loop, worker_watch, worker);
    if (bench_options.plain == NULL) {
        store_start(worker);
    } else {
        plain_start(worker);
    }
    loop_timer_set(worker->watch, 0);
    loop_run(worker->loop);
    ledger_store_free(worker->store);
    pg_link_free(worker->plain);
    loop_timer_free(worker->watch);
    loop_free(worker->loop);
    buf_free(&worker->batch.entry);
    return NULL;
}

/* ---- the measurement ---- */

static void first_wins_wait(void)
{
    const int64_t until_us = clock_mono_us() + (int64_t)TIMEOUT_MS * 1000;

    while (atomic_load(&g_wins) == 0 && !atomic_load(&bench_failed)) {
        if (clock_mono_us() > until_us) {
            bench_fail("the first win", "it did not come in time");
        }
        (void)usleep(POLL_US);
    }
}

static void rates_measure(double rates[static WINDOWS_MAX])
{
    uint64_t before = 0;
    int64_t began_us = 0;

    first_wins_wait();
    (void)usleep(WARM_UP_US);
    for (int64_t i = 0; i < bench_options.windows && !atomic_load(&bench_failed); i++) {
        before = atomic_load(&g_wins);
        began_us = clock_mono_us();
        for (int64_t slept = 0; slept < bench_options.seconds * 10 && !atomic_load(&bench_failed); slept++) {
            (void)usleep(WINDOW_PIECE_US);
        }
        rates[i] = (double)(atomic_load(&g_wins) - before) * 1e6 / (double)(clock_mono_us() - began_us);
    }
    atomic_store(&bench_stop, true);
}

static void report(const double *rates, uint64_t drained)
{
    printf("{\"wins\": %" PRIu64 ", \"drained_entries\": %" PRIu64 ", \"rates\": [",
           (uint64_t)atomic_load(&g_wins),
           drained);
    for (int64_t i = 0; i < bench_options.windows; i++) {
        printf("%s%.0f", i == 0 ? "" : ", ", rates[i]);
    }
    printf("], \"shards\": [");
    for (uint32_t i = 0; i < bench_options.shards; i++) {
        uint64_t position = 0, unit = 0;

        draws_told(i, &position, &unit);
        printf("%s{\"position\": %" PRIu64 ", \"unit\": %" PRIu64 "}", i == 0 ? "" : ", ", position, unit);
    }
    printf("]}\n");
}

/* ---- options ---- */

/* clang-format off */
static const struct {
    const char *name;
    int64_t *value;
    int64_t min, max;
} NUMBERS[] = {
    {"workers",  &bench_options.workers,  1, WORKERS_MAX},
    {"shards",   &bench_options.shards,   1, LANES_MAX},
    {"draws",    &bench_options.draws,    1, RECORD_DRAWS_MAX},
    {"blanks",   &bench_options.blanks,   0, 1000000},
    {"fence",    &bench_options.fence,    1, INT32_MAX},
    {"position", &bench_options.position, 1, INT64_MAX / 2},
    {"unit",     &bench_options.unit,     0, INT32_MAX},
    {"units",    &bench_options.units,    1, INT32_MAX},
    {"windows",  &bench_options.windows,  1, WINDOWS_MAX},
    {"seconds",  &bench_options.seconds,  1, 3600},
};
/* clang-format on */
enum { NUMBER_COUNT = sizeof NUMBERS / sizeof NUMBERS[0], OPTION_URI = NUMBER_COUNT, OPTION_PLAIN };

static bool number_read(size_t i, const char *text)
{
    char *end = NULL;
    long long value = strtoll(text, &end, 10);

    *NUMBERS[i].value = value;
    return *text != '\0' && *end == '\0' && value >= NUMBERS[i].min && value <= NUMBERS[i].max;
}

static bool options_read(int argc, char **argv)
{
    struct option words[NUMBER_COUNT + 3] = {{NULL, 0, NULL, 0}};
    int word = 0;

    for (size_t i = 0; i < NUMBER_COUNT; i++) {
        words[i] = (struct option){NUMBERS[i].name, required_argument, NULL, (int)i};
    }
    words[NUMBER_COUNT] = (struct option){"database", required_argument, NULL, OPTION_URI};
    words[NUMBER_COUNT + 1] = (struct option){"plain", required_argument, NULL, OPTION_PLAIN};
    while ((word = getopt_long(argc, argv, "", words, NULL)) != -1) {
        if (word == OPTION_URI) {
            bench_options.uri = optarg;
        } else if (word == OPTION_PLAIN) {
            bench_options.plain = optarg;
        } else if (word < 0 || word >= NUMBER_COUNT || !number_read((size_t)word, optarg)) {
            return false;
        }
    }
    return bench_options.uri != NULL && optind == argc;
}

int main(int argc, char **argv)
{
    struct worker workers[WORKERS_MAX] = {{.turn = 0}};
    double rates[WINDOWS_MAX] = {0};
    struct bench_duties *duties = NULL;

    if (!options_read(argc, argv)) {
        fprintf(stderr, "ledger_writer: see the head of ledger_writer.c\n");
        return 2;
    }
    log_level_set(LOG_LEVEL_WARN);
    draws_setup();
    for (int64_t i = 0; i < bench_options.workers; i++) {
        workers[i].turn = (uint64_t)i;
        (void)pthread_create(&workers[i].thread, NULL, worker_run, &workers[i]);
    }
    duties = bench_options.plain == NULL ? bench_duties_start() : NULL;
    rates_measure(rates);
    for (int64_t i = 0; i < bench_options.workers; i++) {
        (void)pthread_join(workers[i].thread, NULL);
    }
    report(rates, duties == NULL ? 0 : bench_duties_end(duties));
    return atomic_load(&bench_failed) ? 1 : 0;
}
