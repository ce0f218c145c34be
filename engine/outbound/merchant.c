/*
 * outbound/merchant.c - the file of merchant accounts.
 */
#include "outbound/merchant_internal.h"

#include "base/buf.h"
#include "base/file.h"
#include "base/ids.h"
#include "outbound/alipay_order.h"
#include "outbound/wechat_order.h"

#include <stdlib.h>
#include <string.h>

enum { FILE_MAX = 1 << 20, MEMORY_MAX = 16 << 20, WHY_MAX = 160, NOTIFY_URL_MAX = 256 };

/* clang-format off */
/* What each provider's own documents say of a merchant that has asked for nothing else. */
static const struct provider_limits WECHAT_PRESET = {
    .min_fen = 10, .max_fen = 20000, .day_fen = 5000000, .calls_per_s = 100, .order_no_max = WECHAT_ORDER_NO_MAX};
static const struct provider_limits ALIPAY_PRESET = {
    .min_fen = 10, .max_fen = 5000000, .day_fen = 200000000, .calls_per_s = 10, .order_no_max = ALIPAY_ORDER_NO_MAX};
/* clang-format on */

void merchant_problem(struct merchant_reading *reading, const char *member, const char *why)
{
    buf_addf(reading->problems, "merchants[%zu].%s: %s\n", reading->index, member, why);
    reading->failed = true;
}

/* ---- a merchant ---- */

static void
fill_common(struct merchant_reading *reading, const struct merchant_draft *draft, struct merchant *out)
{
    out->name = draft->name;
    out->sandbox = draft->sandbox;
    out->base_url = draft->base_url;
    out->ca_file = merchant_path(reading, draft->ca_file);
    out->app_id = draft->app_id;
    out->key = merchant_private_key(reading, draft->private_key_file);
    out->limits.min_fen = draft->min_fen;
    out->limits.max_fen = draft->max_fen;
    out->limits.day_fen = draft->day_fen;
    out->limits.calls_per_s = draft->calls_per_s;
    if (!slug_valid(draft->name, strlen(draft->name))) {
        merchant_problem(reading, "name", "must be 1 to 32 of a-z 0-9 _ -, a letter or digit first");
    }
    if (strncmp(draft->base_url, "https://", strlen("https://")) != 0 ||
        draft->base_url[strlen(draft->base_url) - 1] == '/') {
        merchant_problem(reading, "base_url", "must begin with https:// and not end with a slash");
    }
    if (draft->max_fen != 0 && draft->max_fen < draft->min_fen) {
        merchant_problem(reading, "max_fen", "is below min_fen");
    }
}

/* What the provider takes; a sandbox on the same machine may do without TLS. */
static bool notify_url_fits(const struct merchant_draft *draft)
{
    const char *url = draft->notify_url;

    return url[0] == '\0' || ((draft->sandbox || strncmp(url, "https://", strlen("https://")) == 0) &&
                              strpbrk(url, "?#") == NULL && strlen(url) <= NOTIFY_URL_MAX);
}

static void
fill_wechat(struct merchant_reading *reading, const struct merchant_draft *draft, struct merchant *out)
{
    out->mch_id = draft->mch_id;
    out->serial = merchant_certificate(
        reading, "certificate_file", draft->certificate_file, out->key, certificate_serial);
    out->notify_url = draft->notify_url;
    out->public_key_id = draft->public_key_id;
    out->has_certificates = draft->download_certificates;
    out->style = draft->style;
    merchant_api_key(reading, draft->api_v3_key_file, &out->api_key);
    if (!notify_url_fits(draft)) {
        merchant_problem(reading, "notify_url", "must begin with https:// and have no query");
    }
    if ((draft->public_key_id[0] == '\0') != (draft->public_key_file[0] == '\0')) {
        merchant_problem(reading, "public_key_id", "goes together with public_key_file");
    } else if (draft->public_key_id[0] != '\0') {
        out->public_key = merchant_public_key(reading, draft->public_key_file);
    }
    if (draft->public_key_id[0] == '\0' && !draft->download_certificates) {
        merchant_problem(reading, "download_certificates", "is needed without a public key");
    }
}

static void
fill_alipay(struct merchant_reading *reading, const struct merchant_draft *draft, struct merchant *out)
{
    out->app_sn = merchant_certificate(
        reading, "app_certificate_file", draft->app_certificate_file, out->key, certificate_alipay_sn);
    out->root_sn = merchant_root_sn(reading, draft->root_certificate_file);
    out->certificate_file = merchant_path(reading, draft->alipay_certificate_file);
    out->product_code = draft->product_code;
    out->biz_scene = draft->biz_scene;
    out->uses_alias = draft->uses_alias;
    merchant_certificate_check(reading, "alipay_certificate_file", draft->alipay_certificate_file);
}

