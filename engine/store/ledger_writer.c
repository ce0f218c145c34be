/*
 * store/ledger_writer.c - the wins of all waiting draws of one worker, one transaction at a time.
 *
 *   post --> waiting --(idle, end of the turn)--> flight --> committed: verdicts
 *              ^ |                                  |
 *              | +-- deadline: unavailable          +--> lost or late: unsure
 *              |                                    |
 *              +-- passing refusal: to the front, --+
 *              |   tried again until the deadline   |
 *              +-- refused for good: in halves, ----+
 *                  until one post is alone: that one is unsure and an alarm, the others go on
 *
 * While one transaction is in flight posts gather: the batch makes itself as large as the load asks for, and
 * with nothing in flight a post leaves at the end of the turn that brought it.
 */
#include "store/ledger_internal.h"

#include "base/crash_point.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/metrics.h"

#include <inttypes.h>
#include <stdlib.h>

enum { RETRY_US = 20 * 1000 };

struct ledger_writer {
    struct loop *loop;
    struct pg_link *link;
    struct loop_timer *deadline; /* of the first post that waits or flies: all have the same time */
    struct loop_timer *retry;    /* after a passing refusal */
    int64_t timeout_ms;
    struct post_list waiting, flight, refused; /* refused: over the ceiling, told at the end of the turn */
    struct ledger_batch batch;
    size_t posts_max; /* of the next transaction: fewer while an offender is looked for */
    int64_t sent_us;
    bool send_deferred;
    void (*eased)(void *arg); /* fewer posts wait than did */
    void *arg;
};

static const struct pg_statement STATEMENTS[] = {{"ledger_post", LEDGER_POST_SQL}, {NULL, NULL}};

static void writer_ready(void *arg);
static void writer_send(void *arg);
static void writer_sent(void *arg, hb_err err, const PGresult *result);
static void writer_expire(void *arg);

/* ---- life ---- */

struct ledger_writer *
ledger_writer_new(struct loop *loop, const char *uri, int64_t timeout_ms, void (*eased)(void *), void *arg)
{
    struct ledger_writer *writer = calloc(1, sizeof *writer);

    if (writer == NULL) {
        return NULL;
    }
    *writer = (struct ledger_writer){
        .loop = loop, .timeout_ms = timeout_ms, .posts_max = FLIGHT_POSTS_MAX, .eased = eased, .arg = arg};
    ledger_batch_init(&writer->batch);
    writer->deadline = loop_timer_new(loop, writer_expire, writer);
    writer->retry = loop_timer_new(loop, writer_send, writer);
    writer->link = pg_link_new(&(struct pg_link_spec){.loop = loop,
                                                      .uri = uri,
                                                      .name = "writer",
                                                      .timeout_ms = timeout_ms,
                                                      .statements = STATEMENTS,
                                                      .ready = writer_ready,
                                                      .arg = writer});
    if (writer->deadline == NULL || writer->retry == NULL || writer->link == NULL) {
        ledger_writer_free(writer);
        return NULL;
    }
    return writer;
}

static void post_list_free(struct post_list *list)
{
    struct post *post = NULL;

    while ((post = post_list_shift(list)) != NULL) {
        free(post);
    }
}

void ledger_writer_free(struct ledger_writer *writer)
{
    if (writer == NULL) {
        return;
    }
    pg_link_free(writer->link);
    loop_timer_free(writer->deadline);
    loop_timer_free(writer->retry);
    post_list_free(&writer->waiting);
    post_list_free(&writer->flight);
    post_list_free(&writer->refused);
    ledger_batch_free(&writer->batch);
    free(writer);
}

bool ledger_writer_ready(const struct ledger_writer *writer)
{
    return pg_link_up(writer->link);
}

size_t ledger_writer_waiting(const struct ledger_writer *writer)
{
    return writer->waiting.wins;
}

/* ---- gathering ---- */

static void writer_send_soon(struct ledger_writer *writer)
{
    if (!writer->send_deferred) {
        writer->send_deferred = true;
        loop_defer(writer->loop, writer_send, writer);
    }
}

static bool writer_full(const struct ledger_writer *writer, const struct ledger_post *facts)
{
    return writer->waiting.wins + facts->win_count > QUEUE_WINS_MAX ||
           writer->waiting.bytes + facts->entry_len > QUEUE_BYTES_MAX;
}

void ledger_writer_post(struct ledger_writer *writer,
                        const struct ledger_post *facts,
                        ledger_posted_fn done,
                        void *arg)
{
    int64_t now_us = loop_now_us(writer->loop);
    struct post *post = post_new(facts, done, arg, now_us + writer->timeout_ms * 1000);

    if (post == NULL) {
        abort(); /* an answer that never comes would hold its draw for ever */
    }
    if (writer_full(writer, facts)) {
        post_list_push(&writer->refused, post);
    } else {
        if (writer->waiting.head == NULL && writer->flight.head == NULL) {
            loop_timer_set(writer->deadline, writer->timeout_ms * 1000);
        }
        post_list_push(&writer->waiting, post);
    }
    writer_send_soon(writer);
}

static void posts_answer(struct post_list *list, hb_err err)
{
    struct post_list held = *list; /* callbacks may post again */
    struct post *post = NULL;

    *list = (struct post_list){.head = NULL};
    while ((post = post_list_shift(&held)) != NULL) {
        post_answer(post, err);
        free(post);
    }
}

/* ---- sending ---- */

static bool flight_takes(const struct ledger_writer *writer, const struct post *post)
{
    const struct post_list *flight = &writer->flight;

    return flight->count == 0 ||
           (flight->count < writer->posts_max && flight->wins + post->facts.win_count <= FLIGHT_WINS_MAX &&
            flight->bytes + post->facts.entry_len + post->facts.win_count * sizeof(struct win_post) <=
                FLIGHT_BYTES_MAX);
}

