/*
 * outbound/zip.c - the files in a ZIP archive in memory.
 *
 * Read as every careful reader does: from the end record to the directory, and only where that points.
 */
#include "outbound/zip.h"

#include "base/buf.h"

#define ZLIB_CONST /* input stays const */
#include <zlib.h>

enum {
    END_BYTES = 22,
    COMMENT_MAX = 65535,
    ENTRY_BYTES = 46,
    LOCAL_BYTES = 30,
    STORED = 0,
    DEFLATED = 8,
    ENCRYPTED = 1,
    VERSION = 20,
    RAW_WINDOW = -15,
    UTF8_NAMES = 1 << 11
};

static const uint32_t END_MARK = 0x06054b50, ENTRY_MARK = 0x02014b50, LOCAL_MARK = 0x04034b50;

static uint32_t le(const char *at, unsigned bytes)
{
    uint32_t value = 0;

    for (unsigned i = bytes; i > 0; i--) {
        value = value << 8 | (unsigned char)at[i - 1];
    }
    return value;
}

/* `bytes` from `at` on lie in the archive. */
static bool holds(struct span archive, size_t at, size_t bytes)
{
    return at <= archive.len && bytes <= archive.len - at;
}

/* The end record: the last one whose comment reaches exactly to the end. */
static const char *end_find(struct span archive)
{
    size_t lowest = archive.len > END_BYTES + COMMENT_MAX ? archive.len - END_BYTES - COMMENT_MAX : 0;

    if (archive.len < END_BYTES) {
        return NULL;
    }
    for (size_t at = archive.len - END_BYTES + 1; at > lowest; at--) {
        const char *end = archive.at + at - 1;

        if (le(end, 4) == END_MARK && le(end + 20, 2) == archive.len - (at - 1) - END_BYTES) {
            return end;
        }
    }
    return NULL;
}

hb_err zip_start(struct zip *zip, struct span archive)
{
    const char *end = end_find(archive);

    *zip = (struct zip){.archive = archive};
    if (end == NULL || le(end + 4, 2) != 0 || le(end + 8, 2) != le(end + 10, 2) ||
        !holds(archive, le(end + 16, 4), le(end + 12, 4))) {
        return HB_E_INPUT;
    }
    zip->left = le(end + 10, 2);
    zip->at = le(end + 16, 4);
    return HB_OK;
}

hb_err zip_next(struct zip *zip, struct zip_entry *out)
{
    const char *entry = zip->archive.at + zip->at;
    size_t name_len, whole;

    if (zip->left == 0) {
        return HB_E_NOT_FOUND;
    }
    if (!holds(zip->archive, zip->at, ENTRY_BYTES) || le(entry, 4) != ENTRY_MARK ||
        (le(entry + 8, 2) & ENCRYPTED) != 0) {
        return HB_E_INPUT;
    }
    name_len = le(entry + 28, 2);
    whole = ENTRY_BYTES + name_len + le(entry + 30, 2) + le(entry + 32, 2);
    if (!holds(zip->archive, zip->at, whole)) {
        return HB_E_INPUT;
    }
    *out = (struct zip_entry){
        .name = {entry + ENTRY_BYTES, name_len},
        .method = le(entry + 10, 2),
        .crc = le(entry + 16, 4),
        .packed = le(entry + 20, 4),
        .unpacked = le(entry + 24, 4),
        .local_at = le(entry + 42, 4),
    };
    zip->at += whole;
    zip->left--;
    return HB_OK;
}

/* The packed bytes behind the local header, whose own lengths count. */
static const char *packed_find(const struct zip *zip, const struct zip_entry *entry)
{
    const char *local = zip->archive.at + entry->local_at;
    size_t head;

    if (!holds(zip->archive, entry->local_at, LOCAL_BYTES) || le(local, 4) != LOCAL_MARK) {
        return NULL;
    }
    head = LOCAL_BYTES + le(local + 26, 2) + le(local + 28, 2);
    return holds(zip->archive, entry->local_at, head) &&
                   holds(zip->archive, entry->local_at + head, entry->packed)
               ? local + head
               : NULL;
}

