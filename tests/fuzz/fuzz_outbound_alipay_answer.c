/*
 * Fuzzes module outbound: an answer of Alipay's gateway of any bytes is cut within itself or refused, and its
 * inner object has a verdict.
 *
 * The first byte chooses the call and whether the signature was good.
 */
#include "outbound/alipay_answer.h"
#include "outbound/verdict.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool good)
{
    if (!good) {
        abort();
    }
}

static void check_inside(struct span whole, struct span part)
{
    require(part.at == NULL || (part.at >= whole.at && part.at + part.len <= whole.at + whole.len));
}

static void read_inner(uint8_t choice, struct span inner)
{
    struct provider_verdict verdict = {.verified = (choice & 2) != 0};

    verdict_set(&verdict, PROVIDER_UNKNOWN, "genuine");
    alipay_answer_read((enum alipay_call)(choice % ALIPAY_CALLS), inner, &verdict);
    require(verdict.outcome < PROVIDER_OUTCOME_COUNT && verdict.cause < PROVIDER_CAUSE_COUNT);
    require(strpbrk(verdict.code, " \"\r\n") == NULL && verdict.amount_fen >= 0);
    require(verdict.verified || verdict.outcome == PROVIDER_UNKNOWN);
    if (choice % ALIPAY_CALLS == ALIPAY_CREATE) {
        require(verdict.outcome != PROVIDER_REFUSED && verdict.outcome != PROVIDER_ABSENT);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span answer = {(const char *)data + 1, size - 1};
    struct alipay_parts parts;

    if (size == 0) {
        return 0;
    }
    if (alipay_cut(answer, ALIPAY_TRANSFER, &parts)) {
        check_inside(answer, parts.inner);
        check_inside(answer, parts.sign);
        check_inside(answer, parts.sn);
        require(parts.inner.at[0] == '{');
        read_inner(data[0], parts.inner);
    }
    read_inner(data[0], answer);
    return 0;
}
