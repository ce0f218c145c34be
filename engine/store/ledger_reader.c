/*
 * store/ledger_reader.c - a player's wins and wallet, from a connection of their own.
 *
 *   read --> waiting --(idle, and few wins wait to be written)--> flight --> rows
 *               |                                                    +-----> refused: internal
 *               +-- deadline: unavailable                            +-----> lost: unavailable
 *
 * A read changes nothing, so what was sent and lost is unavailable, not unsure.
 */
#include "store/ledger_internal.h"

#include "base/log.h"
#include "base/loop.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { READ_PARAMS = 4, READ_PARAM_BYTES = 40 };

struct read {
    struct read *next;
    const char *statement;
    int count;
    char params[READ_PARAMS][READ_PARAM_BYTES];
    wins_read_fn wins;
    wallet_read_fn wallet; /* one of the two */
    uint32_t campaign_id;
    void *arg;
    int64_t deadline_us;
};

struct ledger_reader {
    struct loop *loop;
    struct pg_link *link;
    const struct ledger_writer *writer;
    struct loop_timer *deadline;
    int64_t timeout_ms;
    struct read *head, *tail, *flight;
    struct read *refused; /* over the ceiling, told at the end of the turn */
    size_t count;
    bool send_deferred;
};

static const struct pg_statement STATEMENTS[] = {
    {"wins",
     "SELECT draw_no, prize, amount_fen, (extract(epoch FROM won_at) * 1000)::bigint FROM win"
     " WHERE campaign = $1::int AND player = $2::uuid AND ($3::bigint = 0 OR draw_no < $3::bigint)"
     " ORDER BY draw_no DESC LIMIT $4::int"},
    {"wallet",
     "SELECT w.campaign, sum(w.amount_fen)::bigint, count(*) FILTER (WHERE p.kind IN ('cash', 'cash_split')),"
     " count(*) FILTER (WHERE p.kind NOT IN ('cash', 'cash_split'))"
     " FROM win w JOIN prize p ON p.campaign = w.campaign AND p.prize = w.prize"
     " WHERE w.player = $1::uuid GROUP BY w.campaign ORDER BY w.campaign"},
    {NULL, NULL},
};

static void reader_ready(void *arg);
static void reader_send(void *arg);
static void reader_sent(void *arg, hb_err err, const PGresult *result);
static void reader_expire(void *arg);

/* ---- life ---- */

struct ledger_reader *
ledger_reader_new(struct loop *loop, const char *uri, int64_t timeout_ms, const struct ledger_writer *writer)
{
    struct ledger_reader *reader = calloc(1, sizeof *reader);

    if (reader == NULL) {
        return NULL;
    }
    *reader = (struct ledger_reader){.loop = loop, .timeout_ms = timeout_ms, .writer = writer};
    reader->deadline = loop_timer_new(loop, reader_expire, reader);
    reader->link = pg_link_new(&(struct pg_link_spec){.loop = loop,
                                                      .uri = uri,
                                                      .name = "reader",
                                                      .timeout_ms = timeout_ms,
                                                      .statements = STATEMENTS,
                                                      .ready = reader_ready,
                                                      .arg = reader});
    if (reader->deadline == NULL || reader->link == NULL) {
        ledger_reader_free(reader);
        return NULL;
    }
    return reader;
}

static void reads_free(struct read *read)
{
    while (read != NULL) {
        struct read *next = read->next;

        free(read);
        read = next;
    }
}

void ledger_reader_free(struct ledger_reader *reader)
{
    if (reader == NULL) {
        return;
    }
    pg_link_free(reader->link);
    loop_timer_free(reader->deadline);
    reads_free(reader->head);
    reads_free(reader->flight);
    reads_free(reader->refused);
    free(reader);
}

bool ledger_reader_ready(const struct ledger_reader *reader)
{
    return pg_link_up(reader->link);
}

/* ---- gathering ---- */

static void reader_send_soon(struct ledger_reader *reader)
{
    if (!reader->send_deferred) {
        reader->send_deferred = true;
        loop_defer(reader->loop, reader_send, reader);
    }
}

static void reader_ready(void *arg)
{
    reader_send_soon(arg);
}

void ledger_reader_send(struct ledger_reader *reader)
{
    if (reader->head != NULL) {
        reader_send_soon(reader);
    }
}

static void read_push(struct ledger_reader *reader, struct read *read)
{
    if (reader->count >= READS_MAX) {
        read->next = reader->refused;
        reader->refused = read;
    } else {
        if (reader->head == NULL) {
            reader->head = read;
            loop_timer_set(reader->deadline, reader->timeout_ms * 1000);
        } else {
            reader->tail->next = read;
        }
        reader->tail = read;
        reader->count++;
    }
    reader_send_soon(reader);
}

static struct read *read_shift(struct ledger_reader *reader)
{
    struct read *read = reader->head;

    reader->head = read->next;
    reader->tail = reader->head == NULL ? NULL : reader->tail;
    reader->count--;
    read->next = NULL;
    return read;
}

static struct read *read_new(struct ledger_reader *reader, const char *statement, void *arg)
{
    struct read *read = calloc(1, sizeof *read);

