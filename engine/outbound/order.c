/*
 * outbound/order.c - what both providers ask of an order.
 */
#include "outbound/order.h"

#include "base/utf8.h"

#include <string.h>

enum { REMARK_MAX = 32, REPORT_TYPE_MAX = 15, REPORT_CONTENT_MAX = 32 };

bool order_text_fits(const char *text, size_t min, size_t max)
{
    size_t characters;

    return utf8_count(text == NULL ? "" : text, text == NULL ? 0 : strlen(text), &characters) &&
           characters >= min && characters <= max;
}

bool order_number_fits(const char *order_no, size_t max)
{
    static const char LETTERS[] = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    size_t len = strlen(order_no);

    return len > 0 && len <= max && strspn(order_no, LETTERS) == len;
}

static bool amount_fits(const struct provider_limits *limits, int64_t amount_fen)
{
    return amount_fen > 0 && amount_fen >= limits->min_fen &&
           (limits->max_fen == 0 || amount_fen <= limits->max_fen);
}

static bool reports_fit(const struct provider_scene *scene)
{
    for (size_t i = 0; i < scene->report_count; i++) {
        if (!order_text_fits(scene->reports[i].type, 1, REPORT_TYPE_MAX) ||
            !order_text_fits(scene->reports[i].content, 1, REPORT_CONTENT_MAX)) {
            return false;
        }
    }
    return scene->report_count <= PROVIDER_REPORTS_MAX;
}

const char *order_problem(const struct merchant *merchant,
                          const struct provider_order *order,
                          const struct provider_scene *scene)
{
    if (!order_number_fits(order->order_no, merchant->limits.order_no_max)) {
        return "the order number is empty, too long, or not of letters and digits";
    }
    if (!amount_fits(&merchant->limits, order->amount_fen)) {
        return "the amount is outside what this merchant account may pay at once";
    }
    if (!order_text_fits(order->remark, 1, REMARK_MAX)) {
        return "the remark is empty or longer than 32 characters";
    }
    if (!order_text_fits(order->payee_name, 0, PROVIDER_NAME_MAX)) {
        return "the payee's name is too long or not UTF-8";
    }
    return reports_fit(scene) ? NULL : "a row of the scene's report is empty or too long";
}
