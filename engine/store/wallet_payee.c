/*
 * store/wallet_payee.c - payees and vouchers: what is sealed goes in and out as bytes.
 */
#include "store/wallet_internal.h"

#include "base/buf.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { SEALED_TEXT_MAX = 16 * 1024 };

static void payee_set_answer(pg_queue_done_fn told, void *arg, hb_err err, const PGresult *result)
{
    payee_set_fn done = (payee_set_fn)told;
    struct payee_verdict verdict;

    if (err != HB_OK) {
        done(arg, err, NULL);
        return;
    }
    verdict = (struct payee_verdict){pg_cell_text(result, 0, 0), pg_cell(result, 0, 1)};
    done(arg, HB_OK, &verdict);
}

/* A bytea in its text form; NULL for none. */
static const char *hex_of(struct buf *text, struct sealed_bytes bytes)
{
    size_t at = text->len;

    if (bytes.at == NULL) {
        return NULL;
    }
    buf_adds(text, "\\x");
    buf_add_hex(text, bytes.at, bytes.len);
    buf_addc(text, '\0');
    return text->failed ? NULL : text->data + at;
}

static void port_payee_set(void *self, const struct payee_order *order, payee_set_fn done, void *arg)
{
    char who[PLAYER_HEX + 1], until[WALLET_NUMBER_BYTES], *memory = malloc(SEALED_TEXT_MAX);
    struct pg_queue_call call = {.statement = "payee_set", .count = 9};
    struct buf text;

    if (memory == NULL) {
        abort(); /* as pg_queue_push() does */
    }
    buf_over(&text, memory, SEALED_TEXT_MAX);
    player_hex(&order->player, who);
    snprintf(until, sizeof until, "%" PRId64, order->proof_until_s);
    call.values[0] = who;
    call.values[1] = order->provider;
    call.values[2] = order->app_id;
    call.values[3] = hex_of(&text, order->payee);
    call.values[4] = hex_of(&text, order->name);
    call.values[5] = hex_of(&text, order->fingerprint);
    call.values[6] = hex_of(&text, order->person);
    call.values[7] = hex_of(&text, order->proof);
    call.values[8] = until;
    wallet_push(self, call, payee_set_answer, (pg_queue_done_fn)done, arg);
    free(memory);
}

/* Decodes a bytea column; the caller ends it with PQfreemem(). */
static struct sealed_bytes bytes_cell(const PGresult *result, int row, int column)
{
    size_t len = 0;
    unsigned char *bytes;

    if (PQgetisnull(result, row, column)) {
        return (struct sealed_bytes){NULL, 0};
    }
    bytes = PQunescapeBytea((const unsigned char *)PQgetvalue(result, row, column), &len);
    return (struct sealed_bytes){bytes, len};
}

static void bytes_free(struct sealed_bytes bytes)
{
    union {
        const uint8_t *read;
        void *owned;
    } memory = {.read = bytes.at};

    PQfreemem(memory.owned);
}

static void payee_answer(pg_queue_done_fn told, void *arg, hb_err err, const PGresult *result)
{
    payee_read_fn done = (payee_read_fn)told;
    struct payee_row row;

    if (err != HB_OK || PQntuples(result) == 0) {
        done(arg, wallet_read_err(err), NULL);
        return;
    }
    row = (struct payee_row){.provider = pg_cell_text(result, 0, 0),
                             .app_id = pg_cell_text(result, 0, 1),
                             .payee = bytes_cell(result, 0, 2),
                             .name = bytes_cell(result, 0, 3),
                             .usable_at_ms = pg_cell(result, 0, 4),
                             .sandbox = wallet_sandbox_cell(result, 0, 5)};
    done(arg, HB_OK, &row);
    bytes_free(row.payee);
    bytes_free(row.name);
}

static void port_payee(void *self, const struct player_id *player, payee_read_fn done, void *arg)
{
    char who[PLAYER_HEX + 1];

    player_hex(player, who);
    wallet_push(self,
                (struct pg_queue_call){.statement = "payee", .count = 1, .values = {who}},
                payee_answer,
                (pg_queue_done_fn)done,
                arg);
}

/* ---- vouchers ---- */

static void vouchers_answer(pg_queue_done_fn told, void *arg, hb_err err, const PGresult *result)
{
    int count;
    struct voucher_row *rows = wallet_rows(&err, result, sizeof *rows, &count);

    for (int i = 0; i < count; i++) {
        rows[i] = (struct voucher_row){.draw_no = (uint32_t)pg_cell(result, i, 0),
                                       .state = pg_cell_text(result, i, 1),
                                       .code = bytes_cell(result, i, 2)};
    }
    ((vouchers_fn)told)(arg, wallet_read_err(err), rows, (size_t)count);
    for (int i = 0; i < count; i++) {
        bytes_free(rows[i].code);
    }
    free(rows);
}

static void
port_vouchers(void *self, uint32_t campaign_id, const struct player_id *player, vouchers_fn done, void *arg)
{
    char campaign[WALLET_NUMBER_BYTES], who[PLAYER_HEX + 1];

    snprintf(campaign, sizeof campaign, "%" PRIu32, campaign_id);
    player_hex(player, who);
    wallet_push(self,
                (struct pg_queue_call){.statement = "vouchers", .count = 2, .values = {campaign, who}},
                vouchers_answer,
                (pg_queue_done_fn)done,
                arg);
}

void wallet_payee_port(struct wallet_port *port)
{
    port->payee_set = port_payee_set;
    port->payee = port_payee;
    port->vouchers = port_vouchers;
}
