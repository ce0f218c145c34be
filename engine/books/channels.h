/*
 * books/channels.h - can what a campaign gives be paid? Asked before it is published.
 *
 * A channel is a merchant number that may pay for the campaign, whether its switch is on or off. It can pay a
 * win when cutting it at the single cap makes no more parts than the wallet policy allows, each within a
 * day's cap. Tax is left out: it only makes a payment smaller.
 *
 * Units      money in fen.
 * Ownership  channels_read() fills; channels_free() ends it, and accepts what was zeroed.
 */
#pragma once

#include "base/ids.h"
#include "campaign/document.h"
#include "store/pg.h"

struct channel {
    char merchant[SLUG_MAX + 1];
    int64_t single_cap_fen;
    int64_t day_cap_fen; /* 0: none */
};

struct channels {
    struct channel *at; /* widest first */
    size_t count;
    int64_t max_parts, max_fen; /* of one withdrawal */
};

/* For the campaign of that name, or with the defaults of one that is not there yet. As pg_call(); HB_E_NOMEM.
 */
HB_CHECKED hb_err channels_read(struct pg *pg, const char *slug, struct channels *out);
void channels_free(struct channels *channels);

/* Adds to the problems of a document. `published`: an earlier version is, its amounts are promised; what is
 * then wrong is a warning, since no document can mend it. */
void channels_check(const struct document *document,
                    const struct channels *channels,
                    bool published,
                    struct problems *problems);
