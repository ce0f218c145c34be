/*
 * http/lang.c - RFC 9110, 12.5.4, for the two languages spoken here.
 */
#include "http/lang.h"

#include "http/chars.h"

/* ";q=0.8" in thousandths; 1000 when absent, 0 when malformed. */
static int weight_parse(struct http_text text)
{
    const char *q = memchr(text.at, ';', text.len);
    struct http_text value;
    int weight = 0;

    if (q == NULL) {
        return 1000;
    }
    value = text_trim((struct http_text){q + 1, text.len - (size_t)(q - text.at) - 1});
    if (value.len < 3 || (value.at[0] | 0x20) != 'q' || value.at[1] != '=') {
        return 0;
    }
    for (size_t i = 0, scale = 1000; i < value.len - 2 && scale > 0; i++) {
        char c = value.at[2 + i];

        if (char_is_digit(c)) {
            weight += (c - '0') * (int)scale;
            scale /= 10;
        } else if (c != '.' || i != 1) {
            return 0;
        }
    }
    return weight > 1000 ? 1000 : weight;
}

static bool primary_is(struct http_text tag, const char *lower)
{
    return tag.len >= 2 && chars_equal_fold(tag.at, lower, 2) &&
           (tag.len == 2 || tag.at[2] == '-' || tag.at[2] == ';' || char_is_blank(tag.at[2]));
}

enum hb_lang http_lang_choose(struct http_text accept_language)
{
    struct http_text element;
    int zh = 0, en = 0;

    while (text_list_next(&accept_language, &element)) {
        int *which = primary_is(element, "zh") ? &zh : primary_is(element, "en") ? &en : NULL;
        int weight;

        if (which == NULL) {
            continue;
        }
        weight = weight_parse(element);
        *which = weight > *which ? weight : *which;
        if (weight == 1000) {
            break; /* nothing behind it can be wanted more */
        }
    }
    return zh > en ? HB_ZH : HB_EN;
}
