/*
 * store/wallet_store.c - wallets in PostgreSQL, over connections that draws do not use.
 */
#include "store/wallet_internal.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { WAITING_MAX = 4096 };

static const struct pg_statement STATEMENTS[] = {
    {"sums",
     "SELECT campaign, gross_fen, available_fen, bound_fen, paid_fen, tax_fen, expired_fen, clawed_back_fen, "
     "wins,"
     " others, lapses_ms, min_fen, state, opens_ms, sandbox FROM wallet_seen($1::uuid)"},
    {"moves",
     "SELECT at_us, id, campaign, kind, amount_fen, net_fen, ref, sandbox"
     " FROM wallet_transactions_seen($1::uuid, $2::bigint, $3, $4::int)"},
    {"payee_set",
     "SELECT verdict, usable_ms FROM payee_set($1::uuid, $2, $3, $4::bytea, $5::bytea, $6::bytea, $7::bytea,"
     " $8::bytea, to_timestamp($9::bigint))"},
    {"payee", "SELECT provider, app_id, sealed, name_sealed, usable_ms, sandbox FROM payee_seen($1::uuid)"},
    {"withdraw",
     "SELECT verdict, id, gross_fen, tax_fen, net_fen, wins, parts, until_ms, min_fen, sandbox"
     " FROM withdraw_ask($1, $2::uuid, $3, $4::int[], $5::bool)"},
    {"withdrawals",
     "SELECT id, campaign, state, no, gross_fen, tax_fen, net_fen, paid_fen, wins, parts, review, waiting, "
     "again,"
     " frozen, unsent, opened_ms, ended_ms, sandbox"
     " FROM withdrawals_seen($1::uuid, $2::uuid, nullif($3::bigint, 0), $4::int)"},
    {"parts",
     "SELECT part, net_fen, attempts, state, payout_state, code, again, frozen, ended_ms, provider, mch_id, "
     "app_id,"
     " package, package_ms, confirm_url FROM withdrawal_parts_seen($1::uuid, $2::uuid)"},
    {"vouchers", "SELECT draw_no, state, code_sealed FROM vouchers($1::int, $2::uuid)"},
    {"again", "SELECT verdict FROM payout_again($1::uuid, $2::uuid, $3::int)"},
    {NULL, NULL},
};

/* ---- life ---- */

hb_err wallet_store_new(struct loop *loop, const struct config *config, struct wallet_store **out)
{
    struct wallet_store *store = calloc(1, sizeof *store);

    *out = NULL;
    if (store == NULL) {
        return HB_E_NOMEM;
    }
    store->queue =
        pg_queue_new(&(struct pg_queue_spec){.loop = loop,
                                             .uri = config_text(config, CFG_DATABASE_URI),
                                             .name = "wallet",
                                             .timeout_ms = config_int(config, CFG_DATABASE_TIMEOUT_MS),
                                             .statements = STATEMENTS,
                                             .links = (size_t)config_int(config, CFG_WALLET_CONNECTIONS),
                                             .waiting_max = WAITING_MAX});
    if (store->queue == NULL) {
        wallet_store_free(store);
        return HB_E_NOMEM;
    }
    *out = store;
    return HB_OK;
}

void wallet_store_free(struct wallet_store *store)
{
    if (store != NULL) {
        pg_queue_free(store->queue);
        free(store);
    }
}

/* ---- reading rows ---- */

enum wallet_sandbox wallet_sandbox_cell(const PGresult *result, int row, int column)
{
    return PQgetisnull(result, row, column)    ? SANDBOX_UNKNOWN
           : pg_cell_true(result, row, column) ? SANDBOX_YES
                                               : SANDBOX_NO;
}

void *wallet_rows(hb_err *err, const PGresult *result, size_t size, int *count)
{
    void *rows;

    *count = *err == HB_OK ? PQntuples(result) : 0;
    rows = calloc((size_t)*count + 1, size);
    if (rows == NULL) {
        *err = HB_E_NOMEM;
        *count = 0;
    }
    return rows;
}

