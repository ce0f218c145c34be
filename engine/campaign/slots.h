/*
 * campaign/slots.h - a prize's slots as absolute spans of time: daily ones on every day of the window.
 */
#pragma once

#include "campaign/calendar.h"
#include "campaign/document.h"

struct slot_span {
    int64_t from_ms, to_ms; /* [from, to), within the window */
    size_t source;          /* place in the document's slots */
};

/* Ordered by time. Unsound slots are passed over; what lies outside the window is cut off. HB_E_INPUT when
 * there are more than max. */
HB_CHECKED hb_err slots_expand(const struct document *document,
                               const struct document_prize *prize,
                               const struct calendar *calendar,
                               struct slot_span *out,
                               size_t max,
                               size_t *out_count);
