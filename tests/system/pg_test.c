/*
 * System test of store/pg.c and store/pg_migrate.c against a real PostgreSQL; run by ledger_writer.py,
 * which goes on with ledger_writer_test in the database that this one prepared.
 *
 * Environment  TEST_URI, TEST_MIGRATOR_URI  an empty database with its roles
 *              TEST_SQL       the migrations
 */
#include "base/clock.h"
#include "store/pg.h"

#include "tests/support/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TIMEOUT_MS = 1500 };

static struct pg *g_pg;

static int64_t ask(const char *sql)
{
    struct pg_result *rows = NULL;
    int64_t answer = 0;

    assert_int_equal(pg_call(g_pg, sql, 0, NULL, &rows), HB_OK);
    answer = pg_i64(rows, 0, 0);
    pg_result_free(rows);
    return answer;
}

TEST(migrations_are_applied_once_and_a_changed_one_is_refused)
{
    char command[2048];
    struct buf said;
    struct pg *migrator = NULL;

    buf_init(&said, 10000);
    assert_int_equal(pg_open(getenv("TEST_MIGRATOR_URI"), TIMEOUT_MS, &migrator), HB_OK);
    assert_int_equal(pg_migrate(migrator, getenv("TEST_SQL"), &said), HB_OK);
    assert_non_null(strstr(buf_cstr(&said), "applied 001_"));
    buf_clear(&said);
    assert_int_equal(pg_migrate(migrator, getenv("TEST_SQL"), &said), HB_OK);
    assert_string_equal(buf_cstr(&said), "");
    snprintf(command,
             sizeof command,
             "rm -rf ./changed && cp -r '%s' ./changed && echo '-- x' >> ./changed/002_*.sql",
             getenv("TEST_SQL"));
    assert_int_equal(system(command), 0);
    assert_int_equal(pg_migrate(migrator, "./changed", &said), HB_E_CONFLICT);
    assert_non_null(strstr(pg_error(migrator), "changed"));
    assert_int_equal(system("rm ./changed/*; echo 'CREATE TABLE "
                            "hongbao.half (); SELECT 1 / 0;' > "
                            "./changed/900_broken.sql"),
                     0);
    assert_int_equal(pg_migrate(migrator, "./changed", &said), HB_E_CONFLICT);
    assert_string_equal(pg_sqlstate(migrator), "22012");
    assert_int_equal(pg_migrate(migrator, "./nowhere", &said), HB_E_INPUT);
    assert_int_equal(system("rm -rf ./changed"), 0);
    pg_close(migrator);
    buf_free(&said);
    assert_int_equal(ask("SELECT count(*) FROM pg_class WHERE relname = 'half'"), 0);
}

TEST(a_campaign_is_prepared)
{
    assert_int_equal(ask("SELECT campaign_publish('spring', 1, '{}', '{}', sha256('t'), sha256('c'), "
                         "sha256('m'), sha256('s'),"
                         " NULL, 'UTC', 1000, 2000000000000, '{0,0}', '{cash,split}', '{cash,cash_split}', "
                         "'{200000,200000}',"
                         " '{1800000,200000}')"),
                     1);
    ask("SELECT campaign_fund('spring', 2000000, 'key')");
    assert_int_equal(ask("SELECT leader_take('test', 5000)"), 1);
    ask("SELECT lease_no FROM lease_take(1, 1, 0::smallint, 1::smallint, 0, 100000, 900000)");
    ask("SELECT lease_no FROM lease_take(1, 1, 1::smallint, 2::smallint, 0, 1000, 1600)");
    ask("SELECT epoch FROM opening_begin(1, 1, 0::smallint)");
    ask("SELECT epoch FROM opening_begin(1, 1, 1::smallint)");
}

TEST(values_come_back_as_they_went)
{
    struct pg_result *rows = NULL;
    size_t len = 0;

    assert_int_equal(pg_callf(g_pg,
                              &rows,
                              "SELECT $1::text, $2::int, $3::bigint, $4::bytea, $5::text, $6::bytea, true",
                              "%s%d%ld%b%s%b",
                              "a'b",
                              -7,
                              (long)INT64_MIN,
                              "\0\xff\\",
                              (size_t)3,
                              NULL,
                              "",
                              (size_t)0),
                     HB_OK);
    assert_int_equal(pg_rows(rows), 1);
    assert_string_equal(pg_text(rows, 0, 0), "a'b");
    assert_int_equal(pg_i64(rows, 0, 1), -7);
    assert_true(pg_i64(rows, 0, 2) == INT64_MIN);
    assert_memory_equal(pg_bytes(rows, 0, 3, &len), "\0\xff\\", 3);
    assert_int_equal(len, 3);
    assert_memory_equal(pg_bytes(rows, 0, 3, &len), "\0\xff\\", 3); /* decoded once only */
    assert_int_equal(len, 3);
    assert_true(pg_null(rows, 0, 4));
    assert_string_equal(pg_text(rows, 0, 4), "");
    (void)pg_bytes(rows, 0, 5, &len);
    assert_int_equal(len, 0);
    assert_int_equal(pg_i64(rows, 0, 6), 1);
    pg_result_free(rows);
}

