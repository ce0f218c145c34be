/*
 * outbound/alipay_send.c - signed requests to Alipay's gateway, and whether their answers are believed.
 *
 * As in the provider's own clients the public parameters travel in the query, biz_content in the body.
 */
#include "outbound/alipay_internal.h"

#include "base/beijing.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/metrics.h"
#include "outbound/alipay_sign.h"

enum { URL_MAX = 8192, FORM_MAX = 64 * 1024, ANSWER_MAX = 256 * 1024, SIGNATURE_TEXT_MAX = 2048 };

static void params_fill(const struct merchant *merchant,
                        const char *method,
                        const char *timestamp,
                        struct span biz_content,
                        struct alipay_params *out)
{
    out->count = 0;
    alipay_param_add(out, "biz_content", biz_content);
    alipay_param_add(out, "app_id", span_of(merchant->app_id));
    alipay_param_add(out, "method", span_of(method));
    alipay_param_add(out, "format", span_of("JSON"));
    alipay_param_add(out, "charset", span_of("utf-8"));
    alipay_param_add(out, "sign_type", span_of("RSA2"));
    alipay_param_add(out, "timestamp", span_of(timestamp));
    alipay_param_add(out, "version", span_of("1.0"));
    alipay_param_add(out, "app_cert_sn", span_of(merchant->app_sn));
    alipay_param_add(out, "alipay_root_cert_sn", span_of(merchant->root_sn));
}

/* Adds `sign`; the text of the signature stays in `signature`. */
static bool params_sign(const struct rsa_key *key, struct alipay_params *params, struct buf *signature)
{
    struct buf text;
    bool good;

    buf_init(&text, FORM_MAX);
    alipay_sign_text(params, /* with_sign_type= */ true, &text);
    good = !text.failed && rsa_sign(key, text.data, text.len, signature) == HB_OK;
    if (good) {
        alipay_param_add(params, "sign", (struct span){signature->data, signature->len});
    }
    buf_free(&text);
    return good;
}

static void
params_send(struct alipay *alipay, const struct alipay_params *params, web_done_fn done, void *arg)
{
    struct buf url, form;

    buf_init(&url, URL_MAX);
    buf_init(&form, FORM_MAX);
    buf_addf(&url, "%s?", alipay->merchant->base_url);
    alipay_form_write(params, 1, params->count, &url);
    alipay_form_write(params, 0, 1, &form);
    web_send(alipay->web,
             &(struct web_request){
                 .method = "POST",
                 .url = buf_cstr(&url),
                 .headers = {"Content-Type: application/x-www-form-urlencoded;charset=utf-8",
                             "Accept: application/json",
                             "User-Agent: hongbao"},
                 .body = form.data,
                 .body_len = form.len,
                 .answer_max_bytes = ANSWER_MAX,
             },
             done,
             arg);
    buf_free(&url);
    buf_free(&form);
}

bool alipay_send(
    struct alipay *alipay, const char *method, struct span biz_content, web_done_fn done, void *arg)
{
    struct alipay_params params;
    struct buf signature;
    char timestamp[BEIJING_TEXT];
    bool good;

    buf_init(&signature, SIGNATURE_TEXT_MAX);
    beijing_write(clock_wall_ms(), timestamp);
    params_fill(alipay->merchant, method, timestamp, biz_content, &params);
    good = biz_content.len * 3 < FORM_MAX && params_sign(alipay->merchant->key, &params, &signature);
    if (good) {
        params_send(alipay, &params, done, arg);
    } else {
        log_error("provider.not_signed", "merchant=%s", alipay->merchant->name);
    }
    buf_free(&signature);
    return good;
}

enum alipay_belief alipay_believe_answer(struct alipay *alipay,
                                         const char *method,
                                         const struct web_answer *answer,
                                         struct alipay_parts *parts)
{
    enum alipay_belief belief = ALIPAY_UNSIGNED;

    if (alipay_cut((struct span){answer->body, answer->body_len}, method, parts)) {
        belief = alipay_believe(alipay->keys, parts);
    }
    if (belief != ALIPAY_GENUINE) {
        metrics_add(M_PROVIDER_FORGED, 1);
    }
    if (belief == ALIPAY_UNKNOWN_CERTIFICATE) {
        log_error("provider.unknown_certificate",
                  "merchant=%s file=%s",
                  alipay->merchant->name,
                  alipay->merchant->certificate_file);
    }
    return belief;
}
