/*
 * outbound/web.c - libcurl's multi interface, driven by the loop.
 *
 *   web_send --> in flight --(socket, timer)--> done: answer, freed
 *        |
 *        +-- no room, no memory: refused at the end of the turn
 *
 * The library says which descriptors and which moment it waits for; the loop says when they came. A request
 * counts as sent from the moment at which the library is about to write it: before that it asks our
 * `about_to_send`, also when a kept connection is used again.
 */
#include "outbound/web_internal.h"

#include "base/loop.h"

#include <curl/curl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

enum { IDLE_CONNECTIONS = 64 };

/* A descriptor that the library waits for. */
struct web_watch {
    struct web_client *client;
    curl_socket_t fd;
    struct loop_io *io;
};

/* Refused before it began: answered at the end of the turn, also when the client has gone by then. */
struct web_refusal {
    web_done_fn done;
    void *arg;
};

static void library_setup(void)
{
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        abort(); /* at the first client, before anything was promised to anybody */
    }
}

/* ---- answers ---- */

static void call_unlink(struct web_call *call)
{
    struct web_client *client = call->client;

    if (call->prev != NULL) {
        call->prev->next = call->next;
    } else {
        client->calls = call->next;
    }
    if (call->next != NULL) {
        call->next->prev = call->prev;
    }
    client->call_count--;
}

/* The call is over: the library has let go of it, its caller hears of it, and it is gone. */
static void call_finish(struct web_call *call, CURLcode code)
{
    struct web_answer answer = {
        .err = code == CURLE_OK ? HB_OK
               : call->sent     ? HB_E_UNSURE
                                : HB_E_UNAVAILABLE,
        .body = buf_cstr(&call->answer),
        .body_len = call->answer.len,
        .headers = buf_cstr(&call->answer_headers),
        .headers_len = call->answer_headers.len,
    };
    long status = 0;

    answer.why = code == CURLE_OK ? "" : call->why[0] != '\0' ? call->why : curl_easy_strerror(code);
    (void)curl_easy_getinfo(call->easy, CURLINFO_RESPONSE_CODE, &status);
    answer.status = code == CURLE_OK ? (int)status : 0;
    (void)curl_multi_remove_handle(call->client->multi, call->easy);
    call_unlink(call);
    call->done(call->arg, &answer);
    web_call_free(call);
}

static void client_collect(struct web_client *client)
{
    CURLMsg *message;
    int left;

    while ((message = curl_multi_info_read(client->multi, &left)) != NULL) {
        if (message->msg == CURLMSG_DONE) {
            struct web_call *call = NULL;
            CURLcode code = message->data.result; /* message does not outlive the call's handle */

            (void)curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &call);
            call_finish(call, code);
        }
    }
}

/* ---- what the library waits for ---- */

static void client_act(struct web_client *client, curl_socket_t fd, int events)
{
    int running;

    (void)curl_multi_socket_action(client->multi, fd, events, &running);
    client_collect(client);
}

static void watch_ready(void *arg, bool readable, bool writable)
{
    struct web_watch *watch = arg; /* may be gone after the action */

    client_act(
        watch->client, watch->fd, (readable ? CURL_CSELECT_IN : 0) | (writable ? CURL_CSELECT_OUT : 0));
}

static void watch_free(struct web_watch *watch)
{
    if (watch != NULL) {
        loop_io_free(watch->io);
        free(watch);
    }
}

static struct web_watch *watch_new(struct web_client *client, curl_socket_t fd)
{
    struct web_watch *watch = calloc(1, sizeof *watch);

    if (watch == NULL) {
        return NULL;
    }
    *watch = (struct web_watch){.client = client, .fd = fd};
    watch->io = loop_io_new(client->loop, fd, watch_ready, watch);
    if (watch->io == NULL) {
        free(watch);
        return NULL;
    }
    (void)curl_multi_assign(client->multi, fd, watch);
    return watch;
}

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *client, void *known)
{
    struct web_watch *watch = known;

    (void)easy;
    if (what == CURL_POLL_REMOVE) {
        watch_free(watch);
        (void)curl_multi_assign(((struct web_client *)client)->multi, fd, NULL);
        return 0;
    }
    if (watch == NULL) {
        watch = watch_new(client, fd);
    }
    if (watch == NULL) {
        return -1;
    }
    loop_io_want(watch->io, (what & CURL_POLL_IN) != 0, (what & CURL_POLL_OUT) != 0);
    return 0;
}

static void client_timeout(void *arg)
{
    client_act(arg, CURL_SOCKET_TIMEOUT, 0);
}

