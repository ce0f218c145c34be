/*
 * loadtest/answer.c - status line, the headers that matter, body.
 */
#include "loadtest/answer.h"

#include <strings.h>

enum { RETRY_AFTER_MAX_S = 3600, CHUNK_LINE_MAX = 256 };

struct head {
    struct answer *answer;
    bool has_length, is_chunked;
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
    head->is_chunked = value.len == 7 && strncasecmp(value.at, "chunked", 7) == 0;
    return head->is_chunked;
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
    if (head->answer->status == 204 || head->answer->status == 304) {
        head->is_chunked = false;
        head->length = 0;
        return true;
    }
    return head->has_length != head->is_chunked;
}

/* False while its CR LF is not there. */
static bool line_take(struct text *rest, struct text *line)
{
    const char *end = memmem(rest->at, rest->len, "\r\n", 2);

    if (end == NULL) {
        return false;
    }
    *line = (struct text){rest->at, (size_t)(end - rest->at)};
    *rest = (struct text){end + 2, rest->len - line->len - 2};
    return true;
}

/* Hexadecimal digits, behind them maybe an extension. */
static bool chunk_size_read(struct text line, size_t *size)
{
    static const char DIGITS[] = "00112233445566778899aAbBcCdDeEfF";
    size_t i = 0;

    *size = 0;
    for (; i < line.len && *size <= ANSWER_BYTES_MAX; i++) {
        const char *digit = memchr(DIGITS, line.at[i], sizeof DIGITS - 1);

        if (digit == NULL) {
            break;
        }
        *size = *size * 16 + (size_t)(digit - DIGITS) / 2;
    }
    return i > 0 && (i == line.len || line.at[i] == ';' || line.at[i] == ' ') && *size <= ANSWER_BYTES_MAX;
}

/* An empty one is the last. */
static enum answer_state chunk_take(struct text *rest, struct text *data)
{
    struct text line;
    size_t size;

    if (!line_take(rest, &line)) {
        return rest->len <= CHUNK_LINE_MAX + 1 ? ANSWER_PART : ANSWER_BAD;
    }
    if (line.len > CHUNK_LINE_MAX || !chunk_size_read(line, &size)) {
        return ANSWER_BAD;
    }
    *data = (struct text){rest->at, size};
    if (size == 0) {
        return ANSWER_WHOLE;
    }
    if (rest->len < size + 2) {
        return ANSWER_PART;
    }
    if (memcmp(rest->at + size, "\r\n", 2) != 0) {
        return ANSWER_BAD;
    }
    *rest = (struct text){rest->at + size + 2, rest->len - size - 2};
    return ANSWER_WHOLE;
}

/* join NULL: only looks whether all is there; otherwise the data is put together where it begins. */
static enum answer_state chunks_walk(struct text rest, char *join, struct answer *out)
{
    const char *start = rest.at;
    struct text piece;

    out->body = (struct text){join, 0};
    do {
        enum answer_state state = chunk_take(&rest, &piece);

        if (state != ANSWER_WHOLE || out->body.len + piece.len > ANSWER_BYTES_MAX) {
            return state == ANSWER_WHOLE ? ANSWER_BAD : state;
        }
        if (join != NULL) {
            memmove(join + out->body.len, piece.at, piece.len);
        }
        out->body.len += piece.len;
    } while (piece.len > 0);
    while (line_take(&rest, &piece)) { /* trailers */
        if (piece.len == 0) {
            out->bytes += (size_t)(rest.at - start);
            return ANSWER_WHOLE;
        }
    }
    return ANSWER_PART;
}

enum answer_state answer_read(char *bytes, size_t len, struct answer *out)
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
    if (head.is_chunked) {
        struct text rest = {bytes + head_len, len - head_len};
        enum answer_state state = chunks_walk(rest, NULL, out);

        out->bytes = head_len;
        return state == ANSWER_WHOLE ? chunks_walk(rest, bytes + head_len, out) : state;
    }
    if (len - head_len < head.length) {
        return ANSWER_PART;
    }
    out->body = (struct text){bytes + head_len, head.length};
    out->bytes = head_len + head.length;
    return ANSWER_WHOLE;
}
