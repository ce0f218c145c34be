/*
 * duties/sealer.c - chains committed batches, off the hot path.
 */
#include "duties/duties_internal.h"

#include "base/crash_point.h"
#include "base/metrics.h"

enum { SEAL_US = 1000 * 1000, SEAL_MAX = 2000 };

void sealer_round(struct duties *duties, int64_t now_us)
{
    struct pg_result *result = NULL;
    hb_err err = HB_OK;
    int64_t sealed = 0;

    if (now_us < duties->seal_at_us || duties->fence == 0) {
        return;
    }
    CRASH_POINT(SEAL_DUE);
    err = pg_callf(duties->pg, &result, "SELECT seal_some($1, $2)", "%ld%d", (long)duties->fence, SEAL_MAX);
    if (ledger_failed(duties, err, "seal_some") == HB_OK) {
        sealed = pg_i64(result, 0, 0);
        metrics_add(M_SEALED, (uint64_t)sealed);
    }
    CRASH_POINT(SEAL_DONE);
    pg_result_free(result);
    duties->seal_at_us =
        sealed == SEAL_MAX ? now_us : now_us + SEAL_US; /* more are waiting: at the next round */
}
