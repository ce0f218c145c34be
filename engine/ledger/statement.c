/*
 * ledger/statement.c - lines of a statement, and whether they add up.
 */
#include "ledger/statement.h"

#include "base/yuan.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const char *const GONE[] = {"paid", "tax_winner", "tax_organiser", "adjusted", "returned", NULL};
static const char *const BACK[] = {"expired", "clawed_back", "never_given", NULL};

bool statement_add(struct statement *statement, const char *name, int64_t count, int64_t fen)
{
    struct statement_line *line = &statement->lines[statement->count];

    if (statement->count == STATEMENT_LINES_MAX || strlen(name) > STATEMENT_NAME_MAX) {
        return false;
    }
    (void)snprintf(line->name, sizeof line->name, "%s", name);
    line->count = count;
    line->fen = fen;
    statement->count++;
    return true;
}

static const struct statement_line *line_find(const struct statement *statement, const char *name)
{
    for (size_t i = 0; i < statement->count; i++) {
        if (strcmp(statement->lines[i].name, name) == 0) {
            return &statement->lines[i];
        }
    }
    return NULL;
}

int64_t statement_fen(const struct statement *statement, const char *name)
{
    const struct statement_line *line = line_find(statement, name);

    return line == NULL ? 0 : line->fen;
}

/* Is the line `whole` the sum of `parts`? */
static bool sum_holds(const struct statement *statement, const char *whole, const char *const *parts)
{
    const struct statement_line *sum = line_find(statement, whole);
    int64_t fen = 0;

    for (; *parts != NULL; parts++) {
        const struct statement_line *part = line_find(statement, *parts);

        if (part == NULL || __builtin_add_overflow(fen, part->fen, &fen)) {
            return false;
        }
    }
    return sum != NULL && sum->fen == fen;
}

bool statement_adds_up(const struct statement *statement)
{
    return sum_holds(statement, "funded", GONE) && sum_holds(statement, "returned", BACK);
}

void statement_text(const struct statement *statement, struct buf *out)
{
    for (size_t i = 0; i < statement->count; i++) {
        const struct statement_line *line = &statement->lines[i];
        char yuan[YUAN_TEXT_MAX];

        (void)yuan_write(line->fen, yuan);
        buf_addf(out,
                 "  %-18s %10" PRId64 " %18" PRId64 " fen %16s yuan\n",
                 line->name,
                 line->count,
                 line->fen,
                 yuan);
    }
}

void statement_json(const struct statement *statement, struct buf *out)
{
    buf_addc(out, '[');
    for (size_t i = 0; i < statement->count; i++) {
        const struct statement_line *line = &statement->lines[i];

        buf_adds(out, i == 0 ? "{\"line\":" : ",{\"line\":");
        buf_add_json_string(out, line->name, strlen(line->name));
        buf_addf(out, ",\"count\":%" PRId64 ",\"fen\":%" PRId64 "}", line->count, line->fen);
    }
    buf_addc(out, ']');
}
