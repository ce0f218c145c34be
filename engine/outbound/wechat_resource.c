/*
 * outbound/wechat_resource.c - opens what WeChat Pay seals.
 */
#include "outbound/wechat_resource.h"

#include "base/buf.h"
#include "outbound/span.h"

static struct span text_of(const json_t *resource, const char *name)
{
    const json_t *member = json_object_get(resource, name);

    return (struct span){json_string_value(member), json_string_length(member)};
}

static hb_err
open_into(const struct aead_key *key, struct aead_message *message, uint8_t *bytes, struct buf *out)
{
    size_t len = message->text_len - AEAD_TAG_BYTES;
    char *at = buf_reserve(out, len);

    message->text = bytes;
    if (at == NULL) {
        return HB_E_NOMEM;
    }
    if (!aead_open(key, message, (uint8_t *)at)) {
        return HB_E_FORBIDDEN;
    }
    out->len += len;
    return HB_OK;
}

hb_err wechat_resource_open(const struct aead_key *key, const json_t *resource, struct buf *out)
{
    struct span nonce = text_of(resource, "nonce"), associated = text_of(resource, "associated_data");
    struct span cipher = text_of(resource, "ciphertext"), algorithm = text_of(resource, "algorithm");
    struct aead_message message = {
        .nonce = (const uint8_t *)nonce.at,
        .nonce_len = nonce.len,
        .associated = (const uint8_t *)associated.at,
        .associated_len = associated.len,
    };
    struct buf bytes;
    hb_err err = HB_E_INPUT;

    buf_init(&bytes, cipher.len);
    if (algorithm.at != NULL && span_is(algorithm, "AEAD_AES_256_GCM") && nonce.len == AEAD_NONCE_BYTES &&
        buf_reserve(&bytes, cipher.len) != NULL &&
        base64_decode(cipher.at, cipher.len, bytes.data, cipher.len, &message.text_len) &&
        message.text_len >= AEAD_TAG_BYTES) {
        err = open_into(key, &message, (uint8_t *)bytes.data, out);
    }
    buf_free(&bytes);
    return err;
}