static int on_timer(CURLM *multi, long timeout_ms, void *arg)
{
    struct web_client *client = arg;

    (void)multi;
    if (timeout_ms < 0) {
        loop_timer_stop(client->timer);
    } else {
        loop_timer_set(client->timer, (int64_t)timeout_ms * 1000);
    }
    return 0;
}

/* ---- life ---- */

static bool multi_configure(struct web_client *client)
{
    CURLM *multi = client->multi;

    return curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, on_socket) == CURLM_OK &&
           curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, client) == CURLM_OK &&
           curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, on_timer) == CURLM_OK &&
           curl_multi_setopt(multi, CURLMOPT_TIMERDATA, client) == CURLM_OK &&
           curl_multi_setopt(multi, CURLMOPT_PIPELINING, CURLPIPE_NOTHING) == CURLM_OK &&
           curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, (long)IDLE_CONNECTIONS) == CURLM_OK &&
           curl_multi_setopt(multi, CURLMOPT_MAX_HOST_CONNECTIONS, (long)client->spec.connections_max) ==
               CURLM_OK;
}

static bool has_ca(const struct web_spec *spec)
{
    return spec->ca_file != NULL && spec->ca_file[0] != '\0';
}

hb_err web_client_new(struct loop *loop, const struct web_spec *spec, struct web_client **out)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    struct web_client *client;

    *out = NULL;
    (void)pthread_once(&once, library_setup);
    if (has_ca(spec) && access(spec->ca_file, R_OK) != 0) {
        return HB_E_INPUT;
    }
    client = calloc(1, sizeof *client);
    if (client == NULL) {
        return HB_E_NOMEM;
    }
    client->loop = loop;
    client->spec = *spec;
    client->ca_file = has_ca(spec) ? strdup(spec->ca_file) : NULL;
    client->timer = loop_timer_new(loop, client_timeout, client);
    client->multi = curl_multi_init();
    if ((has_ca(spec) && client->ca_file == NULL) || client->timer == NULL || client->multi == NULL ||
        !multi_configure(client)) {
        web_client_free(client);
        return HB_E_NOMEM;
    }
    *out = client;
    return HB_OK;
}

void web_client_free(struct web_client *client)
{
    if (client == NULL) {
        return;
    }
    while (client->calls != NULL) {
        call_finish(client->calls, CURLE_ABORTED_BY_CALLBACK);
    }
    if (client->multi != NULL) {
        (void)curl_multi_cleanup(client->multi);
    }
    if (client->timer != NULL) {
        loop_timer_free(client->timer);
    }
    free(client->ca_file);
    free(client);
}

size_t web_client_in_flight(const struct web_client *client)
{
    return client->call_count;
}

/* ---- sending ---- */

static void refusal_answer(void *arg)
{
    struct web_refusal refusal = *(struct web_refusal *)arg;
    const struct web_answer answer = {
        .err = HB_E_UNAVAILABLE, .body = "", .headers = "", .why = "too many calls in flight"};

    free(arg);
    refusal.done(refusal.arg, &answer);
}

static void refuse(struct web_client *client, web_done_fn done, void *arg)
{
    struct web_refusal *refusal = malloc(sizeof *refusal);

    if (refusal == NULL) {
        abort(); /* the caller would wait for ever */
    }
    *refusal = (struct web_refusal){done, arg};
    loop_defer(client->loop, refusal_answer, refusal);
}

void web_send(struct web_client *client, const struct web_request *request, web_done_fn done, void *arg)
{
    struct web_call *call =
        client->call_count < client->spec.calls_max ? web_call_new(client, request) : NULL;

    if (call == NULL) {
        refuse(client, done, arg);
        return;
    }
    call->done = done;
    call->arg = arg;
    call->next = client->calls;
    if (call->next != NULL) {
        call->next->prev = call;
    }
    client->calls = call;
    client->call_count++;
}

/* ---- headers ---- */

static bool line_is(const char *line, size_t len, const char *name)
{
    size_t name_len = strlen(name);

    return len > name_len && line[name_len] == ':' && strncasecmp(line, name, name_len) == 0;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

bool web_answer_header(const struct web_answer *answer, const char *name, const char **value, size_t *len)
{
    const char *end = answer->headers + answer->headers_len;
    bool found = false;

    for (const char *line = answer->headers; line < end;) {
        const char *stop = memchr(line, '\n', (size_t)(end - line));
        const char *next = stop == NULL ? end : stop + 1;

        if (line_is(line, (size_t)(next - line), name)) {
            const char *from = line + strlen(name) + 1, *to = next;

            for (; from < to && is_blank(*from); from++) {
            }
            for (; to > from && is_blank(to[-1]); to--) {
            }
            *value = from;
            *len = (size_t)(to - from);
            found = true;
        }
        line = next;
    }
    return found;
}
