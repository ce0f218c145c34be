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
    X(M_BOOKS_CHECKS, "hongbao_books_checks_total", "looks of the minute at the books, made by this node")             \
    X(M_PROVIDER_CALLS, "hongbao_provider_calls_total", "calls to payment providers that ended")                       \
    X(M_PROVIDER_UNKNOWN, "hongbao_provider_unknown_total", "calls whose outcome stayed unknown")                      \
    X(M_PROVIDER_FORGED, "hongbao_provider_unbelieved_total", "answers and notices whose signature was not good")      \
    X(M_PAYOUT_SENDS, "hongbao_payout_sends_total", "requests for money handed to a provider, repeats included")       \
    X(M_PAYOUT_PAID, "hongbao_payouts_paid_total", "payouts that ended paid, by this node's calls")                    \
    X(M_PAYOUT_FAILED, "hongbao_payouts_failed_total", "payouts that ended unpaid, by this node's calls")              \
    X(M_PAYOUT_ALARMS, "hongbao_payout_alarms_total", "payouts that a person has to look at; the log says why")        \
    X(M_PAYOUT_NOTICES, "hongbao_payout_notices_total", "genuine notices of providers, taken")                         \
    X(M_PAYOUT_NOTICES_AGAIN, "hongbao_payout_notices_repeated_total", "genuine notices that were there already")      \
    X(M_PAYOUT_NOTICES_REFUSED, "hongbao_payout_notices_refused_total", "notices not believed or not of their form")   \
    X(M_ANSWER_PAID, "hongbao_payout_answers_paid_total", "providers' answers, outcome paid")                          \
    X(M_ANSWER_REFUSED, "hongbao_payout_answers_refused_total", "providers' answers, outcome refused")                 \
    X(M_ANSWER_RETURNED, "hongbao_payout_answers_returned_total", "providers' answers, outcome returned")              \
    X(M_ANSWER_WAITS, "hongbao_payout_answers_waits_total", "providers' answers, outcome waits")                       \
    X(M_ANSWER_IN_PROGRESS, "hongbao_payout_answers_in_progress_total", "providers' answers, outcome in_progress")     \
    X(M_ANSWER_DIFFERS, "hongbao_payout_answers_differs_total", "providers' answers, outcome differs")                 \
    X(M_ANSWER_UNKNOWN, "hongbao_payout_answers_unknown_total", "providers' answers, outcome unknown")                 \
    X(M_ANSWER_ABSENT, "hongbao_payout_answers_absent_total", "providers' answers, outcome absent")                    \
    X(M_ANSWER_NOT_SENT, "hongbao_payout_answers_not_sent_total", "providers' answers, outcome not_sent")              \
    X(M_ANSWER_NO_FUNDS, "hongbao_payout_answers_no_funds_total", "providers' answers, outcome no_funds")              \
    X(M_ANSWER_LIMITED, "hongbao_payout_answers_limited_total", "providers' answers, outcome limited")                 \
    X(M_ANSWER_TOO_FAST, "hongbao_payout_answers_too_fast_total", "providers' answers, outcome too_fast")              \
    X(M_ANSWER_MISCONFIGURED, "hongbao_payout_answers_misconfigured_total", "providers' answers, outcome misconfigured")\
    X(M_ANSWER_DECLINED, "hongbao_payout_answers_declined_total", "providers' answers, outcome declined")

#define METRICS_GAUGES(X)                                                                                              \
    X(G_HTTP_OPEN, "hongbao_http_connections", "connections open now")                                                 \
    X(G_DRAWS_WAITING, "hongbao_draws_waiting", "draws in flight")                                                     \
    X(G_STREAM_ENTRIES, "hongbao_log_entries_unstored", "log entries not yet in PostgreSQL")                           \
    X(G_LEADER, "hongbao_leader", "1 when this node holds the fleet's duties")                                         \
    X(G_BOOKS_FINDINGS, "hongbao_books_findings", "rows that the leader's last look found wrong; 0 on other nodes")    \
    X(G_PAYOUTS_PLANNED, "hongbao_payouts_planned", "payouts that wait to be sent")                                    \
    X(G_PAYOUTS_RESERVED, "hongbao_payouts_reserved", "payouts reserved in the books, about to be sent")               \
    X(G_PAYOUTS_SENT, "hongbao_payouts_sent", "payouts sent, nothing said yet, or parked")                             \
    X(G_PAYOUTS_WAITING, "hongbao_payouts_waiting_user", "payouts that wait for the payee")                            \
    X(G_PAYOUTS_IN_PROGRESS, "hongbao_payouts_in_progress", "payouts that the provider works on")                      \
    X(G_PAYOUTS_UNKNOWN, "hongbao_payouts_unknown", "payouts of which nothing certain is known")                       \
    X(G_PAYOUTS_FROZEN, "hongbao_payouts_frozen", "payouts that two people have to look at")                           \
    X(G_PAYOUT_UNKNOWN_AGE, "hongbao_payout_oldest_unknown_seconds", "age of the oldest payout of which nothing certain is known")\
    X(G_MERCHANTS_STOPPED, "hongbao_merchants_stopped", "merchant numbers whose switch is off")

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
