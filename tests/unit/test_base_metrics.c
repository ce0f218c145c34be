/*
 * Unit tests of base/metrics.c and metrics_text.c.
 */
#include "base/metrics.h"

#include "tests/support/unit.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { THREADS = 4, ROUNDS = 10000 };

static void *count_something(void *arg)
{
    (void)arg;
    metrics_thread_setup();
    metrics_thread_setup();
    for (int i = 0; i < ROUNDS; i++) {
        metrics_add(M_DRAW_WON, 2);
        metrics_gauge_add(G_DRAWS_WAITING, i % 2 == 0 ? 1 : -1);
        metrics_observe_us(H_DRAW, 150);
    }
    metrics_gauge_add(G_HTTP_OPEN, 1);
    return NULL;
}

static void run_threads(void)
{
    pthread_t threads[THREADS];

    for (size_t i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, count_something, NULL), 0);
    }
    for (size_t i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    }
}

static void check_text(const char *expected)
{
    struct buf out;

    buf_init(&out, 1 << 20);
    metrics_render(&out);
    assert_false(out.failed);
    if (strstr(buf_cstr(&out), expected) == NULL) {
        fail_msg("not found: %s", expected);
    }
    buf_free(&out);
}

TEST(threads_add_up_also_after_they_ended)
{
    run_threads();
    run_threads(); /* these take over the sets of the first ones */
    metrics_gauge_add(G_HTTP_OPEN, -3);
    metrics_gauge_set(G_LEADER, 1);
    assert_int_equal(metrics_counter_sum(M_DRAW_WON), 2 * 2 * THREADS * ROUNDS);
    check_text("\nhongbao_draws_won_total 160000\n");
    check_text("\nhongbao_draws_waiting 0\n");
    check_text("\nhongbao_http_connections 5\n");
    check_text("\nhongbao_leader 1\n");
    check_text("\nhongbao_draw_duration_seconds_bucket{le=\"0.0001\"} 0\n");
    check_text("\nhongbao_draw_duration_seconds_bucket{le=\"0.0002\"} 80000\n");
    check_text("\nhongbao_draw_duration_seconds_sum 12.000000\n");
}

TEST(buckets_include_their_bound_and_add_up)
{
    metrics_observe_us(H_LEDGER, -5);
    metrics_observe_us(H_LEDGER, 100);
    metrics_observe_us(H_LEDGER, 101);
    metrics_observe_us(H_LEDGER, 10000000);
    metrics_observe_us(H_LEDGER, 10000001);
    check_text("hongbao_ledger_batch_duration_seconds_bucket{le=\"0.0001\"} 2\n");
    check_text("hongbao_ledger_batch_duration_seconds_bucket{le=\"0.0002\"} 3\n");
    check_text("hongbao_ledger_batch_duration_seconds_bucket{le=\"0.05\"} 3\n");
    check_text("hongbao_ledger_batch_duration_seconds_bucket{le=\"5\"} 3\n");
    check_text("hongbao_ledger_batch_duration_seconds_bucket{le=\"10\"} 4\n");
    check_text("hongbao_ledger_batch_duration_seconds_bucket{le=\"+Inf\"} 5\n");
    check_text("hongbao_ledger_batch_duration_seconds_sum 20.000202\n");
    check_text("hongbao_ledger_batch_duration_seconds_count 5\n");
}

TEST(promtool_has_nothing_to_say)
{
    struct buf out;
    FILE *promtool;

    if (system("command -v promtool >/dev/null") != 0) {
        skip();
    }
    buf_init(&out, 1 << 20);
    metrics_render(&out);
    promtool = popen("promtool check metrics", "w");
    assert_non_null(promtool);
    assert_int_equal(fwrite(out.data, 1, out.len, promtool), out.len);
    assert_int_equal(pclose(promtool), 0);
    buf_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(threads_add_up_also_after_they_ended),
        RUN(buckets_include_their_bound_and_add_up),
        RUN(promtool_has_nothing_to_say),
    };

    return RUN_ALL(tests);
}
