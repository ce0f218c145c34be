/*
 * cli/merchant_accounts.h - the merchant accounts that the settings name, opened.
 */
#pragma once

#include "base/config.h"

struct loop;
struct providers;

/* The accounts of provider.merchants_file, or of merchants/merchants.json among the secrets, with the limits
 * of provider.*; timeout_ms > 0: of one call, instead of provider.timeout_ms. *out NULL and HB_OK: there is
 * no file, nobody pays here. HB_E_INPUT: every problem is logged. Freed with providers_free. */
HB_CHECKED hb_err merchant_accounts_open(const struct config *config,
                                         struct loop *loop,
                                         int64_t timeout_ms,
                                         struct providers **out);
