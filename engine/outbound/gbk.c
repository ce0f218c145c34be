/*
 * outbound/gbk.c - GB18030 to UTF-8, by the C library's converter.
 */
#include "outbound/gbk.h"

#include "base/buf.h"
#include "base/utf8.h"

#include <errno.h>
#include <iconv.h>

enum { STEP = 16 * 1024 };

static bool is_utf8(struct span text)
{
    for (size_t i = 0; i < text.len;) {
        size_t one = utf8_length(text.at + i, text.len - i);

        if (one == 0) {
            return false;
        }
        i += one;
    }
    return true;
}

/* One step of the conversion; E2BIG only says that the step was full. */
static bool convert_some(iconv_t converter, char **from, size_t *left, struct buf *out)
{
    char bytes[STEP], *to = bytes;
    size_t room = sizeof bytes;
    bool good = iconv(converter, from, left, &to, &room) != (size_t)-1 || errno == E2BIG;

    buf_add(out, bytes, sizeof bytes - room);
    return good && !out->failed;
}

hb_err gbk_to_utf8(struct span text, struct buf *out)
{
    char *from = (char *)(uintptr_t)text.at; /* iconv() only reads it, whatever its prototype says */
    size_t left = text.len, before = out->len;
    iconv_t converter;
    bool good = true;

    if (is_utf8(text)) {
        buf_add(out, text.at, text.len);
        return out->failed ? HB_E_BODY_SIZE : HB_OK;
    }
    converter = iconv_open("UTF-8", "GB18030");
    if (converter == (iconv_t)-1) {
        return HB_E_NOT_IMPLEMENTED;
    }
    while (good && left > 0) {
        good = convert_some(converter, &from, &left, out);
    }
    (void)iconv_close(converter);
    if (!good) {
        out->len = before;
    }
    return good ? HB_OK : out->failed ? HB_E_BODY_SIZE : HB_E_INPUT;
}
