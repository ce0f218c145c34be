/*
 * loadtest/verdict.h - what an answer, or its absence, means for a draw; and when to come back.
 *
 * Pure. Repeated with the same key: what was lost, 408, 429, and 5xx but for 501 and 505, as the API's
 * description asks phones to do.
 */
#pragma once

#include "loadtest/answer.h"
#include "loadtest/drawn.h"
#include "loadtest/rng.h"

#include <stdint.h>

enum verdict_kind { VERDICT_WON, VERDICT_NONE, VERDICT_OK, VERDICT_REFUSED, VERDICT_RETRY, VERDICT_ERROR };
enum verdict_of { VERDICT_OF_DRAW, VERDICT_OF_SIGN_IN, VERDICT_OF_GET };

struct verdict {
    enum verdict_kind kind;
    struct drawn drawn;
    char why[48]; /* refused, retry, error: the problem's code, http_503, or how it was lost */
};

void verdict_read(enum verdict_of of, const struct answer *answer, const char *lost, struct verdict *out);

/* Before the attempt after this one: Retry-After and up to a quarter more, or 100 ms doubled up to 2 s, half
 * to one and a half of it. retry_after_s -1: none was given. */
int64_t verdict_backoff_us(uint32_t attempts, int32_t retry_after_s, struct rng *rng);
