/*
 * base/file.c - small files, whole.
 */
#include "base/file.h"

#include "base/buf.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

enum { STEP = 16 * 1024 };

/* One read(2) into out; 0 at the end. */
static ssize_t read_some(int fd, struct buf *out)
{
    char bytes[STEP];
    ssize_t got;

    do {
        got = read(fd, bytes, sizeof bytes);
    } while (got < 0 && errno == EINTR);
    if (got > 0) {
        buf_add(out, bytes, (size_t)got);
    }
    return got;
}

hb_err file_read(const char *path, struct buf *out)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    size_t before = out->len;
    ssize_t got = -1;
    int why;

    if (fd < 0) {
        return HB_E_IO;
    }
    do {
        got = read_some(fd, out);
    } while (got > 0 && !out->failed);
    why = errno;
    (void)close(fd);
    if (got == 0 && !out->failed) {
        return HB_OK;
    }
    out->len = before;
    errno = why;
    return got < 0 ? HB_E_IO : HB_E_BODY_SIZE;
}
