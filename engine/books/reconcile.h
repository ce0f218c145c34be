/*
 * books/reconcile.h - draw log, ledger and the providers' bills against each other; what differs is kept with
 * an owner and the moment it was first seen.
 *
 * Each call compares one thing and keeps a run; reconcile_report() tells what the runs found and what is
 * still open. Errors as pg_call(): of one that failed, nothing is kept.
 */
#pragma once

#include "audit/audit.h"
#include "books/bill.h"
#include "store/pg.h"

/* The invariants of the ledger and of the shards: audit_run(). */
HB_CHECKED hb_err reconcile_books(struct pg *pg, const struct audit_options *options);

/* A campaign's log against its wins, draw by draw: verify_draws(). HB_E_NOT_STARTED, HB_E_FORBIDDEN: nothing
 * can be compared yet, nothing is kept. */
HB_CHECKED hb_err reconcile_draws(struct pg *pg, const char *slug);

/* The payouts of a merchant against the bill of a day, each way. HB_E_CONFLICT: no such merchant. */
HB_CHECKED hb_err reconcile_bill(struct pg *pg,
                                 const struct bill_port *port,
                                 const char *merchant,
                                 const char *day);

/* Every bill that is due and was not compared yet, oldest first. One that the provider still does not have
 * after three days counts as empty. port NULL: nobody can be asked. *left: how many could not be had; they
 * stay due. stop, which may be NULL, is asked before each. */
HB_CHECKED hb_err reconcile_bills_due(
    struct pg *pg, const struct bill_port *port, bool (*stop)(void *arg), void *arg, size_t *left);

/* Every campaign's draws; those that cannot be compared yet are passed over. */
HB_CHECKED hb_err reconcile_all_draws(struct pg *pg, bool (*stop)(void *arg), void *arg);

/* {"ok":..,"runs":[..],"differences":[..]}, see sql/042_reconcile.sql. *ok: nothing is open. */
HB_CHECKED hb_err reconcile_report(struct pg *pg, struct buf *out, bool *ok);
/* The same, to be read by a person. HB_E_INPUT: json is no such report. */
HB_CHECKED hb_err reconcile_text(const char *json, size_t len, struct buf *out);
