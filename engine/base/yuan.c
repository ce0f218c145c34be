/*
 * base/yuan.c - fen as yuan in decimals and back.
 */
#include "base/yuan.h"

#include <string.h>

size_t yuan_write(int64_t fen, char out[static YUAN_TEXT_MAX])
{
    char digits[YUAN_TEXT_MAX];
    size_t at = sizeof digits, places = 0;
    uint64_t left = fen < 0 ? 0 - (uint64_t)fen : (uint64_t)fen;

    while (left > 0 || places < 3) {
        digits[--at] = (char)('0' + left % 10);
        left /= 10;
        places++;
        if (places == 2) {
            digits[--at] = '.';
        }
    }
    if (fen < 0) {
        digits[--at] = '-';
    }
    memcpy(out, digits + at, sizeof digits - at);
    out[sizeof digits - at] = '\0';
    return sizeof digits - at;
}

/* One more digit, below zero so that the smallest number has a place. */
static bool digit_add(int64_t *fen, char c)
{
    return c >= '0' && c <= '9' && !__builtin_mul_overflow(*fen, 10, fen) &&
           !__builtin_sub_overflow(*fen, c - '0', fen);
}

static bool digits_add(int64_t *fen, const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (!digit_add(fen, text[i])) {
            return false;
        }
    }
    return true;
}

bool yuan_parse(const char *text, size_t len, int64_t *fen)
{
    size_t sign = len > 0 && (text[0] == '-' || text[0] == '+');
    const char *point = memchr(text, '.', len);
    size_t whole = (point == NULL ? len : (size_t)(point - text)) - sign;
    size_t decimals = point == NULL ? 0 : len - sign - whole - 1;
    int64_t below = 0;

    if (whole == 0 || whole > len || decimals > 2 || (point != NULL && decimals == 0) ||
        !digits_add(&below, text + sign, whole) ||
        (decimals > 0 && !digits_add(&below, point + 1, decimals)) ||
        !digits_add(&below, "00", 2 - decimals)) {
        return false;
    }
    if (text[0] == '-') {
        *fen = below;
        return true;
    }
    return !__builtin_sub_overflow(0, below, fen);
}
