/*
 * base/metrics.h - counters and latency histograms, one set a thread, added up on scrape.
 *
 * Each thread that counts calls metrics_thread_setup() once. Writers use relaxed atomics on their own
 * cache lines. metrics_render() writes the Prometheus text format 0.0.4.
 */
#pragma once

#include "base/buf.h"

#include <stdint.h>

/* clang-format off */
/*     symbol                      name                                   help */
#define METRICS_COUNTERS(X)                                                                                            \
    X(M_HTTP_REQUESTS, "hongbao_http_requests_total", "HTTP requests answered")                                        \
    X(M_HTTP_CLIENT_ERRORS, "hongbao_http_client_errors_total", "HTTP answers 4xx")                                    \
    X(M_HTTP_SERVER_ERRORS, "hongbao_http_server_errors_total", "HTTP answers 5xx")                                    \
    X(M_HTTP_CONNECTIONS, "hongbao_http_connections_accepted_total", "connections accepted")                           \
    X(M_HTTP_REFUSED, "hongbao_http_connections_refused_total", "connections refused at a ceiling")                    \
    X(M_HTTP_TIMEOUTS, "hongbao_http_timeouts_total", "connections cut by a time limit")                               \
    X(M_HTTP_MALFORMED, "hongbao_http_malformed_total", "requests refused by the parser")                              \
    X(M_DRAW_NONE, "hongbao_draws_none_total", "draws answered without a prize")                                       \
    X(M_DRAW_WON, "hongbao_draws_won_total", "draws answered with a prize, after commit")                              \
    X(M_DRAW_REPLAYED, "hongbao_draws_replayed_total", "draws answered from memory by their key")                      \
    X(M_DRAW_REFUSED, "hongbao_draws_refused_total", "draws refused by a rule; nothing consumed")                      \
    X(M_DRAW_UNSURE, "hongbao_draws_unsure_total", "draws whose outcome was not known in time")                        \
    X(M_DRAW_BUSY, "hongbao_draws_busy_total", "draws that waited for a lease")                                        \
    X(M_SHARD_BATCHES, "hongbao_shard_batches_total", "batches sent to Redis")                                         \
    X(M_SHARD_CLOSED, "hongbao_shard_closed_total", "batches answered closed")                                         \
    X(M_SHARD_ERRORS, "hongbao_shard_errors_total", "batches lost to an error of Redis or its connection")             \
    X(M_LEDGER_BATCHES, "hongbao_ledger_batches_total", "ledger transactions committed")                               \
    X(M_LEDGER_WINS, "hongbao_ledger_wins_total", "wins committed")                                                    \
    X(M_LEDGER_ERRORS, "hongbao_ledger_errors_total", "ledger transactions that failed or stayed unanswered")          \
    X(M_AUTH_CACHED, "hongbao_auth_cached_total", "requests signed in by session or cached token")                     \
    X(M_AUTH_VERIFIED, "hongbao_auth_verified_total", "tokens verified by signature")                                  \
    X(M_AUTH_FAILED, "hongbao_auth_failed_total", "requests whose token was refused")                                  \
    X(M_OPENINGS, "hongbao_openings_total", "shards opened")                                                           \
    X(M_LEASES, "hongbao_leases_total", "leases given")                                                                \
    X(M_DRAINED, "hongbao_drained_entries_total", "log entries stored by the drain")                                   \
    X(M_SEALED, "hongbao_sealed_batches_total", "batches chained by the sealer")                                       \
    X(M_PROVIDER_CALLS, "hongbao_provider_calls_total", "calls to payment providers that ended")                       \
    X(M_PROVIDER_UNKNOWN, "hongbao_provider_unknown_total", "calls whose outcome stayed unknown")                      \
    X(M_PROVIDER_FORGED, "hongbao_provider_unbelieved_total", "answers and notices whose signature was not good")

#define METRICS_GAUGES(X)                                                                                              \
    X(G_HTTP_OPEN, "hongbao_http_connections", "connections open now")                                                 \
    X(G_DRAWS_WAITING, "hongbao_draws_waiting", "draws in flight")                                                     \
    X(G_STREAM_ENTRIES, "hongbao_log_entries_unstored", "log entries not yet in PostgreSQL")                           \
    X(G_LEADER, "hongbao_leader", "1 when this node holds the fleet's duties")

#define METRICS_HISTOGRAMS(X)                                                                                          \
    X(H_DRAW, "hongbao_draw_duration_seconds", "a draw, from request to answer")                                       \
    X(H_SHARD, "hongbao_shard_batch_duration_seconds", "one batch of draws in Redis")                                  \
    X(H_LEDGER, "hongbao_ledger_batch_duration_seconds", "one ledger transaction")                                     \
    X(H_PROVIDER, "hongbao_provider_call_duration_seconds", "one call to a payment provider")
/* clang-format on */

#define METRICS_ENUM(symbol, name, help) symbol,
enum metric_counter { METRICS_COUNTERS(METRICS_ENUM) METRIC_COUNTERS };
enum metric_gauge { METRICS_GAUGES(METRICS_ENUM) METRIC_GAUGES };
enum metric_histogram { METRICS_HISTOGRAMS(METRICS_ENUM) METRIC_HISTOGRAMS };

void metrics_thread_setup(void); /* idempotent per thread */
void metrics_add(enum metric_counter counter, uint64_t by);
void metrics_gauge_add(enum metric_gauge gauge, int64_t by);
void metrics_gauge_set(enum metric_gauge gauge, int64_t value); /* for gauges with one writer */
void metrics_observe_us(enum metric_histogram histogram, int64_t us);
void metrics_render(struct buf *out);
uint64_t metrics_counter_sum(enum metric_counter counter);
