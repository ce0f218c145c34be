/*
 * store/redis_node.c - the life of a worker's connection to a node, and the calls on it.
 */
#include "store/redis_node.h"

#include "base/clock.h"
#include "base/crypto.h"
#include "base/log.h"
#include "base/loop.h"
#include "store/redis_link.h"

#include <hiredis/async.h>
#include <hiredis/hiredis.h>

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum {
    BACKOFF_MIN_US = 20 * 1000,
    BACKOFF_MAX_US = 1000 * 1000,
    SILENCE_TIMEOUTS = 5,
    SPARE_CALLS_MAX = 1024
};

enum node_step { NODE_DOWN, NODE_CONNECTING, NODE_READY };

struct redis_call {
    struct redis_call *next;
    struct redis_node *node;
    redis_done_fn done; /* NULL once the caller has its answer */
    void *arg;
    int64_t sent_us;
};

struct call_list {
    struct redis_call *head, *tail;
};

struct redis_node {
    struct loop *loop;
    struct node_address address;
    char password[PASSWORD_MAX + 1];
    int64_t timeout_us;
    enum node_step step;
    redisAsyncContext *context; /* NULL while down */
    struct redis_link link;
    char run_id[RUN_ID_BYTES + 1];
    unsigned failures; /* in a row */
    bool told;         /* this failure is in the log */
    bool freeing;
    struct call_list flying;    /* sent, unanswered, in order */
    struct redis_call *waiting; /* the first of them whose caller still waits */
    struct call_list refused;   /* not sent; answered at the end of the turn */
    struct call_list spare;
    size_t spare_count;
    struct loop_timer *retry;    /* connects, or gives a slow connect up */
    struct loop_timer *deadline; /* of the oldest call */
};

static void node_connect(void *arg);
static void node_lost(struct redis_node *node, const char *why);
static void node_connected(const redisAsyncContext *context, int status);
static void node_disconnected(const redisAsyncContext *context, int status);
static void node_authenticated(redisAsyncContext *context, void *reply, void *arg);
static void node_informed(redisAsyncContext *context, void *reply, void *arg);
static void node_loaded(redisAsyncContext *context, void *reply, void *arg);

/* ---- lists ---- */

static void list_push(struct call_list *list, struct redis_call *call)
{
    call->next = NULL;
    if (list->tail == NULL) {
        list->head = call;
    } else {
        list->tail->next = call;
    }
    list->tail = call;
}

static struct redis_call *list_shift(struct call_list *list)
{
    struct redis_call *call = list->head;

    if (call != NULL) {
        list->head = call->next;
        if (list->head == NULL) {
            list->tail = NULL;
        }
    }
    return call;
}

static struct redis_call *call_take(struct redis_node *node)
{
    struct redis_call *call = list_shift(&node->spare);

    if (call == NULL) {
        call = malloc(sizeof *call);
        if (call == NULL) {
            abort(); /* an answer that never comes would hold its draws for ever */
        }
        return call;
    }
    node->spare_count--;
    return call;
}

static void call_put_back(struct redis_node *node, struct redis_call *call)
{
    if (node->spare_count == SPARE_CALLS_MAX) {
        free(call);
        return;
    }
    node->spare_count++;
    list_push(&node->spare, call);
}

static void list_free(struct call_list *list)
{
    struct redis_call *call = NULL;

    while ((call = list_shift(list)) != NULL) {
        free(call);
    }
}

/* ---- the connection ---- */

static int64_t node_backoff_us(const struct redis_node *node)
{
    int64_t delay_us = BACKOFF_MAX_US;
    uint16_t jitter = 0;

    if (node->failures < 6) {
        delay_us = (int64_t)BACKOFF_MIN_US << node->failures;
    }
    crypto_random(&jitter, sizeof jitter);
    return delay_us / 2 + delay_us / 2 * jitter / UINT16_MAX;
}

static redisAsyncContext *node_dial(struct redis_node *node)
{
    redisAsyncContext *context = node->address.port == 0
                                     ? redisAsyncConnectUnix(node->address.host)
                                     : redisAsyncConnect(node->address.host, node->address.port);

    if (context != NULL) {
        context->data = node;
    }
    if (context != NULL &&
        (context->err != 0 || redis_link_attach(&node->link, node->loop, context) != HB_OK)) {
        redisAsyncFree(context);
        context = NULL;
    }
    if (context != NULL) {
        (void)redisAsyncSetConnectCallback(context, node_connected);
        (void)redisAsyncSetDisconnectCallback(context, node_disconnected);
    }
    return context;
}

