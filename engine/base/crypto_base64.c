/*
 * base/crypto_base64.c - base64 of RFC 4648 section 4: padded, no line breaks, one spelling only.
 */
#include "base/crypto.h"

#include <openssl/evp.h>
#include <string.h>

enum { QUAD = 4, TRIPLE = 3 };

size_t base64_encode(const void *data, size_t len, char *out)
{
    return (size_t)EVP_EncodeBlock((unsigned char *)out, data, (int)len);
}

static bool in_alphabet(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '/';
}

/* The library is lenient: it skips blanks at the ends and takes padding for zeros. */
static bool letters_valid(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (!in_alphabet(text[i])) {
            return false;
        }
    }
    return true;
}

static size_t padding_of(const char *text, size_t len)
{
    if (len == 0 || text[len - 1] != '=') {
        return 0;
    }
    return text[len - 2] == '=' ? 2 : 1;
}

/* The last four characters may stand for one or two bytes; their unused bits are zero. */
static bool last_quad(const char *quad, size_t padding, uint8_t *out)
{
    uint8_t bytes[TRIPLE];
    char again[QUAD + 1];

    if (EVP_DecodeBlock(bytes, (const unsigned char *)quad, QUAD) != TRIPLE) {
        return false;
    }
    (void)base64_encode(bytes, TRIPLE - padding, again);
    memcpy(out, bytes, TRIPLE - padding);
    crypto_wipe(bytes, sizeof bytes);
    return memcmp(again, quad, QUAD) == 0;
}

bool base64_decode(const char *text, size_t len, void *out, size_t max, size_t *out_len)
{
    size_t padding = len % QUAD == 0 ? padding_of(text, len) : 0;
    size_t count = len / QUAD * TRIPLE - padding;
    size_t whole = len < QUAD ? 0 : len - QUAD;
    uint8_t *bytes = out;

    *out_len = 0;
    if (len % QUAD != 0 || len > INT32_MAX || count > max || !letters_valid(text, len - padding)) {
        return false;
    }
    if (len == 0) {
        return true;
    }
    if (whole > 0 && EVP_DecodeBlock(bytes, (const unsigned char *)text, (int)whole) < 0) {
        return false;
    }
    if (!last_quad(text + whole, padding, bytes + whole / QUAD * TRIPLE)) {
        return false;
    }
    *out_len = count;
    return true;
}
