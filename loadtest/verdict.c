/*
 * loadtest/verdict.c - statuses and codes.
 */
#include "loadtest/verdict.h"

#include <stdio.h>

enum { BACKOFF_FIRST_US = 100000, BACKOFF_MAX_US = 2000000 };

static bool status_may_retry(int status)
{
    return status == 408 || status == 429 || (status >= 500 && status != 501 && status != 505);
}

static void why_set(struct verdict *out, int status)
{
    if (out->drawn.code.len > 0) {
        snprintf(out->why, sizeof out->why, "%.*s", (int)out->drawn.code.len, out->drawn.code.at);
    } else {
        snprintf(out->why, sizeof out->why, "http_%d", status);
    }
}

static void success_judge(enum verdict_of of, struct verdict *out)
{
    bool has_number = out->drawn.draw_no > 0;

    if (of == VERDICT_OF_GET || (of == VERDICT_OF_SIGN_IN && out->drawn.session.len > 0)) {
        out->kind = VERDICT_OK;
    } else if (of == VERDICT_OF_DRAW && has_number && text_is(out->drawn.outcome, "won")) {
        out->kind = VERDICT_WON;
    } else if (of == VERDICT_OF_DRAW && has_number && text_is(out->drawn.outcome, "none")) {
        out->kind = VERDICT_NONE;
    } else {
        out->kind = VERDICT_ERROR;
        snprintf(out->why, sizeof out->why, "bad_answer");
    }
}

void verdict_read(enum verdict_of of, const struct answer *answer, const char *lost, struct verdict *out)
{
    *out = (struct verdict){.kind = VERDICT_RETRY};
    if (answer == NULL) {
        snprintf(out->why, sizeof out->why, "%s", lost);
        return;
    }
    /* A plain GET's body is its own affair; problems are read everywhere. */
    if ((of != VERDICT_OF_GET || answer->status >= 400) && !drawn_read(answer->body, &out->drawn)) {
        out->drawn = (struct drawn){.draw_no = -1};
    }
    if (answer->status < 300) {
        success_judge(of, out);
        return;
    }
    why_set(out, answer->status);
    if (!status_may_retry(answer->status)) {
        out->kind = answer->status >= 400 && answer->status < 500 ? VERDICT_REFUSED : VERDICT_ERROR;
    }
}

int64_t verdict_backoff_us(uint32_t attempts, int32_t retry_after_s, struct rng *rng)
{
    int64_t base_us = BACKOFF_FIRST_US;

    if (retry_after_s >= 0) {
        base_us = (int64_t)retry_after_s * 1000000;
        return base_us + (int64_t)(rng_unit(rng) * (double)base_us / 4);
    }
    for (uint32_t i = 1; i < attempts && base_us < BACKOFF_MAX_US; i++) {
        base_us *= 2;
    }
    base_us = base_us > BACKOFF_MAX_US ? BACKOFF_MAX_US : base_us;
    return (int64_t)((0.5 + rng_unit(rng)) * (double)base_us);
}
