/*
 * base/crypto_text.c - bytes as text: hex and base64url, strict when reading.
 */
#include "base/crypto.h"

static const char HEX[] = "0123456789abcdef";
static const char BASE64URL[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

void hex_encode(const void *data, size_t len, char *out)
{
    const uint8_t *bytes = data;

    for (size_t i = 0; i < len; i++) {
        *out++ = HEX[bytes[i] >> 4];
        *out++ = HEX[bytes[i] & 15];
    }
    *out = '\0';
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

bool hex_decode(const char *text, size_t len, void *out, size_t max, size_t *out_len)
{
    uint8_t *bytes = out;

    *out_len = 0;
    if (len % 2 != 0 || len / 2 > max) {
        return false;
    }
    for (size_t i = 0; i < len; i += 2) {
        int high = hex_value(text[i]);
        int low = hex_value(text[i + 1]);

        if (high < 0 || low < 0) {
            return false;
        }
        bytes[i / 2] = (uint8_t)(high << 4 | low);
    }
    *out_len = len / 2;
    return true;
}

size_t base64url_encode(const void *data, size_t len, char *out)
{
    const uint8_t *bytes = data;
    char *at = out;
    uint32_t bits = 0;
    unsigned held = 0;

    for (size_t i = 0; i < len; i++) {
        bits = bits << 8 | bytes[i];
        for (held += 8; held >= 6; held -= 6) {
            *at++ = BASE64URL[bits >> (held - 6) & 63];
        }
    }
    if (held > 0) {
        *at++ = BASE64URL[bits << (6 - held) & 63];
    }
    *at = '\0';
    return (size_t)(at - out);
}

static int base64url_value(char c)
{
    if (c >= 'A' && c <= 'Z') {
        return c - 'A';
    }
    if (c >= 'a' && c <= 'z') {
        return c - 'a' + 26;
    }
    if (c >= '0' && c <= '9') {
        return c - '0' + 52;
    }
    return c == '-' ? 62 : c == '_' ? 63 : -1;
}

bool base64url_decode(const char *text, size_t len, void *out, size_t max, size_t *out_len)
{
    uint8_t *bytes = out;
    uint32_t bits = 0;
    unsigned held = 0;
    size_t count = 0;

    *out_len = 0;
    if (len % 4 == 1 || len / 4 * 3 + len % 4 * 3 / 4 > max) {
        return false;
    }
    for (size_t i = 0; i < len; i++) {
        int value = base64url_value(text[i]);

        if (value < 0) {
            return false;
        }
        bits = bits << 6 | (uint32_t)value;
        held += 6;
        if (held >= 8) {
            held -= 8;
            bytes[count++] = (uint8_t)(bits >> held);
        }
    }
    if ((bits & ((1U << held) - 1)) != 0) {
        return false; /* a second spelling of the same bytes */
    }
    *out_len = count;
    return true;
}
