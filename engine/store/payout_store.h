/*
 * store/payout_store.h - the books of payouts in PostgreSQL, behind the port of flow/payout.h.
 *
 * A few connections of its own, so that paying never waits for wins nor wins for paying. Calls wait for a
 * free one, at most the database's time limit: HB_E_UNAVAILABLE then, nothing was sent.
 */
#pragma once

#include "base/config.h"
#include "flow/payout.h"

struct loop;
struct payout_store;

HB_CHECKED hb_err payout_store_new(struct loop *loop, const struct config *config, struct payout_store **out);
/* Answers what waits (HB_E_UNAVAILABLE) and what is in flight (HB_E_UNSURE) during this call. Accepts NULL.
 */
void payout_store_free(struct payout_store *store);
struct books_port payout_store_port(struct payout_store *store);
bool payout_store_ready(const struct payout_store *store); /* one connection is up */
