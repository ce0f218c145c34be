/*
 * store/wallet_withdrawals.c - withdrawals: asked for, listed, their parts.
 */
#include "store/wallet_internal.h"

#include "base/buf.h"
#include "base/crash_point.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { DRAWS_TEXT_MAX = 64 * 1024 };

/* ---- withdrawing ---- */

static void withdraw_answer(pg_queue_done_fn told, void *arg, hb_err err, const PGresult *result)
{
    withdrawn_fn done = (withdrawn_fn)told;
    struct withdraw_verdict verdict;

    if (err != HB_OK) {
        done(arg, err, NULL);
        return;
    }
    CRASH_POINT(WITHDRAW_OPENED);
    verdict = (struct withdraw_verdict){.verdict = pg_cell_text(result, 0, 0),
                                        .id = pg_cell_text(result, 0, 1),
                                        .gross_fen = pg_cell(result, 0, 2),
                                        .tax_fen = pg_cell(result, 0, 3),
                                        .net_fen = pg_cell(result, 0, 4),
                                        .wins = pg_cell(result, 0, 5),
                                        .parts = pg_cell(result, 0, 6),
                                        .until_ms = pg_cell(result, 0, 7),
                                        .min_fen = pg_cell(result, 0, 8),
                                        .sandbox = wallet_sandbox_cell(result, 0, 9)};
    done(arg, HB_OK, &verdict);
}

/* {1,2,3} as PostgreSQL writes an array. */
static void draws_write(struct buf *text, const struct withdraw_order *order)
{
    for (size_t i = 0; i < order->draw_count; i++) {
        buf_addc(text, i == 0 ? '{' : ',');
        buf_add_u64(text, order->draw_nos[i]);
    }
    buf_adds(text, order->draw_count == 0 ? "{}" : "}");
}

static void port_withdraw(void *self, const struct withdraw_order *order, withdrawn_fn done, void *arg)
{
    char who[PLAYER_HEX + 1];
    struct buf draws;

    buf_init(&draws, DRAWS_TEXT_MAX);
    player_hex(&order->player, who);
    draws_write(&draws, order);
    CRASH_POINT(WITHDRAW_ASKED);
    wallet_push(self,
                (struct pg_queue_call){.statement = "withdraw",
                                       .count = 5,
                                       .values = {order->campaign,
                                                  who,
                                                  order->key,
                                                  order->draw_nos == NULL ? NULL : buf_cstr(&draws),
                                                  order->quote ? "t" : "f"}},
                withdraw_answer,
                (pg_queue_done_fn)done,
                arg);
    buf_free(&draws);
}

static void withdrawals_answer(pg_queue_done_fn told, void *arg, hb_err err, const PGresult *result)
{
    int count;
    struct withdrawal_row *rows = wallet_rows(&err, result, sizeof *rows, &count);

    for (int i = 0; i < count; i++) {
        rows[i] = (struct withdrawal_row){.id = pg_cell_text(result, i, 0),
                                          .campaign = pg_cell_text(result, i, 1),
                                          .state = pg_cell_text(result, i, 2),
                                          .no = pg_cell(result, i, 3),
                                          .gross_fen = pg_cell(result, i, 4),
                                          .tax_fen = pg_cell(result, i, 5),
                                          .net_fen = pg_cell(result, i, 6),
                                          .paid_fen = pg_cell(result, i, 7),
                                          .wins = pg_cell(result, i, 8),
                                          .parts = pg_cell(result, i, 9),
                                          .in_review = pg_cell_true(result, i, 10),
                                          .waiting = pg_cell(result, i, 11),
                                          .again = pg_cell(result, i, 12),
                                          .frozen = pg_cell(result, i, 13),
                                          .unsent = pg_cell(result, i, 14),
                                          .opened_at_ms = pg_cell(result, i, 15),
                                          .ended_at_ms = pg_cell(result, i, 16),
                                          .sandbox = wallet_sandbox_cell(result, i, 17)};
    }
    ((withdrawals_read_fn)told)(arg, wallet_read_err(err), rows, (size_t)count);
    free(rows);
}

static void port_withdrawals(void *self,
                             const struct player_id *player,
                             const char *id,
                             uint64_t before,
                             uint32_t limit,
                             withdrawals_read_fn done,
                             void *arg)
{
    char who[PLAYER_HEX + 1], from[WALLET_NUMBER_BYTES], most[WALLET_NUMBER_BYTES];

    player_hex(player, who);
    snprintf(from, sizeof from, "%" PRIu64, before);
    snprintf(most, sizeof most, "%" PRIu32, limit);
    wallet_push(
        self,
        (struct pg_queue_call){.statement = "withdrawals", .count = 4, .values = {who, id, from, most}},
        withdrawals_answer,
        (pg_queue_done_fn)done,
        arg);
}

/* ---- parts ---- */

static void parts_answer(pg_queue_done_fn told, void *arg, hb_err err, const PGresult *result)
{
    int count;
    struct withdrawal_part_row *rows = wallet_rows(&err, result, sizeof *rows, &count);

    for (int i = 0; i < count; i++) {
        rows[i] = (struct withdrawal_part_row){.part = pg_cell(result, i, 0),
                                               .net_fen = pg_cell(result, i, 1),
                                               .attempts = pg_cell(result, i, 2),
                                               .state = pg_cell_text(result, i, 3),
                                               .payout_state = pg_cell_text(result, i, 4),
                                               .code = pg_cell_text(result, i, 5),
                                               .again = pg_cell_true(result, i, 6),
                                               .frozen = pg_cell_true(result, i, 7),
                                               .ended_at_ms = pg_cell(result, i, 8),
                                               .provider = pg_cell_text(result, i, 9),
                                               .mch_id = pg_cell_text(result, i, 10),
                                               .app_id = pg_cell_text(result, i, 11),
                                               .package = pg_cell_text(result, i, 12),
                                               .package_until_ms = pg_cell(result, i, 13),
                                               .confirm_url = pg_cell_text(result, i, 14)};
    }
    ((withdrawal_parts_fn)told)(arg, wallet_read_err(err), rows, (size_t)count);
    free(rows);
}

static void
port_parts(void *self, const struct player_id *player, const char *id, withdrawal_parts_fn done, void *arg)
{
    char who[PLAYER_HEX + 1];

    player_hex(player, who);
    wallet_push(self,
                (struct pg_queue_call){.statement = "parts", .count = 2, .values = {who, id}},
                parts_answer,
                (pg_queue_done_fn)done,
                arg);
}

static void again_answer(pg_queue_done_fn told, void *arg, hb_err err, const PGresult *result)
{
    ((withdrawal_again_fn)told)(arg, err, err == HB_OK ? pg_cell_text(result, 0, 0) : "");
}

static void port_again(void *self,
                       const struct player_id *player,
                       const char *id,
                       uint32_t part,
                       withdrawal_again_fn done,
                       void *arg)
{
    char who[PLAYER_HEX + 1], number[WALLET_NUMBER_BYTES];

    player_hex(player, who);
    snprintf(number, sizeof number, "%" PRIu32, part);
    wallet_push(self,
                (struct pg_queue_call){.statement = "again", .count = 3, .values = {who, id, number}},
                again_answer,
                (pg_queue_done_fn)done,
                arg);
}

void wallet_withdrawals_port(struct wallet_port *port)
{
    port->withdraw = port_withdraw;
    port->withdrawals = port_withdrawals;
    port->parts = port_parts;
    port->again = port_again;
}
