/*
 * base/config.h - every setting, from one table: flags > environment > file > default.
 *
 * File: INI shape that is also TOML (`key = value` under [section], strings quoted or bare, # comments).
 * Environment: HONGBAO_SECTION_KEY. Flags: --section.key=value. An unknown key is an error that
 * suggests the nearest known one. Values are checked by type and range when they are read.
 */
#pragma once

#include "base/buf.h"
#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* clang-format off */
/*       symbol                    key                      type  default            min  max          help */
#define CONFIG_KEYS(X)                                                                                                 \
    X(CFG_HTTP_LISTEN, "http.listen", TEXT, "127.0.0.1", 0, 0, "address the public port listens on")                   \
    X(CFG_HTTP_PORT, "http.port", INT, "8080", 1, 65535, "public port")                                                \
    X(CFG_HTTP_UNIX, "http.unix_socket", TEXT, "", 0, 0, "path the public API is served on as well, for a proxy beside it") \
    X(CFG_HTTP_WORKERS, "http.workers", INT, "0", 0, 256, "worker threads; 0: one a core")                             \
    X(CFG_HTTP_BACKLOG, "http.backlog", INT, "4096", 16, 65535, "connections the kernel may queue")                    \
    X(CFG_HTTP_ACCEPTS, "http.accepts_per_turn", INT, "64", 1, 4096, "connections accepted in one turn of a loop")     \
    X(CFG_HTTP_CONNECTIONS, "http.connections_max", INT, "65536", 1, 4000000, "open connections a worker")             \
    X(CFG_HTTP_HEADER_BYTES, "http.header_max_bytes", INT, "8192", 512, 65536, "request line and headers together")    \
    X(CFG_HTTP_HEADERS, "http.headers_max", INT, "64", 4, 100, "header lines")                                         \
    X(CFG_HTTP_BODY_BYTES, "http.body_max_bytes", INT, "65536", 0, 16777216, "body, unless the route says less")       \
    X(CFG_HTTP_REQUEST_MS, "http.request_timeout_ms", INT, "10000", 100, 600000, "a whole request, first byte to last") \
    X(CFG_HTTP_IDLE_MS, "http.idle_timeout_ms", INT, "75000", 100, 3600000, "a connection between requests")           \
    X(CFG_HTTP_WRITE_MS, "http.write_timeout_ms", INT, "10000", 100, 600000, "an answer, until the client has taken it") \
    X(CFG_HTTP_DRAIN_MS, "http.drain_timeout_ms", INT, "15000", 0, 600000, "longest drain after SIGTERM")              \
    X(CFG_HTTP_TLS_CERT, "http.tls_certificate_file", TEXT, "", 0, 0, "PEM chain; empty: no TLS")                      \
    X(CFG_HTTP_TLS_KEY, "http.tls_key_file", TEXT, "", 0, 0, "PEM private key")                                        \
    X(CFG_HTTP_PROXIES, "http.trusted_proxies", TEXT, "", 0, 0, "addresses, networks, or unix (http.unix_socket), whose X-Forwarded-For counts; by comma") \
    X(CFG_HTTP_PLAYER_UI, "http.player_ui_dir", TEXT, "", 0, 0, "folder of the player page; empty: not served")        \
    X(CFG_ENGINE_ENVIRONMENT, "engine.environment", TEXT, "production", 0, 0, "production, or demo (demo tokens, said on the page)") \
    X(CFG_ENGINE_SECRETS, "engine.secrets_dir", TEXT, "", 0, 0, "folder of player.key, session.key, people.key and jwks.json") \
    X(CFG_ENGINE_LOG_LEVEL, "engine.log_level", TEXT, "info", 0, 0, "error, warn, info or debug")                      \
    X(CFG_ENGINE_BATCH_MAX, "engine.batch_max", INT, "256", 1, 256, "draws in one call to a shard")                    \
    X(CFG_ENGINE_DRAWS_MAX, "engine.draws_waiting_max", INT, "20000", 1, 1000000, "draws in flight a worker; more are refused") \
    X(CFG_ENGINE_WAIT_MS, "engine.draw_timeout_ms", INT, "2000", 50, 60000, "longest wait of a draw before it is unsure") \
    X(CFG_REDIS_NODES, "redis.nodes", TEXT, "unix:/run/redis/redis.sock", 0, 0, "shard nodes by comma: unix:PATH or HOST:PORT") \
    X(CFG_REDIS_PASSWORD_FILE, "redis.password_file", TEXT, "", 0, 0, "file with the password; empty: none")           \
    X(CFG_REDIS_TIMEOUT_MS, "redis.timeout_ms", INT, "1000", 10, 60000, "one call, start to reply")                    \
    X(CFG_DATABASE_URI, "database.uri", TEXT, "postgresql:///hongbao", 0, 0, "libpq URI of the engine's role")         \
    X(CFG_DATABASE_ADMIN_URI, "database.admin_uri", TEXT, "", 0, 0, "libpq URI of the migrator's role, for migrate")   \
    X(CFG_DATABASE_OPERATOR_URI, "database.operator_uri", TEXT, "", 0, 0, "libpq URI of the operators' role, for what they do with money") \
    X(CFG_DATABASE_TIMEOUT_MS, "database.timeout_ms", INT, "5000", 100, 600000, "one ledger transaction")              \
    X(CFG_AUTH_ISSUER, "auth.issuer", TEXT, "", 0, 0, "required `iss`; empty: not checked")                            \
    X(CFG_AUTH_AUDIENCE, "auth.audience", TEXT, "", 0, 0, "required `aud`; empty: not checked")                        \
    X(CFG_AUTH_SESSION_S, "auth.session_seconds", INT, "86400", 60, 2592000, "life of the engine's own session")       \
    X(CFG_AUTH_LEEWAY_S, "auth.leeway_seconds", INT, "60", 0, 600, "clock difference allowed for exp and nbf")         \
    X(CFG_AUTH_CACHE, "auth.cache_entries", INT, "65536", 0, 10000000, "verified tokens remembered a worker")          \
    X(CFG_PEOPLE_KEY, "people.key_file", TEXT, "", 0, 0, "file that seals payees and names, 64 hex digits; empty: people.key among the secrets") \
    X(CFG_WALLET_PROOF, "wallet.payee_proof", TEXT, "auto", 0, 0, "required or off: whether a payee needs a proof of the identity service; auto: off in a demo, else required") \
    X(CFG_WALLET_CONNECTIONS, "wallet.connections", INT, "2", 1, 8, "connections to PostgreSQL for wallets, a worker")  \
    X(CFG_PAYOUT_REMARK, "payouts.remark", TEXT, "活动奖励", 0, 0, "what a payee reads beside the money; at most 32 characters") \
    X(CFG_WEBHOOK_URL, "webhook.url", TEXT, "", 0, 0, "where the operator's system is told of vouchers; empty: it is not told")  \
    X(CFG_WEBHOOK_SECRET, "webhook.secret_file", TEXT, "", 0, 0, "file with whsec_ and base64, which signs webhooks")   \
    X(CFG_WEBHOOK_CA, "webhook.ca_file", TEXT, "", 0, 0, "PEM of who may sign that system's certificate; empty: the machine's own") \
    X(CFG_WEBHOOK_TIMEOUT_MS, "webhook.timeout_ms", INT, "10000", 100, 60000, "one webhook, start to answer; tried again after three times that, then ever later") \
    X(CFG_RECONCILE_HOURS, "reconcile.every_hours", INT, "24", 0, 720, "hours between two comparisons of log, ledger and bills; 0: only by hand") \
    X(CFG_BOOKS_CHECK_S, "books.check_seconds", INT, "60", 1, 3600, "seconds between two looks at what was booked lately") \
    X(CFG_LEASE_SECONDS, "lease.seconds", INT, "60", 1, 3600, "seconds of need that a lease aims at")                  \
    X(CFG_LEASE_MIN_UNITS, "lease.min_units", INT, "1000", 1, 100000000, "smallest lease, stock permitting")           \
    X(CFG_PROVIDER_MERCHANTS, "provider.merchants_file", TEXT, "", 0, 0, "JSON of the merchant accounts (docs/payments.md); empty: merchants/merchants.json among the secrets, if it is there") \
    X(CFG_PROVIDER_CONNECT_MS, "provider.connect_timeout_ms", INT, "3000", 10, 60000, "until TLS to a payment provider is up") \
    X(CFG_PROVIDER_TIMEOUT_MS, "provider.timeout_ms", INT, "10000", 100, 25000, "one call to a payment provider; later it is unknown") \
    X(CFG_PROVIDER_CONNECTIONS, "provider.connections_max", INT, "16", 1, 1000, "connections of a merchant account")   \
    X(CFG_PROVIDER_CALLS, "provider.calls_max", INT, "1000", 1, 100000, "calls of a merchant account in flight; more are not sent")
