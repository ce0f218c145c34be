/*
 * Unit tests of store/redis_node.c against a server that says exactly what a test wants, or nothing.
 */
#include "store/redis_node.h"

#include "base/clock.h"
#include "base/loop.h"
#include "tests/support/unit.h"

#include <fcntl.h>
#include <hiredis/hiredis.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { TIMEOUT_MS = 60, CALLS = 8 };

static const char RUN_ID[] = "0123456789abcdef0123456789abcdef01234567";

struct server {
    struct loop *loop;
    struct loop_io *listening, *talking;
    int listen_fd, fd;
    char dir[64], path[96];
    bool greeted;       /* INFO and FUNCTION LOAD were answered */
    bool silent;        /* commands stay unanswered */
    const char *answer; /* to each command after the greeting */
    size_t unanswered;
};

struct world {
    struct loop *loop;
    struct loop_timer *end;
    struct server server;
    struct redis_node *node;
    struct buf command;
    size_t answers, inside; /* inside: answered before the call returned */
    hb_err errs[CALLS];
    bool calling;
};

/* ---- the server ---- */

static void server_say(struct server *server, const char *text)
{
    assert_int_equal(write(server->fd, text, strlen(text)), (ssize_t)strlen(text));
}

static void server_greet(struct server *server)
{
    char info[200], out[256];

    (void)snprintf(info, sizeof info, "# Server\r\nredis_version:7\r\nrun_id:%s\r\nos:x\r\n", RUN_ID);
    (void)snprintf(out, sizeof out, "$%zu\r\n%s\r\n+hongbao\r\n", strlen(info), info);
    server_say(server, out);
    server->greeted = true;
}

/* Commands of these tests are PING; the greeting ends with the library's text. */
static void server_read(void *arg, bool readable, bool writable)
{
    static char bytes[1 << 20];
    struct server *server = arg;
    ssize_t len = read(server->fd, bytes, sizeof bytes - 1);

    (void)readable;
    (void)writable;
    if (len <= 0) {
        loop_io_free(server->talking);
        (void)close(server->fd);
        server->talking = NULL;
        server->greeted = false;
        return;
    }
    bytes[len] = '\0';
    if (!server->greeted && strstr(bytes, "LOAD") != NULL) {
        server_greet(server);
        return;
    }
    for (const char *at = bytes; (at = strstr(at, "PING")) != NULL; at++) {
        server->unanswered++;
    }
    while (!server->silent && server->unanswered > 0) {
        server->unanswered--;
        server_say(server, server->answer);
    }
}

static void server_accept(void *arg, bool readable, bool writable)
{
    struct server *server = arg;

    (void)readable;
    (void)writable;
    server->fd = accept(server->listen_fd, NULL, NULL);
    assert_true(server->fd >= 0);
    server->talking = loop_io_new(server->loop, server->fd, server_read, server);
}

static void server_open(struct server *server, struct loop *loop)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    server->loop = loop;
    server->answer = "+PONG\r\n";
    (void)snprintf(server->dir, sizeof server->dir, "/tmp/hongbao-node-XXXXXX");
    assert_non_null(mkdtemp(server->dir));
    (void)snprintf(server->path, sizeof server->path, "%s/redis.sock", server->dir);
    (void)snprintf(address.sun_path, sizeof address.sun_path, "%s", server->path);
    server->listen_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(server->listen_fd, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(server->listen_fd, 8), 0);
    server->listening = loop_io_new(loop, server->listen_fd, server_accept, server);
}

static void server_hang_up(struct server *server)
{
    loop_io_free(server->talking);
    (void)close(server->fd);
    server->talking = NULL;
    server->greeted = false;
    server->unanswered = 0;
}

static void server_close(struct server *server)
{
    if (server->talking != NULL) {
        server_hang_up(server);
    }
    loop_io_free(server->listening);
    (void)close(server->listen_fd);
    (void)unlink(server->path);
    (void)rmdir(server->dir);
}

/* ---- the world ---- */

static void ended(void *arg)
{
    loop_stop(arg);
}

static void run_ms(struct world *world, int64_t ms)
{
    loop_timer_set(world->end, ms * 1000);
    loop_run(world->loop);
}

static void replied(void *arg, hb_err err, const struct redisReply *reply)
{
    struct world *world = arg;

    assert_true((err == HB_OK) == (reply != NULL));
    world->inside += world->calling;
    world->errs[world->answers++] = err;
}

static void ping(struct world *world)
{
    world->calling = true;
    redis_node_call(world->node, &world->command, replied, world);
    world->calling = false;
}

static struct world *world_new(void)
{
    struct world *world = calloc(1, sizeof *world);
    struct node_address address;
    char text[128];

    assert_non_null(world);
    world->loop = loop_new();
    world->end = loop_timer_new(world->loop, ended, world->loop);
    server_open(&world->server, world->loop);
    (void)snprintf(text, sizeof text, "unix:%s", world->server.path);
    assert_true(node_address_parse(text, strlen(text), &address));
    world->node = redis_node_new(world->loop, &address, "", TIMEOUT_MS);
    buf_init(&world->command, 4096);
    wire_command(&world->command, 1);
    wire_text(&world->command, "PING");
    return world;
}

