/*
 * http/chars.c - the table behind chars.h and the loops over it.
 */
#include "http/chars.h"

#define T CHAR_TOKEN
#define Q CHAR_QUERY
#define TQ (CHAR_TOKEN | CHAR_QUERY)
#define PQ (CHAR_PATH | CHAR_QUERY)
#define TPQ (CHAR_TOKEN | CHAR_PATH | CHAR_QUERY)
#define ALL (CHAR_TOKEN | CHAR_PATH | CHAR_QUERY | CHAR_HOST)

// clang-format off
const uint8_t HTTP_CHARS[256] = {
    /* 0x00 */   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,
    /* 0x10 */   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,
    /* 0x20 */   0, TPQ,   0,   T, TPQ,   T, TPQ, TPQ,  PQ,  PQ, TPQ, TPQ,  PQ, ALL, ALL,  PQ,
    /* 0x30 */ ALL, ALL, ALL, ALL, ALL, ALL, ALL, ALL, ALL, ALL,  PQ,  PQ,   0,  PQ,   0,   Q,
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

static bool byte_is_value(unsigned char c)
{
    return (c >= 0x20 && c != 0x7f) || c == '\t';
}

/* True when none of eight bytes is below 0x20 or is DEL: a tab fails too and is looked at again. */
static bool word_is_plain(const char *at)
{
    const uint64_t ones = UINT64_C(0x0101010101010101);
    const uint64_t tops = UINT64_C(0x8080808080808080);
    uint64_t word, del;

    memcpy(&word, at, sizeof word);
    del = word ^ ones * 0x7f;
    return ((((word - ones * 0x20) & ~word) | ((del - ones) & ~del)) & tops) == 0;
}

static bool bytes_are_value(const char *at, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (!byte_is_value((unsigned char)at[i])) {
            return false;
        }
    }
    return true;
}

/* Eight bytes at a time: tokens of a kilobyte come with every request. The last word may overlap the one
 * before. */
bool chars_are_value(const char *at, size_t len)
{
    size_t i = 0;

    if (len < 8) {
        return bytes_are_value(at, len);
    }
    while (i < len) {
        i = len - i < 8 ? len - 8 : i;
        if (!word_is_plain(at + i) && !bytes_are_value(at + i, 8)) {
            return false;
        }
        i += 8;
    }
    return true;
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
