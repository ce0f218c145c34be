/*
 * http/tls.h - TLS 1.2 and 1.3 for the public port. Only tls.c names libssl.
 *
 * One context a process, shared by its workers (so a session ticket of one is good for all); one session a
 * connection, on a non-blocking descriptor that its owner closes. SIGPIPE is ignored from the first context
 * on.
 */
#pragma once

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct tls_context;
struct tls_session;

/* PEM files: the chain, leaf first, and its key. HB_E_INPUT (logged) when they cannot be read or do not fit.
 */
HB_CHECKED hb_err tls_context_new(const char *certificate_file,
                                  const char *key_file,
                                  struct tls_context **out);
void tls_context_free(struct tls_context *context); /* accepts NULL */

struct tls_session *tls_session_new(struct tls_context *context, int fd); /* NULL when out of memory */
void tls_session_free(struct tls_session *session);                       /* accepts NULL */

enum { TLS_AGAIN = -1, TLS_FAILED = -2 };

/* Bytes, 0 at the peer's close, TLS_AGAIN or TLS_FAILED. The handshake happens on the way. */
ssize_t tls_session_read(struct tls_session *session, void *out, size_t max);
ssize_t tls_session_write(struct tls_session *session, const void *bytes, size_t len);
bool tls_session_ready(const struct tls_session *session);       /* the handshake is done */
bool tls_session_wants_write(const struct tls_session *session); /* a read waits for room to write */
bool tls_session_has_more(const struct tls_session *session);    /* read bytes that no event will announce */
void tls_session_shutdown(struct tls_session *session);          /* says close_notify, does not wait */
