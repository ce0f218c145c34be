/*
 * loadtest/outcomes.c - lines into a buffer, and the buffer into a file once a turn.
 */
#include "loadtest/outcomes.h"

#include "base/buf.h"
#include "base/loop.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { LINES_BYTES_MAX = 1 << 24 };

struct outcomes {
    struct loop *loop;
    const char *path;
    struct buf lines;
    int fd;
    int error; /* errno of the first write that failed */
    bool is_deferred;
};

struct outcomes *outcomes_open(struct loop *loop, const char *path)
{
    struct outcomes *outcomes = calloc(1, sizeof *outcomes);

    if (outcomes == NULL) {
        return NULL;
    }
    *outcomes = (struct outcomes){.loop = loop, .path = path};
    buf_init(&outcomes->lines, LINES_BYTES_MAX);
    outcomes->fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (outcomes->fd < 0) {
        fprintf(stderr, "hongbao-load: %s: %s\n", path, strerror(errno));
        free(outcomes);
        return NULL;
    }
    return outcomes;
}

static void lines_write(struct outcomes *outcomes)
{
    size_t done = 0;

    while (done < outcomes->lines.len && outcomes->error == 0) {
        ssize_t wrote = write(outcomes->fd, outcomes->lines.data + done, outcomes->lines.len - done);

        if (wrote < 0 && errno != EINTR) {
            outcomes->error = errno;
        }
        done += wrote > 0 ? (size_t)wrote : 0;
    }
    if (outcomes->lines.failed && outcomes->error == 0) {
        outcomes->error = ENOMEM;
    }
    buf_clear(&outcomes->lines);
}

static void turn_ended(void *arg)
{
    struct outcomes *outcomes = arg;

    outcomes->is_deferred = false;
    lines_write(outcomes);
}

static void text_add(struct buf *line, const char *name, struct text value)
{
    if (value.len > 0) {
        buf_addf(line, ",\"%s\":", name);
        buf_add_json_string(line, value.at, value.len);
    }
}

static void number_add(struct buf *line, const char *name, int64_t value)
{
    if (value >= 0) {
        buf_addf(line, ",\"%s\":%" PRId64, name, value);
    }
}

static void drawn_add(struct buf *line, const struct drawn *drawn)
{
    number_add(line, "draw_no", drawn->draw_no);
    text_add(line, "draw_id", drawn->draw_id);
    text_add(line, "prize", drawn->prize);
    text_add(line, "kind", drawn->kind);
    number_add(line, "amount_fen", drawn->amount_fen);
    number_add(line, "chances_left", drawn->chances_left);
}

static const char *outcome_word(enum verdict_kind kind)
{
    switch (kind) {
    case VERDICT_WON:
        return "won";
    case VERDICT_NONE:
        return "none";
    case VERDICT_OK:
        return "ok";
    case VERDICT_REFUSED:
        return "refused";
    case VERDICT_RETRY:
    case VERDICT_ERROR:
        return "unknown";
    }
    return "unknown";
}

void outcomes_add(struct outcomes *outcomes, const struct outcome *outcome)
{
    const struct verdict *verdict = outcome->verdict;
    struct buf *line;

    if (outcomes == NULL) {
        return;
    }
    line = &outcomes->lines;
    buf_addf(line, "{\"at_us\":%" PRId64 ",\"user\":%" PRIu32, outcome->at_us, outcome->user);
    text_add(line, "key", outcome->key);
    buf_addf(line, ",\"status\":%d,\"attempts\":%" PRIu32, outcome->status, outcome->attempts);
    buf_addf(line, ",\"replayed\":%s", outcome->is_replayed ? "true" : "false");
    buf_addf(line, ",\"outcome\":\"%s\"", outcome_word(verdict->kind));
    if (verdict->kind == VERDICT_WON || verdict->kind == VERDICT_NONE) {
        drawn_add(line, &verdict->drawn);
    } else {
        text_add(line, "code", (struct text){verdict->why, strlen(verdict->why)});
    }
    buf_adds(line, "}\n");
    if (!outcomes->is_deferred) {
        outcomes->is_deferred = true;
        loop_defer(outcomes->loop, turn_ended, outcomes);
    }
}

bool outcomes_close(struct outcomes *outcomes)
{
    bool is_whole;

    if (outcomes == NULL) {
        return true;
    }
    lines_write(outcomes);
    if (close(outcomes->fd) != 0 && outcomes->error == 0) {
        outcomes->error = errno;
    }
    is_whole = outcomes->error == 0;
    if (!is_whole) {
        fprintf(stderr, "hongbao-load: %s: %s\n", outcomes->path, strerror(outcomes->error));
    }
    buf_free(&outcomes->lines);
    free(outcomes);
    return is_whole;
}
