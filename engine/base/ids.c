/*
 * base/ids.c - names of things in text.
 */
#include "base/ids.h"

#include "base/crypto.h"

void player_hex(const struct player_id *player, char out[static PLAYER_HEX + 1])
{
    hex_encode(player->bytes, PLAYER_BYTES, out);
}

/* A player has one name: upper-case letters would be a second one. */
static bool is_lower_hex(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (text[i] >= 'A' && text[i] <= 'F') {
            return false;
        }
    }
    return true;
}

bool player_parse(const char *hex, size_t len, struct player_id *out)
{
    size_t bytes;

    return len == PLAYER_HEX && is_lower_hex(hex, len) &&
           hex_decode(hex, len, out->bytes, PLAYER_BYTES, &bytes);
}

static bool is_letter_or_digit(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

bool slug_valid(const char *text, size_t len)
{
    if (len == 0 || len > SLUG_MAX || !is_letter_or_digit(text[0])) {
        return false;
    }
    for (size_t i = 1; i < len; i++) {
        if (!is_letter_or_digit(text[i]) && text[i] != '_' && text[i] != '-') {
            return false;
        }
    }
    return true;
}
