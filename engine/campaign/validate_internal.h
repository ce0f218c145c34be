/*
 * campaign/validate_internal.h - what the files of validate share.
 */
#pragma once

#include "campaign/calendar.h"
#include "campaign/slots.h"
#include "campaign/validate.h"

struct check {
    const struct document *document;
    const struct validate_facts *facts;
    struct problems *problems;
    struct calendar *calendar; /* NULL when the window is unknown or impossible */
    struct slot_span *spans;   /* room for SLOTS_MAX */
};

/* A value that was read; 0 is an optional one that is absent. */
static inline bool known(int64_t value)
{
    return value != FIELD_UNKNOWN;
}

void check_prize(struct check *check, const struct path *path, const struct document_prize *prize);
void check_pacing(struct check *check, const struct path *path, const struct document_prize *prize);
void check_stock(struct check *check);        /* budget and odds, over all prizes */
void check_expectations(struct check *check); /* will the stock go out, and last? */
