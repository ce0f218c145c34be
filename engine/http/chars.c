/*
 * http/chars.c - the table behind chars.h and the loops over it.
 */
#include "http/chars.h"

#define V CHAR_PLAIN
#define T (CHAR_TOKEN | V)
#define Q (CHAR_QUERY | V)
#define TQ (CHAR_TOKEN | Q)
#define PQ (CHAR_PATH | Q)
#define TPQ (CHAR_TOKEN | PQ)
#define ALL (CHAR_HOST | TPQ)

// clang-format off
const uint8_t HTTP_CHARS[256] = {
    /* 0x00 */   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,
    /* 0x10 */   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,
    /* 0x20 */   0, TPQ,   0,   T, TPQ,   T, TPQ, TPQ,  PQ,  PQ, TPQ, TPQ,  PQ, ALL, ALL,  PQ,
    /* 0x30 */ ALL, ALL, ALL, ALL, ALL, ALL, ALL, ALL, ALL, ALL,  PQ,  PQ,   V,  PQ,   V,   Q,
    /* 0x40 */  PQ, ALL, ALL, ALL, ALL, ALL, ALL, ALL, ALL, ALL, ALL, ALL, ALL, ALL, ALL, ALL,
    /* 0x50 */ ALL, ALL, ALL, ALL, ALL, ALL, ALL, ALL, ALL, ALL, ALL,   Q,   0,   Q,  TQ, ALL,
    /* 0x60 */  TQ, ALL, ALL, ALL, ALL, ALL, ALL, ALL, ALL, ALL, ALL, ALL, ALL, ALL, ALL, ALL,
    /* 0x70 */ ALL, ALL, ALL, ALL, ALL, ALL, ALL, ALL, ALL, ALL, ALL,   Q,  TQ,   Q, ALL,   0,
    /* 0x80 */   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,
    /* 0x90 */   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,
    /* 0xa0 */   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,
    /* 0xb0 */   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,
    /* 0xc0 */   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,
    /* 0xd0 */   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,
    /* 0xe0 */   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,
    /* 0xf0 */   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,
};
// clang-format on

#undef V
#undef T
#undef Q
#undef TQ
#undef PQ
#undef TPQ
#undef ALL

bool text_list_next(struct http_text *rest, struct http_text *element)
{
    const char *comma;

    if (rest->at == NULL) {
        return false;
    }
    comma = memchr(rest->at, ',', rest->len);
    element->at = rest->at;
    element->len = comma == NULL ? rest->len : (size_t)(comma - rest->at);
    if (comma == NULL) {
        *rest = (struct http_text){NULL, 0};
    } else {
        rest->len -= element->len + 1;
        rest->at = comma + 1;
    }
    *element = text_trim(*element);
    return true;
}

static bool bytes_are_value(const char *at, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)at[i];

        if ((c < 0x20 && c != '\t') || c == 0x7f) {
            return false;
        }
    }
    return true;
}

/* The top bit of each byte is set when it is ASCII and no control character. */
static uint64_t word_plain(uint64_t word)
{
    const uint64_t ones = UINT64_C(0x0101010101010101);

    return (word + ones * (0x80 - 0x20)) & ~((word + ones) | word);
}

/* Eight bytes at a time: tokens of a kilobyte come with every request. The last word may overlap the one
 * before. Only a byte that is no ASCII carries into its neighbour, and sends the text to the loop anyway. */
bool chars_are_value(const char *at, size_t len)
{
    const uint64_t tops = UINT64_C(0x8080808080808080);
    uint64_t plain = tops;

    if (len < 8) {
        return bytes_are_value(at, len);
    }
    for (size_t i = 0; i < len - 8; i += 8) {
        plain &= word_plain(chars_word(at + i));
    }
    plain &= word_plain(chars_word(at + len - 8));
    return (plain & tops) == tops || bytes_are_value(at, len);
}

bool chars_unescape(const char *at, size_t len, bool plus_is_blank, char *out, size_t *out_len)
{
    size_t used = 0;

    for (size_t i = 0; i < len; i++) {
        char c = at[i];

        if (c == '%') {
            int high = i + 2 < len ? char_hex(at[i + 1]) : -1;
            int low = i + 2 < len ? char_hex(at[i + 2]) : -1;

            if (high < 0 || low < 0 || (high | low) == 0) {
                return false;
            }
            c = (char)(high << 4 | low);
            i += 2;
        } else if (c == '+' && plus_is_blank) {
            c = ' ';
        }
        out[used++] = c;
    }
    *out_len = used;
    return true;
}
