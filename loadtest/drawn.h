/*
 * loadtest/drawn.h - what an answer's body says about a draw, a refusal or a session, without building a
 * tree.
 *
 * Every text points into the body and is as it was sent; one with an escape in it counts as absent, for
 * codes, ids and tokens have none.
 */
#pragma once

#include "loadtest/text.h"

#include <stdint.h>

struct drawn {
    struct text outcome, draw_id, prize, kind, code;
    int64_t draw_no, chances_left, amount_fen; /* -1: not there */
    struct text session;
};

bool drawn_read(struct text body, struct drawn *out); /* false: not one JSON object */
