/*
 * campaign/compile.h - makes the table that decisions are taken from out of a sound document.
 *
 * Exact integers throughout: odds become thresholds by floor(cumulative odds * NUMBER_SPAN), so neighbours
 * touch, rounding never adds up, and odds of 1 in sum cover every number. Daily slots become absolute ones.
 */
#pragma once

#include "campaign/document.h"

/* Products of a curve's segment stay below this, so that Lua's doubles are exact. */
#define CURVE_PRODUCT_MAX (INT64_C(1) << 52)

/* shards: when the document does not say; 1 to SHARDS_MAX. The table is the caller's, by table_free().
 * HB_E_INVALID_DOCUMENT when the document has an error, HB_E_NOMEM. *out is NULL on error. */
HB_CHECKED hb_err table_compile(const struct document *document,
                                uint32_t version,
                                uint32_t shards,
                                struct table **out);

/* floor(odds * NUMBER_SPAN / 1e9), 0 <= odds <= 1e9. */
int64_t compile_threshold(int64_t odds);

/* The curve of a prize for its table. out holds CURVE_MAX points; returns how many there are, 0: no curve. */
uint32_t compile_curve(const struct document_prize *prize, int64_t start_ms, struct curve_point *out);
