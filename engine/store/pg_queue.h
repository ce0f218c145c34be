/*
 * store/pg_queue.h - calls that wait for their turn on a few connections of their own, on a loop.
 *
 *   push --> waiting --(a connection is idle, and the gate is open)--> flight --> answered
 *               |                                                        +-----> refused, lost
 *               +-- deadline: unavailable
 *
 * Every call ends exactly once, on the loop, never before pg_queue_push() returns:
 *   HB_OK             result has the rows
 *   HB_E_UNAVAILABLE  nothing happened: it was never sent, or the server rolled it back
 *   HB_E_INTERNAL     the server refused it, which is logged here
 *   HB_E_UNSURE       sent and not answered: it may have happened
 */
#pragma once

#include "store/pg_link.h"

enum { PG_QUEUE_PARAMS = 11, PG_QUEUE_LINKS = 8 };

struct pg_queue;

struct pg_queue_spec {
    struct loop *loop;
    const char *uri;
    const char *name;                      /* for the log */
    int64_t timeout_ms;                    /* of waiting, and of a call */
    const struct pg_statement *statements; /* as of pg_link_spec */
    size_t links;                          /* 1..PG_QUEUE_LINKS */
    size_t waiting_max;                    /* more are unavailable */
    bool ends_all;                         /* pg_queue_free() ends what is left; else it is forgotten */
    bool (*gate)(void *arg);               /* may the next be sent? NULL: always */
    void *arg;
    void (*left)(const char *statement); /* a call has left; may be NULL */
};

struct pg_queue *pg_queue_new(const struct pg_queue_spec *spec); /* starts connecting; NULL: out of memory */
void pg_queue_free(struct pg_queue *queue);        /* after the loop has stopped; accepts NULL */
bool pg_queue_ready(const struct pg_queue *queue); /* a connection is up */
void pg_queue_look(struct pg_queue *queue);        /* the gate may be open now */

/* Whatever the asker's callback is: cast back by the answer function. */
typedef void (*pg_queue_done_fn)(void);
/* Reads the rows and tells `done`. result is borrowed, and rows only on HB_OK. */
typedef void (*pg_queue_answer_fn)(pg_queue_done_fn done, void *arg, hb_err err, const PGresult *result);

struct pg_queue_call {
    const char *statement;               /* by its name; borrowed for good */
    int count;                           /* of values, at most PG_QUEUE_PARAMS */
    const char *values[PG_QUEUE_PARAMS]; /* as text, copied; NULL is SQL NULL */
    pg_queue_answer_fn answer;
    pg_queue_done_fn done;
    void *arg;
};
void pg_queue_push(struct pg_queue *queue, const struct pg_queue_call *call);

/* A cell as a number; 0 for NULL. */
int64_t pg_cell(const PGresult *result, int row, int column);
/* A cell's text, "" for NULL. */
const char *pg_cell_text(const PGresult *result, int row, int column);
bool pg_cell_true(const PGresult *result, int row, int column);
