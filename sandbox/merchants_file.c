/*
 * sandbox/merchants_file.c - what the engine is given.
 */
#include "sandbox/merchants_file.h"

#include "base/buf.h"
#include "sandbox/files.h"
#include "sandbox/keys.h"

#include <stdio.h>

enum { MERCHANTS_MAX_BYTES = 64 * 1024 };

/* A member of a merchant; `file` is put behind "keys/", the shop's name before it where it begins with a dot.
 */
struct setting {
    const char *name, *text, *file;
};

static void add_settings(struct buf *out, const struct setting *settings, const char *shop)
{
    for (; settings->name != NULL; settings++) {
        buf_addf(out, ",\n     \"%s\": ", settings->name);
        if (settings->file != NULL) {
            buf_addf(out, "\"keys/%s%s\"", settings->file[0] == '.' ? shop : "", settings->file);
        } else {
            buf_add_json_string(out, settings->text, strlen(settings->text));
        }
    }
}

static void add_wechat(struct buf *out, const struct shop *shop, const char *base_url, const char *notify_url)
{
    const struct setting settings[] = {
        {"provider", "wechat", NULL},
        {"base_url", base_url, NULL},
        {"ca_file", NULL, "tls-ca.crt"},
        {"app_id", shop->app_id, NULL},
        {"mch_id", shop->mch_id, NULL},
        {"private_key_file", NULL, ".key"},
        {"certificate_file", NULL, ".crt"},
        {"api_v3_key_file", NULL, ".api-v3.key"},
        {"notify_url", notify_url, NULL},
        {NULL, NULL, NULL},
    };

    add_settings(out, settings, shop->name);
    if (shop->uses_public_key) {
        buf_adds(out,
                 ",\n     \"public_key_id\": \"" KEYS_PUBLIC_ID "\", \"public_key_file\": \"keys/public.pem\""
                 ", \"download_certificates\": false");
    }
    buf_adds(out,
             ",\n     \"scene\": {\"id\": \"1000\", \"reports\": ["
             "{\"type\": \"活动名称\", \"content\": \"新年红包\"}, "
             "{\"type\": \"奖励说明\", \"content\": \"抽奖奖励\"}]}");
}

static void add_alipay(struct buf *out, const struct shop *shop, const char *base_url)
{
    char gateway[KEYS_PATH_MAX];
    const struct setting settings[] = {
        {"provider", "alipay", NULL},
        {"base_url", gateway, NULL},
        {"ca_file", NULL, "tls-ca.crt"},
        {"app_id", shop->app_id, NULL},
        {"private_key_file", NULL, ".key"},
        {"app_certificate_file", NULL, ".crt"},
        {"alipay_certificate_file", NULL, "alipay-public.crt"},
        {"root_certificate_file", NULL, "root.crt"},
        {NULL, NULL, NULL},
    };

    (void)snprintf(gateway, sizeof gateway, "%s/gateway.do", base_url);
    add_settings(out, settings, shop->name);
}

static void
add_merchant(struct buf *out, const struct shop *shop, const char *base_url, const char *notify_base)
{
    char notify_url[KEYS_PATH_MAX] = "";

    if (notify_base[0] != '\0') {
        (void)snprintf(notify_url, sizeof notify_url, "%s/%s", notify_base, shop->name);
    }
    buf_addf(out, "    {\"name\": \"%s\", \"sandbox\": true", shop->name);
    if (shop->mch_id != NULL) {
        add_wechat(out, shop, base_url, notify_url);
    } else {
        add_alipay(out, shop, base_url);
    }
    buf_addc(out, '}');
}

hb_err merchants_file_write(const char *home, const char *base_url, const char *notify_base)
{
    char path[KEYS_PATH_MAX];
    struct buf text;
    hb_err err = HB_E_NOMEM;

    buf_init(&text, MERCHANTS_MAX_BYTES);
    buf_adds(&text, "{\"merchants\": [\n");
    for (size_t i = 0; i < BOOK_SHOPS; i++) {
        buf_adds(&text, i == 0 ? "" : ",\n");
        add_merchant(&text, &SHOPS[i], base_url, notify_base);
    }
    buf_adds(&text, "\n]}\n");
    (void)snprintf(path, sizeof path, "%s/merchants.json", home);
    if (!text.failed) {
        err = file_write(path, text.data, text.len);
    }
    buf_free(&text);
    return err;
}
