/*
 * Unit tests of base/log.c: stderr is a pipe while an event is written.
 */
#include "base/log.h"

#include "tests/support/unit.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

struct capture {
    int saved, read_fd;
    char text[8192];
};

static void capture_start(struct capture *capture)
{
    int ends[2];

    assert_int_equal(pipe2(ends, O_NONBLOCK), 0);
    capture->saved = dup(STDERR_FILENO);
    assert_int_equal(dup2(ends[1], STDERR_FILENO), STDERR_FILENO);
    (void)close(ends[1]);
    capture->read_fd = ends[0];
}

static void capture_end(struct capture *capture)
{
    ssize_t len;

    (void)dup2(capture->saved, STDERR_FILENO);
    (void)close(capture->saved);
    len = read(capture->read_fd, capture->text, sizeof capture->text - 1);
    capture->text[len > 0 ? len : 0] = '\0';
    (void)close(capture->read_fd);
}

TEST(an_event_is_one_line_with_time_level_name_and_facts)
{
    struct capture capture;

    capture_start(&capture);
    log_warn("draw.unsure", "campaign=%s wait_ms=%d", "spring", 201);
    capture_end(&capture);
    assert_int_equal(capture.text[10], 'T');
    assert_int_equal(capture.text[23], 'Z');
    assert_string_equal(capture.text + 24, " warn draw.unsure campaign=spring wait_ms=201\n");
}

TEST(text_from_outside_cannot_begin_a_line)
{
    struct capture capture;

    capture_start(&capture);
    log_error("a.b", "path=\"%s\"", "x\n2026 error fake\x1b[31m\x7f");
    capture_end(&capture);
    assert_string_equal(capture.text + 24, " error a.b path=\"x 2026 error fake [31m \"\n");
}

TEST(a_long_event_is_cut_and_still_one_line)
{
    static char facts[10000];
    struct capture capture;

    memset(facts, 'x', sizeof facts - 1);
    capture_start(&capture);
    log_error("a.b", "%s", facts);
    capture_end(&capture);
    assert_int_equal(strlen(capture.text), 4096);
    assert_ptr_equal(strchr(capture.text, '\n'), capture.text + 4095);
}

TEST(what_is_below_the_level_is_silent)
{
    struct capture capture;

    capture_start(&capture);
    log_debug("a.b", "x=%d", 1);
    log_level_set(LOG_LEVEL_ERROR);
    log_warn("a.b", "x=%d", 1);
    log_level_set(LOG_LEVEL_INFO);
    capture_end(&capture);
    assert_string_equal(capture.text, "");
    assert_int_equal(log_level_get(), LOG_LEVEL_INFO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(an_event_is_one_line_with_time_level_name_and_facts),
        RUN(text_from_outside_cannot_begin_a_line),
        RUN(a_long_event_is_cut_and_still_one_line),
        RUN(what_is_below_the_level_is_silent),
    };

    return RUN_ALL(tests);
}
