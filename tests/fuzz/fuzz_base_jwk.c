/*
 * Fuzzes module base: a JWK of any bytes is refused, or is a key whose own signatures verify.
 */
#include "base/crypto.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool good)
{
    if (!good) {
        abort();
    }
}

static void use_key(const struct jwt_key *key)
{
    uint8_t signature[1024];
    size_t len;

    require(jwt_key_id(key) != NULL);
    (void)jwt_key_verify(key,
                         "a.b",
                         3,
                         (const uint8_t *)"0123456789012345678901234567890123456789012345678901234567890123",
                         64);
    /* An RSA key whose numbers do not belong together signs nonsense or nothing; the others are checked. */
    if (jwt_key_sign(key, "a.b", 3, signature, sizeof signature, &len) == HB_OK &&
        jwt_key_alg(key) != JWT_RS256) {
        require(jwt_key_verify(key, "a.b", 3, signature, len));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct jwt_key *key;

    if (jwt_key_parse((const char *)data, size, &key) != HB_OK) {
        require(key == NULL);
        return 0;
    }
    use_key(key);
    jwt_key_free(key);
    return 0;
}
