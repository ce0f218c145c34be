/* Tests of engine/http/server.c, conn.c, call.c, reply.c, problem.c, cors.c: one server, real sockets, one
 * thread. */
#include "http/server.h"

#include "base/buf.h"
#include "base/log.h"
#include "base/metrics.h"
#include "tests/support/unit.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { TICK_US = 1000, TICKS_MAX = 5000, HELD_MAX = 8 };

static struct {
    struct loop *loop;
    struct http_server *server;
    struct loop_timer *timer;
    struct http_call *held[HELD_MAX];
    size_t held_count;
    bool drained;
    /* what loop_until() waits for */
    int fd;
    const char *awaited;
    size_t held_awaited;
    int ticks;
    struct buf said;
    bool closed;
} world;

static void hello(struct http_call *call, void *context)
{
    (void)context;
    http_call_reply(call, 200, "text/plain", "hello", 5);
}

static void hold(struct http_call *call, void *context)
{
    (void)context;
    world.held[world.held_count++] = call;
}

static void echo(struct http_call *call, void *context)
{
    const struct http_request *request = http_call_request(call);
    struct http_text value;
    char line[256];
    int len;

    (void)context;
    if (!http_call_query(call, "q", &value)) {
        value = (struct http_text){"-", 1};
    }
    http_call_add_header(call, "X-Good", "yes");
    http_call_add_header(call, "X-Bad", "a\r\nX-Injected: b");
    http_call_add_header(call, "X Bad", "a");
    len = snprintf(line,
                   sizeof line,
                   "[%.*s|%.*s|%.*s]",
                   (int)request->params[0].len,
                   request->params[0].at,
                   (int)value.len,
                   value.at,
                   (int)request->body.len,
                   request->body.at);
    http_call_reply(call, 200, "text/plain", line, (size_t)len);
}

static void refuse(struct http_call *call, void *context)
{
    (void)context;
    http_call_problem(call, HB_E_OVERLOADED, "a \"reason\"", "\"next_draw_no\":4");
}

static const struct http_route ROUTES[] = {
    {HTTP_GET, "/hello", hello, 0},
    {HTTP_GET, "/hold", hold, 0},
    {HTTP_POST, "/echo/:what", echo, 64},
    {HTTP_GET, "/refuse", refuse, 0},
    {.path = NULL},
};

static bool origin_allowed(void *context, struct http_text path, struct http_text origin)
{
    (void)context;
    return path.len > 0 && origin.len == 9 && memcmp(origin.at, "https://a", 9) == 0;
}

static void tick(void *arg)
{
    bool said;
    char bytes[65536];
    ssize_t got;

    (void)arg;
    while ((got = recv(world.fd, bytes, sizeof bytes, MSG_DONTWAIT)) > 0) {
        buf_add(&world.said, bytes, (size_t)got);
    }
    world.closed |= got == 0;
    said = world.awaited != NULL && strstr(buf_cstr(&world.said), world.awaited) != NULL;
    if (said || (world.awaited == NULL && (world.closed || world.held_count == world.held_awaited))) {
        loop_stop(world.loop);
        return;
    }
    assert_true(++world.ticks < TICKS_MAX);
    loop_timer_set(world.timer, TICK_US);
}

static void loop_until(void)
{
    world.ticks = 0;
    loop_timer_set(world.timer, TICK_US);
    loop_run(world.loop);
}

static void await_text(const char *text)
{
    world.awaited = text;
    loop_until();
}

static void await_close(void)
{
    world.awaited = NULL;
    world.held_awaited = SIZE_MAX;
    loop_until();
}

static void await_held(size_t count)
{
    world.awaited = NULL;
    world.held_awaited = count;
    loop_until();
}

static int setup(void **state)
{
    const struct http_server_spec spec = {
        .listen = "127.0.0.1",
        .limits = {4096, 32, 65536, 300, 60000, 300, 100, 64, 64},
        .trusted_proxies = "",
        .routes = ROUTES,
        .static_dir = "",
        .origin_allowed = origin_allowed,
    };

    (void)state;
    log_level_set(LOG_LEVEL_ERROR);
    metrics_thread_setup();
    memset(&world, 0, sizeof world);
    buf_init(&world.said, 1 << 22);
    world.fd = -1;
    world.loop = loop_new();
    world.timer = loop_timer_new(world.loop, tick, NULL);
    assert_int_equal(http_server_new(world.loop, &spec, &world.server), HB_OK);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    http_server_free(world.server);
    if (world.fd >= 0) {
        close(world.fd);
    }
    loop_timer_free(world.timer);
    loop_free(world.loop);
    buf_free(&world.said);
    return 0;
}

