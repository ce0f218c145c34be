/*
 * outbound/verdict.h - what both adapters do alike with a verdict.
 */
#pragma once

#include "flow/provider.h"
#include "outbound/span.h"
#include "outbound/web.h"

enum { RETRY_AFTER_MS = 1000, RETRY_AFTER_MAX_MS = 600 * 1000 };

/* An outcome with a word of ours. */
void verdict_set(struct provider_verdict *verdict, enum provider_outcome outcome, const char *code);

/* Status and, when there is no whole answer, what follows from that: true when the verdict is complete. */
bool verdict_of_transport(struct provider_verdict *verdict, const struct web_answer *answer);

/* A header as text for the log; "" when it is absent, too long or not of visible characters. */
void verdict_header(const struct web_answer *answer, const char *name, char *out, size_t out_bytes);
/* Retry-After in seconds; 0 when absent or a date. */
int64_t verdict_retry_after_ms(const struct web_answer *answer);
