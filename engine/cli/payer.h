/*
 * cli/payer.h - the thread of `hongbao serve` that pays: a desk for each merchant number, the books, and the
 * providers' notices. Every node may have one: the books give each payout to one of them at a time.
 */
#pragma once

#include "base/config.h"
#include "flow/notice_port.h"

struct payer;

/* *out NULL and HB_OK: there is no merchants file, nobody pays here. HB_E_INPUT: logged, each problem. */
HB_CHECKED hb_err payer_new(const struct config *config, struct payer **out);
HB_CHECKED hb_err payer_start(struct payer *payer);
/* Takes nothing more, lets what is in hand end (at most a few seconds; the rest is asked for by whoever comes
 * next), joins the thread. Accepts NULL. After the workers. */
void payer_stop(struct payer *payer);
struct notice_port payer_notices(struct payer *payer); /* accepts NULL */
