/*
 * campaign/freeze.h - what a new version of a published campaign may not change.
 *
 * Fixed by the first publication: id, time zone, shards, the named public source, and of the prizes their
 * order, ids, kinds, modes and amounts, with all that a split is cut from and winning moments are planned
 * over. Once started the start stays. Units and budget never fall below what is out on the shards.
 * Free: texts, chances, caps, odds, pacing, origins, the end, and more units and budget.
 */
#pragma once

#include "campaign/document.h"

struct freeze_facts {
    const struct document *published; /* the newest published version */
    uint32_t shards;                  /* of its table */
    int64_t now_ms;
    const int64_t *leased_units,
        *leased_fen; /* by prize of the published version: net, out on the shards or won */
};

/* Adds to the problems of `next`; values of it that could not be read are passed over. */
void freeze_check(const struct document *next, const struct freeze_facts *facts, struct problems *problems);
