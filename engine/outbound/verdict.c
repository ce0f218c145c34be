/*
 * outbound/verdict.c - what both adapters do alike with a verdict.
 */
#include "outbound/verdict.h"

#include <assert.h>

void verdict_set(struct provider_verdict *verdict, enum provider_outcome outcome, const char *code)
{
    size_t len = strlen(code);

    assert(len < sizeof verdict->code);
    verdict->outcome = outcome;
    memcpy(verdict->code, code, len + 1);
}

bool verdict_of_transport(struct provider_verdict *verdict, const struct web_answer *answer)
{
    verdict->http_status = answer->status;
    if (answer->err == HB_OK) {
        return false;
    }
    if (answer->err == HB_E_UNSURE) {
        verdict_set(verdict, PROVIDER_UNKNOWN, "no_answer");
    } else {
        verdict_set(verdict, PROVIDER_NOT_SENT, "not_sent");
    }
    return true;
}

void verdict_header(const struct web_answer *answer, const char *name, char *out, size_t out_bytes)
{
    struct span value;

    out[0] = '\0';
    if (!web_answer_header(answer, name, &value.at, &value.len) || value.len >= out_bytes) {
        return;
    }
    for (size_t i = 0; i < value.len; i++) {
        if (value.at[i] <= ' ' || value.at[i] >= 0x7F || value.at[i] == '"') {
            return;
        }
    }
    memcpy(out, value.at, value.len);
    out[value.len] = '\0';
}

int64_t verdict_retry_after_ms(const struct web_answer *answer)
{
    char text[8];
    int64_t seconds = 0;

    verdict_header(answer, "retry-after", text, sizeof text);
    for (size_t i = 0; text[i] != '\0'; i++) {
        if (text[i] < '0' || text[i] > '9') {
            return 0;
        }
        seconds = seconds * 10 + (text[i] - '0');
    }
    return seconds * 1000 < RETRY_AFTER_MAX_MS ? seconds * 1000 : RETRY_AFTER_MAX_MS;
}