static void flight_load(struct ledger_writer *writer)
{
    while (writer->waiting.head != NULL && flight_takes(writer, writer->waiting.head)) {
        post_list_push(&writer->flight, post_list_shift(&writer->waiting));
    }
}

static void writer_ready(void *arg)
{
    writer_send_soon(arg);
}

static void writer_send(void *arg)
{
    struct ledger_writer *writer = arg;
    struct pg_link_params params = {
        LEDGER_PARAMS, writer->batch.values, writer->batch.lengths, writer->batch.formats};

    writer->send_deferred = false;
    posts_answer(&writer->refused, HB_E_UNAVAILABLE);
    if (!pg_link_idle(writer->link) || writer->waiting.head == NULL || writer->flight.head != NULL) {
        return;
    }
    flight_load(writer);
    writer->sent_us = loop_now_us(writer->loop);
    if (!ledger_batch_fill(&writer->batch, &writer->flight)) {
        metrics_add(M_LEDGER_ERRORS, 1);
        log_error("ledger.out_of_memory", "posts=%zu", writer->flight.count);
        posts_answer(&writer->flight, HB_E_UNAVAILABLE);
        return;
    }
    CRASH_POINT(WRITER_FILLED);
    if (!pg_link_call(writer->link, "ledger_post", &params, writer_sent, writer)) {
        post_list_prepend(&writer->waiting, &writer->flight); /* nothing left; the link reconnects */
    }
    CRASH_POINT(WRITER_SENT);
}

/* ---- answers ---- */

static void flight_committed(struct ledger_writer *writer, const PGresult *result)
{
    size_t recorded = 0;

    CRASH_POINT(WRITER_COMMITTED);
    if (!ledger_batch_read(&writer->flight, result, &recorded)) {
        log_error("ledger.answer_malformed", "posts=%zu wins=%zu", writer->flight.count, writer->flight.wins);
        metrics_add(M_LEDGER_ERRORS, 1);
        posts_answer(&writer->flight, HB_E_UNSURE);
        return;
    }
    metrics_add(M_LEDGER_BATCHES, 1);
    metrics_add(M_LEDGER_WINS, recorded);
    metrics_observe_us(H_LEDGER, loop_now_us(writer->loop) - writer->sent_us);
    writer->posts_max = writer->posts_max > FLIGHT_POSTS_MAX / 2 ? FLIGHT_POSTS_MAX : writer->posts_max * 2;
    posts_answer(&writer->flight, HB_OK);
}

enum { WHY_BYTES = 200 };

/* The server's words, fit for a quoted value of the log. */
static void why_copy(const char *why, char out[static WHY_BYTES])
{
    size_t i = 0;

    for (; why != NULL && why[i] != '\0' && i < WHY_BYTES - 1; i++) {
        out[i] = why[i] == '"' || why[i] == '\n' ? '\'' : why[i];
    }
    out[i] = '\0';
}

/* One post in the flight breaks a rule of the books. It must not hold up the others: halves, until it is
 * alone. */
static void flight_refused(struct ledger_writer *writer, const PGresult *result)
{
    const struct ledger_post *first = &writer->flight.head->facts;
    const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    char why[WHY_BYTES];

    if (writer->flight.count > 1) {
        writer->posts_max = writer->flight.count / 2;
        post_list_prepend(&writer->waiting, &writer->flight);
        return;
    }
    why_copy(PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY), why);
    log_error("ledger.refused",
              "campaign=%" PRIu32 " shard=%" PRIu32 " epoch=%" PRIu32 " position=%" PRIu64
              " wins=%zu sqlstate=%s why=\"%s\"",
              first->campaign_id,
              first->shard,
              first->epoch,
              first->position,
              first->win_count,
              state == NULL ? "" : state,
              why);
    posts_answer(&writer->flight, HB_E_UNSURE);
}

static void writer_sent(void *arg, hb_err err, const PGresult *result)
{
    struct ledger_writer *writer = arg;

    if (err != HB_OK) {
        metrics_add(M_LEDGER_ERRORS, 1);
    }
    if (err == HB_OK) {
        flight_committed(writer, result);
    } else if (err == HB_E_CONFLICT) {
        flight_refused(writer, result);
    } else if (err == HB_E_UNAVAILABLE) {
        post_list_prepend(&writer->waiting, &writer->flight);
        loop_timer_set(writer->retry, RETRY_US);
        return;
    } else {
        posts_answer(&writer->flight, HB_E_UNSURE);
    }
    writer_send_soon(writer);
    writer->eased(writer->arg);
}

/* ---- deadlines ---- */

/* Posts are in the order of their deadlines, those in flight first. */
static void writer_expire(void *arg)
{
    struct ledger_writer *writer = arg;
    int64_t now_us = loop_now_us(writer->loop);
    struct post_list late = {.head = NULL};
    const struct post *next = NULL;

    while (writer->waiting.head != NULL && writer->waiting.head->deadline_us <= now_us) {
        post_list_push(&late, post_list_shift(&writer->waiting));
    }
    for (struct post *post = writer->flight.head; post != NULL && post->deadline_us <= now_us;
         post = post->next) {
        post_answer(post, HB_E_UNSURE); /* stays in flight: its rows may still be committed */
    }
    posts_answer(&late, HB_E_UNAVAILABLE);
    for (next = writer->flight.head; next != NULL && next->done == NULL; next = next->next) {
    }
    next = next == NULL ? writer->waiting.head : next;
    if (next != NULL) {
        loop_timer_set(writer->deadline, next->deadline_us > now_us ? next->deadline_us - now_us : 0);
    }
}