static void node_connect(void *arg)
{
    struct redis_node *node = arg;

    if (node->step == NODE_CONNECTING) { /* it took too long */
        node_lost(node, "no answer while connecting");
        return;
    }
    node->step = NODE_CONNECTING;
    node->context = node_dial(node);
    if (node->context == NULL) {
        node_lost(node, "cannot connect");
        return;
    }
    loop_timer_set(node->retry, 2 * node->timeout_us);
}

/* Drops the connection, if there is one; every call in flight hears of it from hiredis. */
static void node_lost(struct redis_node *node, const char *why)
{
    redisAsyncContext *context = node->context;

    if (node->step == NODE_DOWN || node->freeing) {
        return;
    }
    if (!node->told) {
        log_warn("redis.lost", "node=%s why=\"%s\"", node->address.host, why);
        node->told = true;
    }
    node->step = NODE_DOWN;
    node->context = NULL;
    loop_timer_set(node->retry, node_backoff_us(node));
    node->failures++;
    if (context != NULL) {
        redisAsyncFree(context);
    }
}

/* hiredis frees the context itself after these two. */
static void node_gone(const redisAsyncContext *context)
{
    struct redis_node *node = context->data;

    if (node->context == context) {
        node->context = NULL;
        node_lost(node, context->errstr != NULL ? context->errstr : "closed");
    }
}

static void node_connected(const redisAsyncContext *context, int status)
{
    struct redis_node *node = context->data;
    redisAsyncContext *own = node->context;
    struct buf command;

    if (status != REDIS_OK || own != context) {
        node_gone(context);
        return;
    }
    if (node->address.port != 0) {
        (void)redisEnableKeepAlive(&own->c); /* on a Unix socket it would be an error of the connection */
    }
    if (node->password[0] != '\0') {
        (void)redisAsyncCommand(own, node_authenticated, node, "AUTH %s", node->password);
    }
    (void)redisAsyncCommand(own, node_informed, node, "INFO server");
    buf_init(&command, COMMAND_BYTES_MAX);
    wire_load(&command);
    if (!command.failed) {
        (void)redisAsyncFormattedCommand(own, node_loaded, node, command.data, command.len);
    }
    buf_free(&command);
}

static void node_disconnected(const redisAsyncContext *context, int status)
{
    (void)status;
    node_gone(context);
}

static void node_authenticated(redisAsyncContext *context, void *reply, void *arg)
{
    const redisReply *answer = reply;
    struct redis_node *node = arg;

    if (node->context == context && (answer == NULL || answer->type == REDIS_REPLY_ERROR)) {
        node_lost(node, answer == NULL ? "closed" : "password refused");
    }
}

static void node_informed(redisAsyncContext *context, void *reply, void *arg)
{
    const redisReply *answer = reply;
    struct redis_node *node = arg;

    if (node->context != context) {
        return;
    }
    if (answer == NULL || answer->type != REDIS_REPLY_STRING ||
        !wire_run_id(answer->str, answer->len, node->run_id)) {
        node_lost(node, "no run_id");
    }
}

/* The library's name holds its hash: one that is there already is this one. */
static void node_loaded(redisAsyncContext *context, void *reply, void *arg)
{
    const redisReply *answer = reply;
    struct redis_node *node = arg;

    if (node->context != context) {
        return;
    }
    if (!wire_loaded(answer)) {
        node_lost(node, answer == NULL ? "closed" : answer->str);
        return;
    }
    if (node->step == NODE_CONNECTING) {
        node->step = NODE_READY;
        node->failures = 0;
        node->told = false;
        loop_timer_stop(node->retry);
        log_info("redis.ready", "node=%s run_id=%s", node->address.host, node->run_id);
    }
}

/* ---- calls ---- */

/* The caller's end of a call. */
static void call_answer(struct redis_call *call, hb_err err, const redisReply *reply)
{
    redis_done_fn done = call->done;

    call->done = NULL;
    if (done != NULL) {
        done(call->arg, err, reply);
    }
}

static void refused_answer(void *arg)
{
    struct redis_node *node = arg;
    struct call_list refused = node->refused;
    struct redis_call *call = NULL;

    node->refused = (struct call_list){NULL, NULL};
    while ((call = list_shift(&refused)) != NULL) {
        call_answer(call, HB_E_UNAVAILABLE, NULL);
        call_put_back(node, call);
    }
}

static void call_refuse(struct redis_node *node, struct redis_call *call)
{
    bool is_first = node->refused.head == NULL;

    list_push(&node->refused, call);
    if (is_first) {
        loop_defer(node->loop, refused_answer, node);
    }
}

