/*
 * books/person.h - everything held about a person, and its erasure (P9).
 */
#pragma once

#include "base/buf.h"
#include "base/crypto_seal.h"
#include "base/ids.h"
#include "store/pg.h"

/* One JSON document: what names the person, opened; the player's rows of the books; every draw of the log.
 * What does not open under the key is marked "unreadable". Errors as pg_call(); HB_E_NOMEM past out's end. */
HB_CHECKED hb_err person_export(struct pg *pg,
                                const struct seal_key *key,
                                const struct player_id *player,
                                struct buf *out);

struct person_erasure {
    bool erased;                                  /* false: a withdrawal is under way and needs its payee */
    int64_t open_withdrawals;                     /* of them */
    int64_t wins, withdrawals, payouts, vouchers; /* rows of the books that stay */
};

/* May be said again: what is gone stays gone. */
HB_CHECKED hb_err person_erase(struct pg *pg, const struct player_id *player, struct person_erasure *out);
