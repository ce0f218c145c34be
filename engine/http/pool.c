/*
 * http/pool.c - calls and buffers that go round, so that a request in steady state allocates nothing.
 */
#include "http/http_internal.h"

#include <stdlib.h>

enum { HEADERS_MAX = 16384, TEXT_MAX = 65536 };

static struct http_call *call_new(void)
{
    struct http_call *call = calloc(1, sizeof *call);

    if (call != NULL) {
        buf_init(&call->headers, HEADERS_MAX);
        buf_init(&call->text, TEXT_MAX);
    }
    return call;
}

static void call_free(struct http_call *call)
{
    arena_free(call->arena);
    buf_free(&call->headers);
    buf_free(&call->text);
    free(call);
}

struct http_call *pool_call_take(struct http_server *server)
{
    struct http_call *call = server->spare_calls;

    if (call != NULL) {
        server->spare_calls = call->spare;
        server->spare_call_count--;
    } else {
        call = call_new();
    }
    if (call == NULL) {
        return NULL;
    }
    call->server = server;
    call->loop = server->loop;
    call->dispatched = call->in_handler = call->answered = call->matched = call->continued = false;
    call->retry_after = false;
    link_init(&call->open);
    return call;
}

void pool_call_put_back(struct http_call *call)
{
    struct http_server *server = call->server;

    if (call->dispatched && server != NULL) {
        link_remove(&call->open);
        server->call_count--;
    }
    if (server == NULL || server->freed || server->spare_call_count >= CALLS_SPARE_MAX) {
        call_free(call);
        return;
    }
    if (call->arena != NULL) {
        arena_reset(call->arena);
    }
    buf_clear(&call->headers);
    buf_clear(&call->text);
    call->conn = NULL;
    call->spare = server->spare_calls;
    server->spare_calls = call;
    server->spare_call_count++;
}

void pool_buffer_take(struct http_server *server, struct buf *out, size_t max_bytes)
{
    if (out->data == NULL && server->spare_buffer_count > 0) {
        *out = server->spare_buffers[--server->spare_buffer_count];
    }
    out->max = max_bytes;
}

void pool_buffer_put_back(struct http_server *server, struct buf *buffer)
{
    if (buffer->data != NULL && buffer->cap <= BUFFER_SPARE_BYTES &&
        server->spare_buffer_count < BUFFERS_SPARE_MAX) {
        buf_clear(buffer);
        server->spare_buffers[server->spare_buffer_count++] = *buffer;
        buf_init(buffer, buffer->max);
        return;
    }
    buf_free(buffer);
}

void pool_free(struct http_server *server)
{
    while (server->spare_calls != NULL) {
        struct http_call *call = server->spare_calls;

        server->spare_calls = call->spare;
        call_free(call);
    }
    while (server->spare_buffer_count > 0) {
        buf_free(&server->spare_buffers[--server->spare_buffer_count]);
    }
}
