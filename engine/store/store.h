/*
 * store/store.h - one worker's connections to Redis and PostgreSQL, behind the ports of flow/ports.h.
 *
 * Ownership  created and used on the worker's loop; free after the loop has stopped.
 */
#pragma once

#include "base/config.h"
#include "flow/ports.h"
#include "flow/wallet.h"

struct redis_store; /* store/redis_store.c: one pipelined connection a node, reconnects by itself */
HB_CHECKED hb_err redis_store_new(struct loop *loop, const struct config *config, struct redis_store **out);
struct shard_port redis_store_port(struct redis_store *store);
void redis_store_free(struct redis_store *store);

struct wallet_store; /* store/wallet_store.c: wallet.connections of its own */
HB_CHECKED hb_err wallet_store_new(struct loop *loop, const struct config *config, struct wallet_store **out);
struct wallet_port wallet_store_port(struct wallet_store *store);
void wallet_store_free(struct wallet_store *store); /* accepts NULL */

struct ledger_store; /* store/ledger_store.c: one writing and one reading connection */
HB_CHECKED hb_err ledger_store_new(struct loop *loop, const struct config *config, struct ledger_store **out);
struct ledger_port ledger_store_port(struct ledger_store *store);
void ledger_store_free(struct ledger_store *store);