static void merchant_fill(struct merchant_reading *reading, const json_t *json, struct merchant *out)
{
    const char *provider = json_string_value(json_object_get(json, "provider"));
    bool is_wechat = provider != NULL && strcmp(provider, "wechat") == 0;
    const json_t *scene = json_object_get(json, "scene");
    struct merchant_draft draft = {0};

    if (!is_wechat && (provider == NULL || strcmp(provider, "alipay") != 0)) {
        merchant_problem(reading, "provider", "must be wechat or alipay");
        return;
    }
    out->kind = is_wechat ? PROVIDER_WECHAT : PROVIDER_ALIPAY;
    out->limits = is_wechat ? WECHAT_PRESET : ALIPAY_PRESET;
    merchant_members_take(reading, json, is_wechat ? OF_WECHAT : OF_ALIPAY, &out->limits, &draft);
    if (scene != NULL) {
        merchant_scene_take(reading, scene, &out->scene);
    }
    fill_common(reading, &draft, out);
    if (is_wechat) {
        fill_wechat(reading, &draft, out);
    } else {
        fill_alipay(reading, &draft, out);
    }
}

/* ---- the list ---- */

static bool names_differ(const struct merchants *merchants, struct merchant_reading *reading)
{
    for (size_t i = 0; i < merchants->count; i++) {
        for (size_t j = 0; j < i; j++) {
            if (strcmp(merchants->items[i].name, merchants->items[j].name) == 0) {
                reading->index = i;
                merchant_problem(reading, "name", "is there twice");
            }
        }
    }
    return !reading->failed;
}

static hb_err list_read(struct merchant_reading *reading, const json_t *list, struct merchants *out)
{
    size_t count = json_array_size(list);

    if (count == 0 || count > MERCHANTS_MAX) {
        buf_addf(reading->problems, "merchants: must be a list of 1 to %d\n", MERCHANTS_MAX);
        return HB_E_INPUT;
    }
    out->items = arena_alloc(reading->memory, count * sizeof *out->items);
    if (out->items == NULL) {
        return HB_E_NOMEM;
    }
    memset(out->items, 0, count * sizeof *out->items);
    for (out->count = 0; out->count < count; out->count++) {
        reading->index = out->count;
        merchant_fill(reading, json_array_get(list, out->count), &out->items[out->count]);
    }
    return !reading->failed && names_differ(out, reading) ? HB_OK : HB_E_INPUT;
}

static hb_err text_read(const char *path, const struct buf *text, struct merchants *out, struct buf *problems)
{
    const char *slash = strrchr(path, '/');
    struct merchant_reading reading = {.memory = out->memory, .problems = problems};
    char why[WHY_MAX] = "";
    json_t *json = NULL;
    hb_err err = HB_E_NOMEM;

    reading.folder = arena_strndup(out->memory, path, slash == NULL ? 0 : (size_t)(slash - path) + 1);
    if (reading.folder == NULL) {
        return HB_E_NOMEM;
    }
    if (json_parse(text->data, text->len, &json, why, sizeof why) != HB_OK) {
        buf_addf(problems, "%s: %s\n", path, why);
        return HB_E_INPUT;
    }
    err = list_read(&reading, json_object_get(json, "merchants"), out);
    json_decref(json);
    return err;
}

hb_err merchants_read(const char *path, struct merchants **out, struct buf *problems)
{
    struct merchants *merchants = calloc(1, sizeof *merchants);
    struct buf text;
    hb_err err = HB_E_NOMEM;

    *out = NULL;
    buf_init(&text, FILE_MAX);
    if (merchants != NULL) {
        merchants->memory = arena_new(16 * 1024, MEMORY_MAX);
    }
    if (merchants != NULL && merchants->memory != NULL) {
        err = file_read(path, &text);
        if (err == HB_OK) {
            err = text_read(path, &text, merchants, problems);
        } else {
            buf_addf(problems, "%s: cannot be read\n", path);
        }
    }
    buf_free(&text);
    if (err != HB_OK) {
        merchants_free(merchants);
        return err == HB_E_NOMEM ? err : HB_E_INPUT;
    }
    *out = merchants;
    return HB_OK;
}

void merchants_free(struct merchants *merchants)
{
    if (merchants == NULL) {
        return;
    }
    for (size_t i = 0; i < merchants->count; i++) {
        rsa_key_free(merchants->items[i].key);
        rsa_key_free(merchants->items[i].public_key);
        crypto_wipe(&merchants->items[i].api_key, sizeof merchants->items[i].api_key);
    }
    if (merchants->memory != NULL) {
        arena_free(merchants->memory);
    }
    free(merchants);
}