/* clang-format on */

#define CONFIG_ENUM(symbol, key, type, preset, min, max, help) symbol,
enum config_key { CONFIG_KEYS(CONFIG_ENUM) CONFIG_KEY_COUNT };

enum config_origin { CONFIG_DEFAULT, CONFIG_FILE, CONFIG_ENVIRONMENT, CONFIG_FLAG };

struct config;

/* argv: only the options; consumes --section.key=value, --config FILE, --home DIR (reads DIR/hongbao.conf)
 * and moves what it does not know to the front of argv, its count in *argc. HONGBAO_HOME stands in for
 * --home;
 * --config stands in for DIR/hongbao.conf. environment may be NULL.
 * Every problem is added to `problems`, one a line, with file and line; then HB_E_INPUT. */
HB_CHECKED hb_err
config_load(int *argc, char **argv, char **environment, struct config **out, struct buf *problems);
void config_free(struct config *config);

int64_t config_int(const struct config *config, enum config_key key);
const char *config_text(const struct config *config, enum config_key key);
enum config_origin config_origin_of(const struct config *config, enum config_key key);
const char *config_home(const struct config *config); /* "" without --home */

void config_show(const struct config *config, struct buf *out); /* key = value  # origin */
void config_reference(struct buf *out);                         /* markdown, from the table */
