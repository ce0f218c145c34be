/*
 * loadtest/answer.c - status line, the four headers that matter, body.
 */
#include "loadtest/answer.h"

#include <strings.h>

enum { RETRY_AFTER_MAX_S = 3600 };

struct head {
    struct answer *answer;
    bool has_length;
    size_t length;
};

/* Digits only, at most max; false for anything else. */
static bool number_read(struct text text, size_t max, size_t *out)
{
    size_t value = 0;

    for (size_t i = 0; i < text.len; i++) {
        if (text.at[i] < '0' || text.at[i] > '9' || value > max) {
            return false;
        }
        value = value * 10 + (size_t)(text.at[i] - '0');
    }
    *out = value;
    return text.len > 0 && value <= max;
}

static bool status_read(const char *line, size_t len, struct answer *out)
{
    size_t status;

    if (len < 12 || memcmp(line, "HTTP/1.1 ", 9) != 0 ||
        !number_read((struct text){line + 9, 3}, 999, &status) || status < 200) {
        return false;
    }
    out->status = (int)status;
    return true;
}

static bool length_take(struct head *head, struct text value)
{
    head->has_length = true;
    return number_read(value, ANSWER_BYTES_MAX, &head->length);
}

/* A date is allowed there; it counts as one second. */
static bool retry_after_take(struct head *head, struct text value)
{
    size_t seconds = 1;

    if (!number_read(value, RETRY_AFTER_MAX_S, &seconds)) {
        seconds = 1;
    }
    head->answer->retry_after_s = (int32_t)seconds;
    return true;
}

static bool replayed_take(struct head *head, struct text value)
{
    head->answer->is_replayed = text_is(value, "true");
    return true;
}

static bool connection_take(struct head *head, struct text value)
{
    head->answer->closes |= value.len == 5 && strncasecmp(value.at, "close", 5) == 0;
    return true;
}

static bool encoding_take(struct head *head, struct text value)
{
    (void)head;
    (void)value;
    return false;
}

static const struct {
    const char *name;
    size_t len;
    bool (*take)(struct head *head, struct text value);
} FIELDS[] = {
    {"content-length", 14, length_take},
    {"retry-after", 11, retry_after_take},
    {"idempotency-replayed", 20, replayed_take},
    {"connection", 10, connection_take},
    {"transfer-encoding", 17, encoding_take},
};

static bool field_read(struct head *head, const char *line, const char *end)
{
    const char *colon = memchr(line, ':', (size_t)(end - line));
    const char *value = colon;

    if (colon == NULL) {
        return false;
    }
    do {
        value++;
    } while (value < end && *value == ' ');
    for (size_t i = 0; i < sizeof FIELDS / sizeof FIELDS[0]; i++) {
        if ((size_t)(colon - line) == FIELDS[i].len &&
            strncasecmp(line, FIELDS[i].name, FIELDS[i].len) == 0) {
            return FIELDS[i].take(head, (struct text){value, (size_t)(end - value)});
        }
    }
    return true;
}

/* head_end: just behind the last field's CR LF. */
static bool head_read(struct head *head, const char *bytes, const char *head_end)
{
    const char *line = bytes;

    while (line < head_end) {
        const char *end = memchr(line, '\r', (size_t)(head_end - line));

        if (end == NULL || end + 2 > head_end || end[1] != '\n') {
            return false;
        }
        if (line == bytes ? !status_read(line, (size_t)(end - line), head->answer)
                          : !field_read(head, line, end)) {
            return false;
        }
        line = end + 2;
    }
    return head->has_length || head->answer->status == 204 || head->answer->status == 304;
}

enum answer_state answer_read(const char *bytes, size_t len, struct answer *out)
{
    const char *blank = memmem(bytes, len, "\r\n\r\n", 4);
    struct head head = {.answer = out};
    size_t head_len;

    *out = (struct answer){.retry_after_s = -1};
    if (blank == NULL) {
        return len < ANSWER_BYTES_MAX ? ANSWER_PART : ANSWER_BAD;
    }
    if (!head_read(&head, bytes, blank + 2)) {
        return ANSWER_BAD;
    }
    head_len = (size_t)(blank - bytes) + 4;
    if (out->status == 204 || out->status == 304) {
        head.length = 0;
    }
    if (len - head_len < head.length) {
        return ANSWER_PART;
    }
    out->body = (struct text){bytes + head_len, head.length};
    out->bytes = head_len + head.length;
    return ANSWER_WHOLE;
}
