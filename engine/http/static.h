/*
 * http/static.h - the files of one folder, held in memory from the start.
 *
 * A request is answered by looking its path up among the names found then: there is no way from a path to the
 * file system. Names that start with '.' and everything that is no regular file are left out.
 */
#pragma once

#include "http/server.h"

struct static_files;
struct static_file;

/* *out is NULL for dir "". HB_E_IO (logged) when the folder cannot be read or holds more than 64 MiB. */
HB_CHECKED hb_err static_files_new(const char *dir, struct static_files **out);
void static_files_free(struct static_files *files); /* accepts NULL */

/* "/" and "/a/" find their index.html. NULL when there is none, also for files NULL. */
const struct static_file *static_find(const struct static_files *files, struct http_text path);
void static_send(struct http_call *call, const struct static_file *file);
