/*
 * audit/findings.h - what a check found: a list with a ceiling, as text or JSON.
 *
 * Ownership  start from zeros, end with findings_free().
 */
#pragma once

#include "base/buf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { FINDINGS_KEPT = 1000 };

struct finding {
    char check[24]; /* "unit_twice": which invariant */
    char key[160];  /* which row: the same row found again has the same key */
    char text[320];
};

struct findings {
    struct finding *list;
    size_t count, capacity; /* kept, at most FINDINGS_KEPT */
    uint64_t total;
};

void findings_add(struct findings *findings, const char *check, const char *key, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
void findings_keep_common(struct findings *findings,
                          const struct findings *again);              /* drops what `again` lacks */
void findings_text(const struct findings *findings, struct buf *out); /* a line each */
void findings_json(const struct findings *findings, struct buf *out); /* an array */
void findings_free(struct findings *findings);
