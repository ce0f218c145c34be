/* Tests of engine/http/router.c. */
#include "http/router.h"

#include "base/log.h"
#include "tests/support/unit.h"

#include <string.h>

static void handle(struct http_call *call, void *context)
{
    (void)call;
    (void)context;
}

static const struct http_route ROUTES[] = {
    {HTTP_GET, "/", handle, 0},
    {HTTP_GET, "/v1/campaigns/:c", handle, 0},
    {HTTP_POST, "/v1/campaigns/:c/draws", handle, 0},
    {HTTP_GET, "/v1/campaigns/mine", handle, 0},
    {HTTP_GET, "/v1/campaigns/mine/all", handle, 0},
    {HTTP_DELETE, "/v1/:a/:b/:d/end", handle, 0},
    {HTTP_GET, "/x/b/c", handle, 0},
    {HTTP_GET, "/x/:a", handle, 0},
    {.path = NULL},
};

static struct router_match match;

static int found(const struct router *router, enum http_method method, const char *path)
{
    router_find(router, (struct http_text){path, strlen(path)}, method, &match);
    return match.route == NULL ? -1 : (int)(match.route - ROUTES);
}

static struct router *router_of(void)
{
    struct router *router;

    assert_int_equal(router_new(ROUTES, &router), HB_OK);
    return router;
}

TEST(a_literal_wins_over_a_parameter_and_both_are_tried)
{
    struct router *router = router_of();

    assert_int_equal(found(router, HTTP_GET, "/"), 0);
    assert_int_equal(found(router, HTTP_GET, "/v1/campaigns/spring"), 1);
    assert_int_equal(match.param_count, 1);
    assert_int_equal(match.params[0].at, 14);
    assert_int_equal(match.params[0].len, 6);
    assert_int_equal(found(router, HTTP_GET, "/v1/campaigns/mine"), 3);
    assert_int_equal(match.param_count, 0);
    assert_int_equal(found(router, HTTP_POST, "/v1/campaigns/mine/draws"), 2);
    assert_int_equal(found(router, HTTP_GET, "/x/b"), 7);
    assert_int_equal(found(router, HTTP_DELETE, "/v1/campaigns/mine/x/end"), 5);
    assert_int_equal(match.param_count, 3);
    router_free(router);
}

TEST(what_is_not_there_is_not_found)
{
    static const char *const PATHS[] = {"/v1",
                                        "/v1/campaigns/",
                                        "/v1/campaigns/spring/",
                                        "//",
                                        "/v1//campaigns",
                                        "*",
                                        "/v1/campaigns/spring/x"};
    struct router *router = router_of();

    for (size_t i = 0; i < sizeof PATHS / sizeof PATHS[0]; i++) {
        assert_int_equal(found(router, HTTP_GET, PATHS[i]), -1);
        assert_int_equal(match.methods, 0);
    }
    router_free(router);
}

TEST(another_method_is_told_apart_from_another_path)
{
    struct router *router = router_of();
    char allow[ROUTER_ALLOW_MAX];

    assert_int_equal(found(router, HTTP_PUT, "/v1/campaigns/spring/draws"), -1);
    assert_int_equal(match.methods, 1u << HTTP_POST);
    router_allow(match.methods, allow);
    assert_string_equal(allow, "POST, OPTIONS");
    assert_int_equal(found(router, HTTP_HEAD, "/v1/campaigns/mine"), 3);
    router_allow(match.methods, allow);
    assert_string_equal(allow, "GET, HEAD, OPTIONS");
    router_allow((1u << (HTTP_OPTIONS + 1)) - 1, allow);
    assert_string_equal(allow, "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS");
    router_free(router);
}

TEST(escapes_are_compared_as_what_they_stand_for)
{
    struct router *router = router_of();

    assert_int_equal(found(router, HTTP_GET, "/v1/c%61mpaigns/spring"), 1);
    assert_int_equal(found(router, HTTP_GET, "/%76%31/campaigns/%6dine"), 3);
    assert_int_equal(found(router, HTTP_GET, "/v1/campaigns/a%2Fb"), 1);
    assert_int_equal(match.params[0].len, 5);
    assert_int_equal(found(router, HTTP_GET, "/v1%2Fcampaigns/spring"), -1);
    router_free(router);
}

TEST(a_wrong_table_is_refused)
{
    static const struct http_route TWICE[] = {
        {HTTP_GET, "/a", handle, 0}, {HTTP_GET, "/a", handle, 0}, {.path = NULL}};
    static const struct http_route RELATIVE[] = {{HTTP_GET, "a", handle, 0}, {.path = NULL}};
    static const struct http_route MANY[] = {{HTTP_GET, "/:a/:b/:c/:d/:e", handle, 0}, {.path = NULL}};
    struct router *router;

    log_level_set(LOG_LEVEL_ERROR);
    assert_int_equal(router_new(TWICE, &router), HB_E_INPUT);
    assert_int_equal(router_new(RELATIVE, &router), HB_E_INPUT);
    assert_int_equal(router_new(MANY, &router), HB_E_INPUT);
    assert_null(router);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(a_literal_wins_over_a_parameter_and_both_are_tried),
        RUN(what_is_not_there_is_not_found),
        RUN(another_method_is_told_apart_from_another_path),
        RUN(escapes_are_compared_as_what_they_stand_for),
        RUN(a_wrong_table_is_refused),
    };

    return RUN_ALL(tests);
}
