/*
 * store/ledger_reader.c - a player's wins, from a connection of their own that gives way to posts.
 *
 * A read changes nothing, so what was sent and lost is unavailable, not unsure.
 */
#include "store/ledger_internal.h"
#include "store/pg_queue.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { NUMBER_BYTES = 24 };

struct ledger_reader {
    struct pg_queue *queue;
    const struct ledger_writer *writer;
};

static const struct pg_statement STATEMENTS[] = {
    {"wins",
     "SELECT campaign, draw_no, prize, amount_fen, (extract(epoch FROM won_at) * 1000)::bigint FROM win"
     " WHERE campaign = $1::int AND player = $2::uuid AND ($3::bigint = 0 OR draw_no < $3::bigint)"
     " ORDER BY draw_no DESC LIMIT $4::int"},
    {NULL, NULL},
};

static bool writer_has_time(void *arg)
{
    const struct ledger_reader *reader = arg;

    return ledger_writer_waiting(reader->writer) <= READS_PAUSE_WINS;
}

struct ledger_reader *
ledger_reader_new(struct loop *loop, const char *uri, int64_t timeout_ms, const struct ledger_writer *writer)
{
    struct ledger_reader *reader = calloc(1, sizeof *reader);

    if (reader == NULL) {
        return NULL;
    }
    reader->writer = writer;
    reader->queue = pg_queue_new(&(struct pg_queue_spec){.loop = loop,
                                                         .uri = uri,
                                                         .name = "reader",
                                                         .timeout_ms = timeout_ms,
                                                         .statements = STATEMENTS,
                                                         .links = 1,
                                                         .waiting_max = READS_MAX,
                                                         .gate = writer_has_time,
                                                         .arg = reader});
    if (reader->queue == NULL) {
        ledger_reader_free(reader);
        return NULL;
    }
    return reader;
}

void ledger_reader_free(struct ledger_reader *reader)
{
    if (reader != NULL) {
        pg_queue_free(reader->queue);
        free(reader);
    }
}

bool ledger_reader_ready(const struct ledger_reader *reader)
{
    return pg_queue_ready(reader->queue);
}

void ledger_reader_send(struct ledger_reader *reader)
{
    pg_queue_look(reader->queue);
}

static void wins_answer(pg_queue_done_fn told, void *arg, hb_err err, const PGresult *result)
{
    wins_read_fn done = (wins_read_fn)told;
    int count = err == HB_OK ? PQntuples(result) : 0;
    struct win_row *rows = calloc((size_t)count + 1, sizeof *rows);

    if (rows == NULL) {
        done(arg, HB_E_NOMEM, NULL, 0);
        return;
    }
    for (int i = 0; i < count; i++) {
        rows[i] = (struct win_row){.campaign_id = (uint32_t)pg_cell(result, i, 0),
                                   .draw_no = (uint32_t)pg_cell(result, i, 1),
                                   .prize = (uint8_t)pg_cell(result, i, 2),
                                   .amount_fen = pg_cell(result, i, 3),
                                   .won_at_ms = pg_cell(result, i, 4)};
    }
    done(arg, err == HB_E_UNSURE ? HB_E_UNAVAILABLE : err, rows, (size_t)count);
    free(rows);
}

void ledger_reader_wins(struct ledger_reader *reader,
                        uint32_t campaign_id,
                        const struct player_id *player,
                        uint32_t before,
                        uint32_t limit,
                        wins_read_fn done,
                        void *arg)
{
    char campaign[NUMBER_BYTES], who[PLAYER_HEX + 1], from[NUMBER_BYTES], most[NUMBER_BYTES];

    snprintf(campaign, sizeof campaign, "%" PRIu32, campaign_id);
    player_hex(player, who);
    snprintf(from, sizeof from, "%" PRIu32, before);
    snprintf(most, sizeof most, "%" PRIu32, limit);
    pg_queue_push(reader->queue,
                  &(struct pg_queue_call){.statement = "wins",
                                          .count = 4,
                                          .values = {campaign, who, from, most},
                                          .answer = wins_answer,
                                          .done = (pg_queue_done_fn)done,
                                          .arg = arg});
}
