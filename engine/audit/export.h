/*
 * audit/export.h - a campaign's records as JSON Lines for outsiders; docs/records.md describes every line.
 */
#pragma once

#include "base/err.h"
#include "store/pg.h"

#include <stdio.h>

/* The secret is in it only once it is revealed. HB_E_NO_CAMPAIGN; HB_E_IO when `out` takes no more; else as
 * pg_call(). One repeatable-read snapshot. */
HB_CHECKED hb_err records_export(struct pg *pg, const char *slug, FILE *out);
