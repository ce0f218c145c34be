/*
 * sandbox/journal.h - what the sandbox remembers: one JSON object a line, only ever added to.
 *
 * A line is in the file before anything that follows from it is said, so a killed sandbox has forgotten
 * nothing that anybody heard of. A last line without its end was never acted on: it is cut off.
 */
#pragma once

#include "base/json.h"

#include <stdbool.h>

struct journal;

/* Reads what is there, line by line, then goes on adding; without `adds` nothing is written, and another one
 * may be adding. HB_E_IO: it cannot be opened; HB_E_INPUT: a line
 * that take() refuses, or that is no JSON (said on stderr). */
HB_CHECKED hb_err journal_open(const char *path,
                               bool (*take)(void *arg, const json_t *line),
                               void *arg,
                               bool adds,
                               struct journal **out);
void journal_close(struct journal *journal); /* accepts NULL */

/* A member of a line: a text, or a number where text is NULL. */
struct journal_field {
    const char *name; /* NULL ends a list */
    const char *text;
    int64_t number;
};

/* Aborts when it cannot be written: what cannot be remembered must not be said. */
void journal_add(struct journal *journal, const struct journal_field *fields);
