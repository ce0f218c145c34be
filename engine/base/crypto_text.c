/*
 * base/crypto_text.c - bytes as text: hex and base64url, strict when reading.
 */
#include "base/crypto.h"

#include <string.h>

#define HEX_ROW(h) \
    h "0" h "1" h "2" h "3" h "4" h "5" h "6" h "7" h "8" h "9" h "a" h "b" h "c" h "d" h "e" h "f"

/* The two digits of every byte. */
static const char HEX[] = HEX_ROW("0") HEX_ROW("1") HEX_ROW("2") HEX_ROW("3") HEX_ROW("4") HEX_ROW("5")
    HEX_ROW("6") HEX_ROW("7") HEX_ROW("8") HEX_ROW("9") HEX_ROW("a") HEX_ROW("b") HEX_ROW("c") HEX_ROW("d")
        HEX_ROW("e") HEX_ROW("f");
static const char BASE64URL[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

void hex_encode(const void *data, size_t len, char *out)
{
    const uint8_t *bytes = data;

    for (size_t i = 0; i < len; i++) {
        memcpy(out + 2 * i, HEX + 2 * bytes[i], 2);
    }
    out[2 * len] = '\0';
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

#define X 0x80 /* outside the alphabet */

// clang-format off
static const uint8_t BASE64URL_VALUES[256] = {
    /* 0x00 */  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,
    /* 0x10 */  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,
    /* 0x20 */  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X, 62,  X,  X,
    /* 0x30 */ 52, 53, 54, 55, 56, 57, 58, 59, 60, 61,  X,  X,  X,  X,  X,  X,
    /* 0x40 */  X,  0,  1,  2,  3,  4,  5,  6,  7,  8,  9, 10, 11, 12, 13, 14,
    /* 0x50 */ 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25,  X,  X,  X,  X, 63,
    /* 0x60 */  X, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40,
    /* 0x70 */ 41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51,  X,  X,  X,  X,  X,
    /* 0x80 */  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,
    /* 0x90 */  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,
    /* 0xa0 */  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,
    /* 0xb0 */  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,
    /* 0xc0 */  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,
    /* 0xd0 */  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,
    /* 0xe0 */  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,
    /* 0xf0 */  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,
};
// clang-format on

#undef X

static uint32_t base64url_value(char c)
{
    return BASE64URL_VALUES[(uint8_t)c];
}

/* Four characters, three bytes; what is outside the alphabet leaves its mark in *marks. */
static void base64url_quad(const char *text, uint8_t out[static 3], uint32_t *marks)
{
    uint32_t a = base64url_value(text[0]), b = base64url_value(text[1]);
    uint32_t c = base64url_value(text[2]), d = base64url_value(text[3]);
    uint32_t bits = a << 18 | b << 12 | c << 6 | d;

    *marks |= a | b | c | d;
    out[0] = (uint8_t)(bits >> 16);
    out[1] = (uint8_t)(bits >> 8);
    out[2] = (uint8_t)bits;
}

/* The last two or three characters, if there are any. False for a second spelling of the same bytes. */
static bool base64url_tail(const char *text, size_t len, uint8_t *out, uint32_t *marks)
{
    uint8_t bytes[3];
    char quad[4] = {'A', 'A', 'A', 'A'};

    if (len == 0) {
        return true;
    }
    memcpy(quad, text, len);
    base64url_quad(quad, bytes, marks);
    memcpy(out, bytes, len - 1);
    return bytes[len - 1] == 0;
}

bool base64url_decode(const char *text, size_t len, void *out, size_t max, size_t *out_len)
{
    size_t quads = len / 4, tail = len % 4;
    size_t count = quads * 3 + (tail == 0 ? 0 : tail - 1);
    uint8_t *bytes = out;
    uint32_t marks = 0;
    bool canonical;

    *out_len = 0;
    if (tail == 1 || count > max) {
        return false;
    }
    for (size_t i = 0; i < quads; i++) {
        base64url_quad(text + 4 * i, bytes + 3 * i, &marks);
    }
    canonical = base64url_tail(text + 4 * quads, tail, bytes + 3 * quads, &marks);
    if (!canonical || (marks & 0x80) != 0) {
        return false;
    }
    *out_len = count;
    return true;
}
