/*
 * base/crypto_seal.c - seals and opens what names a person.
 */
#include "base/crypto_seal.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { VERSION = 1, FILE_MAX = 2 * SEAL_KEY_BYTES + 2, CONTEXT_MAX = 512 };

/* ---- the key ---- */

static bool key_parse(const char *text, size_t len, struct seal_key *out)
{
    size_t got = 0;

    if (len == SEAL_KEY_BYTES) {
        memcpy(out->bytes, text, SEAL_KEY_BYTES);
        return true;
    }
    while (len > 2 * SEAL_KEY_BYTES && (text[len - 1] == '\n' || text[len - 1] == '\r')) {
        len--;
    }
    return len == 2 * SEAL_KEY_BYTES && hex_decode(text, len, out->bytes, sizeof out->bytes, &got) &&
           got == SEAL_KEY_BYTES;
}

static hb_err key_read_from(int fd, struct seal_key *out)
{
    char text[FILE_MAX + 1];
    struct stat about;
    ssize_t len;
    bool good;

    if (fstat(fd, &about) != 0 || !S_ISREG(about.st_mode)) {
        return HB_E_IO;
    }
    if ((about.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
        return HB_E_FORBIDDEN;
    }
    len = read(fd, text, sizeof text);
    good = len > 0 && len <= FILE_MAX && key_parse(text, (size_t)len, out);
    crypto_wipe(text, sizeof text);
    return len < 0 ? HB_E_IO : good ? HB_OK : HB_E_INPUT;
}

hb_err seal_key_read(const char *path, struct seal_key *out)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    hb_err err = fd < 0 ? HB_E_IO : key_read_from(fd, out);

    if (fd >= 0) {
        close(fd);
    }
    if (err != HB_OK) {
        crypto_wipe(out, sizeof *out);
    }
    return err;
}

/* ---- sealing ---- */

/* What is authenticated beside the text. */
struct context {
    char memory[CONTEXT_MAX];
    struct buf bytes;
};

static bool context_make(struct context *context, const char *purpose, const void *name, size_t name_len)
{
    static const char LABEL[] = "hongbao/seal/1"; /* with its NUL */

    buf_over(&context->bytes, context->memory, sizeof context->memory);
    buf_add(&context->bytes, LABEL, sizeof LABEL);
    buf_add(&context->bytes, purpose, strlen(purpose) + 1);
    buf_add(&context->bytes, name, name_len);
    return !context->bytes.failed;
}

static struct aead_message
message_of(const struct context *context, const uint8_t *nonce, const uint8_t *text, size_t len)
{
    return (struct aead_message){.nonce = nonce,
                                 .nonce_len = AEAD_NONCE_BYTES,
                                 .associated = (const uint8_t *)context->bytes.data,
                                 .associated_len = context->bytes.len,
                                 .text = text,
                                 .text_len = len};
}

bool seal_write(const struct seal_key *key,
                const char *purpose,
                const void *name,
                size_t name_len,
                const void *plain,
                size_t len,
                struct buf *out)
{
    struct aead_key aead;
    struct context context;
    struct aead_message message;
    uint8_t *room;
    bool good;

    if (!context_make(&context, purpose, name, name_len)) {
        return false;
    }
    room = (uint8_t *)buf_reserve(out, len + SEAL_OVERHEAD);
    if (room == NULL || !aead_key_init(&aead, key->bytes, sizeof key->bytes)) {
        return false;
    }
    room[0] = VERSION;
    crypto_random(room + 1, AEAD_NONCE_BYTES);
    message = message_of(&context, room + 1, plain, len);
    good = aead_seal(&aead, &message, room + 1 + AEAD_NONCE_BYTES);
    out->len += good ? len + SEAL_OVERHEAD : 0;
    crypto_wipe(&aead, sizeof aead);
    return good;
}

bool seal_open(const struct seal_key *key,
               const char *purpose,
               const void *name,
               size_t name_len,
               const void *sealed,
               size_t len,
               struct buf *out)
{
    const uint8_t *bytes = sealed;
    struct aead_key aead;
    struct context context;
    struct aead_message message;
    uint8_t *room;
    bool good;

    if (len < SEAL_OVERHEAD || bytes[0] != VERSION || !context_make(&context, purpose, name, name_len)) {
        return false;
    }
    room = (uint8_t *)buf_reserve(out, len > SEAL_OVERHEAD ? len - SEAL_OVERHEAD : 1);
    if (room == NULL || !aead_key_init(&aead, key->bytes, sizeof key->bytes)) {
        return false;
    }
    message = message_of(&context, bytes + 1, bytes + 1 + AEAD_NONCE_BYTES, len - 1 - AEAD_NONCE_BYTES);
    good = aead_open(&aead, &message, room);
    out->len += good ? len - SEAL_OVERHEAD : 0;
    crypto_wipe(&aead, sizeof aead);
    return good;
}

void seal_mark(const struct seal_key *key,
               const char *purpose,
               const void *text,
               size_t len,
               uint8_t out[static SHA256_BYTES])
{
    static const char LABEL[] = "hongbao/seal-mark/1";
    struct hmac_key outer, inner;
    uint8_t own[SHA256_BYTES];
    struct context context;

    /* A key of its own for each purpose, so that equal texts of two purposes do not show. */
    buf_over(&context.bytes, context.memory, sizeof context.memory);
    buf_add(&context.bytes, LABEL, sizeof LABEL);
    buf_adds(&context.bytes, purpose);
    hmac_key_init(&outer, key->bytes, sizeof key->bytes);
    hmac_sha256(&outer, context.bytes.data, context.bytes.len, own);
    hmac_key_init(&inner, own, sizeof own);
    hmac_sha256(&inner, text, len, out);
    crypto_wipe(&outer, sizeof outer);
    crypto_wipe(&inner, sizeof inner);
    crypto_wipe(own, sizeof own);
}
