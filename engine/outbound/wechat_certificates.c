/*
 * outbound/wechat_certificates.c - the platform's certificates out of their answer.
 */
#include "outbound/wechat_certificates.h"

#include "base/buf.h"
#include "outbound/fields.h"
#include "outbound/wechat_resource.h"

#include <strings.h>

enum { PEM_MAX = 64 * 1024 };

static hb_err row_read(const struct aead_key *key, const json_t *row, struct certificate **out)
{
    char serial[WECHAT_SERIAL_MAX + 1];
    struct buf pem;
    hb_err err = HB_E_INPUT;

    *out = NULL;
    buf_init(&pem, PEM_MAX);
    if (field_word(row, "serial_no", serial, sizeof serial)) {
        err = wechat_resource_open(key, json_object_get(row, "encrypt_certificate"), &pem);
    }
    if (err == HB_OK) {
        err = certificate_parse(pem.data, pem.len, out);
    }
    if (err == HB_OK && strcasecmp(certificate_serial(*out), serial) != 0) {
        certificate_free(*out);
        *out = NULL;
        err = HB_E_INPUT;
    }
    buf_free(&pem);
    return err == HB_OK ? HB_OK : HB_E_INPUT;
}

static hb_err
rows_read(const struct aead_key *key, const json_t *rows, struct certificate **out, size_t *count)
{
    size_t size = json_array_size(rows);

    if (size == 0 || size > WECHAT_CERTIFICATES_MAX) {
        return HB_E_INPUT;
    }
    for (; *count < size; ++*count) {
        hb_err err = row_read(key, json_array_get(rows, *count), &out[*count]);

        if (err != HB_OK) {
            return err;
        }
    }
    return HB_OK;
}

hb_err wechat_certificates_read(const struct aead_key *key,
                                struct span body,
                                struct certificate *out[static WECHAT_CERTIFICATES_MAX],
                                size_t *count)
{
    json_t *json = NULL;
    hb_err err = HB_E_INPUT;

    *count = 0;
    if (json_parse(body.at, body.len, &json, NULL, 0) == HB_OK) {
        err = rows_read(key, json_object_get(json, "data"), out, count);
    }
    while (err != HB_OK && *count > 0) {
        certificate_free(out[--*count]);
    }
    json_decref(json);
    return err;
}