hb_err wallet_read_err(hb_err err)
{
    return err == HB_E_UNSURE ? HB_E_UNAVAILABLE : err;
}

void wallet_push(struct wallet_store *store,
                 struct pg_queue_call call,
                 pg_queue_answer_fn answer,
                 pg_queue_done_fn done,
                 void *arg)
{
    call.answer = answer;
    call.done = done;
    call.arg = arg;
    pg_queue_push(store->queue, &call);
}

/* ---- sums and movements ---- */

static void sums_answer(pg_queue_done_fn told, void *arg, hb_err err, const PGresult *result)
{
    int count;
    struct wallet_sum *rows = wallet_rows(&err, result, sizeof *rows, &count);

    for (int i = 0; i < count; i++) {
        rows[i] = (struct wallet_sum){.campaign = pg_cell_text(result, i, 0),
                                      .gross_fen = pg_cell(result, i, 1),
                                      .available_fen = pg_cell(result, i, 2),
                                      .bound_fen = pg_cell(result, i, 3),
                                      .paid_fen = pg_cell(result, i, 4),
                                      .tax_fen = pg_cell(result, i, 5),
                                      .expired_fen = pg_cell(result, i, 6),
                                      .clawed_back_fen = pg_cell(result, i, 7),
                                      .cash_wins = pg_cell(result, i, 8),
                                      .other_wins = pg_cell(result, i, 9),
                                      .lapses_at_ms = pg_cell(result, i, 10),
                                      .min_fen = pg_cell(result, i, 11),
                                      .state = pg_cell_text(result, i, 12),
                                      .opens_at_ms = pg_cell(result, i, 13),
                                      .sandbox = wallet_sandbox_cell(result, i, 14)};
    }
    ((wallet_sums_fn)told)(arg, wallet_read_err(err), rows, (size_t)count);
    free(rows);
}

static void port_sums(void *self, const struct player_id *player, wallet_sums_fn done, void *arg)
{
    char who[PLAYER_HEX + 1];

    player_hex(player, who);
    wallet_push(self,
                (struct pg_queue_call){.statement = "sums", .count = 1, .values = {who}},
                sums_answer,
                (pg_queue_done_fn)done,
                arg);
}

static void moves_answer(pg_queue_done_fn told, void *arg, hb_err err, const PGresult *result)
{
    int count;
    struct wallet_move *rows = wallet_rows(&err, result, sizeof *rows, &count);

    for (int i = 0; i < count; i++) {
        rows[i] = (struct wallet_move){.at_us = pg_cell(result, i, 0),
                                       .id = pg_cell_text(result, i, 1),
                                       .campaign = pg_cell_text(result, i, 2),
                                       .kind = pg_cell_text(result, i, 3),
                                       .amount_fen = pg_cell(result, i, 4),
                                       .net_fen = pg_cell(result, i, 5),
                                       .ref = pg_cell_text(result, i, 6),
                                       .sandbox = wallet_sandbox_cell(result, i, 7)};
    }
    ((wallet_moves_fn)told)(arg, wallet_read_err(err), rows, (size_t)count);
    free(rows);
}

static void port_moves(void *self,
                       const struct player_id *player,
                       const struct wallet_cursor *from,
                       uint32_t limit,
                       wallet_moves_fn done,
                       void *arg)
{
    char who[PLAYER_HEX + 1], at[WALLET_NUMBER_BYTES], most[WALLET_NUMBER_BYTES];

    player_hex(player, who);
    snprintf(at, sizeof at, "%" PRId64, from->at_us);
    snprintf(most, sizeof most, "%" PRIu32, limit);
    wallet_push(self,
                (struct pg_queue_call){
                    .statement = "moves",
                    .count = 4,
                    .values = {who, from->at_us == 0 ? NULL : at, from->at_us == 0 ? NULL : from->id, most}},
                moves_answer,
                (pg_queue_done_fn)done,
                arg);
}

struct wallet_port wallet_store_port(struct wallet_store *store)
{
    struct wallet_port port = {.self = store, .sums = port_sums, .moves = port_moves};

    wallet_payee_port(&port);
    wallet_withdrawals_port(&port);
    return port;
}
