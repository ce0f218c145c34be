/*
 * base/log.c - one event a line on stderr: time level event facts.
 */
#include "base/log.h"

#include "base/clock.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

enum { LINE_MAX_BYTES = 4096 };

static const char *const LEVELS[] = {
    [LOG_LEVEL_ERROR] = "error",
    [LOG_LEVEL_WARN] = "warn",
    [LOG_LEVEL_INFO] = "info",
    [LOG_LEVEL_DEBUG] = "debug",
};

static _Atomic enum log_level level_now = LOG_LEVEL_INFO;

void log_level_set(enum log_level level)
{
    atomic_store_explicit(&level_now, level, memory_order_relaxed);
}

enum log_level log_level_get(void)
{
    return atomic_load_explicit(&level_now, memory_order_relaxed);
}

/* What was printed, of which at most room - 1 characters are there. */
static size_t printed(int len, size_t room)
{
    if (len < 0) {
        return 0;
    }
    return (size_t)len < room ? (size_t)len : room - 1;
}

/* Facts may carry text from outside: a line break in it must not look like a second event. */
static void flatten(char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if ((unsigned char)text[i] < 0x20 || text[i] == 0x7F) {
            text[i] = ' ';
        }
    }
}

static void write_line(const char *line, size_t len)
{
    ssize_t written = write(STDERR_FILENO, line, len);

    (void)written; /* nobody is left to tell */
}

void log_event(enum log_level level, const char *event, const char *format, ...)
{
    char line[LINE_MAX_BYTES];
    char time[25];
    size_t len;
    va_list args;

    if (level > log_level_get()) {
        return;
    }
    clock_format_utc(clock_wall_ms(), time);
    len = printed(snprintf(line, sizeof line, "%s %s %s ", time, LEVELS[level], event), sizeof line);
    va_start(args, format);
    len += printed(vsnprintf(line + len, sizeof line - len, format, args), sizeof line - len);
    va_end(args);
    while (len > 0 && line[len - 1] == ' ') {
        len--;
    }
    flatten(line, len);
    line[len] = '\n';
    write_line(line, len + 1);
}
