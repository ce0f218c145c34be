/*
 * store/ledger_internal.h - the parts of one worker's ledger store: the posts in one transaction, the writer,
 * the reader.
 */
#pragma once

#include "store/pg_array.h"
#include "store/pg_link.h"
#include "store/store.h"

enum {
    FLIGHT_WINS_MAX = 1000,
    FLIGHT_BYTES_MAX = 4 << 20,
    FLIGHT_POSTS_MAX = 1000,
    QUEUE_WINS_MAX = 100000, /* waiting; more are refused as unavailable */
    QUEUE_BYTES_MAX = 64 << 20,
    READS_MAX = 4096,        /* waiting; likewise */
    READS_PAUSE_WINS = 2000, /* waiting wins above which reads wait */
};

/* One post from its call to its answer. Freed when answered and not in flight. */
struct post {
    struct post *next;
    struct ledger_post facts; /* entry and wins point behind the struct */
    ledger_posted_fn done;    /* NULL once answered */
    void *arg;
    int64_t deadline_us;
    enum win_verdict *verdicts; /* behind the struct too, one for each win */
};

struct post *post_new(const struct ledger_post *facts, ledger_posted_fn done, void *arg, int64_t deadline_us);
void post_answer(struct post *post, hb_err err); /* at most one answer reaches the caller */

struct post_list {
    struct post *head, *tail;
    size_t count, wins, bytes;
};
void post_list_push(struct post_list *list, struct post *post);
struct post *post_list_shift(struct post_list *list);
void post_list_prepend(struct post_list *list, struct post_list *before); /* empties `before` */

/* The statement's parameters: one transaction's posts as thirteen arrays. */
enum { LEDGER_PARAMS = 13 };
#define LEDGER_POST_SQL "SELECT * FROM ledger_post($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)"
struct ledger_batch {
    struct pg_array arrays[LEDGER_PARAMS];
    const char *values[LEDGER_PARAMS];
    int lengths[LEDGER_PARAMS], formats[LEDGER_PARAMS];
};
void ledger_batch_init(struct ledger_batch *batch);
void ledger_batch_free(struct ledger_batch *batch);
bool ledger_batch_fill(struct ledger_batch *batch, const struct post_list *posts);
/* Hands each post its verdicts; false when the answer does not fit the question. *recorded: wins inserted. */
bool ledger_batch_read(const struct post_list *posts, const PGresult *result, size_t *recorded);

struct ledger_writer;
struct ledger_writer *
ledger_writer_new(struct loop *loop, const char *uri, int64_t timeout_ms, void (*eased)(void *), void *arg);
void ledger_writer_free(struct ledger_writer *writer);
void ledger_writer_post(struct ledger_writer *writer,
                        const struct ledger_post *facts,
                        ledger_posted_fn done,
                        void *arg);
bool ledger_writer_ready(const struct ledger_writer *writer);
size_t ledger_writer_waiting(const struct ledger_writer *writer); /* wins */

struct ledger_reader;
struct ledger_reader *
ledger_reader_new(struct loop *loop, const char *uri, int64_t timeout_ms, const struct ledger_writer *writer);
void ledger_reader_free(struct ledger_reader *reader);
void ledger_reader_send(struct ledger_reader *reader); /* the writer has less to do: look again */
void ledger_reader_wins(struct ledger_reader *reader,
                        uint32_t campaign_id,
                        const struct player_id *player,
                        uint32_t before,
                        uint32_t limit,
                        wins_read_fn done,
                        void *arg);
bool ledger_reader_ready(const struct ledger_reader *reader);
