/*
 * outbound/alipay_notice.c - Alipay's notification: believed and read.
 *
 *   form --> genuine? --> for this application? --> ours? --> biz_content --> event
 */
#include "outbound/alipay_notice.h"

#include "base/buf.h"
#include "base/json.h"
#include "outbound/alipay_answer.h"
#include "outbound/alipay_sign.h"
#include "outbound/fields.h"

#include <stdlib.h>

enum { NOTICE_MAX = 64 * 1024 };

static const char CHANGED[] = "alipay.fund.trans.order.changed";

static bool signature_fits(struct alipay_keys *keys, const struct alipay_params *params, bool with_sign_type)
{
    struct buf text;
    bool good;

    buf_init(&text, NOTICE_MAX);
    alipay_sign_text(params, with_sign_type, &text);
    good = !text.failed && text.len > 0 &&
           alipay_keys_verify(keys, (struct span){text.data, text.len}, alipay_param_of(params, "sign"));
    buf_free(&text);
    return good;
}

/* This kind of notice leaves sign_type out of what is signed, other kinds do not; trying both is harmless. */
static bool is_genuine(struct alipay_keys *keys, const struct alipay_params *params)
{
    return alipay_param_of(params, "sign").len > 0 &&
           (signature_fits(keys, params, /* with_sign_type= */ false) ||
            signature_fits(keys, params, /* with_sign_type= */ true));
}

static bool copy_word(struct span text, char *out, size_t out_bytes)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.at[i] <= ' ' || text.at[i] >= 0x7F) {
            return false;
        }
    }
    if (text.len == 0 || text.len >= out_bytes) {
        return false;
    }
    memcpy(out, text.at, text.len);
    out[text.len] = '\0';
    return true;
}

static hb_err content_read(const struct alipay_params *params, struct provider_event *out)
{
    struct span content = alipay_param_of(params, "biz_content");
    json_t *json = NULL;

    if (json_parse(content.at, content.len, &json, NULL, 0) != HB_OK) {
        return HB_E_INPUT;
    }
    out->verdict.verified = true;
    alipay_transfer_judge(json, &out->verdict);
    json_decref(json);
    return out->verdict.outcome == PROVIDER_UNKNOWN ? HB_E_INPUT : HB_OK;
}

static hb_err params_read(const char *app_id,
                          struct alipay_keys *keys,
                          const struct alipay_params *params,
                          struct provider_event *out)
{
    if (!is_genuine(keys, params) || !span_is(alipay_param_of(params, "app_id"), app_id)) {
        return HB_E_FORBIDDEN;
    }
    if (!copy_word(alipay_param_of(params, "notify_id"), out->id, sizeof out->id) ||
        !copy_word(alipay_param_of(params, "msg_method"), out->kind, sizeof out->kind)) {
        return HB_E_INPUT;
    }
    return strcmp(out->kind, CHANGED) == 0 ? content_read(params, out) : HB_E_NOT_FOUND;
}

hb_err alipay_notice_read(const char *app_id,
                          struct alipay_keys *keys,
                          const struct provider_notice *notice,
                          struct provider_event *out)
{
    struct alipay_params params;
    char *memory;
    hb_err err = HB_E_INPUT;

    memset(out, 0, sizeof *out);
    if (notice->body_len == 0 || notice->body_len > NOTICE_MAX) {
        return HB_E_INPUT;
    }
    memory = malloc(notice->body_len);
    if (memory == NULL) {
        return HB_E_NOMEM;
    }
    if (alipay_form_read((struct span){notice->body, notice->body_len}, memory, &params)) {
        err = params_read(app_id, keys, &params, out);
    }
    free(memory);
    return err;
}
