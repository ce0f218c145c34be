/*
 * store/pg_queue.c - a queue in front of a few connections.
 */
#include "store/pg_queue.h"

#include "base/log.h"
#include "base/loop.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* A call from its push to its answer; its values stand behind it. */
struct queued {
    struct queued *next;
    struct pg_queue_call call;
    int64_t deadline_us;
};

struct slot {
    struct pg_queue *queue;
    struct pg_link *link;
    struct queued *flight;
};

struct pg_queue {
    struct pg_queue_spec spec;
    struct slot slots[PG_QUEUE_LINKS];
    struct loop_timer *deadline;
    struct queued *head, *tail;
    struct queued *refused; /* over the ceiling, told at the end of the turn */
    size_t waiting;
    bool look_deferred;
};

static struct queued *shift(struct pg_queue *queue);
static void answer(struct queued *queued, hb_err err, const PGresult *result);
static void refuse(struct pg_queue *queue);
static void queue_look(void *arg);
static void slot_ready(void *arg);
static void slot_answered(void *arg, hb_err err, const PGresult *result);
static void queue_expire(void *arg);

/* ---- life ---- */

static bool slot_init(struct slot *slot, struct pg_queue *queue)
{
    const struct pg_queue_spec *spec = &queue->spec;

    slot->queue = queue;
    slot->link = pg_link_new(&(struct pg_link_spec){.loop = spec->loop,
                                                    .uri = spec->uri,
                                                    .name = spec->name,
                                                    .timeout_ms = spec->timeout_ms,
                                                    .statements = spec->statements,
                                                    .ready = slot_ready,
                                                    .arg = slot});
    return slot->link != NULL;
}

struct pg_queue *pg_queue_new(const struct pg_queue_spec *spec)
{
    struct pg_queue *queue = calloc(1, sizeof *queue);
    bool good;

    assert(spec->links >= 1 && spec->links <= PG_QUEUE_LINKS);
    if (queue == NULL) {
        return NULL;
    }
    queue->spec = *spec;
    queue->deadline = loop_timer_new(spec->loop, queue_expire, queue);
    good = queue->deadline != NULL;
    for (size_t i = 0; good && i < spec->links; i++) {
        good = slot_init(&queue->slots[i], queue);
    }
    if (!good) {
        pg_queue_free(queue);
        return NULL;
    }
    return queue;
}

/* Sent: unsure; waiting: unavailable. An answer may ask once more. */
static void queue_end(struct pg_queue *queue)
{
    for (size_t i = 0; i < queue->spec.links; i++) {
        struct queued *flight = queue->slots[i].flight;

        queue->slots[i].flight = NULL;
        if (flight != NULL) {
            answer(flight, HB_E_UNSURE, NULL);
        }
    }
    while (queue->head != NULL || queue->refused != NULL) {
        if (queue->head != NULL) {
            answer(shift(queue), HB_E_UNAVAILABLE, NULL);
        }
        refuse(queue);
    }
}

static void list_free(struct queued *queued)
{
    while (queued != NULL) {
        struct queued *next = queued->next;

        free(queued);
        queued = next;
    }
}

void pg_queue_free(struct pg_queue *queue)
{
    if (queue == NULL) {
        return;
    }
    for (size_t i = 0; i < queue->spec.links; i++) {
        pg_link_free(queue->slots[i].link);
    }
    if (queue->spec.ends_all) {
        queue_end(queue);
    }
    for (size_t i = 0; i < queue->spec.links; i++) {
        free(queue->slots[i].flight);
    }
    loop_timer_free(queue->deadline);
    list_free(queue->head);
    list_free(queue->refused);
    free(queue);
}

bool pg_queue_ready(const struct pg_queue *queue)
{
    for (size_t i = 0; i < queue->spec.links; i++) {
        if (pg_link_up(queue->slots[i].link)) {
            return true;
        }
    }
    return false;
}

/* ---- waiting ---- */

static void look_soon(struct pg_queue *queue)
{
    if (!queue->look_deferred) {
        queue->look_deferred = true;
        loop_defer(queue->spec.loop, queue_look, queue);
    }
}

void pg_queue_look(struct pg_queue *queue)
{
    if (queue->head != NULL) {
        look_soon(queue);
    }
}

static void slot_ready(void *arg)
{
    look_soon(((struct slot *)arg)->queue);
}

static struct queued *queued_new(const struct pg_queue_call *call)
{
    size_t bytes = 0;
    struct queued *queued;
    char *at;