    if (read == NULL) {
        abort(); /* an answer that never comes would hold its request for ever */
    }
    read->statement = statement;
    read->arg = arg;
    read->deadline_us = loop_now_us(reader->loop) + reader->timeout_ms * 1000;
    return read;
}

void ledger_reader_wins(struct ledger_reader *reader,
                        uint32_t campaign_id,
                        const struct player_id *player,
                        uint32_t before,
                        uint32_t limit,
                        wins_read_fn done,
                        void *arg)
{
    struct read *read = read_new(reader, "wins", arg);

    read->wins = done;
    read->campaign_id = campaign_id;
    read->count = 4;
    snprintf(read->params[0], READ_PARAM_BYTES, "%" PRIu32, campaign_id);
    player_hex(player, read->params[1]);
    snprintf(read->params[2], READ_PARAM_BYTES, "%" PRIu32, before);
    snprintf(read->params[3], READ_PARAM_BYTES, "%" PRIu32, limit);
    read_push(reader, read);
}

void ledger_reader_wallet(struct ledger_reader *reader,
                          const struct player_id *player,
                          wallet_read_fn done,
                          void *arg)
{
    struct read *read = read_new(reader, "wallet", arg);

    read->wallet = done;
    read->count = 1;
    player_hex(player, read->params[0]);
    read_push(reader, read);
}

/* ---- answers ---- */

static int64_t cell(const PGresult *result, int row, int column)
{
    return strtoll(PQgetvalue(result, row, column), NULL, 10);
}

static void wins_answer(const struct read *read, hb_err err, const PGresult *result)
{
    int count = err == HB_OK ? PQntuples(result) : 0;
    struct win_row *rows = calloc((size_t)count + 1, sizeof *rows);

    if (rows == NULL) {
        read->wins(read->arg, HB_E_NOMEM, NULL, 0);
        return;
    }
    for (int i = 0; i < count; i++) {
        rows[i] = (struct win_row){.campaign_id = read->campaign_id,
                                   .draw_no = (uint32_t)cell(result, i, 0),
                                   .prize = (uint8_t)cell(result, i, 1),
                                   .amount_fen = cell(result, i, 2),
                                   .won_at_ms = cell(result, i, 3)};
    }
    read->wins(read->arg, err, rows, (size_t)count);
    free(rows);
}

static void wallet_answer(const struct read *read, hb_err err, const PGresult *result)
{
    int count = err == HB_OK ? PQntuples(result) : 0;
    struct wallet_row *rows = calloc((size_t)count + 1, sizeof *rows);

    if (rows == NULL) {
        read->wallet(read->arg, HB_E_NOMEM, NULL, 0);
        return;
    }
    for (int i = 0; i < count; i++) {
        rows[i] = (struct wallet_row){.campaign_id = (uint32_t)cell(result, i, 0),
                                      .balance_fen = cell(result, i, 1),
                                      .cash_wins = cell(result, i, 2),
                                      .other_wins = cell(result, i, 3)};
    }
    read->wallet(read->arg, err, rows, (size_t)count);
    free(rows);
}

static void read_answer(struct read *read, hb_err err, const PGresult *result)
{
    if (read->wins != NULL) {
        wins_answer(read, err, result);
    } else {
        wallet_answer(read, err, result);
    }
    free(read);
}

/* ---- sending ---- */

static void reader_refuse(struct ledger_reader *reader)
{
    struct read *read = reader->refused;

    reader->refused = NULL;
    while (read != NULL) {
        struct read *next = read->next;

        read_answer(read, HB_E_UNAVAILABLE, NULL);
        read = next;
    }
}

static void reader_send(void *arg)
{
    struct ledger_reader *reader = arg;
    const char *values[READ_PARAMS];

    reader->send_deferred = false;
    reader_refuse(reader);
    if (reader->head == NULL || !pg_link_idle(reader->link) ||
        ledger_writer_waiting(reader->writer) > READS_PAUSE_WINS) {
        return; /* the writer tells when it has less to do */
    }
    for (int i = 0; i < READ_PARAMS; i++) {
        values[i] = reader->head->params[i];
    }
    if (pg_link_call(reader->link,
                     reader->head->statement,
                     &(struct pg_link_params){.count = reader->head->count, .values = values},
                     reader_sent,
                     reader)) {
        reader->flight = read_shift(reader);
    }
}

static void reader_sent(void *arg, hb_err err, const PGresult *result)
{
    struct ledger_reader *reader = arg;
    struct read *read = reader->flight;

    reader->flight = NULL;
    if (err == HB_E_CONFLICT) {
        log_error("ledger.read_refused",
                  "what=%s why=\"%s\"",
                  read->statement,
                  PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY));
        err = HB_E_INTERNAL;
    } else if (err != HB_OK) {
        err = HB_E_UNAVAILABLE;
    }
    reader_send_soon(reader);
    read_answer(read, err, result);
}

/* The one in flight has the link's own deadline, at most as long again. */
static void reader_expire(void *arg)
{
    struct ledger_reader *reader = arg;
    int64_t now_us = loop_now_us(reader->loop);

    while (reader->head != NULL && reader->head->deadline_us <= now_us) {
        read_answer(read_shift(reader), HB_E_UNAVAILABLE, NULL);
    }
    if (reader->head != NULL) {
        loop_timer_set(reader->deadline, reader->head->deadline_us - now_us);
    }
}
