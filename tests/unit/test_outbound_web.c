/*
 * Unit tests of outbound/web.c against a server that answers, closes, stays silent, or is not there.
 */
#include "outbound/web.h"

#include "tests/support/outbound_server.h"
#include "tests/support/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TIMEOUT_MS = 300, CALLS_MAX = 4, LIMIT_US = 10 * 1000 * 1000 };

static struct {
    struct loop *loop;
    struct loop_timer *limit;
    struct outbound_server server;
    struct web_client *client;
    char url[64];
    size_t answers, awaited, inside;
    bool calling;
    hb_err err;
    int status;
    char body[256], header[64];
} world;

static void too_long(void *arg)
{
    (void)arg;
    fail_msg("no answer in time");
}

static int setup(void **state)
{
    const struct web_spec spec = {.connect_timeout_ms = TIMEOUT_MS,
                                  .timeout_ms = TIMEOUT_MS,
                                  .calls_max = CALLS_MAX,
                                  .connections_max = CALLS_MAX,
                                  .allow_plain = true};

    (void)state;
    memset(&world, 0, sizeof world);
    world.loop = loop_new();
    world.limit = loop_timer_new(world.loop, too_long, NULL);
    loop_timer_set(world.limit, LIMIT_US);
    outbound_server_open(&world.server, world.loop);
    assert_int_equal(web_client_new(world.loop, &spec, &world.client), HB_OK);
    (void)snprintf(world.url, sizeof world.url, "http://127.0.0.1:%u/path?a=b", world.server.port);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    web_client_free(world.client);
    outbound_server_close(&world.server);
    loop_timer_free(world.limit);
    loop_free(world.loop);
    return 0;
}

static void answered(void *arg, const struct web_answer *answer)
{
    const char *value;
    size_t len;

    (void)arg;
    world.inside += world.calling;
    world.err = answer->err;
    world.status = answer->status;
    (void)snprintf(world.body, sizeof world.body, "%.*s", (int)answer->body_len, answer->body);
    world.header[0] = '\0';
    if (web_answer_header(answer, "request-id", &value, &len)) {
        (void)snprintf(world.header, sizeof world.header, "%.*s", (int)len, value);
    }
    if (++world.answers == world.awaited) {
        loop_stop(world.loop);
    }
}

static void send_to(const char *url, const char *method, const char *body)
{
    const struct web_request request = {.method = method,
                                        .url = url,
                                        .headers = {"Content-Type: application/json", "X-Own: 1"},
                                        .body = body,
                                        .body_len = body == NULL ? 0 : strlen(body),
                                        .answer_max_bytes = 100};

    world.calling = true;
    web_send(world.client, &request, answered, NULL);
    world.calling = false;
}

static void await(size_t count)
{
    world.awaited = count;
    if (world.answers < count) {
        loop_run(world.loop);
    }
    assert_int_equal(world.inside, 0);
}

static void post(const char *body)
{
    send_to(world.url, "POST", body);
    await(1);
}

static bool server_heard(const char *text)
{
    return strstr(buf_cstr(&world.server.request), text) != NULL;
}

TEST(an_answer_comes_with_its_status_body_and_headers)
{
    world.server.text = outbound_server_text(200, "A: b\r\nrequest-ID:  r 1 \r\n", "{\"a\":1}");
    post("{}");
    assert_int_equal(world.err, HB_OK);
    assert_int_equal(world.status, 200);
    assert_string_equal(world.body, "{\"a\":1}");
    assert_string_equal(world.header, "r 1");
    assert_int_equal(web_client_in_flight(world.client), 0);
}

TEST(a_request_goes_out_as_it_was_given)
{
    world.server.text = outbound_server_text(204, "", "");
    post("{\"b\":2}");
    assert_true(server_heard("POST /path?a=b HTTP/1.1\r\n"));
    assert_true(server_heard("\r\nX-Own: 1\r\n"));
    assert_true(server_heard("\r\nContent-Type: application/json\r\n"));
    assert_true(server_heard("\r\n\r\n{\"b\":2}"));
    assert_false(server_heard("Expect"));
    assert_false(server_heard("Accept-Encoding"));
}

TEST(a_post_without_a_body_says_so)
{
    world.server.text = outbound_server_text(200, "", "");
    post(NULL);
    assert_true(server_heard("\r\nContent-Length: 0\r\n"));
}

TEST(a_get_has_no_body)
{
    world.server.text = outbound_server_text(200, "", "");
    send_to(world.url, "GET", NULL);
    await(1);
    assert_true(server_heard("GET /path?a=b HTTP/1.1\r\n"));
    assert_false(server_heard("Content-Length"));
}

TEST(every_status_is_an_answer_and_a_redirect_is_not_followed)
{
    world.server.text = outbound_server_text(302, "Location: /other\r\n", "no");
    post("{}");
    assert_int_equal(world.err, HB_OK);
    assert_int_equal(world.status, 302);
    assert_int_equal(world.server.requests, 1);
}

TEST(a_connection_is_used_again)
{
    world.server.text = outbound_server_text(200, "", "");
    post("{}");
    send_to(world.url, "POST", "{}");
    await(2);
    assert_int_equal(world.server.requests, 2);
    assert_int_equal(world.server.connections, 1);
}

TEST(where_nobody_listens_nothing_was_sent)
{
    char url[64];
    struct outbound_server gone;

    outbound_server_open(&gone, world.loop);
    (void)snprintf(url, sizeof url, "http://127.0.0.1:%u/", gone.port);
    outbound_server_close(&gone);
    send_to(url, "POST", "{}");
    await(1);
    assert_int_equal(world.err, HB_E_UNAVAILABLE);
}

