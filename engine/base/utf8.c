/*
 * base/utf8.c - UTF-8 by RFC 3629.
 */
#include "base/utf8.h"

static bool is_continuation(unsigned char c)
{
    return (c & 0xC0) == 0x80;
}

/* The lead byte decides the length and the range of the second byte. */
static size_t utf8_lead(unsigned char lead, unsigned char *low, unsigned char *high)
{
    *low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
    *high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
    if (lead < 0x80) {
        return 1;
    }
    if (lead < 0xC2 || lead > 0xF4) {
        return 0;
    }
    return lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
}

size_t utf8_length(const char *text, size_t left)
{
    const unsigned char *at = (const unsigned char *)text;
    unsigned char low;
    unsigned char high;
    size_t len = utf8_lead(at[0], &low, &high);

    if (len < 2) {
        return len;
    }
    if (len > left || at[1] < low || at[1] > high) {
        return 0;
    }
    for (size_t i = 2; i < len; i++) {
        if (!is_continuation(at[i])) {
            return 0;
        }
    }
    return len;
}

bool utf8_count(const char *text, size_t len, size_t *characters)
{
    *characters = 0;
    for (size_t i = 0; i < len; ++*characters) {
        size_t one = utf8_length(text + i, len - i);

        if (one == 0 || (unsigned char)text[i] < 0x20 || text[i] == 0x7F) {
            return false;
        }
        i += one;
    }
    return true;
}
