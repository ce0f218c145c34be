/*
 * ledger/invariants.h - what must hold in the books, with the question that finds what does not.
 *
 * Each check is a view in sql/007_views.sql (or a table) that is empty when the books are whole; every row of
 * it is a finding.
 */
#pragma once

#include "base/err.h"

#include <stddef.h>

struct ledger_invariant {
    const char *name;    /* stable, for scripts */
    const char *promise; /* of design, "P1" */
    const char *view;
    const char *en, *zh;
    bool slow; /* reads every win or log entry */
};

extern const struct ledger_invariant LEDGER_INVARIANTS[];
size_t ledger_invariant_count(void);
const char *ledger_invariant_text(const struct ledger_invariant *invariant, enum hb_lang lang);
