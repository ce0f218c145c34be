/*
 * Unit tests of base/loop.c and loop_event.c: the order in a turn, posts from other threads, freeing in
 * callbacks.
 */
#include "base/loop.h"

#include "base/clock.h"

#include "tests/support/unit.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

struct world {
    struct loop *loop;
    struct loop_timer *timer;
    struct loop_io *io[3];
    int pipes[3][2];
    char story[64];
    size_t told;
    int count;
};

static void tell(struct world *world, char c)
{
    assert_true(world->told < sizeof world->story - 1);
    world->story[world->told++] = c;
}

static void world_setup(struct world *world)
{
    *world = (struct world){.loop = loop_new()};
    assert_non_null(world->loop);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(pipe2(world->pipes[i], O_NONBLOCK), 0);
    }
}

static void world_teardown(struct world *world)
{
    for (size_t i = 0; i < 3; i++) {
        loop_io_free(world->io[i]);
        (void)close(world->pipes[i][0]);
        (void)close(world->pipes[i][1]);
    }
    loop_timer_free(world->timer);
    loop_free(world->loop);
}

static void stop(void *arg)
{
    loop_stop(((struct world *)arg)->loop);
}

static void tell_post(void *arg)
{
    tell(arg, 'p');
}

static void *post_many(void *arg)
{
    struct world *world = arg;

    for (int i = 0; i < 20; i++) {
        assert_true(loop_post(world->loop, tell_post, world));
    }
    assert_true(loop_post(world->loop, stop, world));
    return NULL;
}

TEST(posts_of_another_thread_run_here_in_order)
{
    struct world world;
    pthread_t thread;

    world_setup(&world);
    assert_int_equal(pthread_create(&thread, NULL, post_many, &world), 0);
    loop_run(world.loop);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_string_equal(world.story, "pppppppppppppppppppp");
    world_teardown(&world);
}

struct counter {
    struct loop *loop;
    int count, wanted;
};

static void count_up(void *arg)
{
    struct counter *counter = arg;

    if (++counter->count == counter->wanted) {
        loop_stop(counter->loop);
    }
}

static void *post_thousands(void *arg)
{
    struct counter *counter = arg;

    for (int i = 0; i < 20000; i++) {
        assert_true(loop_post(counter->loop, count_up, counter));
    }
    return NULL;
}

TEST(no_post_of_many_threads_is_lost)
{
    struct counter counter = {loop_new(), 0, 80000};
    pthread_t threads[4];

    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, post_thousands, &counter), 0);
    }
    loop_run(counter.loop);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    }
    assert_int_equal(counter.count, 80000);
    loop_free(counter.loop);
}

static void tell_end(void *arg)
{
    tell(arg, 'E');
}

static void tell_late_end(void *arg)
{
    tell(arg, 'L');
    stop(arg);
}

static void tell_first_end(void *arg)
{
    struct world *world = arg;

    tell(world, 'F');
    loop_defer(world->loop, tell_late_end, world);
}

static void tell_readable(void *arg, bool readable, bool writable)
{
    struct world *world = arg;

    assert_true(readable);
    assert_false(writable);
    tell(world, 'r');
    if (world->count++ == 0) {
        loop_defer(world->loop, tell_first_end, world);
        loop_defer(world->loop, tell_end, world);
    }
}

TEST(deferred_calls_follow_every_ready_descriptor_of_the_turn)
{
    struct world world;

    world_setup(&world);
    for (size_t i = 0; i < 3; i++) {
        world.io[i] = loop_io_new(world.loop, world.pipes[i][0], tell_readable, &world);
        assert_int_equal(write(world.pipes[i][1], "x", 1), 1);
    }
    loop_run(world.loop);
    assert_string_equal(world.story, "rrrFEL");
    world_teardown(&world);
}

static void defer_for_ever(void *arg)
{
    struct world *world = arg;

    world->count++;
    loop_defer(world->loop, defer_for_ever, world);
}

static void stop_readable(void *arg, bool readable, bool writable)
{
    (void)readable;
    (void)writable;
    stop(arg);
}

TEST(deferring_without_end_starves_nobody)
{
    struct world world;

    world_setup(&world);
    world.io[0] = loop_io_new(world.loop, world.pipes[0][0], stop_readable, &world);
    loop_defer(world.loop, defer_for_ever, &world);
    assert_int_equal(write(world.pipes[0][1], "x", 1), 1);
    loop_run(world.loop);
    assert_in_range(world.count, 8, 16);
    world_teardown(&world);
}

static void tell_both(void *arg, bool readable, bool writable)
{
    struct world *world = arg;

    tell(world, readable ? 'r' : 'w');
    assert_true(readable != writable);
    if (writable) {
        loop_io_want(world->io[0], /* read= */ true, /* write= */ false);
        loop_timer_set(world->timer, 5000);
    } else {
        loop_io_want(world->io[0], /* read= */ false, /* write= */ true);
    }
}

