/*
 * Fuzzes module outbound: a notice of WeChat Pay whose signature is good and whose bytes are any.
 *
 * The first byte chooses what the rest is: an envelope; a bill that is sealed into an envelope; the answer
 * with the platform's certificates.
 */
#include "base/buf.h"
#include "outbound/wechat_certificates.h"
#include "outbound/wechat_notice.h"
#include "tests/support/provider_vectors.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { BODY_MAX = 1 << 20 };

static const struct wechat_account ACCOUNT = {"1900000001", "wx0000000000000001"};
static struct rsa_key *key;
static struct wechat_keys *keys;
static struct aead_key api_key;
static struct buf signature;

static void require(bool good)
{
    if (!good) {
        abort();
    }
}

static void setup(void)
{
    if (keys == NULL) {
        buf_init(&signature, 4096);
        keys = wechat_keys_new();
        require(rsa_private_parse(VECTOR_KEY, strlen(VECTOR_KEY), &key) == HB_OK &&
                wechat_keys_set_public(keys, "PUB_KEY_ID_01", key) == HB_OK &&
                aead_key_init(&api_key, GCM_KEY, strlen(GCM_KEY)));
    }
}

static bool header_of(void *headers, const char *name, const char **value, size_t *len)
{
    static const char *const HEADERS[][2] = {{"wechatpay-timestamp", "1700000000"},
                                             {"wechatpay-nonce", "n"},
                                             {"wechatpay-serial", "PUB_KEY_ID_01"}};

    (void)headers;
    for (size_t i = 0; i < 3; i++) {
        if (strcmp(name, HEADERS[i][0]) == 0) {
            *value = HEADERS[i][1];
            *len = strlen(*value);
            return true;
        }
    }
    *value = signature.data;
    *len = signature.len;
    return true;
}

static void sign(struct span body)
{
    struct buf text;

    buf_init(&text, BODY_MAX + 64);
    buf_adds(&text, "1700000000\nn\n");
    buf_add(&text, body.at, body.len);
    buf_addc(&text, '\n');
    buf_clear(&signature);
    require(rsa_sign(key, text.data, text.len, &signature) == HB_OK);
    buf_free(&text);
}

static void read_notice(struct span body)
{
    struct provider_notice notice = {
        .body = body.at, .body_len = body.len, .header = header_of, .now_ms = INT64_C(1700000000000)};
    static struct provider_event event;
    enum wechat_belief belief;
    hb_err err;

    sign(body);
    err = wechat_notice_read(&ACCOUNT, keys, &api_key, &notice, &event, &belief);
    require(belief == WECHAT_GENUINE);
    if (err == HB_OK) {
        require(event.id[0] != '\0' && event.verdict.verified && event.verdict.order_no[0] != '\0' &&
                event.verdict.outcome != PROVIDER_UNKNOWN);
    }
}

static void read_bill(struct span plain)
{
    struct aead_message message = {.nonce = (const uint8_t *)GCM_NONCE,
                                   .nonce_len = AEAD_NONCE_BYTES,
                                   .text = (const uint8_t *)plain.at,
                                   .text_len = plain.len};
    uint8_t *cipher = malloc(plain.len + AEAD_TAG_BYTES);
    char *text = malloc((plain.len + AEAD_TAG_BYTES + 2) / 3 * 4 + 1);
    struct buf body;

    buf_init(&body, BODY_MAX * 2);
    require(cipher != NULL && text != NULL && aead_seal(&api_key, &message, cipher));
    (void)base64_encode(cipher, plain.len + AEAD_TAG_BYTES, text);
    buf_addf(&body,
             "{\"id\":\"e\",\"event_type\":\"MCHTRANSFER.BILL.FINISHED\",\"resource\":{\"algorithm\":"
             "\"AEAD_AES_256_GCM\",\"nonce\":\"" GCM_NONCE "\",\"ciphertext\":\"%s\"}}",
             text);
    read_notice((struct span){body.data, body.len});
    buf_free(&body);
    free(text);
    free(cipher);
}

static void read_certificates(struct span body)
{
    struct certificate *certificates[WECHAT_CERTIFICATES_MAX];
    size_t count;
    hb_err err = wechat_certificates_read(&api_key, body, certificates, &count);

    require((err == HB_OK) == (count > 0));
    while (count > 0) {
        certificate_free(certificates[--count]);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span rest = {(const char *)data + 1, size - 1};

    if (size == 0 || size > BODY_MAX) {
        return 0;
    }
    setup();
    switch (data[0] % 3) {
    case 0:
        read_notice(rest);
        break;
    case 1:
        read_bill(rest);
        break;
    default:
        read_certificates(rest);
        break;
    }
    return 0;
}
