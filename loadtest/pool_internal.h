/*
 * loadtest/pool_internal.h - a connection, shared by pool.c (who is free) and connection.c (its bytes).
 */
#pragma once

#include "base/buf.h"
#include "loadtest/pool.h"

struct loop_io;

enum connection_state { CONNECTION_CLOSED, CONNECTION_OPENING, CONNECTION_OPEN };

/* On exactly one of the pool's two lists: free, or in flight (is_busy), oldest first. */
struct connection {
    struct pool *pool;
    struct connection *next, *before;
    struct loop_io *io;
    int fd;
    enum connection_state state;
    bool is_busy;
    uint32_t user;
    int64_t started_us; /* taken for this request */
    int64_t sent_us;
    struct buf in;  /* the beginning of an answer */
    struct buf out; /* what of the request has not left */
};

struct connection_list {
    struct connection *first, *last;
    uint32_t count;
};

enum { READ_BYTES = 64 * 1024 };

struct pool {
    struct loop *loop;
    struct pool_spec spec;
    struct connection *connections;
    struct connection_list free, busy;
    uint32_t opening, connected;
    uint64_t connects;
    char read[READ_BYTES];
};

void connection_connect(struct connection *connection); /* when closed; open, opening or closed after it */
void connection_write(struct connection *connection, struct text request);
void connection_fail(struct connection *connection, const char *why); /* closes; ends its request, if any */
void connection_deinit(struct connection *connection);

/* pool.c: the request is over; the connection goes back, and then done is called. */
void pool_ended(struct connection *connection, const struct answer *answer, const char *why);
