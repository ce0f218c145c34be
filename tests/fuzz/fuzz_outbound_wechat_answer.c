/*
 * Fuzzes module outbound: an answer of WeChat Pay of any bytes has a verdict, and only a verified 2xx is
 * final.
 *
 * The first byte chooses call, status and whether the signature was good.
 */
#include "outbound/verdict.h"
#include "outbound/wechat_answer.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const int STATUSES[] = {200, 204, 302, 400, 401, 403, 404, 429, 500, 503};

static void require(bool good)
{
    if (!good) {
        abort();
    }
}

static bool is_final(enum provider_outcome outcome)
{
    return outcome == PROVIDER_PAID || outcome == PROVIDER_REFUSED || outcome == PROVIDER_RETURNED ||
           outcome == PROVIDER_WAITS || outcome == PROVIDER_IN_PROGRESS;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct wechat_account ACCOUNT = {"1900000001", "wx0000000000000001"};
    struct provider_verdict verdict = {0};

    if (size == 0) {
        return 0;
    }
    verdict.http_status = STATUSES[(data[0] >> 3) % (sizeof STATUSES / sizeof STATUSES[0])];
    verdict.verified = (data[0] & 4) != 0;
    verdict_set(&verdict, PROVIDER_UNKNOWN, "genuine");
    wechat_answer_read((enum wechat_call)(data[0] % WECHAT_CALLS),
                       &ACCOUNT,
                       (struct span){(const char *)data + 1, size - 1},
                       &verdict);
    require(verdict.outcome < PROVIDER_OUTCOME_COUNT && verdict.cause < PROVIDER_CAUSE_COUNT);
    require(memchr(verdict.code, '\0', sizeof verdict.code) != NULL &&
            strpbrk(verdict.code, " \"\r\n") == NULL);
    require(verdict.amount_fen >= 0);
    if (is_final(verdict.outcome)) {
        require(verdict.verified && verdict.http_status / 100 == 2 && verdict.order_no[0] != '\0');
    }
    return 0;
}
