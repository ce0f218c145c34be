/*
 * campaign/validate.h - what a document's values mean together: every error and warning at once.
 *
 * Pure: the clock is an argument. Values that could not be read are passed over; their problem has been
 * told by document_parse().
 */
#pragma once

#include "campaign/document.h"

struct validate_facts {
    int64_t now_ms;
    bool published;  /* an earlier version is: that the window has begun is then no news */
    uint32_t shards; /* when the document does not say; 0: 1 */
};

/* HB_OK whatever the problems are; HB_E_NOMEM. */
HB_CHECKED hb_err document_validate(const struct document *document,
                                    const struct validate_facts *facts,
                                    struct problems *problems);

/* Reads and validates. HB_OK when there is no error (warnings may be), HB_E_INVALID_DOCUMENT when there are,
 * HB_E_JSON when it is no JSON object, HB_E_NOMEM. *out may be given with HB_E_INVALID_DOCUMENT too, for
 * whoever looks further (freeze_check); it is the caller's. */
HB_CHECKED hb_err document_check(const char *text,
                                 size_t len,
                                 const struct validate_facts *facts,
                                 struct problems *problems,
                                 struct document **out);
