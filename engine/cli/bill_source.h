/*
 * cli/bill_source.h - bills from the payment providers themselves, one after the other, on a loop of its own.
 */
#pragma once

#include "base/config.h"
#include "books/bill.h"

struct bill_source;

/* *out NULL and HB_OK: there is no merchants file. HB_E_INPUT: logged, each problem. */
HB_CHECKED hb_err bill_source_new(const struct config *config, struct bill_source **out);
void bill_source_free(struct bill_source *source); /* accepts NULL */

/* fetch: HB_E_UNAVAILABLE for a merchant that is not in the file, too. */
struct bill_port bill_source_port(struct bill_source *source);
