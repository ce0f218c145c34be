/*
 * store/redis_link.h - hiredis' asynchronous context on base/loop.h.
 *
 * Commands leave at the end of the turn that gave them, by one plain write: the descriptor is watched for
 * writing only when the socket is full or not yet connected.
 * A link serves one context at a time and outlives it; hiredis detaches it.
 */
#pragma once

#include "base/err.h"

#include <stdbool.h>

struct loop;
struct loop_io;
struct redisAsyncContext;

struct redis_link {
    struct loop *loop;
    struct redisAsyncContext *context; /* NULL: detached */
    struct loop_io *io;
    bool read, write;      /* what the descriptor is watched for */
    bool flushing, queued; /* a write is under way; one is queued for the end of the turn */
};

/* HB_E_NOMEM, HB_E_CONFLICT when another context is still attached. */
HB_CHECKED hb_err redis_link_attach(struct redis_link *link,
                                    struct loop *loop,
                                    struct redisAsyncContext *context);
