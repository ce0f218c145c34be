/*
 * sandbox/files.h - files of the sandbox's home, written whole or not at all.
 */
#pragma once

#include "base/err.h"

#include <stddef.h>

/* Readable by its owner alone. HB_E_IO, said on stderr. */
HB_CHECKED hb_err file_write(const char *path, const char *text, size_t len);
/* Says on stderr what errno means, or that the file is not what it should be. HB_E_IO. */
hb_err complain(const char *path);
