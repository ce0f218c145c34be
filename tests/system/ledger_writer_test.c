/*
 * System test of store/pg.c and the asynchronous ledger against a real PostgreSQL; run by
 * ledger_writer.py.
 *
 * Environment  TEST_URI      the engine's role
 *              TEST_CONTROL  a command that takes `restart`, `stop` or `start`
 */
#include "base/clock.h"
#include "base/crypto.h"
#include "base/log.h"
#include "base/loop.h"
#include "store/pg.h"
#include "store/store.h"

#include "tests/support/unit.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TIMEOUT_MS = 1500, STEP_MS = 20000, POSTS_MAX = 30000, FED_MIN = 3000, WINS = 4, ENTRY_BYTES = 17 };

static struct loop *g_loop;
static struct ledger_store *g_store;
static struct ledger_port g_port;
static struct pg *g_pg;

/* ---- one post of the test and what was heard of it ---- */

struct told {
    struct win_post wins[WINS];
    size_t count;
    uint32_t shard, epoch;
    uint64_t position;
    int calls;
    bool returned; /* post() came back before the callback */
    hb_err err;
    char verdicts[WINS + 1];
};

static struct told g_told[POSTS_MAX];
static size_t g_waiting;

static void told_hear(void *arg, hb_err err, const enum win_verdict *verdicts)
{
    struct told *told = arg;

    assert_true(told->returned);
    told->calls++;
    told->err = err;
    for (size_t i = 0; i < WINS && i < told->count && err == HB_OK; i++) {
        told->verdicts[i] = (char)verdicts[i];
    }
    g_waiting--;
}

static void told_post(struct told *told)
{
    uint8_t entry[ENTRY_BYTES] = {1, 1};
    struct ledger_post post = {
        1, told->shard, told->epoch, told->position, entry, sizeof entry, told->wins, told->count};

    entry[15] = WINS;
    told->returned = false;
    memset(told->verdicts, 0, sizeof told->verdicts);
    g_waiting++;
    g_port.post(g_port.self, &post, told_hear, told);
    told->returned = true;
    memset(entry, 0xff, sizeof entry); /* the port has its own copy */
}

/* Post i of a shard takes units WINS * i and the following. */
static struct told *told_make(size_t i, uint32_t shard, uint8_t prize, int64_t amount_fen)
{
    struct told *told = &g_told[i];

    *told = (struct told){.count = WINS, .shard = shard, .epoch = 1, .position = 1 + i * WINS};
    for (size_t k = 0; k < WINS; k++) {
        uint8_t hash[SHA256_BYTES];
        size_t seed[3] = {i, k, (size_t)shard << 8 | prize};

        sha256(seed, sizeof seed, hash);
        memcpy(told->wins[k].player.bytes, hash, PLAYER_BYTES);
        memcpy(told->wins[k].key.bytes, hash + PLAYER_BYTES, KEY_BYTES);
        told->wins[k].draw_no = 1;
        told->wins[k].prize = prize;
        told->wins[k].unit = (uint32_t)(i * WINS + k);
        told->wins[k].amount_fen = amount_fen;
        told->wins[k].chances_left = (uint16_t)k;
    }
    return told;
}

/* ---- the loop, until something is so ---- */

struct await {
    bool (*so)(void);
    int64_t deadline_us;
    bool late;
    struct loop_timer *timer;
};

static void await_look(void *arg)
{
    struct await *await = arg;

    await->late = clock_mono_us() > await->deadline_us;
    if (await->so() || await->late) {
        loop_stop(g_loop);
    } else {
        loop_timer_set(await->timer, 2000);
    }
}

static void await_until(bool (*so)(void))
{
    struct await await = {.so = so, .deadline_us = clock_mono_us() + STEP_MS * INT64_C(1000)};

    await.timer = loop_timer_new(g_loop, await_look, &await);
    loop_timer_set(await.timer, 0);
    loop_run(g_loop);
    loop_timer_free(await.timer);
    assert_false(await.late);
}

static bool store_is_ready(void)
{
    return g_port.ready(g_port.self);
}

static bool nothing_waits(void)
{
    return g_waiting == 0;
}

static int64_t ask(const char *sql)
{
    struct pg_result *rows = NULL;
    int64_t answer = 0;

    assert_int_equal(pg_call(g_pg, sql, 0, NULL, &rows), HB_OK);
    answer = pg_i64(rows, 0, 0);
    pg_result_free(rows);
    return answer;
}

static void control(const char *what)
{
    char command[2048];

    snprintf(command, sizeof command, "%s %s", getenv("TEST_CONTROL"), what);
    assert_int_equal(system(command), 0);
}

/* ---- the asynchronous ledger ---- */

