/*
 * outbound/alipay_order.c - an order as the biz_content of alipay.fund.trans.uni.transfer.
 */
#include "outbound/alipay_order.h"

#include "base/buf.h"
#include "base/json.h"
#include "base/yuan.h"
#include "outbound/fields.h"
#include "outbound/order.h"

enum { IDENTITY_MAX = 128, USER_ID_DIGITS = 16, WORD_MAX = 65 };

static const char *const IDENTITY_TYPES[] = {
    [PAYEE_OPENID] = NULL,
    [PAYEE_ALIPAY_USER_ID] = "ALIPAY_USER_ID",
    [PAYEE_ALIPAY_OPEN_ID] = "ALIPAY_OPEN_ID",
    [PAYEE_ALIPAY_LOGON_ID] = "ALIPAY_LOGON_ID",
};

static bool has_name(const struct provider_order *order)
{
    return order->payee_name != NULL && order->payee_name[0] != '\0';
}

static bool is_user_id(const char *text)
{
    return strlen(text) == USER_ID_DIGITS && strspn(text, "0123456789") == USER_ID_DIGITS &&
           strncmp(text, "2088", 4) == 0;
}

static const char *problem_of(const struct merchant *merchant,
                              const struct provider_order *order,
                              const struct provider_scene *scene)
{
    const char *why = order_problem(merchant, order, scene);

    if (why != NULL) {
        return why;
    }
    if (IDENTITY_TYPES[order->payee_kind] == NULL || !order_text_fits(order->payee_id, 1, IDENTITY_MAX)) {
        return "the payee is no identity at Alipay";
    }
    if (order->payee_kind == PAYEE_ALIPAY_USER_ID && !is_user_id(order->payee_id)) {
        return "an Alipay user number is 16 digits from 2088";
    }
    return order->payee_kind == PAYEE_ALIPAY_LOGON_ID && !has_name(order)
               ? "an Alipay login needs the payee's real name"
               : NULL;
}

static void add_member(struct buf *out, const char *name, const char *text)
{
    buf_addf(out, "%s\"%s\":", out->data[out->len - 1] == '{' ? "" : ",", name);
    buf_add_json_string(out, text, strlen(text));
}

static void add_payee(struct buf *out, const struct provider_order *order)
{
    buf_adds(out, ",\"payee_info\":{");
    add_member(out, "identity", order->payee_id);
    add_member(out, "identity_type", IDENTITY_TYPES[order->payee_kind]);
    if (has_name(order)) {
        add_member(out, "name", order->payee_name);
    }
    buf_addc(out, '}');
}

/* JSON in a text of JSON. */
static void add_business_params(struct buf *out, const struct merchant *merchant)
{
    bool is_packet = strcmp(merchant->product_code, "STD_RED_PACKET") == 0;
    char text[96];
    struct buf params;

    if (!is_packet && !merchant->uses_alias) {
        return;
    }
    buf_over(&params, text, sizeof text);
    buf_addc(&params, '{');
    if (is_packet) {
        add_member(&params, "sub_biz_scene", "REDPACKET");
    }
    if (merchant->uses_alias) {
        add_member(&params, "payer_show_name_use_alias", "true");
    }
    buf_addc(&params, '}');
    add_member(out, "business_params", buf_cstr(&params));
}

static void add_scene(struct buf *out, const struct provider_scene *scene)
{
    if (scene->id == NULL || scene->id[0] == '\0') {
        return;
    }
    add_member(out, "transfer_scene_name", scene->id);
    buf_adds(out, ",\"transfer_scene_report_infos\":[");
    for (size_t i = 0; i < scene->report_count; i++) {
        buf_adds(out, i == 0 ? "{" : ",{");
        add_member(out, "info_type", scene->reports[i].type);
        add_member(out, "info_content", scene->reports[i].content);
        buf_addc(out, '}');
    }
    buf_addc(out, ']');
}

hb_err alipay_order_build(const struct merchant *merchant,
                          const struct provider_order *order,
                          struct buf *request,
                          const char **why)
{
    const struct provider_scene *scene = order->scene != NULL ? order->scene : &merchant->scene;
    char yuan[YUAN_TEXT_MAX];

    *why = problem_of(merchant, order, scene);
    if (*why != NULL) {
        return HB_E_INPUT;
    }
    (void)yuan_write(order->amount_fen, yuan);
    buf_addc(request, '{');
    if (request->failed) {
        return HB_E_NOMEM;
    }
    add_member(request, "out_biz_no", order->order_no);
    add_member(request, "trans_amount", yuan);
    add_member(request, "product_code", merchant->product_code);
    add_member(request, "biz_scene", merchant->biz_scene);
    add_member(request, "order_title", order->remark);
    add_payee(request, order);
    if (order->amount_fen >= ALIPAY_MEMO_FROM_FEN) {
        add_member(request, "remark", order->remark);
    }
    add_business_params(request, merchant);
    add_scene(request, scene);
    buf_addc(request, '}');
    *why = request->failed ? "out of memory" : NULL;
    return request->failed ? HB_E_NOMEM : HB_OK;
}

hb_err alipay_query_build(const char *order_no, struct span request, struct buf *out)
{
    char product[WORD_MAX], scene[WORD_MAX], number[PROVIDER_ORDER_MAX + 1];
    json_t *json = NULL;
    bool good = json_parse(request.at, request.len, &json, NULL, 0) == HB_OK &&
                field_word(json, "product_code", product, sizeof product) && product[0] != '\0' &&
                field_word(json, "biz_scene", scene, sizeof scene) &&
                field_word(json, "out_biz_no", number, sizeof number) && strcmp(number, order_no) == 0;

    json_decref(json);
    if (!good) {
        return HB_E_INPUT;
    }
    buf_addc(out, '{');
    if (!out->failed) {
        add_member(out, "product_code", product);
        add_member(out, "biz_scene", scene);
        add_member(out, "out_biz_no", order_no);
        buf_addc(out, '}');
    }
    return out->failed ? HB_E_NOMEM : HB_OK;
}
