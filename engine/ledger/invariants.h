/*
 * ledger/invariants.h - what must hold in the books, with the question that finds what does not.
 *
 * Each check is a view (or a table) of the migrations that is empty when the books are whole; every row of it
 * is a finding. The table check_all has them together under the same names.
 */
#pragma once

#include "base/err.h"

#include <stddef.h>

struct ledger_invariant {
    const char *name;    /* stable, for scripts */
    const char *promise; /* of design, "P1" */
    const char *view;
    const char *en, *zh;
    bool slow;   /* reads whole tables that grow with wins, entries or payouts */
    bool placed; /* the view's columns are place and problem */
    bool minute; /* books_minute() asks it each minute, over what was touched since */
};

extern const struct ledger_invariant LEDGER_INVARIANTS[];
size_t ledger_invariant_count(void);
const char *ledger_invariant_text(const struct ledger_invariant *invariant, enum hb_lang lang);
