/*
 * System test: what engine/ledger/ works out and what the migrations work out is the same. Run by
 * ledger_writer.py, in the database that pg_test prepared.
 *
 * Environment  TEST_URI
 */
#include "base/crypto.h"
#include "ledger/accounts.h"
#include "ledger/invariants.h"
#include "ledger/parts.h"
#include "ledger/payout_number.h"
#include "ledger/payout_state.h"
#include "ledger/tax.h"
#include "store/pg.h"

#include "tests/support/unit.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TIMEOUT_MS = 30000, TEXT_BYTES = 4096, WINS_MAX = 40 };

static struct pg *g_pg;

static struct pg_result *ask(const char *sql)
{
    struct pg_result *rows = NULL;

    if (pg_call(g_pg, sql, 0, NULL, &rows) != HB_OK) {
        fail_msg("%s: %s", sql, pg_error(g_pg));
    }
    return rows;
}

TEST(kinds_of_transfers_are_one_list)
{
    struct pg_result *rows = ask("SELECT name, debit, credit FROM transfer_kind");

    assert_int_equal(pg_rows(rows), TRANSFER_KIND_COUNT);
    for (int i = 0; i < pg_rows(rows); i++) {
        enum transfer_kind kind = TRANSFER_FUND;
        const char *debit = NULL, *credit = NULL;

        assert_true(transfer_kind_parse(pg_text(rows, i, 0), &kind));
        transfer_kind_sides(kind, &debit, &credit);
        assert_string_equal(pg_text(rows, i, 1), debit);
        assert_string_equal(pg_text(rows, i, 2), credit);
    }
    pg_result_free(rows);
}

static bool step_is(const struct pg_result *rows, const char *before, const char *event, const char *after)
{
    for (int i = 0; i < pg_rows(rows); i++) {
        if (strcmp(pg_text(rows, i, 0), before) == 0 && strcmp(pg_text(rows, i, 1), event) == 0) {
            return strcmp(pg_text(rows, i, 2), after) == 0;
        }
    }
    return strcmp(after, "") == 0;
}

TEST(steps_of_a_payout_are_one_table)
{
    struct pg_result *rows = ask("SELECT before, event, after FROM payout_step");

    for (int before = 0; before < PAYOUT_STATE_COUNT; before++) {
        for (int event = 0; event < PAYOUT_EVENT_COUNT; event++) {
            enum payout_state after;
            bool follows = payout_step((enum payout_state)before, (enum payout_event)event, &after);

            assert_true(step_is(rows,
                                payout_state_name((enum payout_state)before),
                                payout_event_name((enum payout_event)event),
                                follows ? payout_state_name(after) : ""));
        }
    }
    pg_result_free(rows);
}

TEST(every_invariant_is_a_view_that_can_be_asked)
{
    for (size_t i = 0; i < ledger_invariant_count(); i++) {
        char sql[160];

        snprintf(sql,
                 sizeof sql,
                 "SELECT %s FROM %s LIMIT 0",
                 LEDGER_INVARIANTS[i].placed ? "place, problem" : "1",
                 LEDGER_INVARIANTS[i].view);
        pg_result_free(ask(sql));
    }
}

TEST(all_invariants_are_asked_together_under_their_names)
{
    struct pg_result *rows =
        ask("SELECT pg_get_viewdef('check_all'::regclass), pg_get_functiondef('books_recent'::regproc) || "
            "pg_get_functiondef('books_minute'::regproc)");

    for (size_t i = 0; i < ledger_invariant_count(); i++) {
        char quoted[64];

        snprintf(quoted, sizeof quoted, "'%s'", LEDGER_INVARIANTS[i].name);
        assert_true(strstr(pg_text(rows, 0, 0), quoted) != NULL || strcmp(quoted, "'quarantine_empty'") == 0);
        assert_int_equal(strstr(pg_text(rows, 0, 1), quoted) != NULL, LEDGER_INVARIANTS[i].minute);
    }
    pg_result_free(rows);
}

TEST(taxes_agree_over_ranges)
{
    static const int RATES[] = {0, 1, 333, 500, 1999, 2000, 2001, 5000, 8999, TAX_RATE_MAX};
    struct pg_result *rows =
        ask("SELECT a, r, tax_withheld_fen(a, r), tax_gross_up_fen(a, r)"
            " FROM (SELECT generate_series(0, 700) AS a UNION ALL SELECT generate_series(4999900, 5000000)"
            "       UNION ALL VALUES (99999999999999::bigint), (100000000000000)) x,"
            " unnest('{0,1,333,500,1999,2000,2001,5000,8999,9000}'::int[]) AS r");

    assert_int_equal(pg_rows(rows), (701 + 101 + 2) * (int)(sizeof RATES / sizeof RATES[0]));
    for (int i = 0; i < pg_rows(rows); i++) {
        int64_t amount = pg_i64(rows, i, 0);
        int rate = (int)pg_i64(rows, i, 1);

        assert_int_equal(pg_i64(rows, i, 2), tax_withheld_fen(amount, rate));
        assert_int_equal(pg_i64(rows, i, 3), tax_gross_up_fen(amount, rate));
    }
    pg_result_free(rows);
}

