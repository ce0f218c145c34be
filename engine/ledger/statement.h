/*
 * ledger/statement.h - the final statement of a campaign: where every fen of its budget went.
 *
 * Pure. Lines come from settlement_line, each with a count and fen:
 *   funded = paid + tax_winner + tax_organiser + adjusted + returned
 *   returned = expired + clawed_back + never_given
 * paid is what winners received; tax_winner was withheld from it, tax_organiser came from the budget on top;
 * returned went back to the bank. adjusted may be negative.
 */
#pragma once

#include "base/buf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { STATEMENT_LINES_MAX = 16, STATEMENT_NAME_MAX = 31 };

struct statement_line {
    char name[STATEMENT_NAME_MAX + 1];
    int64_t count, fen;
};

struct statement {
    struct statement_line lines[STATEMENT_LINES_MAX];
    size_t count;
};

/* False when the list is full or the name too long. */
bool statement_add(struct statement *statement, const char *name, int64_t count, int64_t fen);
int64_t statement_fen(const struct statement *statement, const char *name); /* 0 for a line that is missing */

/* Both sums of the head of this file, to the fen, and every line there; a sum beyond int64_t is no sum. */
bool statement_adds_up(const struct statement *statement);

/* A line each: name, count, fen, yuan. */
void statement_text(const struct statement *statement, struct buf *out);
/* [{"line":..,"count":..,"fen":..},...] */
void statement_json(const struct statement *statement, struct buf *out);
