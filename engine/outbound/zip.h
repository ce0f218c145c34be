/*
 * outbound/zip.h - the files in a ZIP archive in memory (APPNOTE 6.3): stored or deflated, as bills come.
 *
 * Not read: encrypted, split and ZIP64 archives. Every size is checked against the archive and a ceiling
 * before anything is unpacked; every file against its checksum.
 */
#pragma once

#include "base/err.h"
#include "outbound/span.h"

#include <stdint.h>

struct buf;

struct zip {
    struct span archive;
    size_t at, left; /* of the directory: next entry, entries to come */
};

struct zip_entry {
    struct span name; /* in whatever encoding its maker used */
    unsigned method;
    uint32_t crc;
    size_t packed, unpacked, local_at;
};

HB_CHECKED hb_err zip_start(struct zip *zip, struct span archive); /* HB_E_INPUT: no archive that is read */
/* HB_OK; HB_E_NOT_FOUND after the last; HB_E_INPUT. */
HB_CHECKED hb_err zip_next(struct zip *zip, struct zip_entry *out);
/* Adds the file to out. HB_E_INPUT: it is damaged; HB_E_BODY_SIZE: above out's ceiling. */
HB_CHECKED hb_err zip_unpack(const struct zip *zip, const struct zip_entry *entry, struct buf *out);

/* Writes an archive of one deflated file; for those who make bills. */
HB_CHECKED hb_err zip_pack(struct span name, struct span content, struct buf *out);