TEST(pieces_agree)
{
    struct pg_result *rows = ask("SELECT t, n, k, piece_fen(t, n, k) FROM generate_series(1, 900, 7) AS t,"
                                 " generate_series(1, 9) AS n, generate_series(1, n) AS k");

    for (int i = 0; i < pg_rows(rows); i++) {
        assert_int_equal(
            pg_i64(rows, i, 3),
            piece_fen(pg_i64(rows, i, 0), (uint32_t)pg_i64(rows, i, 1), (uint32_t)pg_i64(rows, i, 2)));
    }
    pg_result_free(rows);
}

static uint64_t random_next(uint64_t *seed)
{
    *seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return *seed >> 33;
}

static void spans_text(const struct part_span *spans, size_t count, bool ends, char out[static TEXT_BYTES])
{
    size_t len = (size_t)snprintf(out, TEXT_BYTES, "{");

    for (size_t i = 0; i < count; i++) {
        len += (size_t)snprintf(
            out + len, TEXT_BYTES - len, "%s%" PRIu32, i == 0 ? "" : ",", ends ? spans[i].to : spans[i].from);
    }
    snprintf(out + len, TEXT_BYTES - len, "}");
}

static void parts_agree(uint64_t *seed)
{
    int64_t wins[WINS_MAX];
    struct part_span spans[WINS_MAX];
    struct parts_spec spec = {.net_fen = wins,
                              .count = random_next(seed) % WINS_MAX,
                              .min_fen = 1 + (int64_t)(random_next(seed) % 60)};
    char sql[TEXT_BYTES], text[TEXT_BYTES];
    size_t len = (size_t)snprintf(sql, sizeof sql, "SELECT part_from, part_to FROM parts_cut('{");
    struct pg_result *rows;
    uint32_t parts = 0;

    spec.cap_fen = 2 * spec.min_fen + (int64_t)(random_next(seed) % 2000);
    for (size_t i = 0; i < spec.count; i++) {
        wins[i] = (int64_t)(random_next(seed) % (random_next(seed) % 5 == 0 ? 9000 : 300));
        len += (size_t)snprintf(sql + len, sizeof sql - len, "%s%" PRId64, i == 0 ? "" : ",", wins[i]);
    }
    snprintf(sql + len, sizeof sql - len, "}', %" PRId64 ", %" PRId64 ")", spec.cap_fen, spec.min_fen);
    assert_int_equal(parts_cut(&spec, spans, &parts), HB_OK);
    rows = ask(sql);
    spans_text(spans, spec.count, /* ends= */ false, text);
    assert_string_equal(pg_text(rows, 0, 0), text);
    spans_text(spans, spec.count, /* ends= */ true, text);
    assert_string_equal(pg_text(rows, 0, 1), text);
    pg_result_free(rows);
}

TEST(cuts_agree_whatever_was_won)
{
    uint64_t seed = 2026;

    for (int round = 0; round < 300; round++) {
        parts_agree(&seed);
    }
}

TEST(numbers_agree)
{
    struct pg_result *rows =
        ask("SELECT ref_of('withdrawal', '00112233-4455-6677-8899-aabbccddeeff', 'key ' || k), k, p, a,"
            " payout_no(ref_of('withdrawal', '00112233-4455-6677-8899-aabbccddeeff', 'key ' || k), p, a)"
            " FROM generate_series(1, 5) AS k, generate_series(1, 300, 50) AS p, generate_series(1, 3) AS a");
    struct player_id player;

    assert_true(player_parse("00112233445566778899aabbccddeeff", PLAYER_HEX, &player));
    for (int i = 0; i < pg_rows(rows); i++) {
        uint8_t id[WITHDRAWAL_BYTES];
        char key[32], hex[2 * WITHDRAWAL_BYTES + 1], uuid[40], number[PAYOUT_NUMBER_LEN + 1];

        snprintf(key, sizeof key, "key %s", pg_text(rows, i, 1));
        withdrawal_id(&player, key, id);
        hex_encode(id, sizeof id, hex);
        snprintf(uuid, sizeof uuid, "%.8s-%.4s-%.4s-%.4s-%.12s", hex, hex + 8, hex + 12, hex + 16, hex + 20);
        assert_string_equal(pg_text(rows, i, 0), uuid);
        payout_number(id, (uint32_t)pg_i64(rows, i, 2), (uint32_t)pg_i64(rows, i, 3), number);
        assert_string_equal(pg_text(rows, i, 4), number);
    }
    pg_result_free(rows);
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
        RUN(kinds_of_transfers_are_one_list),
        RUN(steps_of_a_payout_are_one_table),
        RUN(every_invariant_is_a_view_that_can_be_asked),
        RUN(all_invariants_are_asked_together_under_their_names),
        RUN(taxes_agree_over_ranges),
        RUN(pieces_agree),
        RUN(cuts_agree_whatever_was_won),
        RUN(numbers_agree),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
