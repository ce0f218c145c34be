/*
 * http/tls.c - OpenSSL 3 behind tls.h.
 */
#include "http/tls.h"

#include "base/log.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <stdlib.h>

struct tls_context {
    SSL_CTX *ssl;
};

struct tls_session {
    SSL *ssl;
    bool wants_write, failed;
};

/* Only http/1.1; a client that offers nothing we speak goes on without ALPN and will see HTTP/1.1. */
static int alpn_choose(SSL *ssl,
                       const unsigned char **out,
                       unsigned char *out_len,
                       const unsigned char *in,
                       unsigned in_len,
                       void *arg)
{
    static const unsigned char OURS[] = "\x08http/1.1";
    unsigned char *chosen = NULL;

    (void)ssl;
    (void)arg;
    if (SSL_select_next_proto(&chosen, out_len, OURS, sizeof OURS - 1, in, in_len) !=
        OPENSSL_NPN_NEGOTIATED) {
        return SSL_TLSEXT_ERR_NOACK;
    }
    *out = chosen;
    return SSL_TLSEXT_ERR_OK;
}

static bool context_configure(SSL_CTX *ssl)
{
    static const unsigned char ID[] = "hongbao";
    char groups[] = "X25519:P-256:P-384"; /* the macro casts const away */

    SSL_CTX_set_options(ssl,
                        SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE |
                            SSL_OP_PRIORITIZE_CHACHA | SSL_OP_IGNORE_UNEXPECTED_EOF);
    /* Idle connections give their 34 KB of record buffers back. */
    SSL_CTX_set_mode(
        ssl, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_alpn_select_cb(ssl, alpn_choose, NULL);
    return SSL_CTX_set_min_proto_version(ssl, TLS1_2_VERSION) == 1 &&
           SSL_CTX_set_cipher_list(ssl, "ECDHE+AESGCM:ECDHE+CHACHA20") == 1 &&
           SSL_CTX_set1_groups_list(ssl, groups) == 1 &&
           SSL_CTX_set_session_id_context(ssl, ID, sizeof ID - 1) == 1;
}

static bool context_load(SSL_CTX *ssl, const char *certificate_file, const char *key_file)
{
    return SSL_CTX_use_certificate_chain_file(ssl, certificate_file) == 1 &&
           SSL_CTX_use_PrivateKey_file(ssl, key_file, SSL_FILETYPE_PEM) == 1 &&
           SSL_CTX_check_private_key(ssl) == 1;
}

hb_err tls_context_new(const char *certificate_file, const char *key_file, struct tls_context **out)
{
    struct tls_context *context = calloc(1, sizeof *context);
    SSL_CTX *ssl = SSL_CTX_new(TLS_server_method());

    *out = NULL;
    if (context == NULL || ssl == NULL) {
        free(context);
        SSL_CTX_free(ssl);
        return HB_E_NOMEM;
    }
    context->ssl = ssl;
    if (!context_configure(ssl) || !context_load(ssl, certificate_file, key_file)) {
        log_error("http.tls_refused",
                  "certificate=%s key=%s why=\"%s\"",
                  certificate_file,
                  key_file,
                  ERR_reason_error_string(ERR_peek_last_error()));
        ERR_clear_error();
        tls_context_free(context);
        return HB_E_INPUT;
    }
    (void)signal(SIGPIPE, SIG_IGN); /* OpenSSL writes without MSG_NOSIGNAL */
    *out = context;
    return HB_OK;
}

void tls_context_free(struct tls_context *context)
{
    if (context != NULL) {
        SSL_CTX_free(context->ssl);
        free(context);
    }
}

struct tls_session *tls_session_new(struct tls_context *context, int fd)
{
    struct tls_session *session = calloc(1, sizeof *session);

    if (session == NULL) {
        return NULL;
    }
    session->ssl = SSL_new(context->ssl);
    if (session->ssl == NULL || SSL_set_fd(session->ssl, fd) != 1) {
        tls_session_free(session);
        return NULL;
    }
    SSL_set_accept_state(session->ssl);
    return session;
}

void tls_session_free(struct tls_session *session)
{
    if (session != NULL) {
        SSL_free(session->ssl);
        free(session);
    }
}

/* The error queue is the thread's: whatever this session left there must not be read by the next one. */
static ssize_t outcome(struct tls_session *session, int result)
{
    int error = SSL_get_error(session->ssl, result);

    ERR_clear_error();
    session->wants_write = error == SSL_ERROR_WANT_WRITE;
    if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE) {
        return TLS_AGAIN;
    }
    if (error == SSL_ERROR_ZERO_RETURN) {
        return 0;
    }
    session->failed = true;
    return TLS_FAILED;
}

ssize_t tls_session_read(struct tls_session *session, void *out, size_t max)
{
    size_t got = 0;
    int result = SSL_read_ex(session->ssl, out, max, &got);

    if (result == 1) {
        session->wants_write = false;
        return (ssize_t)got;
    }
    return outcome(session, result);
}

ssize_t tls_session_write(struct tls_session *session, const void *bytes, size_t len)
{
    size_t put = 0;
    int result = SSL_write_ex(session->ssl, bytes, len, &put);
    ssize_t end;

    if (result == 1) {
        return (ssize_t)put;
    }
    end = outcome(session, result);
    return end == 0 ? TLS_FAILED : end;
}

bool tls_session_ready(const struct tls_session *session)
{
    return SSL_is_init_finished(session->ssl) == 1;
}

bool tls_session_wants_write(const struct tls_session *session)
{
    return session->wants_write;
}

bool tls_session_has_more(const struct tls_session *session)
{
    return SSL_pending(session->ssl) > 0;
}

void tls_session_shutdown(struct tls_session *session)
{
    if (!session->failed && SSL_is_init_finished(session->ssl) == 1) {
        (void)SSL_shutdown(session->ssl);
        ERR_clear_error();
    }
}
