/*
 * outbound/providers.c - every merchant account of the file, each behind its port.
 */
#include "outbound/providers.h"

#include "base/buf.h"
#include "base/config.h"
#include "outbound/alipay.h"
#include "outbound/merchant.h"
#include "outbound/wechat.h"

#include <stdlib.h>
#include <string.h>

struct account {
    struct wechat *wechat; /* one of the two */
    struct alipay *alipay;
    struct provider_port port;
};

struct providers {
    struct merchants *merchants;
    struct account *accounts;
    size_t count;
};

static hb_err account_open(struct loop *loop,
                           const struct merchant *merchant,
                           const struct web_spec *web,
                           struct account *out)
{
    hb_err err;

    switch (merchant->kind) {
    case PROVIDER_WECHAT:
        err = wechat_new(loop, merchant, web, &out->wechat);
        if (err == HB_OK) {
            out->port = wechat_port(out->wechat);
        }
        return err;
    case PROVIDER_ALIPAY:
        err = alipay_new(loop, merchant, web, &out->alipay);
        if (err == HB_OK) {
            out->port = alipay_port(out->alipay);
        }
        return err;
    }
    return HB_E_INPUT;
}

static hb_err accounts_open(struct loop *loop,
                            const struct web_spec *web,
                            struct providers *providers,
                            struct buf *problems)
{
    providers->accounts = calloc(providers->merchants->count, sizeof *providers->accounts);
    if (providers->accounts == NULL) {
        return HB_E_NOMEM;
    }
    for (; providers->count < providers->merchants->count; providers->count++) {
        const struct merchant *merchant = &providers->merchants->items[providers->count];
        hb_err err = account_open(loop, merchant, web, &providers->accounts[providers->count]);

        if (err != HB_OK) {
            buf_addf(problems, "%s: its ca_file or a key cannot be used\n", merchant->name);
            return err;
        }
    }
    return HB_OK;
}

hb_err providers_new(struct loop *loop,
                     const char *merchants_file,
                     const struct web_spec *web,
                     struct providers **out,
                     struct buf *problems)
{
    struct providers *providers = calloc(1, sizeof *providers);
    hb_err err = HB_E_NOMEM;

    *out = NULL;
    if (providers == NULL) {
        return HB_E_NOMEM;
    }
    err = merchants_read(merchants_file, &providers->merchants, problems);
    if (err == HB_OK) {
        err = accounts_open(loop, web, providers, problems);
    }
    if (err != HB_OK) {
        providers_free(providers);
        return err;
    }
    *out = providers;
    return HB_OK;
}

void providers_free(struct providers *providers)
{
    if (providers == NULL) {
        return;
    }
    for (size_t i = 0; i < providers->count; i++) {
        wechat_free(providers->accounts[i].wechat);
        alipay_free(providers->accounts[i].alipay);
    }
    free(providers->accounts);
    merchants_free(providers->merchants);
    free(providers);
}

struct web_spec providers_web_spec(const struct config *config)
{
    return (struct web_spec){
        .connect_timeout_ms = config_int(config, CFG_PROVIDER_CONNECT_MS),
        .timeout_ms = config_int(config, CFG_PROVIDER_TIMEOUT_MS),
        .calls_max = (size_t)config_int(config, CFG_PROVIDER_CALLS),
        .connections_max = (size_t)config_int(config, CFG_PROVIDER_CONNECTIONS),
    };
}

size_t providers_count(const struct providers *providers)
{
    return providers->count;
}

const struct provider_port *providers_at(const struct providers *providers, size_t index)
{
    return &providers->accounts[index].port;
}

const struct provider_port *providers_find(const struct providers *providers, const char *merchant)
{
    for (size_t i = 0; i < providers->count; i++) {
        if (strcmp(providers->accounts[i].port.merchant, merchant) == 0) {
            return &providers->accounts[i].port;
        }
    }
    return NULL;
}