TEST(posts_gather_into_few_transactions_and_hear_their_verdicts)
{
    int64_t before = 0;

    await_until(store_is_ready);
    before = ask("SELECT count(*) FROM batch");
    for (size_t i = 0; i < 100; i++) {
        told_post(told_make(i, 0, 1, 9));
    }
    await_until(nothing_waits);
    for (size_t i = 0; i < 100; i++) {
        assert_int_equal(g_told[i].calls, 1);
        assert_int_equal(g_told[i].err, HB_OK);
        assert_string_equal(g_told[i].verdicts, "rrrr");
    }
    assert_true(ask("SELECT count(*) FROM batch") - before <= 2);
    assert_int_equal(ask("SELECT count(*) FROM draw_log"), 100);
    told_post(&g_told[7]);
    g_told[8].wins[2].amount_fen = 8;
    told_post(&g_told[8]);
    g_told[9].epoch = 9;
    g_told[9].wins[0].draw_no = 2;
    told_post(&g_told[9]);
    await_until(nothing_waits);
    assert_string_equal(g_told[7].verdicts, "ffff");
    assert_string_equal(g_told[8].verdicts, "ffdf");
    assert_string_equal(g_told[9].verdicts, "afff");
}

TEST(one_post_against_the_rules_does_not_hold_up_the_others)
{
    for (size_t i = 0; i < 40; i++) {
        told_post(told_make(i, 1, 2, i == 23 ? 10000 : 1)); /* more fen than was leased */
    }
    await_until(nothing_waits);
    for (size_t i = 0; i < 40; i++) {
        assert_int_equal(g_told[i].calls, 1);
        assert_int_equal(g_told[i].err, i == 23 ? HB_E_UNSURE : HB_OK);
    }
    assert_int_equal(ask("SELECT won_units FROM stock WHERE shard = 1 AND prize = 2"), 39 * WINS);
}

TEST(a_held_lock_makes_posts_unsure_or_unavailable_never_silent)
{
    int64_t began_us = clock_mono_us();

    assert_int_equal(pg_begin(g_pg, false), HB_OK);
    assert_int_equal(
        pg_call(g_pg, "SELECT lease_take(1, 1, 0::smallint, 1::smallint, 100000, 100001, 9)", 0, NULL, NULL),
        HB_OK);
    for (size_t i = 200; i < 203; i++) {
        told_post(told_make(i, 0, 1, 9));
    }
    await_until(nothing_waits);
    assert_true(clock_mono_us() - began_us < 3 * TIMEOUT_MS * 1000);
    for (size_t i = 200; i < 203; i++) {
        assert_int_equal(g_told[i].calls, 1);
        assert_true(g_told[i].err == HB_E_UNSURE || g_told[i].err == HB_E_UNAVAILABLE);
    }
    pg_rollback(g_pg);
    await_until(store_is_ready);
    for (size_t i = 200; i < 203; i++) {
        told_post(&g_told[i]);
    }
    await_until(nothing_waits);
    for (size_t i = 200; i < 203; i++) {
        assert_int_equal(g_told[i].err, HB_OK);
    }
}

static atomic_bool g_restarted;

static void *restart_run(void *arg)
{
    (void)arg;
    control("restart");
    atomic_store(&g_restarted, true);
    return NULL;
}

static size_t g_next;
static struct loop_timer *g_feeder;

static bool is_fed(void)
{
    return g_next == POSTS_MAX || (atomic_load(&g_restarted) && g_next >= FED_MIN);
}

/* Two posts a millisecond until the restart is over, so that it finds some in flight and some waiting. */
static void feed(void *arg)
{
    (void)arg;
    for (size_t i = 0; i < 4 && g_next < POSTS_MAX; i++) {
        told_post(told_make(g_next++, 0, 1, 9));
    }
    if (!is_fed()) {
        loop_timer_set(g_feeder, 2000);
    }
}

static bool all_fed(void)
{
    return is_fed() && g_waiting == 0;
}

TEST(a_restart_in_flight_loses_and_doubles_nothing)
{
    pthread_t restart;
    size_t heard[3] = {0};

    g_next = 1000;
    g_feeder = loop_timer_new(g_loop, feed, NULL);
    loop_timer_set(g_feeder, 0);
    assert_int_equal(pthread_create(&restart, NULL, restart_run, NULL), 0);
    await_until(all_fed);
    pthread_join(restart, NULL);
    loop_timer_free(g_feeder);
    await_until(store_is_ready);
    for (size_t i = 1000; i < g_next; i++) {
        assert_int_equal(g_told[i].calls, 1);
        heard[g_told[i].err == HB_OK ? 0 : g_told[i].err == HB_E_UNSURE ? 1 : 2]++;
        if (g_told[i].err != HB_OK) {
            assert_true(g_told[i].err == HB_E_UNSURE || g_told[i].err == HB_E_UNAVAILABLE);
            told_post(&g_told[i]);
        }
    }
    await_until(nothing_waits);
    for (size_t i = 1000; i < g_next; i++) {
        assert_int_equal(g_told[i].err, HB_OK);
        assert_true(strcmp(g_told[i].verdicts, "rrrr") == 0 || strcmp(g_told[i].verdicts, "ffff") == 0);
    }
    printf("ok %zu unsure %zu unavailable %zu\n", heard[0], heard[1], heard[2]);
    assert_true(heard[1] > 0);
    assert_int_equal(ask("SELECT count(*) FROM win WHERE prize = 1"), (100 + 3 + g_next - 1000) * WINS);
    assert_int_equal(ask("SELECT won_units FROM stock WHERE shard = 0 AND prize = 1"),
                     (100 + 3 + g_next - 1000) * WINS);
    assert_int_equal(ask("SELECT credit FROM account WHERE name = 'payable:spring:0'"),
                     (100 + 3 + g_next - 1000) * WINS * 9);
}

