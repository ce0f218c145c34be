/*
 * sandbox/journal.c - what the sandbox remembers.
 */
#include "sandbox/journal.h"

#include "base/buf.h"
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { JOURNAL_MAX = 1 << 30, LINE_MAX_BYTES = 64 * 1024 };

struct journal {
    int fd;
};

static bool
line_take(const char *text, size_t len, bool (*take)(void *arg, const json_t *line), void *arg, size_t number)
{
    json_t *line = NULL;
    bool good = json_parse(text, len, &line, NULL, 0) == HB_OK && take(arg, line);

    json_decref(line);
    if (!good) {
        fprintf(stderr, "hongbao-sandbox: line %zu of the journal is not understood\n", number);
    }
    return good;
}

/* *whole: how many bytes are lines that ended. */
static hb_err
lines_take(const struct buf *text, bool (*take)(void *arg, const json_t *line), void *arg, size_t *whole)
{
    size_t number = 0;

    for (*whole = 0; *whole < text->len;) {
        const char *line = text->data + *whole;
        const char *end = memchr(line, '\n', text->len - *whole);

        if (end == NULL) {
            return HB_OK;
        }
        if (!line_take(line, (size_t)(end - line), take, arg, ++number)) {
            return HB_E_INPUT;
        }
        *whole += (size_t)(end - line) + 1;
    }
    return HB_OK;
}

static hb_err
journal_read(const char *path, bool (*take)(void *arg, const json_t *line), void *arg, size_t *whole)
{
    struct buf text;
    hb_err err;

    *whole = 0;
    buf_init(&text, JOURNAL_MAX);
    err = access(path, F_OK) == 0 ? file_read(path, &text) : HB_OK;
    if (err == HB_OK) {
        err = lines_take(&text, take, arg, whole);
    }
    buf_free(&text);
    return err;
}

hb_err journal_open(
    const char *path, bool (*take)(void *arg, const json_t *line), void *arg, bool adds, struct journal **out)
{
    struct journal *journal = calloc(1, sizeof *journal);
    size_t whole = 0;
    hb_err err = HB_E_NOMEM;

    *out = NULL;
    if (journal == NULL) {
        return HB_E_NOMEM;
    }
    journal->fd = -1;
    err = journal_read(path, take, arg, &whole);
    if (err == HB_OK && adds) {
        journal->fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
        err = journal->fd >= 0 && ftruncate(journal->fd, (off_t)whole) == 0 ? HB_OK : HB_E_IO;
    }
    if (err != HB_OK) {
        journal_close(journal);
        return err;
    }
    *out = journal;
    return HB_OK;
}

void journal_close(struct journal *journal)
{
    if (journal != NULL) {
        if (journal->fd >= 0) {
            (void)close(journal->fd);
        }
        free(journal);
    }
}

static void line_write(const struct journal_field *fields, struct buf *out)
{
    for (const struct journal_field *field = fields; field->name != NULL; field++) {
        buf_adds(out, field == fields ? "{\"" : ",\"");
        buf_adds(out, field->name);
        buf_adds(out, "\":");
        if (field->text != NULL) {
            buf_add_json_string(out, field->text, strlen(field->text));
        } else {
            buf_addf(out, "%" PRId64, field->number);
        }
    }
    buf_adds(out, "}\n");
}

void journal_add(struct journal *journal, const struct journal_field *fields)
{
    struct buf line;

    buf_init(&line, LINE_MAX_BYTES);
    line_write(fields, &line);
    if (line.failed || write(journal->fd, line.data, line.len) != (ssize_t)line.len) {
        fprintf(stderr, "hongbao-sandbox: the journal cannot be written: %s\n", strerror(errno));
        abort();
    }
    buf_free(&line);
}