static void say(const char *text)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(http_server_port(world.server))};

    if (world.fd < 0) {
        at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        world.fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        assert_int_equal(connect(world.fd, (const struct sockaddr *)&at, sizeof at), 0);
    }
    assert_int_equal(send(world.fd, text, strlen(text), MSG_NOSIGNAL), strlen(text));
}

static void hang_up(void)
{
    const struct linger reset = {1, 0};

    (void)setsockopt(world.fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
    close(world.fd);
    world.fd = -1;
}

static bool heard(const char *text)
{
    return strstr(buf_cstr(&world.said), text) != NULL;
}

static void release(size_t index, const char *text)
{
    http_call_reply(world.held[index], 200, "text/plain", text, strlen(text));
}

TEST(answers_leave_in_order_also_when_one_takes_its_time)
{
    say("GET /hold HTTP/1.1\r\nHost: a\r\n\r\nGET /hello HTTP/1.1\r\nHost: a\r\n\r\n");
    await_held(1);
    assert_int_equal(world.said.len, 0);
    release(0, "first");
    await_text("hello");
    assert_true(strstr(world.said.data, "first") < strstr(world.said.data, "hello"));
}

TEST(a_request_is_readable_for_as_long_as_its_handler_takes)
{
    const struct http_request *request;
    struct http_text value;

    say("GET /hold?x=1 HTTP/1.1\r\nHost: a\r\nX-One:  two\r\n\r\n");
    await_held(1);
    say("GET /hello?much=more HTTP/1.1\r\nHost: b\r\n\r\n");
    request = http_call_request(world.held[0]);
    assert_memory_equal(request->path.at, "/hold", 5);
    assert_memory_equal(request->host.at, "a", 1);
    assert_true(http_call_header(world.held[0], "x-one", &value));
    assert_int_equal(value.len, 3);
    assert_memory_equal(value.at, "two", 3);
    assert_false(http_call_header(world.held[0], "x-two", &value));
    assert_string_equal(request->client, "127.0.0.1");
    release(0, "kept");
    await_text("hello");
}

TEST(a_call_outlives_its_client)
{
    say("GET /hold HTTP/1.1\r\nHost: a\r\n\r\n");
    await_held(1);
    hang_up();
    say("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n");
    await_text("hello");
    assert_memory_equal(http_call_request(world.held[0])->path.at, "/hold", 5);
    release(0, "nobody hears it");
}

TEST(hanging_up_says_nothing_but_what_was_said_before)
{
    say("GET /hello HTTP/1.1\r\nHost: a\r\n\r\nGET /hold HTTP/1.1\r\nHost: a\r\n\r\n"
        "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n");
    await_held(1);
    http_call_hang_up(world.held[0]);
    await_close();
    assert_true(heard("hello"));
    assert_null(strstr(strstr(world.said.data, "hello") + 5, "HTTP/1.1"));
}

TEST(a_call_outlives_its_server)
{
    say("GET /hold HTTP/1.1\r\nHost: a\r\n\r\n");
    await_held(1);
    http_server_free(world.server);
    world.server = NULL;
    assert_memory_equal(http_call_request(world.held[0])->path.at, "/hold", 5);
    http_call_problem(world.held[0], HB_E_UNAVAILABLE, NULL, NULL);
}

TEST(params_query_and_body_reach_the_handler_and_no_header_is_injected)
{
    say("POST /echo/a%2Fb?p=1&q=x+%26y&q=z HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc");
    await_text("[a/b|x &y|abc]");
    assert_true(heard("X-Good: yes\r\n"));
    assert_false(heard("Injected"));
    assert_false(heard("Bad"));
}

TEST(a_routes_own_body_limit_is_kept_before_the_body_comes)
{
    say("POST /echo/x HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 65\r\n\r\n");
    await_close();
    assert_true(heard("HTTP/1.1 413 "));
    assert_false(heard("100 Continue"));
    assert_true(heard("Connection: close\r\n"));
}

TEST(a_problem_says_what_why_and_when_to_come_back)
{
    say("GET /refuse HTTP/1.1\r\nHost: a\r\nAccept-Language: zh-CN\r\n"
        "traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\n\r\n");
    await_text("}");
    assert_true(heard("HTTP/1.1 503 "));
    assert_true(heard("Content-Type: application/problem+json\r\n"));
    assert_true(heard("Retry-After: "));
    assert_true(heard("\"type\":\"urn:hongbao:problem:overloaded\""));
    assert_true(heard("当前人数过多"));
    assert_true(heard("\"detail\":\"a \\\"reason\\\"\",\"next_draw_no\":4,"
                      "\"trace_id\":\"0af7651916cd43dd8448eb211c80319c\"}"));
}

TEST(a_false_traceparent_is_not_echoed)
{
    say("GET /refuse HTTP/1.1\r\nHost: a\r\n"
        "traceparent: 00-00000000000000000000000000000000-b7ad6b7169203331-01\r\n\r\n");
    await_text("}");
    assert_false(heard("trace_id"));
}

TEST(a_preflight_is_answered_for_allowed_origins_only)
{
    say("OPTIONS /echo/x HTTP/1.1\r\nHost: a\r\nOrigin: https://a\r\nAccess-Control-Request-Method: "
        "POST\r\n\r\n");
    await_text("\r\n\r\n");
    assert_true(heard("HTTP/1.1 204 "));
    assert_true(heard("Access-Control-Allow-Origin: https://a\r\n"));
    assert_true(heard("Access-Control-Allow-Methods: POST, OPTIONS\r\n"));
    buf_clear(&world.said);
    say("OPTIONS /echo/x HTTP/1.1\r\nHost: a\r\nOrigin: https://b\r\nAccess-Control-Request-Method: "
        "POST\r\n\r\n");
    await_text("\r\n\r\n");
    assert_false(heard("Access-Control"));
    assert_true(heard("Vary: Origin\r\n"));
}

TEST(head_is_get_without_the_body)
{
    say("HEAD /hello HTTP/1.1\r\nHost: a\r\n\r\nPUT /hello HTTP/1.1\r\nHost: a\r\n\r\n");
    await_text("Allow: GET, HEAD, OPTIONS");
    assert_true(heard("Content-Length: 5\r\n"));
    assert_false(heard("\r\n\r\nhello"));
    assert_true(heard("HTTP/1.1 405 "));
}

TEST(a_request_that_does_not_end_is_told_so_and_cut)
{
    say("GET /hello HTTP/1.1\r\nHost: a\r\n");
    await_close();
    assert_true(heard("HTTP/1.1 408 "));
    assert_true(heard("Connection: close\r\n"));
}

static void drained(void *arg)
{
    (void)arg;
    world.drained = true;
    loop_stop(world.loop);
}

TEST(a_drain_waits_for_what_was_received)
{
    say("GET /hold HTTP/1.1\r\nHost: a\r\n\r\nGET /hello HTTP/1.1\r\nHost: a\r\n\r\n");
    await_held(1);
    http_server_drain(world.server, 2000, drained, NULL);
    assert_false(world.drained);
    release(0, "late");
    await_text("hello");
    assert_true(heard("Connection: close\r\n"));
    close(world.fd);
    world.fd = -1;
    loop_run(world.loop);
    assert_true(world.drained);
}

TEST(a_drain_gives_up_at_its_deadline)
{
    say("GET /hold HTTP/1.1\r\nHost: a\r\n\r\n");
    await_held(1);
    http_server_drain(world.server, 100, drained, NULL);
    loop_run(world.loop);
    assert_true(world.drained);
    release(0, "too late");
}

TEST(a_server_that_cannot_be_had_says_why)
{
    struct http_server_spec spec = {
        .listen = "nowhere", .routes = ROUTES, .trusted_proxies = "", .static_dir = ""};
    struct http_server *server;

    assert_int_equal(http_server_new(world.loop, &spec, &server), HB_E_INPUT);
    spec.listen = "127.0.0.1";
    spec.trusted_proxies = "everyone";
    assert_int_equal(http_server_new(world.loop, &spec, &server), HB_E_INPUT);
    spec.trusted_proxies = "";
    spec.static_dir = "/nonexistent";
    assert_int_equal(http_server_new(world.loop, &spec, &server), HB_E_IO);
    assert_null(server);
}

#define RUN_IN_WORLD(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN_IN_WORLD(answers_leave_in_order_also_when_one_takes_its_time),
        RUN_IN_WORLD(a_request_is_readable_for_as_long_as_its_handler_takes),
        RUN_IN_WORLD(a_call_outlives_its_client),
        RUN_IN_WORLD(hanging_up_says_nothing_but_what_was_said_before),
        RUN_IN_WORLD(a_call_outlives_its_server),
        RUN_IN_WORLD(params_query_and_body_reach_the_handler_and_no_header_is_injected),
        RUN_IN_WORLD(a_routes_own_body_limit_is_kept_before_the_body_comes),
        RUN_IN_WORLD(a_problem_says_what_why_and_when_to_come_back),
        RUN_IN_WORLD(a_false_traceparent_is_not_echoed),
        RUN_IN_WORLD(a_preflight_is_answered_for_allowed_origins_only),
        RUN_IN_WORLD(head_is_get_without_the_body),
        RUN_IN_WORLD(a_request_that_does_not_end_is_told_so_and_cut),
        RUN_IN_WORLD(a_drain_waits_for_what_was_received),
        RUN_IN_WORLD(a_drain_gives_up_at_its_deadline),
        RUN_IN_WORLD(a_server_that_cannot_be_had_says_why),
    };

    return RUN_ALL(tests);
}
