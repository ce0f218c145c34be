/*
 * outbound/order.h - what both providers ask of an order, checked once.
 */
#pragma once

#include "outbound/merchant.h"

/* UTF-8 without control characters, min to max characters. NULL counts as "". */
bool order_text_fits(const char *text, size_t min, size_t max);

/* Letters and digits, at most max. */
bool order_number_fits(const char *order_no, size_t max);

/* Number, amount, payee, remark and reports. NULL when all is well, else words for an operator. */
const char *order_problem(const struct merchant *merchant,
                          const struct provider_order *order,
                          const struct provider_scene *scene);
