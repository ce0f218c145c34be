/*
 * outbound/web_call.c - one request as libcurl is told of it.
 */
#include "outbound/web_internal.h"

#include <assert.h>
#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>

enum { HEADERS_MAX_BYTES = 32 * 1024 };

static_assert(WEB_WHY_BYTES >= CURL_ERROR_SIZE, "no room for the library's words");

static size_t take_body(char *bytes, size_t size, size_t count, void *arg)
{
    struct web_call *call = arg;

    buf_add(&call->answer, bytes, size * count);
    return call->answer.failed ? 0 : size * count;
}

static size_t take_header(char *bytes, size_t size, size_t count, void *arg)
{
    struct web_call *call = arg;

    buf_add(&call->answer_headers, bytes, size * count);
    return call->answer_headers.failed ? 0 : size * count;
}

/* The library would send once more, by itself, when a kept connection turns out to be closed. Whether to send
 * again is our callers' to say: they ask first. */
static int about_to_send(void *arg, char *ip, char *local_ip, int port, int local_port)
{
    struct web_call *call = arg;
    bool again = call->sent;

    (void)ip;
    (void)local_ip;
    (void)port;
    (void)local_port;
    call->sent = true;
    return again ? CURL_PREREQFUNC_ABORT : CURL_PREREQFUNC_OK;
}

static bool headers_add(struct web_call *call, const char *line)
{
    struct curl_slist *list = curl_slist_append(call->headers, line);

    call->headers = list != NULL ? list : call->headers;
    return list != NULL;
}

static bool headers_copy(struct web_call *call, const struct web_request *request)
{
    /* Ours wait for no leave to send a body. */
    bool good = headers_add(call, "Expect:");

    for (size_t i = 0; good && i < WEB_HEADERS_MAX && request->headers[i] != NULL; i++) {
        good = headers_add(call, request->headers[i]);
    }
    return good;
}

static bool body_set(struct web_call *call, const struct web_request *request)
{
    if (strcmp(request->method, "POST") != 0) {
        return curl_easy_setopt(call->easy, CURLOPT_HTTPGET, 1L) == CURLE_OK;
    }
    call->body = malloc(request->body_len + 1);
    if (call->body == NULL) {
        return false;
    }
    if (request->body_len > 0) {
        memcpy(call->body, request->body, request->body_len);
    }
    return curl_easy_setopt(call->easy, CURLOPT_POST, 1L) == CURLE_OK &&
           curl_easy_setopt(call->easy, CURLOPT_POSTFIELDS, call->body) == CURLE_OK &&
           curl_easy_setopt(call->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body_len) ==
               CURLE_OK;
}

static bool callbacks_set(struct web_call *call)
{
    CURL *easy = call->easy;

    return curl_easy_setopt(easy, CURLOPT_PRIVATE, call) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, call->why) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_body) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_WRITEDATA, call) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, take_header) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_HEADERDATA, call) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, about_to_send) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_PREREQDATA, call) == CURLE_OK;
}

/* A file of our own choice replaces the system's folder, too. */
static bool trust_set(struct web_call *call)
{
    const char *ca_file = call->client->ca_file;
    CURL *easy = call->easy;

    return curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2) == CURLE_OK &&
           (ca_file == NULL || (curl_easy_setopt(easy, CURLOPT_CAINFO, ca_file) == CURLE_OK &&
                                curl_easy_setopt(easy, CURLOPT_CAPATH, NULL) == CURLE_OK));
}

static bool rules_set(struct web_call *call, const struct web_request *request)
{
    const struct web_spec *spec = &call->client->spec;
    int64_t timeout_ms = request->timeout_ms > 0 ? request->timeout_ms : spec->timeout_ms;
    CURL *easy = call->easy;

    return curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_PROXY, "") == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, spec->allow_plain ? "http,https" : "https") ==
               CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)spec->connect_timeout_ms) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)timeout_ms) == CURLE_OK;
}

static bool call_configure(struct web_call *call, const struct web_request *request)
{
    return headers_copy(call, request) && callbacks_set(call) && trust_set(call) &&
           rules_set(call, request) && curl_easy_setopt(call->easy, CURLOPT_URL, request->url) == CURLE_OK &&
           curl_easy_setopt(call->easy, CURLOPT_HTTPHEADER, call->headers) == CURLE_OK &&
           body_set(call, request);
}

void web_call_free(struct web_call *call)
{
    curl_easy_cleanup(call->easy); /* accepts NULL */
    curl_slist_free_all(call->headers);
    free(call->body);
    buf_free(&call->answer);
    buf_free(&call->answer_headers);
    free(call);
}

struct web_call *web_call_new(struct web_client *client, const struct web_request *request)
{
    struct web_call *call = calloc(1, sizeof *call);

    if (call == NULL) {
        return NULL;
    }
    call->client = client;
    buf_init(&call->answer, request->answer_max_bytes);
    buf_init(&call->answer_headers, HEADERS_MAX_BYTES);
    call->easy = curl_easy_init();
    if (call->easy == NULL || !call_configure(call, request) ||
        curl_multi_add_handle(client->multi, call->easy) != CURLM_OK) {
        web_call_free(call);
        return NULL;
    }
    return call;
}
