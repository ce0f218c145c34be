/*
 * Unit tests of loadtest/users.c and loadtest/retries.c.
 */
#include "loadtest/users.h"

#include "loadtest/retries.h"
#include "tests/support/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { COUNT = 100 };

static bool users_of(struct users *users, const char *content, bool is_random)
{
    char path[] = "/tmp/hongbao-users-XXXXXX";
    int fd = mkstemp(path);
    bool is_read;

    assert_true(fd >= 0);
    assert_int_equal(write(fd, content, strlen(content)), strlen(content));
    assert_int_equal(close(fd), 0);
    is_read = users_read(users, path, is_random, 1);
    assert_int_equal(unlink(path), 0);
    return is_read;
}

TEST(a_token_a_line_blank_lines_left_out)
{
    struct users users;

    assert_true(users_of(&users, "\none\r\n\ntwo\nthree", false));
    assert_int_equal(users.count, 3);
    assert_true(text_is(users.list[0].token, "one"));
    assert_true(text_is(users.list[1].token, "two"));
    assert_true(text_is(users.list[2].token, "three"));
    assert_true(user_sign_in(&users.list[1], (struct text){"session", 7}));
    assert_true(text_is(users.list[1].token, "session"));
    assert_false(user_sign_in(&users.list[1], (struct text){"se\r\nion", 7}));
    users_free(&users);
}

TEST(files_without_tokens_are_refused)
{
    struct users users;

    assert_false(users_of(&users, "", false));
    users_free(&users);
    assert_false(users_of(&users, "two words\n", false));
    users_free(&users);
    assert_false(users_read(&users, "/nowhere/at/all", false, 1));
    users_free(&users);
}

TEST(in_turn_whoever_has_waited_longest_comes_next)
{
    struct users users = {.is_random = false};

    assert_true(users_make(&users, 3));
    assert_int_equal(users_take(&users), 0);
    assert_int_equal(users_take(&users), 1);
    users_put_back(&users, 1);
    users_put_back(&users, 0);
    assert_int_equal(users_take(&users), 2);
    assert_int_equal(users_take(&users), 1);
    assert_int_equal(users_take(&users), 0);
    assert_int_equal(users_take(&users), USER_NONE);
    users_put_back(&users, 2);
    assert_int_equal(users_take(&users), 2);
    users_free(&users);
}

TEST(at_random_nobody_is_taken_twice_and_everybody_has_a_turn)
{
    struct users users = {.is_random = true, .rng = {.state = 4}};
    unsigned taken[COUNT] = {0};

    assert_true(users_make(&users, COUNT));
    for (unsigned i = 0; i < 100 * COUNT; i++) {
        uint32_t a = users_take(&users), b = users_take(&users);

        assert_true(a < COUNT && b < COUNT && a != b);
        taken[a]++;
        taken[b]++;
        users_put_back(&users, a);
        users_put_back(&users, b);
    }
    for (unsigned i = 0; i < COUNT; i++) {
        assert_in_range(taken[i], 130, 270); /* 200 expected, standard deviation 14 */
    }
    users_free(&users);
}

TEST(retries_come_out_by_their_time)
{
    struct retries retries;
    struct rng rng = {.state = 8};
    int64_t before = 0;

    assert_true(retries_init(&retries, COUNT));
    assert_null(retries_first(&retries));
    for (uint32_t round = 0; round < 1000; round++) {
        while (retries.count < COUNT) {
            retries_add(&retries, (uint32_t)retries.count, before + (int64_t)rng_below(&rng, 1000));
        }
        for (uint32_t i = 0; i < COUNT / 3; i++) {
            struct retry retry = retries_take(&retries);

            assert_true(retry.due_us >= before);
            before = retry.due_us;
        }
    }
    while (retries.count > 0) {
        struct retry retry = retries_take(&retries);

        assert_true(retry.due_us >= before);
        before = retry.due_us;
    }
    retries_free(&retries);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(a_token_a_line_blank_lines_left_out),
        RUN(files_without_tokens_are_refused),
        RUN(in_turn_whoever_has_waited_longest_comes_next),
        RUN(at_random_nobody_is_taken_twice_and_everybody_has_a_turn),
        RUN(retries_come_out_by_their_time),
    };

    return RUN_ALL(tests);
}
