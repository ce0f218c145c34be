/*
 * base/config_file.c - the file: `key = value` under [section], # comments, strings quoted or bare.
 *
 * A line is read by itself; a problem in one does not hide the problems in the next.
 */
#include "base/config_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SECTION_MAX = 32, FULL_KEY_MAX = 96, WHERE_MAX = 160 };

struct file_reader {
    struct config *config;
    struct buf *problems;
    const char *name;
    int line;
    char where[WHERE_MAX];
    char section[SECTION_MAX + 1];
    int seen[CONFIG_KEY_COUNT]; /* line of the first time, 0: not yet */
};

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

static struct config_span trim(struct config_span span)
{
    while (span.len > 0 && is_blank(span.at[0])) {
        span.at++;
        span.len--;
    }
    while (span.len > 0 && is_blank(span.at[span.len - 1])) {
        span.len--;
    }
    return span;
}

static void complain(struct file_reader *reader, const char *what)
{
    buf_addf(reader->problems, "%s: %s\n", reader->where, what);
}

static bool is_key_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-' || c == '.';
}

static bool is_key(struct config_span span)
{
    for (size_t i = 0; i < span.len; i++) {
        if (!is_key_char(span.at[i])) {
            return false;
        }
    }
    return span.len > 0;
}

/* Nothing but blanks and a comment. */
static bool is_rest(struct config_span span)
{
    span = trim(span);
    return span.len == 0 || span.at[0] == '#';
}

static void read_section(struct file_reader *reader, struct config_span line)
{
    const char *close = memchr(line.at, ']', line.len);
    struct config_span name;

    reader->section[0] = '\0';
    if (close == NULL) {
        complain(reader, "a section ends with \"]\"");
        return;
    }
    name = trim((struct config_span){line.at + 1, (size_t)(close - line.at - 1)});
    if (!is_key(name) || name.len > SECTION_MAX ||
        !is_rest((struct config_span){close + 1, line.len - (size_t)(close + 1 - line.at)})) {
        complain(reader, "this is not a section; they look like [http]");
        return;
    }
    memcpy(reader->section, name.at, name.len);
    reader->section[name.len] = '\0';
}

/* The character that \c stands for, 0 when it stands for none. */
static char unescape(char c)
{
    static const char NAMES[] = "\"\\tnr";
    static const char MEANT[] = "\"\\\t\n\r";
    const char *at = c == '\0' ? NULL : strchr(NAMES, c);

    return at == NULL ? '\0' : MEANT[at - NAMES];
}

/* A quoted string into room; *end is behind its closing quote. NULL when it does not end or escapes wrongly.
 */
static const char *read_quoted(struct config_span text, char *room, size_t *len)
{
    char quote = text.at[0];
    size_t count = 0;

    for (size_t i = 1; i < text.len && count < CONFIG_VALUE_MAX; i++) {
        char c = text.at[i];

        if (c == quote) {
            *len = count;
            return text.at + i + 1;
        }
        if (quote == '"' && c == '\\') { /* 'single quotes' are literal, as in TOML */
            i++;
            c = i < text.len ? unescape(text.at[i]) : '\0';
            if (c == '\0') {
                return NULL;
            }
        }
        room[count++] = c;
    }
    return NULL;
}

/* A bare value ends at a comment, which begins with a blank and #. */
static struct config_span read_bare(struct config_span text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.at[i] == '#' && (i == 0 || is_blank(text.at[i - 1]))) {
            text.len = i;
        }
    }
    return trim(text);
}

static bool
read_value(struct file_reader *reader, struct config_span text, char *room, struct config_span *out)
{
    const char *end;
    size_t len;

    if (text.len == 0 || (text.at[0] != '"' && text.at[0] != '\'')) {
        *out = read_bare(text);
        return true;
    }
    end = read_quoted(text, room, &len);
    if (end == NULL) {
        complain(reader, "a quoted value ends in its line, and knows only \\\" \\\\ \\t \\n \\r");
        return false;
    }
    if (!is_rest((struct config_span){end, text.len - (size_t)(end - text.at)})) {
        complain(reader, "there is more behind the quoted value");
        return false;
    }
    *out = (struct config_span){room, len};
    return true;
}

