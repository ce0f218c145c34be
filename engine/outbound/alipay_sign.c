/*
 * outbound/alipay_sign.c - Alipay's parameters: signing them, and their form.
 */
#include "outbound/alipay_sign.h"

#include "base/buf.h"

#include <assert.h>
#include <stdlib.h>

void alipay_param_add(struct alipay_params *params, const char *name, struct span value)
{
    assert(params->count < ALIPAY_PARAMS_MAX);
    params->items[params->count++] = (struct alipay_param){span_of(name), value};
}

struct span alipay_param_of(const struct alipay_params *params, const char *name)
{
    for (size_t i = 0; i < params->count; i++) {
        if (span_is(params->items[i].name, name)) {
            return params->items[i].value;
        }
    }
    return (struct span){"", 0};
}

static int by_name(const void *a, const void *b)
{
    struct span x = ((const struct alipay_param *)a)->name, y = ((const struct alipay_param *)b)->name;
    int order = memcmp(x.at, y.at, x.len < y.len ? x.len : y.len);

    return order != 0 ? order : (x.len > y.len) - (x.len < y.len);
}

void alipay_sign_text(const struct alipay_params *params, bool with_sign_type, struct buf *out)
{
    struct alipay_params sorted = *params;
    size_t before = out->len;

    qsort(sorted.items, sorted.count, sizeof sorted.items[0], by_name);
    for (size_t i = 0; i < sorted.count; i++) {
        const struct alipay_param *param = &sorted.items[i];

        if (param->value.len == 0 || span_is(param->name, "sign") ||
            (!with_sign_type && span_is(param->name, "sign_type"))) {
            continue;
        }
        if (out->len > before) {
            buf_addc(out, '&');
        }
        buf_add(out, param->name.at, param->name.len);
        buf_addc(out, '=');
        buf_add(out, param->value.at, param->value.len);
    }
}

static bool stands_for_itself(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
           (c != '\0' && strchr("-_.~", c) != NULL);
}

static void escape(struct span text, struct buf *out)
{
    static const char HEX[] = "0123456789ABCDEF";

    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.at[i];

        if (stands_for_itself(text.at[i])) {
            buf_addc(out, text.at[i]);
        } else {
            buf_addc(out, '%');
            buf_addc(out, HEX[c >> 4]);
            buf_addc(out, HEX[c & 15]);
        }
    }
}

void alipay_form_write(const struct alipay_params *params, size_t from, size_t to, struct buf *out)
{
    for (size_t i = from; i < to; i++) {
        if (i > from) {
            buf_addc(out, '&');
        }
        escape(params->items[i].name, out);
        buf_addc(out, '=');
        escape(params->items[i].value, out);
    }
}

/* ---- reading ---- */

static int hex_value(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Decodes into *memory and moves it behind. */
static bool unescape(struct span text, char **memory, struct span *out)
{
    char *to = *memory;

    for (size_t i = 0; i < text.len; i++) {
        char c = text.at[i];

        if (c == '%') {
            int high = i + 2 < text.len ? hex_value(text.at[i + 1]) : -1;
            int low = i + 2 < text.len ? hex_value(text.at[i + 2]) : -1;

            if (high < 0 || low < 0) {
                return false;
            }
            c = (char)(high << 4 | low);
            i += 2;
        } else if (c == '+') {
            c = ' ';
        }
        *to++ = c;
    }
    *out = (struct span){*memory, (size_t)(to - *memory)};
    *memory = to;
    return true;
}

static bool is_known(const struct alipay_params *params, struct span name)
{
    for (size_t i = 0; i < params->count; i++) {
        if (params->items[i].name.len == name.len &&
            memcmp(params->items[i].name.at, name.at, name.len) == 0) {
            return true;
        }
    }
    return false;
}

static bool pair_read(struct span pair, char **memory, struct alipay_params *out)
{
    const char *equals = memchr(pair.at, '=', pair.len);
    size_t name_len = equals == NULL ? pair.len : (size_t)(equals - pair.at);
    struct span value = {equals == NULL ? pair.at : equals + 1, equals == NULL ? 0 : pair.len - name_len - 1};
    struct alipay_param *param = &out->items[out->count];

    if (out->count == ALIPAY_PARAMS_MAX || name_len == 0 ||
        !unescape((struct span){pair.at, name_len}, memory, &param->name) ||
        !unescape(value, memory, &param->value) || is_known(out, param->name)) {
        return false;
    }
    out->count++;
    return true;
}

bool alipay_form_read(struct span form, char *memory, struct alipay_params *out)
{
    *out = (struct alipay_params){0};
    while (form.len > 0) {
        const char *end = memchr(form.at, '&', form.len);
        size_t len = end == NULL ? form.len : (size_t)(end - form.at);

        if (len > 0 && !pair_read((struct span){form.at, len}, &memory, out)) {
            return false;
        }
        form.at += end == NULL ? len : len + 1;
        form.len -= end == NULL ? len : len + 1;
    }
    return true;
}