TEST(to_a_name_that_does_not_exist_nothing_was_sent)
{
    send_to("http://name.invalid/", "POST", "{}");
    await(1);
    assert_int_equal(world.err, HB_E_UNAVAILABLE);
}

TEST(a_scheme_that_is_not_ours_is_refused_unsent)
{
    send_to("ftp://127.0.0.1/", "POST", "{}");
    await(1);
    assert_int_equal(world.err, HB_E_UNAVAILABLE);
}

TEST(after_silence_it_may_have_happened)
{
    world.server.act = SERVER_SILENT;
    post("{}");
    assert_int_equal(world.err, HB_E_UNSURE);
    assert_int_equal(world.server.requests, 1);
}

TEST(after_a_closed_connection_it_may_have_happened)
{
    world.server.act = SERVER_CLOSES;
    post("{}");
    assert_int_equal(world.err, HB_E_UNSURE);
    assert_int_equal(world.server.requests, 1);
}

TEST(a_kept_connection_that_closes_is_not_sent_to_again)
{
    world.server.text = outbound_server_text(200, "", "");
    post("{}");
    assert_int_equal(world.server.requests, 1);
    world.server.act = SERVER_CLOSES;
    world.server.text = NULL;
    send_to(world.url, "POST", "{}");
    await(2);
    assert_int_equal(world.err, HB_E_UNSURE);
    assert_int_equal(world.server.requests, 2);
}

TEST(half_an_answer_is_none)
{
    world.server.act = SERVER_CLOSES;
    world.server.text = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"state\":";
    post("{}");
    assert_int_equal(world.err, HB_E_UNSURE);
    assert_int_equal(world.status, 0);
}

TEST(what_is_not_http_is_no_answer)
{
    world.server.act = SERVER_CLOSES;
    world.server.text = "SSH-2.0-OpenSSH\r\n";
    post("{}");
    assert_int_equal(world.err, HB_E_UNSURE);
}

TEST(an_answer_above_its_ceiling_is_none)
{
    char body[102];

    memset(body, 'x', 101);
    body[101] = '\0';
    world.server.text = outbound_server_text(200, "", body);
    post("{}");
    assert_int_equal(world.err, HB_E_UNSURE);
}

TEST(one_call_too_many_is_refused_unsent_and_the_others_go_on)
{
    world.server.act = SERVER_SILENT;
    for (size_t i = 0; i < CALLS_MAX + 1; i++) {
        send_to(world.url, "POST", "{}");
    }
    assert_int_equal(world.answers, 0);
    assert_int_equal(web_client_in_flight(world.client), CALLS_MAX);
    await(1);
    assert_int_equal(world.err, HB_E_UNAVAILABLE);
    await(CALLS_MAX + 1);
    assert_int_equal(world.err, HB_E_UNSURE);
}

TEST(what_is_in_flight_at_the_end_is_answered)
{
    world.server.act = SERVER_SILENT;
    send_to(world.url, "POST", "{}");
    web_client_free(world.client);
    world.client = NULL;
    assert_int_equal(world.answers, 1);
    assert_int_equal(world.err, HB_E_UNAVAILABLE);
}

TEST(a_file_of_authorities_that_is_not_there_is_refused)
{
    const struct web_spec spec = {.ca_file = "/nowhere/ca.pem", .calls_max = 1};
    struct web_client *client;

    assert_int_equal(web_client_new(world.loop, &spec, &client), HB_E_INPUT);
    assert_null(client);
}

TEST(headers_are_found_whatever_their_case_and_blanks)
{
    static const char HEADERS[] = "HTTP/1.1 200 OK\r\nX-A:1\r\nx-a:\t2 \r\nX-Ab: 3\r\nEmpty:\r\n\r\n";
    const struct web_answer answer = {.headers = HEADERS, .headers_len = sizeof HEADERS - 1};
    const char *value;
    size_t len;

    assert_true(web_answer_header(&answer, "x-a", &value, &len));
    assert_int_equal(len, 1);
    assert_memory_equal(value, "2", 1);
    assert_true(web_answer_header(&answer, "empty", &value, &len));
    assert_int_equal(len, 0);
    assert_false(web_answer_header(&answer, "x", &value, &len));
    assert_false(web_answer_header(&answer, "http/1.1 200 ok", &value, &len));
}

#define RUN_IN_WORLD(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN_IN_WORLD(an_answer_comes_with_its_status_body_and_headers),
        RUN_IN_WORLD(a_request_goes_out_as_it_was_given),
        RUN_IN_WORLD(a_post_without_a_body_says_so),
        RUN_IN_WORLD(a_get_has_no_body),
        RUN_IN_WORLD(every_status_is_an_answer_and_a_redirect_is_not_followed),
        RUN_IN_WORLD(a_connection_is_used_again),
        RUN_IN_WORLD(where_nobody_listens_nothing_was_sent),
        RUN_IN_WORLD(to_a_name_that_does_not_exist_nothing_was_sent),
        RUN_IN_WORLD(a_scheme_that_is_not_ours_is_refused_unsent),
        RUN_IN_WORLD(after_silence_it_may_have_happened),
        RUN_IN_WORLD(after_a_closed_connection_it_may_have_happened),
        RUN_IN_WORLD(a_kept_connection_that_closes_is_not_sent_to_again),
        RUN_IN_WORLD(half_an_answer_is_none),
        RUN_IN_WORLD(what_is_not_http_is_no_answer),
        RUN_IN_WORLD(an_answer_above_its_ceiling_is_none),
        RUN_IN_WORLD(one_call_too_many_is_refused_unsent_and_the_others_go_on),
        RUN_IN_WORLD(what_is_in_flight_at_the_end_is_answered),
        RUN_IN_WORLD(a_file_of_authorities_that_is_not_there_is_refused),
        RUN_IN_WORLD(headers_are_found_whatever_their_case_and_blanks),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
