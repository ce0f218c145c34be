/*
 * base/buf_json.c - a string as JSON text: quoted, escaped, always valid UTF-8.
 */
#include "base/buf.h"

#include "base/utf8.h"

#include <string.h>

static void add_escape(struct buf *buf, unsigned char c)
{
    static const char HEX[] = "0123456789abcdef";
    const char text[] = {'\\', 'u', '0', '0', HEX[c >> 4], HEX[c & 15]};

    buf_add(buf, text, sizeof text);
}

static void add_ascii(struct buf *buf, unsigned char c)
{
    static const char NAMED[] = "\"\\\b\f\n\r\t";
    static const char LETTER[] = "\"\\bfnrt";
    const char *at = c == 0 ? NULL : memchr(NAMED, c, sizeof NAMED - 1);

    if (at != NULL) {
        buf_addc(buf, '\\');
        buf_addc(buf, LETTER[at - NAMED]);
    } else {
        add_escape(buf, c);
    }
}

static bool is_plain(unsigned char c)
{
    return c >= 0x20 && c < 0x7F && c != '"' && c != '\\';
}

/* Adds what stands at the front of text and tells how many bytes that was. */
static size_t add_some(struct buf *buf, const unsigned char *text, size_t left)
{
    size_t len = 0;

    while (len < left && is_plain(text[len])) {
        len++;
    }
    if (len > 0) {
        buf_add(buf, text, len);
        return len;
    }
    if (text[0] < 0x80) {
        add_ascii(buf, text[0]);
        return 1;
    }
    len = utf8_length((const char *)text, left);
    if (len == 0) {
        buf_adds(buf, "\\ufffd");
        return 1;
    }
    buf_add(buf, text, len);
    return len;
}

void buf_add_json_string(struct buf *buf, const char *text, size_t len)
{
    const unsigned char *at = (const unsigned char *)text;

    buf_addc(buf, '"');
    for (size_t i = 0; i < len && !buf->failed;) {
        i += add_some(buf, at + i, len - i);
    }
    buf_addc(buf, '"');
}