TEST(writing_is_told_on_request_only)
{
    struct world world;
    int ends[2];

    world_setup(&world);
    world.timer = loop_timer_new(world.loop, stop, &world);
    assert_int_equal(pipe2(ends, O_NONBLOCK), 0);
    world.io[0] = loop_io_new(world.loop, ends[1], tell_both, &world);
    loop_timer_set(world.timer, 5000);
    loop_run(world.loop);
    assert_string_equal(world.story, "");
    loop_io_want(world.io[0], /* read= */ true, /* write= */ true);
    loop_run(world.loop);
    assert_string_equal(world.story, "w");
    world_teardown(&world);
    (void)close(ends[0]);
    (void)close(ends[1]);
}

static void free_all(void *arg, bool readable, bool writable)
{
    struct world *world = arg;

    (void)readable;
    (void)writable;
    tell(world, 'f');
    for (size_t i = 0; i < 3; i++) {
        loop_io_free(world->io[i]);
        world->io[i] = NULL;
    }
    loop_stop(world->loop);
}

TEST(a_callback_may_free_itself_and_others_that_are_ready)
{
    struct world world;

    world_setup(&world);
    for (size_t i = 0; i < 3; i++) {
        world.io[i] = loop_io_new(world.loop, world.pipes[i][0], free_all, &world);
        assert_int_equal(write(world.pipes[i][1], "x", 1), 1);
    }
    loop_run(world.loop);
    assert_string_equal(world.story, "f");
    world_teardown(&world);
}

static void timer_again(void *arg)
{
    struct world *world = arg;

    tell(world, 't');
    if (world->told < 3) {
        loop_timer_set(world->timer, 1000);
        return;
    }
    loop_timer_free(world->timer);
    world->timer = NULL;
    loop_stop(world->loop);
}

TEST(a_timer_is_set_again_and_freed_in_its_own_callback)
{
    struct world world;
    int64_t start = clock_mono_us();

    world_setup(&world);
    world.timer = loop_timer_new(world.loop, timer_again, &world);
    loop_timer_set(world.timer, -1);
    loop_run(world.loop);
    assert_string_equal(world.story, "ttt");
    assert_true(clock_mono_us() - start >= 2000);
    world_teardown(&world);
}

TEST(a_stopped_timer_does_not_fire)
{
    struct world world;
    struct loop_timer *silent;

    world_setup(&world);
    silent = loop_timer_new(world.loop, tell_post, &world);
    world.timer = loop_timer_new(world.loop, stop, &world);
    loop_timer_set(silent, 1000);
    loop_timer_set(world.timer, 5000);
    loop_timer_stop(silent);
    loop_run(world.loop);
    assert_string_equal(world.story, "");
    loop_timer_free(silent);
    world_teardown(&world);
}

static void check_now(void *arg)
{
    struct world *world = arg;
    int64_t now = loop_now_us(world->loop);

    (void)usleep(2000);
    assert_int_equal(loop_now_us(world->loop), now);
    assert_true(clock_mono_us() - now >= 2000);
    loop_stop(world->loop);
}

TEST(time_stands_still_within_a_turn)
{
    struct world world;

    world_setup(&world);
    assert_true(loop_post(world.loop, check_now, &world));
    loop_run(world.loop);
    assert_true(clock_mono_us() - loop_now_us(world.loop) < 1000000);
    world_teardown(&world);
}

TEST(a_signal_is_an_event)
{
    struct world world;

    world_setup(&world);
    assert_true(loop_signal(world.loop, SIGHUP, stop, &world));
    assert_int_equal(raise(SIGHUP), 0);
    loop_run(world.loop);
    world_teardown(&world);
}

TEST(a_loop_stopped_before_it_runs_returns_at_once)
{
    struct loop *loop = loop_new();

    loop_stop(loop);
    loop_run(loop);
    loop_free(loop);
    loop_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(posts_of_another_thread_run_here_in_order),
        RUN(no_post_of_many_threads_is_lost),
        RUN(deferred_calls_follow_every_ready_descriptor_of_the_turn),
        RUN(deferring_without_end_starves_nobody),
        RUN(writing_is_told_on_request_only),
        RUN(a_callback_may_free_itself_and_others_that_are_ready),
        RUN(a_timer_is_set_again_and_freed_in_its_own_callback),
        RUN(a_stopped_timer_does_not_fire),
        RUN(time_stands_still_within_a_turn),
        RUN(a_signal_is_an_event),
        RUN(a_loop_stopped_before_it_runs_returns_at_once),
    };

    return RUN_ALL(tests);
}
