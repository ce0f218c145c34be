/*
 * Unit tests of base/crash_point.h: with crash points a process dies at the one that was asked for; without
 * them nothing can make it.
 */
#include "base/crash_point.h"

#include "tests/support/unit.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { LIVED = 100 }; /* the child's exit code: and how many passings it lived through */

static int child_status(const char *wish, int passings)
{
    int status = 0;
    pid_t child = fork();

    assert_true(child >= 0);
    if (child == 0) {
        (void)setenv("CRASH_POINT", wish, 1);
        for (int i = 0; i < passings; i++) {
            CRASH_POINT(WRITER_SENT);
            CRASH_POINT(WRITER_COMMITTED);
        }
        _exit(LIVED + passings);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    return status;
}

static void check_lives(const char *wish, int passings)
{
    int status = child_status(wish, passings);

    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), LIVED + passings);
}

TEST(what_was_not_asked_for_is_passed)
{
    check_lives("", 9);
    check_lives("draw.told", 9);
    check_lives("writer.sent:3", 2);
    check_lives("writer.sent:0", 9);
    check_lives("writer.sen", 9);
    check_lives("writer.sentinel", 9);
}

TEST(what_was_asked_for_is_the_end_where_there_are_crash_points)
{
#ifdef HB_CRASH_POINTS
    int first = child_status("writer.sent", 1), third = child_status("writer.committed:3", 3);

    assert_true(WIFSIGNALED(first) && WTERMSIG(first) == SIGKILL);
    assert_true(WIFSIGNALED(third) && WTERMSIG(third) == SIGKILL);
#else
    check_lives("writer.sent", 1);
    check_lives("writer.committed:3", 3);
#endif
}

TEST(each_name_is_of_one_point)
{
#define NAME(symbol, name) name,
    static const char *const NAMES[] = {CRASH_POINT_LIST(NAME)};

    assert_int_equal(sizeof NAMES / sizeof NAMES[0], CRASH_POINT_COUNT);
    for (size_t i = 0; i < CRASH_POINT_COUNT; i++) {
        for (size_t j = 0; j < i; j++) {
            assert_string_not_equal(NAMES[i], NAMES[j]);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(what_was_not_asked_for_is_passed),
        RUN(what_was_asked_for_is_the_end_where_there_are_crash_points),
        RUN(each_name_is_of_one_point),
    };

    return RUN_ALL(tests);
}
