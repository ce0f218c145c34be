/*
 * store/redis_node.h - one pipelined connection to one Redis node, on a worker's loop.
 *
 *   down ── backoff ──> connecting ── run_id, functions ──> ready
 *     ^                                                       │
 *     └──────────────── lost, or silent too long ─────────────┘
 *
 * A call ends twice: for its caller at the reply or at the deadline, whichever is first; for hiredis at the
 * reply or when the connection is lost. The caller hears the first end; the second gives the record back.
 * While a call is past its deadline and unanswered the node is stalled: nothing more is sent to it.
 */
#pragma once

#include "base/buf.h"
#include "base/err.h"
#include "lottery/shard.h"
#include "store/redis_nodes.h"
#include "store/redis_wire.h"

struct loop;
struct redis_node;
struct redisReply;

/* HB_OK with the reply (no error reply). HB_E_UNAVAILABLE nothing was sent or the server refused to start it;
 * HB_E_CLOSED it lacks our functions (they are on their way now); HB_E_UNSURE. Never before the call returns.
 */
typedef void (*redis_done_fn)(void *arg, hb_err err, const struct redisReply *reply);

struct redis_node *redis_node_new(struct loop *loop,
                                  const struct node_address *address,
                                  const char *password,
                                  int64_t timeout_ms);
/* After the loop has stopped. Calls still in flight end as unsure. Accepts NULL. */
void redis_node_free(struct redis_node *node);
bool redis_node_ready(const struct redis_node *node);
const char *redis_node_run_id(const struct redis_node *node); /* 40 hex digits while ready */
void redis_node_call(struct redis_node *node, const struct buf *command, redis_done_fn done, void *arg);
