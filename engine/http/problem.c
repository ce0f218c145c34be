/*
 * http/problem.c - refusals as RFC 9457 problems, in the caller's language, with a time to come back.
 */
#include "http/chars.h"
#include "http/http_internal.h"

#include <stdio.h>

enum { TRACE_ID_AT = 3, TRACE_ID_LEN = 32, TRACEPARENT_LEN = 55 };

static bool hex_is_lower(const char *at, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (!char_is_digit(at[i]) && !(at[i] >= 'a' && at[i] <= 'f')) {
            return false;
        }
    }
    return true;
}

static bool all_zero(const char *at, size_t len)
{
    return strspn(at, "0") >= len;
}

/* W3C trace context: version-trace-parent-flags; later versions may be longer. */
static struct http_text trace_id(const struct http_call *call)
{
    struct http_text none = {NULL, 0}, value = call_known(call, HTTP_TRACEPARENT);
    const char *at = value.at;

    if (value.len < TRACEPARENT_LEN || at[2] != '-' || at[35] != '-' || at[52] != '-') {
        return none;
    }
    if (!hex_is_lower(at, 2) || !hex_is_lower(at + 3, 32) || !hex_is_lower(at + 36, 16) ||
        !hex_is_lower(at + 53, 2) || memcmp(at, "ff", 2) == 0) {
        return none;
    }
    if (value.len > TRACEPARENT_LEN && (memcmp(at, "00", 2) == 0 || at[TRACEPARENT_LEN] != '-')) {
        return none;
    }
    if (all_zero(at + TRACE_ID_AT, TRACE_ID_LEN) || all_zero(at + 36, 16)) {
        return none;
    }
    return (struct http_text){at + TRACE_ID_AT, TRACE_ID_LEN};
}

static void member(struct buf *out, const char *name, const char *value, size_t len)
{
    buf_adds(out, name);
    buf_add_json_string(out, value, len);
}

static void problem_write(
    struct buf *out, const struct http_call *call, hb_err err, const char *detail, const char *extra_json)
{
    const char *code = err_code(err), *title = err_title(err, call->request.lang);
    struct http_text trace = trace_id(call);

    buf_adds(out, "{\"type\":\"urn:hongbao:problem:");
    buf_adds(out, code);
    member(out, "\",\"title\":", title, strlen(title));
    buf_adds(out, ",\"status\":");
    buf_add_u64(out, (uint64_t)err_http_status(err));
    member(out, ",\"code\":", code, strlen(code));
    if (detail != NULL) {
        member(out, ",\"detail\":", detail, strlen(detail));
    }
    if (extra_json != NULL && extra_json[0] != '\0') {
        buf_addc(out, ',');
        buf_adds(out, extra_json);
    }
    if (trace.len > 0) {
        member(out, ",\"trace_id\":", trace.at, trace.len);
    }
    buf_addc(out, '}');
}

/* Refused together, back apart: the longer the trouble is likely to last, the wider they are spread. */
static uint32_t retry_after_s(struct http_server *server, hb_err err)
{
    switch (err) {
    case HB_E_RECORDING:
    case HB_E_UNSURE:
    case HB_E_BUSY:
        return 1 + server_random(server, 2);
    case HB_E_OVERLOADED:
    case HB_E_RATE:
        return 2 + server_random(server, 6);
    default:
        return 1 + server_random(server, 4);
    }
}

static void retry_after_add(struct http_call *call, hb_err err)
{
    if (err_may_retry(err) && !call->retry_after && call->server != NULL) {
        buf_adds(&call->headers, "Retry-After: ");
        buf_add_u64(&call->headers, retry_after_s(call->server, err));
        buf_adds(&call->headers, "\r\n");
    }
}

void problem_send(struct http_call *call, hb_err err, const char *detail, const char *extra_json)
{
    static const char ZH[] = "Content-Language: zh\r\nCache-Control: no-store\r\n";
    static const char EN[] = "Content-Language: en\r\nCache-Control: no-store\r\n";
    bool zh = call->request.lang == HB_ZH;
    struct reply reply = {
        .status = err_http_status(err),
        .content_type = "application/problem+json",
        .block = {zh ? ZH : EN, sizeof ZH - 1},
    };

    _Static_assert(sizeof ZH == sizeof EN, "one length");
    buf_clear(&call->text);
    problem_write(&call->text, call, err, detail, extra_json);
    retry_after_add(call, err);
    reply.body = (struct http_text){call->text.data, call->text.len};
    reply_send(call, &reply);
}

void http_call_problem(struct http_call *call, hb_err err, const char *detail, const char *extra_json)
{
    problem_send(call, err, detail, extra_json);
}

size_t problem_refusal(struct http_server *server, char *out, size_t max)
{
    static const char BODY[] =
        "{\"type\":\"urn:hongbao:problem:overloaded\",\"title\":\"Too many people right now; "
        "nothing was used up\",\"status\":503,\"code\":\"overloaded\"}";
    int len = snprintf(out,
                       max,
                       "HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/problem+json\r\n"
                       "Retry-After: %u\r\nConnection: close\r\nContent-Length: %zu\r\n\r\n%s",
                       2 + server_random(server, 6),
                       sizeof BODY - 1,
                       BODY);

    return len > 0 && (size_t)len < max ? (size_t)len : 0;
}
