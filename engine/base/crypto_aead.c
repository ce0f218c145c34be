/*
 * base/crypto_aead.c - AES-256-GCM (NIST SP 800-38D): nothing comes out before the tag was checked.
 */
#include "base/crypto.h"

#include <limits.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <string.h>

bool aead_key_init(struct aead_key *key, const void *secret, size_t len)
{
    memset(key, 0, sizeof *key);
    if (len != sizeof key->bytes) {
        return false;
    }
    memcpy(key->bytes, secret, len);
    return true;
}

static bool fits(const struct aead_message *message)
{
    return message->nonce_len == AEAD_NONCE_BYTES && message->text_len <= INT_MAX &&
           message->associated_len <= INT_MAX;
}

static bool
start(EVP_CIPHER_CTX *context, const struct aead_key *key, const struct aead_message *message, int encrypt)
{
    int written;

    return EVP_CipherInit_ex(context, EVP_aes_256_gcm(), NULL, NULL, NULL, encrypt) == 1 &&
           EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_GCM_SET_IVLEN, AEAD_NONCE_BYTES, NULL) == 1 &&
           EVP_CipherInit_ex(context, NULL, NULL, key->bytes, message->nonce, encrypt) == 1 &&
           (message->associated_len == 0 ||
            EVP_CipherUpdate(context, NULL, &written, message->associated, (int)message->associated_len) ==
                1);
}

/* An empty text is no call at all: a NULL output would be taken for associated data. */
static bool run(EVP_CIPHER_CTX *context, const uint8_t *text, size_t len, uint8_t *out)
{
    int written = 0;

    return len == 0 || (EVP_CipherUpdate(context, out, &written, text, (int)len) == 1 && written == (int)len);
}

static bool finish(EVP_CIPHER_CTX *context)
{
    uint8_t nothing[AEAD_TAG_BYTES];
    int written;

    return EVP_CipherFinal_ex(context, nothing, &written) == 1;
}

bool aead_seal(const struct aead_key *key, const struct aead_message *message, uint8_t *out)
{
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    bool good =
        context != NULL && fits(message) && start(context, key, message, /* encrypt= */ 1) &&
        run(context, message->text, message->text_len, out) && finish(context) &&
        EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_GCM_GET_TAG, AEAD_TAG_BYTES, out + message->text_len) == 1;

    EVP_CIPHER_CTX_free(context);
    if (!good) {
        ERR_clear_error();
    }
    return good;
}

static bool open_checked(EVP_CIPHER_CTX *context,
                         const struct aead_key *key,
                         const struct aead_message *message,
                         uint8_t *out)
{
    size_t len = message->text_len - AEAD_TAG_BYTES;
    uint8_t tag[AEAD_TAG_BYTES];

    memcpy(tag, message->text + len, sizeof tag);
    return start(context, key, message, /* encrypt= */ 0) && run(context, message->text, len, out) &&
           EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_GCM_SET_TAG, AEAD_TAG_BYTES, tag) == 1 && finish(context);
}

bool aead_open(const struct aead_key *key, const struct aead_message *message, uint8_t *out)
{
    EVP_CIPHER_CTX *context;
    bool good;

    if (!fits(message) || message->text_len < AEAD_TAG_BYTES) {
        return false;
    }
    context = EVP_CIPHER_CTX_new();
    good = context != NULL && open_checked(context, key, message, out);
    EVP_CIPHER_CTX_free(context);
    if (!good) {
        crypto_wipe(out, message->text_len - AEAD_TAG_BYTES);
        ERR_clear_error();
    }
    return good;
}
