/*
 * base/log.h - one event a line: time level event facts, logfmt, on stderr.
 *
 * error wakes a person, warn is one request's loss, info a module's life, debug a step.
 * Secrets, tokens and people's names stay out. Thread safe; one write(2) a line.
 */
#pragma once

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARN, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };

void log_level_set(enum log_level level);
enum log_level log_level_get(void);

/* event: "draw.unsure"; format: the facts, "campaign=%s wait_ms=%d". Values with blanks: quote them. */
void log_event(enum log_level level, const char *event, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#define log_error(...) log_event(LOG_LEVEL_ERROR, __VA_ARGS__)
#define log_warn(...) log_event(LOG_LEVEL_WARN, __VA_ARGS__)
#define log_info(...) log_event(LOG_LEVEL_INFO, __VA_ARGS__)
#define log_debug(...) log_event(LOG_LEVEL_DEBUG, __VA_ARGS__)
