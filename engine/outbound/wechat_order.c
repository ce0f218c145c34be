/*
 * outbound/wechat_order.c - an order as the body of WeChat's transfer-bills call.
 */
#include "outbound/wechat_order.h"

#include "base/buf.h"
#include "outbound/order.h"

#include <inttypes.h>

enum { OPENID_MAX = 64, OAEP_MAX = 214, NAME_CIPHER_MAX = 2048 };

static bool has_name(const struct provider_order *order)
{
    return order->payee_name != NULL && order->payee_name[0] != '\0';
}

static const char *problem_of(const struct merchant *merchant,
                              const struct provider_order *order,
                              const struct provider_scene *scene)
{
    const char *why = order_problem(merchant, order, scene);

    if (why != NULL) {
        return why;
    }
    if (order->payee_kind != PAYEE_OPENID || !order_text_fits(order->payee_id, 1, OPENID_MAX)) {
        return "the payee is no openid";
    }
    if (scene->id == NULL || scene->id[0] == '\0' || scene->report_count == 0) {
        return "the scene has no number or no report";
    }
    if (has_name(order) && order->amount_fen < WECHAT_NAME_FROM_FEN) {
        return "a name may not be sent with less than 30 fen";
    }
    if (!has_name(order) && order->amount_fen >= WECHAT_NAME_REQUIRED_FEN) {
        return "from 2000 yuan on the payee's real name is needed";
    }
    return has_name(order) && strlen(order->payee_name) > OAEP_MAX ? "the payee's name is too long" : NULL;
}

static void add_text(struct buf *out, const char *name, const char *text)
{
    buf_addf(out, ",\"%s\":", name);
    buf_add_json_string(out, text, strlen(text));
}

static void add_optional(struct buf *out, const char *name, const char *text)
{
    if (text != NULL && text[0] != '\0') {
        add_text(out, name, text);
    }
}

static void add_reports(struct buf *out, const struct provider_scene *scene)
{
    buf_adds(out, ",\"transfer_scene_report_infos\":[");
    for (size_t i = 0; i < scene->report_count; i++) {
        buf_adds(out, i == 0 ? "{\"info_type\":" : ",{\"info_type\":");
        buf_add_json_string(out, scene->reports[i].type, strlen(scene->reports[i].type));
        buf_adds(out, ",\"info_content\":");
        buf_add_json_string(out, scene->reports[i].content, strlen(scene->reports[i].content));
        buf_addc(out, '}');
    }
    buf_addc(out, ']');
}

static void add_body(struct buf *out,
                     const struct merchant *merchant,
                     const struct provider_order *order,
                     const struct provider_scene *scene,
                     const char *name_cipher)
{
    buf_adds(out, "{\"appid\":");
    buf_add_json_string(out, merchant->app_id, strlen(merchant->app_id));
    add_text(out, "out_bill_no", order->order_no);
    add_text(out, "transfer_scene_id", scene->id);
    add_text(out, "openid", order->payee_id);
    add_optional(out, "user_name", name_cipher);
    buf_addf(out, ",\"transfer_amount\":%" PRId64, order->amount_fen);
    add_text(out, "transfer_remark", order->remark);
    add_optional(out, "notify_url", merchant->notify_url);
    add_optional(out, "user_recv_perception", scene->perception);
    add_reports(out, scene);
    if (merchant->style[0] != '\0') {
        buf_adds(out, ",\"user_recv_style\":{\"type\":");
        buf_add_json_string(out, merchant->style, strlen(merchant->style));
        buf_addc(out, '}');
    }
    buf_addc(out, '}');
}

/* Puts the key's line in front of the body and the name's ciphertext into `cipher`. */
static hb_err name_encrypt(struct wechat_keys *keys,
                           int64_t now_ms,
                           const struct provider_order *order,
                           struct buf *request,
                           struct buf *cipher)
{
    char serial[WECHAT_SERIAL_MAX + 1];
    struct rsa_key *key = wechat_keys_current(keys, now_ms, serial);
    hb_err err;

    if (key == NULL) {
        return HB_E_UNAVAILABLE;
    }
    err = rsa_encrypt(key, order->payee_name, strlen(order->payee_name), cipher);
    rsa_key_free(key);
    buf_addf(request, "%s\n", serial);
    return err;
}

hb_err wechat_order_build(const struct merchant *merchant,
                          struct wechat_keys *keys,
                          int64_t now_ms,
                          const struct provider_order *order,
                          struct buf *request,
                          const char **why)
{
    const struct provider_scene *scene = order->scene != NULL ? order->scene : &merchant->scene;
    struct buf cipher;
    hb_err err = HB_OK;

    *why = problem_of(merchant, order, scene);
    if (*why != NULL) {
        return HB_E_INPUT;
    }
    buf_init(&cipher, NAME_CIPHER_MAX);
    if (has_name(order)) {
        err = name_encrypt(keys, now_ms, order, request, &cipher);
    }
    if (err == HB_OK) {
        add_body(request, merchant, order, scene, buf_cstr(&cipher));
        err = request->failed ? HB_E_NOMEM : HB_OK;
    }
    *why = err == HB_E_UNAVAILABLE ? "no key of the provider is here yet" : "out of memory";
    buf_free(&cipher);
    return err;
}

void wechat_request_split(struct span request, struct span *serial, struct span *body)
{
    const char *line = request.len > 0 && request.at[0] != '{' ? memchr(request.at, '\n', request.len) : NULL;
    size_t len = line == NULL ? 0 : (size_t)(line - request.at);

    *serial = (struct span){request.at, len};
    *body = line == NULL ? request : (struct span){line + 1, request.len - len - 1};
}
