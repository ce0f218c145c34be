/*
 * cli/clerk.h - the thread of `hongbao serve` that runs the books' slow errands: it tells the operator's
 * system of vouchers, and every some hours compares log, ledger and bills.
 *
 * Every node has one. Each webhook is one node's at a time (voucher_due()), and so is a comparison.
 */
#pragma once

#include "base/config.h"

struct clerk;

/* HB_E_INPUT: logged: the secret or the certificates cannot be used. */
HB_CHECKED hb_err clerk_start(const struct config *config, struct clerk **out);
/* Webhooks in flight end as unsure and come again; a comparison ends with its current step. Accepts NULL. */
void clerk_stop(struct clerk *clerk);
