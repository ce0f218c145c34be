/*
 * campaign/disclose.h - what everybody may know of a campaign: the body of GET /v1/campaigns/{c}.
 *
 * It is made once and served many times, so what changes from request to request is left out: the text
 * is a JSON object without its last members "state" and "server_time" and without its closing brace.
 * The route adds `,"state":"live","server_time":"..."}`.
 */
#pragma once

#include "base/crypto.h"
#include "campaign/document.h"

struct disclose_version {
    uint32_t version;
    uint8_t hash[SHA256_BYTES]; /* of its table */
};

struct disclose_facts {
    const struct document *document;
    uint32_t version; /* of the document */
    bool sandbox;
    const int64_t *units_left; /* by prize; NULL: all of them */
    const uint8_t *commitment; /* 32 bytes */
    const char *public_value;  /* NULL: not known yet, or operator-sealed */
    const uint8_t *secret;     /* 32 bytes; NULL before the reveal */
    const struct disclose_version *versions;
    size_t version_count;
};

/* Adds the text; HB_E_NOMEM when it does not fit into out. */
HB_CHECKED hb_err disclose_write(const struct disclose_facts *facts, struct buf *out);