/* ---- reads ---- */

static struct win_row g_wins[200];
static size_t g_win_count;
static hb_err g_read_err;

static void wins_heard(void *arg, hb_err err, const struct win_row *rows, size_t count)
{
    (void)arg;
    g_waiting--;
    g_read_err = err;
    g_win_count = count;
    if (count > 0) {
        memcpy(g_wins, rows, count * sizeof *rows);
    }
}

static void wins_ask(const struct player_id *player, uint32_t before, uint32_t limit)
{
    g_waiting++;
    g_port.wins(g_port.self, 1, player, before, limit, wins_heard, NULL);
    assert_int_equal(g_waiting, 1);
    await_until(nothing_waits);
}

TEST(a_player_reads_wins_newest_first)
{
    struct told *told = told_make(500, 0, 1, 9);

    for (uint32_t i = 0; i < WINS; i++) {
        told->wins[i].player = told->wins[0].player;
        told->wins[i].draw_no = i + 1;
    }
    told_post(told);
    await_until(nothing_waits);
    assert_string_equal(told->verdicts, "rrrr");
    wins_ask(&told->wins[0].player, 0, 3);
    assert_int_equal(g_win_count, 3);
    assert_int_equal(g_wins[0].draw_no, 4);
    assert_int_equal(g_wins[0].campaign_id, 1);
    assert_int_equal(g_wins[0].amount_fen, 9);
    assert_true(llabs(g_wins[0].won_at_ms - clock_wall_ms()) < 60000);
    wins_ask(&told->wins[0].player, 2, 200);
    assert_int_equal(g_win_count, 1);
    assert_int_equal(g_wins[0].draw_no, 1);
}

TEST(without_a_server_everything_is_unavailable_at_its_deadline)
{
    int64_t began_us = 0;

    control("stop");
    await_until(nothing_waits);
    told_post(told_make(600, 0, 1, 9)); /* may still find the old connection: unsure then */
    await_until(nothing_waits);
    assert_true(g_told[600].err == HB_E_UNSURE || g_told[600].err == HB_E_UNAVAILABLE);
    assert_false(g_port.ready(g_port.self));
    began_us = clock_mono_us();
    told_post(told_make(601, 0, 1, 9));
    g_waiting++;
    g_port.wins(g_port.self, 1, &g_told[601].wins[0].player, 0, 1, wins_heard, NULL);
    await_until(nothing_waits);
    assert_int_equal(g_told[601].err, HB_E_UNAVAILABLE);
    assert_int_equal(g_read_err, HB_E_UNAVAILABLE);
    assert_true(clock_mono_us() - began_us >= (TIMEOUT_MS - 100) * 1000);
    assert_int_equal(pg_call(g_pg, "SELECT 1", 0, NULL, NULL), HB_E_UNAVAILABLE);
    control("start");
    await_until(store_is_ready);
    told_post(&g_told[601]);
    await_until(nothing_waits);
    assert_string_equal(g_told[601].verdicts, "rrrr");
}

static int setup(void **state)
{
    char uri[1024], timeout[64];
    char *argv[] = {uri, timeout, NULL};
    int argc = 2;
    struct config *config = NULL;
    struct buf problems;

    (void)state;
    log_level_set(LOG_LEVEL_ERROR);
    buf_init(&problems, 10000);
    snprintf(uri, sizeof uri, "--database.uri=%s", getenv("TEST_URI"));
    snprintf(timeout, sizeof timeout, "--database.timeout_ms=%d", TIMEOUT_MS);
    g_loop = loop_new();
    assert_int_equal(config_load(&argc, argv, (char *[]){NULL}, &config, &problems), HB_OK);
    assert_int_equal(pg_open(getenv("TEST_URI"), TIMEOUT_MS, &g_pg), HB_OK);
    assert_int_equal(ledger_store_new(g_loop, config, &g_store), HB_OK);
    g_port = ledger_store_port(g_store);
    config_free(config);
    buf_free(&problems);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    ledger_store_free(g_store);
    pg_close(g_pg);
    loop_free(g_loop);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(posts_gather_into_few_transactions_and_hear_their_verdicts),
        RUN(one_post_against_the_rules_does_not_hold_up_the_others),
        RUN(a_held_lock_makes_posts_unsure_or_unavailable_never_silent),
        RUN(a_restart_in_flight_loses_and_doubles_nothing),
        RUN(a_player_reads_wins_newest_first),
        RUN(without_a_server_everything_is_unavailable_at_its_deadline),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
