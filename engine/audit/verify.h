/*
 * audit/verify.h - `hongbao verify-draws`: replays every shard's stored log and names every draw that
 * differs.
 *
 * Also held: commitment, covers and table hashes; each winning record against its row in the ledger and the
 * reverse; each amount against what the seed says its unit is worth; the way of the winning moments over the
 * shards.
 */
#pragma once

#include "base/buf.h"
#include "base/err.h"
#include "store/pg.h"

#include <stdbool.h>
#include <stdint.h>

struct verify_options {
    bool so_far; /* running: a shard's newest entries may not all be stored yet; verify up to there */
    const uint8_t *secret; /* 32 bytes, for a campaign that is not revealed yet; or NULL */
};

/* Adds the report, as text or JSON, to `report`. *ok: nothing differs. HB_E_NO_CAMPAIGN; HB_E_FORBIDDEN when
 * the secret is neither revealed nor given nor readable; HB_E_NOT_STARTED while the public value is not known
 * and so nothing was drawn; else as pg_call(). One repeatable-read snapshot. */
HB_CHECKED hb_err verify_draws(struct pg *pg,
                               const char *slug,
                               const struct verify_options *options,
                               struct buf *report,
                               bool json,
                               bool *ok);
