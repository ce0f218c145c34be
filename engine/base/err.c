/*
 * base/err.c - answers about an error from its row in HB_ERR_LIST.
 */
#include "base/err.h"

#include <stddef.h>

struct err_row {
    const char *code;
    int http_status;
    bool may_retry;
    const char *title[2];
};

#define ERR_ROW(symbol, code, status, retry, en, zh) \
    [symbol] = {code, status, retry, {[HB_EN] = en, [HB_ZH] = zh}},
static const struct err_row ROWS[HB_ERR_COUNT] = {HB_ERR_LIST(ERR_ROW)};

/* A number that is no error of ours is a mistake of ours: it answers as one. */
static const struct err_row *err_row_of(hb_err err)
{
    return &ROWS[(size_t)err < HB_ERR_COUNT ? err : HB_E_INTERNAL];
}

const char *err_code(hb_err err)
{
    return err_row_of(err)->code;
}

int err_http_status(hb_err err)
{
    return err_row_of(err)->http_status;
}

bool err_may_retry(hb_err err)
{
    return err_row_of(err)->may_retry;
}

const char *err_title(hb_err err, enum hb_lang lang)
{
    return err_row_of(err)->title[lang == HB_ZH ? HB_ZH : HB_EN];
}