/* The whole stream into exactly its length. */
static bool inflate_into(const char *packed, const struct zip_entry *entry, char *out)
{
    z_stream stream = {
        .next_in = (const Bytef *)packed,
        .avail_in = (uInt)entry->packed,
        .next_out = (Bytef *)out,
        .avail_out = (uInt)entry->unpacked,
    };
    bool good = inflateInit2(&stream, RAW_WINDOW) == Z_OK;

    if (good) {
        good = inflate(&stream, Z_FINISH) == Z_STREAM_END && stream.avail_out == 0;
        (void)inflateEnd(&stream);
    }
    return good;
}

static bool unpack_into(const char *packed, const struct zip_entry *entry, char *out)
{
    switch (entry->method) {
    case STORED:
        if (entry->packed != entry->unpacked) {
            return false;
        }
        memcpy(out, packed, entry->packed);
        return true;
    case DEFLATED:
        return inflate_into(packed, entry, out);
    default:
        return false;
    }
}

hb_err zip_unpack(const struct zip *zip, const struct zip_entry *entry, struct buf *out)
{
    const char *packed = packed_find(zip, entry);
    char *at;

    if (packed == NULL) {
        return HB_E_INPUT;
    }
    at = buf_reserve(out,
                     entry->unpacked + 1); /* one more: zlib wants a place to write to, also for nothing */
    if (at == NULL) {
        return HB_E_BODY_SIZE;
    }
    if (!unpack_into(packed, entry, at) || crc32(0, (const Bytef *)at, (uInt)entry->unpacked) != entry->crc) {
        return HB_E_INPUT;
    }
    out->len += entry->unpacked;
    return HB_OK;
}

/* ---- writing ---- */

static void add_le(struct buf *out, size_t value, unsigned bytes)
{
    for (unsigned i = 0; i < bytes; i++, value >>= 8) {
        buf_addc(out, (char)(value & 0xFF));
    }
}

static bool deflate_into(struct span content, struct buf *out)
{
    uLong bound = compressBound(content.len);
    char *at = buf_reserve(out, bound);
    z_stream stream = {.next_in = (const Bytef *)content.at,
                       .avail_in = (uInt)content.len,
                       .next_out = (Bytef *)at,
                       .avail_out = (uInt)bound};
    bool good =
        at != NULL &&
        deflateInit2(
            &stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, RAW_WINDOW, MAX_MEM_LEVEL, Z_DEFAULT_STRATEGY) ==
            Z_OK;

    if (good) {
        good = deflate(&stream, Z_FINISH) == Z_STREAM_END;
        out->len += stream.total_out;
        (void)deflateEnd(&stream);
    }
    return good;
}

/* What the local header and the directory say alike. */
static void add_facts(struct buf *out, uint32_t crc, size_t packed, struct span name, struct span content)
{
    add_le(out, VERSION, 2);
    add_le(out, UTF8_NAMES, 2);
    add_le(out, DEFLATED, 2);
    add_le(out, 0, 4); /* no time */
    add_le(out, crc, 4);
    add_le(out, packed, 4);
    add_le(out, content.len, 4);
    add_le(out, name.len, 2);
    add_le(out, 0, 2); /* nothing extra */
}

static void add_directory(struct buf *out, uint32_t crc, size_t packed, struct span name, struct span content)
{
    size_t start = out->len;

    add_le(out, ENTRY_MARK, 4);
    add_le(out, VERSION, 2);
    add_facts(out, crc, packed, name, content);
    add_le(out, 0, 14); /* comment, disk, attributes, offset: all nothing */
    buf_add(out, name.at, name.len);
    add_le(out, END_MARK, 4);
    add_le(out, 0, 4);
    add_le(out, 1, 2);
    add_le(out, 1, 2);
    add_le(out, out->len - 12 - start, 4);
    add_le(out, start, 4);
    add_le(out, 0, 2);
}

hb_err zip_pack(struct span name, struct span content, struct buf *out)
{
    uint32_t crc = (uint32_t)crc32(0, (const Bytef *)content.at, (uInt)content.len);
    struct buf packed;
    hb_err err = HB_E_NOMEM;

    buf_init(&packed, content.len * 2 + 1024);
    if (deflate_into(content, &packed)) {
        add_le(out, LOCAL_MARK, 4);
        add_facts(out, crc, packed.len, name, content);
        buf_add(out, name.at, name.len);
        buf_add(out, packed.data, packed.len);
        add_directory(out, crc, packed.len, name, content);
        err = out->failed ? HB_E_NOMEM : HB_OK;
    }
    buf_free(&packed);
    return err;
}
