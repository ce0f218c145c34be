/*
 * sandbox/files.c - files of the sandbox's home.
 */
#include "sandbox/files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { PATH_MAX_BYTES = 1100 };

hb_err complain(const char *path)
{
    fprintf(
        stderr, "hongbao-sandbox: %s: %s\n", path, errno == 0 ? "not what it should be" : strerror(errno));
    return HB_E_IO;
}

/* Whole or not at all: written beside, then moved. */
hb_err file_write(const char *path, const char *text, size_t len)
{
    char beside[PATH_MAX_BYTES];
    int fd;
    bool good;

    (void)snprintf(beside, sizeof beside, "%s.new", path);
    fd = open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    good = fd >= 0 && write(fd, text, len) == (ssize_t)len;
    good = fd >= 0 && close(fd) == 0 && good && rename(beside, path) == 0;
    return good ? HB_OK : complain(path);
}
