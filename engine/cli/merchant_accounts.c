/*
 * cli/merchant_accounts.c - which file, which limits.
 */
#include "cli/merchant_accounts.h"

#include "base/buf.h"
#include "base/log.h"
#include "outbound/providers.h"

#include <stdio.h>
#include <unistd.h>

enum { PATH_BYTES = 4200, PROBLEMS_MAX = 16 * 1024 };

static bool accounts_path(const struct config *config, char out[static PATH_BYTES])
{
    const char *path = config_text(config, CFG_PROVIDER_MERCHANTS);
    const char *secrets = config_text(config, CFG_ENGINE_SECRETS);

    if (path[0] != '\0') {
        (void)snprintf(out, PATH_BYTES, "%s", path);
        return true;
    }
    (void)snprintf(out, PATH_BYTES, "%s/merchants/merchants.json", secrets);
    return secrets[0] != '\0' && access(out, F_OK) == 0;
}

hb_err merchant_accounts_open(const struct config *config,
                              struct loop *loop,
                              int64_t timeout_ms,
                              struct providers **out)
{
    struct web_spec web = providers_web_spec(config);
    char path[PATH_BYTES];
    struct buf problems;
    hb_err err;

    *out = NULL;
    if (!accounts_path(config, path)) {
        log_info("merchants.none", "file=%s", path);
        return HB_OK;
    }
    web.timeout_ms = timeout_ms > 0 ? timeout_ms : web.timeout_ms;
    buf_init(&problems, PROBLEMS_MAX);
    err = providers_new(loop, path, &web, out, &problems);
    if (err != HB_OK) {
        log_error("merchants.refused", "file=%s problems=\"%s\"", path, buf_cstr(&problems));
    }
    buf_free(&problems);
    return err;
}
