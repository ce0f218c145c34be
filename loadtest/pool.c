/*
 * loadtest/pool.c - which connections are free, and which wait for an answer.
 */
#include "loadtest/pool_internal.h"

#include "base/clock.h"

#include <assert.h>
#include <stdlib.h>

static void list_add(struct connection_list *list, struct connection *connection)
{
    connection->next = NULL;
    connection->before = list->last;
    if (list->last != NULL) {
        list->last->next = connection;
    } else {
        list->first = connection;
    }
    list->last = connection;
    list->count++;
}

static void list_remove(struct connection_list *list, struct connection *connection)
{
    if (connection->before != NULL) {
        connection->before->next = connection->next;
    } else {
        list->first = connection->next;
    }
    if (connection->next != NULL) {
        connection->next->before = connection->before;
    } else {
        list->last = connection->before;
    }
    list->count--;
}

struct pool *pool_new(struct loop *loop, const struct pool_spec *spec)
{
    struct pool *pool = calloc(1, sizeof *pool);
    struct connection *connections = calloc(spec->connections, sizeof *connections);

    if (pool == NULL || connections == NULL) {
        free(pool);
        free(connections);
        return NULL;
    }
    pool->loop = loop;
    pool->spec = *spec;
    pool->connections = connections;
    for (uint32_t i = 0; i < spec->connections; i++) {
        connections[i] = (struct connection){.pool = pool, .fd = -1};
        buf_init(&connections[i].in, ANSWER_BYTES_MAX + READ_BYTES);
        buf_init(&connections[i].out, 64 * 1024);
        list_add(&pool->free, &connections[i]);
    }
    return pool;
}

void pool_free(struct pool *pool)
{
    if (pool == NULL) {
        return;
    }
    for (uint32_t i = 0; i < pool->spec.connections; i++) {
        connection_deinit(&pool->connections[i]);
    }
    free(pool->connections);
    free(pool);
}

void pool_open(struct pool *pool)
{
    for (uint32_t i = 0; i < pool->spec.connections; i++) {
        connection_connect(&pool->connections[i]);
    }
}

uint32_t pool_opening(const struct pool *pool)
{
    return pool->opening;
}

uint32_t pool_connected(const struct pool *pool)
{
    return pool->connected;
}

uint32_t pool_free_count(const struct pool *pool)
{
    return pool->free.count;
}

uint64_t pool_connects(const struct pool *pool)
{
    return pool->connects;
}

void pool_send(struct pool *pool, uint32_t user, struct text request)
{
    struct connection *connection = pool->free.first;

    assert(connection != NULL && !connection->is_busy);
    list_remove(&pool->free, connection);
    list_add(&pool->busy, connection);
    connection->is_busy = true;
    connection->user = user;
    connection->started_us = clock_mono_us();
    connection->sent_us = 0;
    if (connection->state == CONNECTION_CLOSED) {
        connection_connect(connection);
    }
    if (connection->state == CONNECTION_CLOSED) {
        connection_fail(connection, "connect");
        return;
    }
    connection_write(connection, request);
}

void pool_ended(struct connection *connection, const struct answer *answer, const char *why)
{
    struct pool *pool = connection->pool;
    struct pool_end end = {.user = connection->user,
                           .answer = answer,
                           .why = why,
                           .sent_us = connection->sent_us,
                           .now_us = clock_mono_us()};

    assert(connection->is_busy);
    connection->is_busy = false;
    list_remove(&pool->busy, connection);
    list_add(&pool->free, connection);
    pool->spec.done(pool->spec.arg, &end);
}

/* The oldest is in front: all have the same time to answer. done may send anew, but that one is young. */
void pool_expire(struct pool *pool, int64_t now_us)
{
    while (pool->busy.first != NULL && now_us - pool->busy.first->started_us > pool->spec.timeout_us) {
        connection_fail(pool->busy.first, "timeout");
    }
}

void pool_end_all(struct pool *pool)
{
    while (pool->busy.first != NULL) {
        connection_fail(pool->busy.first, "ended");
    }
}
