/*
 * base/file.h - small files, whole.
 */
#pragma once

#include "base/err.h"

struct buf;

/* Adds the file to out, whose ceiling is the file's. HB_E_IO (errno says why) when it cannot be read,
 * HB_E_BODY_SIZE when it is larger; then nothing is added. */
HB_CHECKED hb_err file_read(const char *path, struct buf *out);
