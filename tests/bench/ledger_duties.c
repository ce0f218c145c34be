/*
 * tests/bench/ledger_duties.c - what the fleet's leader does beside the workers, at the engine's times and
 * with its code: the sealer, the drain of entries without wins, the mark of what is kept, its own renewal.
 */
#include "ledger_bench.h"

#include "base/clock.h"
#include "base/metrics.h"
#include "duties/drain_post.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    TURN_US = 50 * 1000, /* as often it looks what is due */
    DRAIN_EVERY_US = 600 * 1000,
    MARK_EVERY_US = 5000 * 1000,
    BLANK_DRAWS = 64
};

struct bench_duties {
    pthread_t thread;
    uint64_t drained;
    struct duties duties;
    struct duty_campaign campaign;
    struct duty_shard shard;
    struct drain_post post;
    struct batch_of_draws batch;
    int64_t drain_at_us, mark_at_us, renew_at_us, since_us;
};

static bool duty_done(struct bench_duties *bench, hb_err err, const char *what)
{
    if (ledger_failed(&bench->duties, err, what) != HB_OK) {
        bench_fail(what, pg_error(bench->duties.pg));
    }
    return err == HB_OK;
}

/* What came in since the last time: entries without wins, as many of them as `blanks` draws a second make. */
static void blanks_drain(struct bench_duties *bench, uint32_t shard, int64_t passed_us)
{
    int64_t entries = bench_options.blanks * passed_us / 1000000 / BLANK_DRAWS / bench_options.shards;
    struct record_header header;

    if (entries == 0) {
        return;
    }
    bench->shard.index = shard;
    drain_post_start(&bench->post, &bench->campaign, &bench->shard);
    for (int64_t i = 0; i < entries; i++) {
        const uint8_t *bytes = NULL;

        draws_make(&bench->batch, shard, BLANK_DRAWS, false);
        bytes = (const uint8_t *)bench->batch.entry.data;
        if (!record_header_read(bytes, bench->batch.entry.len, &header) ||
            !drain_post_add(&bench->post, &header, 1, bench->batch.position, bytes, bench->batch.entry.len)) {
            bench_fail("the drain", "an entry was not taken");
            return;
        }
    }
    if (duty_done(bench, drain_post_send(&bench->post, bench->duties.pg), "the drain")) {
        if (strspn(buf_cstr(&bench->post.verdicts), "s") != (size_t)entries) {
            bench_fail("the drain", "an entry was not stored");
        }
        bench->drained += (uint64_t)entries;
    }
}

static void drain_turn(struct bench_duties *bench, int64_t now_us)
{
    if (now_us < bench->drain_at_us) {
        return;
    }
    for (uint32_t shard = 0; shard < (uint32_t)bench_options.shards; shard++) {
        blanks_drain(bench, shard, now_us - bench->since_us);
    }
    bench->since_us = now_us;
    bench->drain_at_us = now_us + DRAIN_EVERY_US;
}

static void mark_turn(struct bench_duties *bench, int64_t now_us)
{
    uint64_t kept = 0;

    if (now_us < bench->mark_at_us) {
        return;
    }
    for (bench->shard.index = 0; bench->shard.index < (uint32_t)bench_options.shards; bench->shard.index++) {
        (void)duty_done(bench, log_mark(&bench->duties, &bench->campaign, &bench->shard, &kept), "the mark");
    }
    bench->mark_at_us = now_us + MARK_EVERY_US;
}

static void renew_turn(struct bench_duties *bench, int64_t now_us)
{
    if (now_us >= bench->renew_at_us) {
        (void)duty_done(
            bench,
            pg_callf(bench->duties.pg, NULL, "SELECT leader_renew($1)", "%ld", (long)bench->duties.fence),
            "the leader's renewal");
        bench->renew_at_us = now_us + RENEW_US;
    }
}

static void *duties_run(void *arg)
{
    struct bench_duties *bench = arg;

    metrics_thread_setup();
    bench->since_us = clock_mono_us();
    while (!atomic_load(&bench_stop)) {
        int64_t now_us = clock_mono_us();

        renew_turn(bench, now_us);
        drain_turn(bench, now_us);
        mark_turn(bench, now_us);
        sealer_round(&bench->duties, now_us);
        (void)usleep(TURN_US);
    }
    return NULL;
}

struct bench_duties *bench_duties_start(void)
{
    struct bench_duties *bench = calloc(1, sizeof *bench);

    if (bench == NULL || pg_open(bench_options.uri, TIMEOUT_MS, &bench->duties.pg) != HB_OK) {
        abort();
    }
    bench->duties.fence = bench_options.fence;
    bench->campaign.id = CAMPAIGN;
    snprintf(bench->campaign.slug, sizeof bench->campaign.slug, "bench");
    drain_post_init(&bench->post);
    draws_init(&bench->batch);
    (void)pthread_create(&bench->thread, NULL, duties_run, bench);
    return bench;
}

uint64_t bench_duties_end(struct bench_duties *bench)
{
    uint64_t drained = 0;

    (void)pthread_join(bench->thread, NULL);
    drained = bench->drained;
    drain_post_free(&bench->post);
    buf_free(&bench->batch.entry);
    pg_close(bench->duties.pg);
    free(bench);
    return drained;
}