static void world_free(struct world *world)
{
    assert_int_equal(world->inside, 0);
    redis_node_free(world->node);
    server_close(&world->server);
    loop_timer_free(world->end);
    loop_free(world->loop);
    buf_free(&world->command);
    free(world);
}

static void wait_ready(struct world *world)
{
    for (int i = 0; i < 200 && !redis_node_ready(world->node); i++) {
        run_ms(world, 5);
    }
    assert_true(redis_node_ready(world->node));
}

/* ---- the tests ---- */

TEST(it_greets_and_then_answers)
{
    struct world *world = world_new();

    wait_ready(world);
    assert_string_equal(redis_node_run_id(world->node), RUN_ID);
    ping(world);
    ping(world);
    run_ms(world, 20);
    assert_int_equal(world->answers, 2);
    assert_int_equal(world->errs[0], HB_OK);
    world_free(world);
}

TEST(before_it_is_connected_nothing_is_sent)
{
    struct world *world = world_new();

    ping(world);
    assert_int_equal(world->answers, 0);
    run_ms(world, 2);
    assert_int_equal(world->answers, 1);
    assert_int_equal(world->errs[0], HB_E_UNAVAILABLE);
    world_free(world);
}

TEST(silence_is_unsure_at_the_deadline_and_the_next_call_is_refused)
{
    struct world *world = world_new();

    wait_ready(world);
    world->server.silent = true;
    ping(world);
    run_ms(world, TIMEOUT_MS / 2);
    assert_int_equal(world->answers, 0);
    run_ms(world, TIMEOUT_MS);
    assert_int_equal(world->answers, 1);
    assert_int_equal(world->errs[0], HB_E_UNSURE);
    assert_false(redis_node_ready(world->node));
    ping(world);
    run_ms(world, 2);
    assert_int_equal(world->errs[1], HB_E_UNAVAILABLE);
    world_free(world);
}

TEST(a_late_answer_is_heard_by_nobody_and_ends_the_stall)
{
    struct world *world = world_new();

    wait_ready(world);
    world->server.silent = true;
    ping(world);
    run_ms(world, 2 * TIMEOUT_MS);
    server_say(&world->server, world->server.answer);
    world->server.unanswered = 0;
    world->server.silent = false;
    run_ms(world, 10);
    assert_int_equal(world->answers, 1);
    assert_true(redis_node_ready(world->node));
    ping(world);
    run_ms(world, 10);
    assert_int_equal(world->errs[1], HB_OK);
    world_free(world);
}

TEST(a_lost_connection_is_unsure_and_comes_back)
{
    struct world *world = world_new();

    wait_ready(world);
    world->server.silent = true;
    ping(world);
    ping(world);
    run_ms(world, 5);
    server_hang_up(&world->server);
    world->server.silent = false;
    run_ms(world, 5);
    assert_int_equal(world->answers, 2);
    assert_int_equal(world->errs[0], HB_E_UNSURE);
    assert_int_equal(world->errs[1], HB_E_UNSURE);
    wait_ready(world);
    ping(world);
    run_ms(world, 10);
    assert_int_equal(world->errs[2], HB_OK);
    world_free(world);
}

TEST(silence_for_long_ends_the_connection)
{
    struct world *world = world_new();

    wait_ready(world);
    world->server.silent = true;
    ping(world);
    run_ms(world, 5 * TIMEOUT_MS + 20);
    world->server.silent = false;
    wait_ready(world);
    assert_int_equal(world->answers, 1);
    world_free(world);
}

TEST(error_replies_say_whether_anything_ran)
{
    static const struct {
        const char *text;
        hb_err err;
    } CASES[] = {
        {"-LOADING Redis is loading the dataset in memory\r\n", HB_E_UNAVAILABLE},
        {"-OOM command not allowed\r\n", HB_E_UNAVAILABLE},
        {"-ERR Function not found\r\n", HB_E_CLOSED},
        {"-ERR user_script:12: something\r\n", HB_E_UNSURE},
    };
    struct world *world = world_new();

    wait_ready(world);
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        world->server.answer = CASES[i].text;
        ping(world);
        run_ms(world, 10);
        assert_int_equal(world->answers, i + 1);
        assert_int_equal(world->errs[i], CASES[i].err);
    }
    world_free(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(it_greets_and_then_answers),
        RUN(before_it_is_connected_nothing_is_sent),
        RUN(silence_is_unsure_at_the_deadline_and_the_next_call_is_refused),
        RUN(a_late_answer_is_heard_by_nobody_and_ends_the_stall),
        RUN(a_lost_connection_is_unsure_and_comes_back),
        RUN(silence_for_long_ends_the_connection),
        RUN(error_replies_say_whether_anything_ran),
    };

    (void)signal(SIGPIPE, SIG_IGN);
    return RUN_ALL(tests);
}
