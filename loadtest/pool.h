/*
 * loadtest/pool.h - kept-alive connections to one address, one request in flight on each.
 *
 * pool_send() takes the connection that has been free longest; done comes exactly once for it, with the
 * answer or with why there is none, and by then the connection is free again. It may come inside pool_send().
 * A connection that was lost is opened anew by the next request that gets it.
 */
#pragma once

#include "loadtest/address.h"
#include "loadtest/answer.h"

#include <stdint.h>

struct loop;
struct pool;

struct pool_end {
    uint32_t user;
    const struct answer *answer; /* NULL: lost; valid during the call */
    const char *why;             /* when lost: connect, reset, timeout, bad_answer, ended */
    int64_t sent_us;             /* when the request left; 0: it never did */
    int64_t now_us;
};

struct pool_spec {
    const struct address *address;
    uint32_t connections;
    int64_t timeout_us;
    void (*done)(void *arg, const struct pool_end *end);
    void *arg;
};

struct pool *pool_new(struct loop *loop, const struct pool_spec *spec); /* NULL: out of memory */
void pool_free(struct pool *pool);                                      /* no done is called any more */
void pool_open(struct pool *pool);              /* connects all, ahead of the requests */
uint32_t pool_opening(const struct pool *pool); /* of these, how many are not settled yet */
uint32_t pool_connected(const struct pool *pool);
uint32_t pool_free_count(const struct pool *pool);
uint64_t pool_connects(const struct pool *pool); /* connections made so far */
void pool_send(struct pool *pool, uint32_t user, struct text request);
void pool_expire(struct pool *pool, int64_t now_us); /* ends what has waited longer than the timeout */
void pool_end_all(struct pool *pool);                /* ends everything in flight: why is "ended" */
