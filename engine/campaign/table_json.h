/*
 * campaign/table_json.h - the compiled table as canonical JSON: what lottery.lua reads, what is hashed and
 * stored.
 *
 * One table has exactly one text: sorted members, no blanks, integers in decimal. The reader accepts
 * that text and no other, so a hash of the text is a hash of the table.
 *
 *   {"base":3,"campaign":"spring","campaign_cap":0,"day_cap":0,"day_chances":2,"days":[ms,...],"end_ms":..,
 *    "format":1,"prizes":[{"amount_fen":..,"curve":[[at_s,units],...],"id":"..","kind":"cash","max_fen":..,
 *    "min_fen":..,"mode":"odds","number_from":..,"number_to":..,"per_second":..,"slots":[[from_ms,to_ms],...],
 *    "total_fen":..,"units":..,"wins_max":..}],"shards":1,"start_ms":..,"version":1}
 */
#pragma once

#include "base/buf.h"
#include "base/crypto.h"
#include "base/err.h"
#include "lottery/table.h"

enum { TABLE_JSON_FORMAT = 1, TABLE_JSON_MAX_BYTES = 16 * 1024 * 1024 };

/* Adds the text; HB_E_NOMEM when it does not fit into out. */
HB_CHECKED hb_err table_json_write(const struct table *table, struct buf *out);

/* HB_E_JSON, HB_E_INPUT (not this form, not canonical, or it breaks a promise of struct table), HB_E_NOMEM.
 * why may be NULL. *out is NULL on error, else the caller's, by table_free(). */
HB_CHECKED hb_err
table_json_read(const char *text, size_t len, struct table **out, char *why, size_t why_max);

/* SHA-256 of the text. */
HB_CHECKED hb_err table_hash(const struct table *table, uint8_t out[static SHA256_BYTES]);