static void deadline_set(struct redis_node *node)
{
    struct redis_call *call = node->waiting != NULL ? node->waiting : node->flying.head;
    int64_t allowed_us = call == node->waiting ? node->timeout_us : SILENCE_TIMEOUTS * node->timeout_us;
    int64_t delay_us = 0;

    if (call != NULL) {
        delay_us = call->sent_us + allowed_us - clock_mono_us();
        loop_timer_set(node->deadline, delay_us > 0 ? delay_us : 0);
    }
}

static void node_deadline(void *arg)
{
    struct redis_node *node = arg;
    int64_t now_us = clock_mono_us();

    while (node->waiting != NULL && node->waiting->sent_us + node->timeout_us <= now_us) {
        struct redis_call *call = node->waiting;

        node->waiting = call->next;
        call_answer(call, HB_E_UNSURE, NULL);
    }
    if (node->flying.head != NULL &&
        node->flying.head->sent_us + SILENCE_TIMEOUTS * node->timeout_us <= now_us) {
        node_lost(node, "silent");
    }
    deadline_set(node);
}

static hb_err call_error(struct redis_node *node, const redisReply *reply)
{
    hb_err err = wire_error(reply->str, reply->len);

    if (err != HB_E_CLOSED) {
        log_warn("redis.error", "node=%s error=\"%s\"", node->address.host, reply->str);
        return err;
    }
    if (node->context != NULL) { /* somebody flushed the functions */
        struct buf command;

        buf_init(&command, COMMAND_BYTES_MAX);
        wire_load(&command);
        (void)redisAsyncFormattedCommand(node->context, node_loaded, node, command.data, command.len);
        buf_free(&command);
    }
    return err;
}

/* hiredis' end of a call: replies come in the order of the calls. */
static void call_replied(redisAsyncContext *context, void *answer, void *arg)
{
    struct redis_call *call = arg;
    struct redis_node *node = call->node;
    const redisReply *reply = answer;
    hb_err err = HB_OK;

    assert(node->flying.head == call);
    (void)list_shift(&node->flying);
    if (node->waiting == call) {
        node->waiting = call->next;
    }
    if (reply == NULL) {
        if (node->context == context) {
            node_gone(context);
        }
        err = HB_E_UNSURE;
    } else if (reply->type == REDIS_REPLY_ERROR) {
        err = call_error(node, reply);
    }
    call_answer(call, err, err == HB_OK ? reply : NULL);
    call_put_back(node, call);
}

static bool node_stalled(const struct redis_node *node)
{
    return node->flying.head != node->waiting;
}

void redis_node_call(struct redis_node *node, const struct buf *command, redis_done_fn done, void *arg)
{
    struct redis_call *call = call_take(node);

    *call = (struct redis_call){NULL, node, done, arg, 0};
    if (node->step != NODE_READY || node_stalled(node) || command->failed ||
        redisAsyncFormattedCommand(node->context, call_replied, call, command->data, command->len) !=
            REDIS_OK) {
        call_refuse(node, call);
        return;
    }
    call->sent_us = clock_mono_us();
    list_push(&node->flying, call);
    if (node->waiting == NULL) {
        node->waiting = call;
        deadline_set(node);
    }
}

/* ---- its life ---- */

bool redis_node_ready(const struct redis_node *node)
{
    return node->step == NODE_READY && !node_stalled(node);
}

const char *redis_node_run_id(const struct redis_node *node)
{
    return node->run_id;
}

struct redis_node *redis_node_new(struct loop *loop,
                                  const struct node_address *address,
                                  const char *password,
                                  int64_t timeout_ms)
{
    struct redis_node *node = calloc(1, sizeof *node);

    if (node == NULL) {
        return NULL;
    }
    node->loop = loop;
    node->address = *address;
    node->timeout_us = timeout_ms * 1000;
    memcpy(node->password, password, strlen(password) + 1);
    node->retry = loop_timer_new(loop, node_connect, node);
    node->deadline = loop_timer_new(loop, node_deadline, node);
    if (node->retry == NULL || node->deadline == NULL) {
        redis_node_free(node);
        return NULL;
    }
    loop_timer_set(node->retry, 0);
    return node;
}

void redis_node_free(struct redis_node *node)
{
    if (node == NULL) {
        return;
    }
    node->freeing = true;
    if (node->context != NULL) {
        redisAsyncFree(node->context);
    }
    refused_answer(node);
    list_free(&node->spare);
    loop_timer_free(node->retry);
    loop_timer_free(node->deadline);
    crypto_wipe(node->password, sizeof node->password);
    free(node);
}