static void set_once(struct file_reader *reader, enum config_key key, struct config_span value)
{
    if (reader->seen[key] != 0) {
        buf_addf(reader->problems,
                 "%s: %s is set a second time; the first is in line %d\n",
                 reader->where,
                 CONFIG_ROWS[key].key,
                 reader->seen[key]);
        return;
    }
    reader->seen[key] = reader->line;
    (void)config_set(reader->config, key, value, CONFIG_FILE, reader->where, reader->problems);
}

static void read_setting(struct file_reader *reader, struct config_span key, struct config_span text)
{
    char full[FULL_KEY_MAX];
    char room[CONFIG_VALUE_MAX];
    int len = snprintf(full,
                       sizeof full,
                       "%s%s%.*s",
                       reader->section,
                       reader->section[0] == '\0' ? "" : ".",
                       (int)(key.len < FULL_KEY_MAX ? key.len : FULL_KEY_MAX),
                       key.at);
    struct config_span name = {full, len < FULL_KEY_MAX ? (size_t)len : FULL_KEY_MAX - 1};
    struct config_span value;
    enum config_key found;

    if (!read_value(reader, text, room, &value)) {
        return;
    }
    if (config_find(name, &found)) {
        set_once(reader, found, value);
    } else {
        config_report_unknown(name, reader->where, reader->problems);
    }
}

static void read_line(struct file_reader *reader, struct config_span line)
{
    const char *equals;
    struct config_span key;

    line = trim(line);
    if (line.len == 0 || line.at[0] == '#') {
        return;
    }
    if (line.at[0] == '[') {
        read_section(reader, line);
        return;
    }
    equals = memchr(line.at, '=', line.len);
    key = equals == NULL ? line : trim((struct config_span){line.at, (size_t)(equals - line.at)});
    if (equals == NULL || !is_key(key)) {
        complain(reader, "this is not a setting; they look like key = value");
        return;
    }
    read_setting(
        reader, key, trim((struct config_span){equals + 1, line.len - (size_t)(equals + 1 - line.at)}));
}

void config_parse_text(
    struct config *config, const char *name, const char *text, size_t len, struct buf *problems)
{
    struct file_reader reader = {.config = config, .problems = problems, .name = name};
    const char *end = text + len;

    while (text < end && !problems->failed) {
        const char *newline = memchr(text, '\n', (size_t)(end - text));
        const char *stop = newline == NULL ? end : newline;

        reader.line++;
        (void)snprintf(reader.where, sizeof reader.where, "%.140s:%d", name, reader.line);
        read_line(&reader, (struct config_span){text, (size_t)(stop - text)});
        text = newline == NULL ? end : newline + 1;
    }
}

/* Bytes read, or -1. */
static ssize_t read_all(const char *path, char *room, size_t max)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    size_t len = 0;
    ssize_t got = fd < 0 ? -1 : 1;

    while (got > 0 && len < max) {
        got = read(fd, room + len, max - len);
        len += got > 0 ? (size_t)got : 0;
    }
    if (fd >= 0) {
        int saved = errno;

        (void)close(fd);
        errno = saved;
    }
    return got < 0 ? -1 : (ssize_t)len;
}

void config_read_file(struct config *config, const char *path, bool must_exist, struct buf *problems)
{
    char *room = malloc(CONFIG_FILE_MAX + 1);
    ssize_t len = -1;

    if (room == NULL) {
        buf_addf(problems, "%s: out of memory\n", path);
        return;
    }
    len = read_all(path, room, CONFIG_FILE_MAX + 1);
    if (len > CONFIG_FILE_MAX) {
        buf_addf(problems, "%s: larger than %d bytes\n", path, CONFIG_FILE_MAX);
    } else if (len >= 0) {
        config_parse_text(config, path, room, (size_t)len, problems);
    } else if (must_exist || errno != ENOENT) {
        buf_addf(problems, "%s: %s\n", path, strerror(errno));
    }
    free(room);
}