    for (int i = 0; i < call->count; i++) {
        bytes += call->values[i] == NULL ? 0 : strlen(call->values[i]) + 1;
    }
    queued = malloc(sizeof *queued + bytes);
    if (queued == NULL) {
        abort(); /* an answer that never comes would hold its request for ever */
    }
    *queued = (struct queued){.call = *call};
    at = (char *)(queued + 1);
    for (int i = 0; i < call->count; i++) {
        if (call->values[i] != NULL) {
            size_t len = strlen(call->values[i]) + 1;

            queued->call.values[i] = memcpy(at, call->values[i], len);
            at += len;
        }
    }
    return queued;
}

void pg_queue_push(struct pg_queue *queue, const struct pg_queue_call *call)
{
    struct queued *queued = queued_new(call);

    assert(call->count <= PG_QUEUE_PARAMS);
    queued->deadline_us = loop_now_us(queue->spec.loop) + queue->spec.timeout_ms * 1000;
    if (queue->waiting >= queue->spec.waiting_max) {
        queued->next = queue->refused;
        queue->refused = queued;
    } else {
        if (queue->head == NULL) {
            queue->head = queued;
            loop_timer_set(queue->deadline, queue->spec.timeout_ms * 1000);
        } else {
            queue->tail->next = queued;
        }
        queue->tail = queued;
        queue->waiting++;
    }
    look_soon(queue);
}

static struct queued *shift(struct pg_queue *queue)
{
    struct queued *queued = queue->head;

    queue->head = queued->next;
    queue->tail = queue->head == NULL ? NULL : queue->tail;
    queue->waiting--;
    queued->next = NULL;
    return queued;
}

static void answer(struct queued *queued, hb_err err, const PGresult *result)
{
    struct pg_queue_call call = queued->call;

    free(queued);
    call.answer(call.done, call.arg, err, result);
}

/* ---- sending ---- */

static void refuse(struct pg_queue *queue)
{
    struct queued *queued = queue->refused;

    queue->refused = NULL;
    while (queued != NULL) {
        struct queued *next = queued->next;

        answer(queued, HB_E_UNAVAILABLE, NULL);
        queued = next;
    }
}

static void slot_send(struct slot *slot)
{
    struct pg_queue *queue = slot->queue;
    const struct pg_queue_call *call = &queue->head->call;

    if (pg_link_call(slot->link,
                     call->statement,
                     &(struct pg_link_params){.count = call->count, .values = call->values},
                     slot_answered,
                     slot)) {
        slot->flight = shift(queue);
        if (queue->spec.left != NULL) {
            queue->spec.left(slot->flight->call.statement);
        }
    }
}

static void queue_look(void *arg)
{
    struct pg_queue *queue = arg;

    queue->look_deferred = false;
    refuse(queue);
    for (size_t i = 0; i < queue->spec.links && queue->head != NULL; i++) {
        if (queue->spec.gate != NULL && !queue->spec.gate(queue->spec.arg)) {
            return; /* whoever closed it tells when to look again */
        }
        if (pg_link_idle(queue->slots[i].link)) {
            slot_send(&queue->slots[i]);
        }
    }
}

static void slot_answered(void *arg, hb_err err, const PGresult *result)
{
    struct slot *slot = arg;
    struct queued *queued = slot->flight;

    slot->flight = NULL;
    if (err == HB_E_CONFLICT) {
        log_error("database.call_refused",
                  "what=%s state=%s why=\"%s\"",
                  queued->call.statement,
                  PQresultErrorField(result, PG_DIAG_SQLSTATE),
                  PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY));
        err = HB_E_INTERNAL;
    }
    look_soon(slot->queue);
    answer(queued, err, result);
}

/* One in flight has its link's own deadline, at most as long again. */
static void queue_expire(void *arg)
{
    struct pg_queue *queue = arg;
    int64_t now_us = loop_now_us(queue->spec.loop);

    while (queue->head != NULL && queue->head->deadline_us <= now_us) {
        answer(shift(queue), HB_E_UNAVAILABLE, NULL);
    }
    if (queue->head != NULL) {
        loop_timer_set(queue->deadline, queue->head->deadline_us - now_us);
    }
}

/* ---- cells ---- */

int64_t pg_cell(const PGresult *result, int row, int column)
{
    return strtoll(PQgetvalue(result, row, column), NULL, 10);
}

const char *pg_cell_text(const PGresult *result, int row, int column)
{
    return PQgetvalue(result, row, column);
}

bool pg_cell_true(const PGresult *result, int row, int column)
{
    return PQgetvalue(result, row, column)[0] == 't';
}