static bool rows_count(void *arg, const struct pg_result *row)
{
    int64_t *count = arg;

    (*count)++;
    assert_int_equal(pg_i64(row, 0, 0), *count);
    return *count < 1000;
}

TEST(a_stream_ends_early_and_the_connection_goes_on)
{
    int64_t count = 0;

    assert_int_equal(pg_stream(g_pg, "SELECT generate_series(1, 1000000)", 0, NULL, rows_count, &count),
                     HB_OK);
    assert_int_equal(count, 1000);
    assert_int_equal(ask("SELECT 5"), 5);
    count = 0;
    assert_int_equal(
        pg_stream(g_pg, "SELECT x, 1 / (3 - x) FROM generate_series(1, 5) x", 0, NULL, rows_count, &count),
        HB_E_CONFLICT);
    assert_string_equal(pg_sqlstate(g_pg), "22012");
}

TEST(a_failed_transaction_does_not_commit_and_says_why)
{
    assert_int_equal(pg_begin(g_pg, true), HB_OK);
    assert_int_equal(
        pg_call(g_pg, "SELECT lease_take(9, 1, 0::smallint, 1::smallint, 0, 1, 9)", 0, NULL, NULL),
        HB_E_CONFLICT);
    assert_string_equal(pg_sqlstate(g_pg), "HB001");
    assert_int_equal(pg_commit(g_pg), HB_E_CONFLICT);
    assert_string_equal(pg_sqlstate(g_pg), "HB001");
    assert_int_equal(pg_begin(g_pg, false), HB_OK);
    assert_int_equal(pg_call(g_pg, "SELECT 1 / 0", 0, NULL, NULL), HB_E_CONFLICT);
    pg_rollback(g_pg);
    assert_string_equal(pg_sqlstate(g_pg), "22012");
    assert_int_equal(ask("SELECT 5"), 5);
}

TEST(a_late_answer_is_unsure_and_ends_the_connection)
{
    int64_t began_us = clock_mono_us();

    assert_int_equal(pg_call(g_pg, "SELECT pg_sleep(10)", 0, NULL, NULL), HB_E_UNSURE);
    assert_true(clock_mono_us() - began_us < 4 * TIMEOUT_MS * 1000);
    assert_int_equal(ask("SELECT 5"), 5);
    assert_int_equal(pg_begin(g_pg, false), HB_OK);
    assert_int_equal(pg_call(g_pg, "SELECT pg_terminate_backend(pg_backend_pid())", 0, NULL, NULL),
                     HB_E_UNSURE);
    assert_int_equal(pg_call(g_pg, "SELECT 5", 0, NULL, NULL),
                     HB_E_UNAVAILABLE); /* never outside its transaction */
    assert_int_equal(pg_commit(g_pg), HB_E_UNAVAILABLE);
    assert_int_equal(ask("SELECT 5"), 5);
}

TEST(notifications_survive_a_reconnect)
{
    struct pg *other = NULL;

    assert_int_equal(pg_open(getenv("TEST_URI"), TIMEOUT_MS, &other), HB_OK);
    assert_int_equal(pg_call(g_pg, "LISTEN hongbao_catalog", 0, NULL, NULL), HB_OK);
    assert_false(pg_notified(g_pg, 20));
    assert_int_equal(pg_call(other, "SELECT campaign_pause('spring', true)", 0, NULL, NULL), HB_OK);
    assert_true(pg_notified(g_pg, 2000));
    assert_false(pg_notified(g_pg, 20));
    assert_int_equal(pg_call(g_pg, "SELECT pg_terminate_backend(pg_backend_pid())", 0, NULL, NULL),
                     HB_E_UNSURE);
    assert_true(pg_notified(g_pg, 20)); /* whatever was said meanwhile */
    assert_int_equal(pg_call(other, "SELECT campaign_pause('spring', false)", 0, NULL, NULL), HB_OK);
    assert_true(pg_notified(g_pg, 2000));
    pg_close(other);
}

static int setup(void **state)
{
    (void)state;
    return pg_open(getenv("TEST_URI"), TIMEOUT_MS, &g_pg) == HB_OK ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    pg_close(g_pg);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(migrations_are_applied_once_and_a_changed_one_is_refused),
        RUN(a_campaign_is_prepared),
        RUN(values_come_back_as_they_went),
        RUN(a_stream_ends_early_and_the_connection_goes_on),
        RUN(a_failed_transaction_does_not_commit_and_says_why),
        RUN(a_late_answer_is_unsure_and_ends_the_connection),
        RUN(notifications_survive_a_reconnect),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
