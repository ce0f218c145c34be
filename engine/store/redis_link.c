/*
 * store/redis_link.c - the five hooks that hiredis wants of a loop.
 */
#include "store/redis_link.h"

#include "base/loop.h"

#include <hiredis/async.h>
#include <hiredis/hiredis.h>

#include <stddef.h>

static void link_watch(struct redis_link *link, bool read, bool write)
{
    link->read = read;
    link->write = write;
    if (link->io != NULL) {
        loop_io_want(link->io, read, write);
    }
}

/* hiredis may free the context in either: nothing of the link is touched after them but what detach leaves.
 */
static void link_ready(void *arg, bool readable, bool writable)
{
    struct redis_link *link = arg;

    if (writable) {
        link->flushing = true;
        redisAsyncHandleWrite(link->context);
        link->flushing = false;
    } else if (readable) {
        redisAsyncHandleRead(link->context);
    }
}

static void link_flush(void *arg)
{
    struct redis_link *link = arg;

    link->queued = false;
    if (link->context != NULL) {
        link->flushing = true;
        redisAsyncHandleWrite(link->context);
        link->flushing = false;
    }
}

static void link_add_read(void *arg)
{
    struct redis_link *link = arg;

    link_watch(link, /* read= */ true, link->write);
}

static void link_del_read(void *arg)
{
    struct redis_link *link = arg;

    link_watch(link, /* read= */ false, link->write);
}

static void link_add_write(void *arg)
{
    struct redis_link *link = arg;

    if (link->flushing || (link->context->c.flags & REDIS_CONNECTED) == 0) {
        link_watch(link, link->read, /* write= */ true);
    } else if (!link->queued && !link->write) {
        link->queued = true;
        loop_defer(link->loop, link_flush, link);
    }
}

static void link_del_write(void *arg)
{
    struct redis_link *link = arg;

    link_watch(link, link->read, /* write= */ false);
}

static void link_detach(void *arg)
{
    struct redis_link *link = arg;

    loop_io_free(link->io);
    link->io = NULL;
    link->context = NULL;
}

hb_err redis_link_attach(struct redis_link *link, struct loop *loop, struct redisAsyncContext *context)
{
    if (link->context != NULL) {
        return HB_E_CONFLICT;
    }
    link->io = loop_io_new(loop, context->c.fd, link_ready, link);
    if (link->io == NULL) {
        return HB_E_NOMEM;
    }
    link->loop = loop;
    link->context = context;
    link->read = true;
    link->write = false;
    context->ev.data = link;
    context->ev.addRead = link_add_read;
    context->ev.delRead = link_del_read;
    context->ev.addWrite = link_add_write;
    context->ev.delWrite = link_del_write;
    context->ev.cleanup = link_detach;
    return HB_OK;
}
