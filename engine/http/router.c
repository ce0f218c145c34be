/*
 * http/router.c - the tree of segments behind router.h.
 */
#include "http/router.h"

#include "base/log.h"
#include "http/chars.h"

#include <stdlib.h>

enum { METHODS = HTTP_OPTIONS + 1 };

struct node {
    const char *text; /* the segment in the route's path; NULL in the root and for a parameter */
    size_t len;
    struct node *next, *children, *param;
    unsigned methods; /* bit 1 << method for each route */
    const struct http_route *routes[METHODS];
};

struct router {
    struct node root;
};

static struct node *child_of(struct node *node, const char *text, size_t len)
{
    struct node **at = text[0] == ':' ? &node->param : &node->children;

    while (*at != NULL && text[0] != ':' && ((*at)->len != len || memcmp((*at)->text, text, len) != 0)) {
        at = &(*at)->next;
    }
    if (*at == NULL) {
        *at = calloc(1, sizeof **at);
        if (*at != NULL) {
            (*at)->text = text[0] == ':' ? NULL : text;
            (*at)->len = len;
        }
    }
    return *at;
}

static hb_err route_add(struct router *router, const struct http_route *route)
{
    struct node *node = &router->root;
    const char *at = route->path;
    size_t params = 0;

    while (*at == '/') {
        size_t len = strcspn(++at, "/");

        params += *at == ':';
        node = child_of(node, at, len);
        if (node == NULL) {
            return HB_E_NOMEM;
        }
        at += len;
    }
    if (at == route->path || params > HTTP_PARAMS_MAX || node->routes[route->method] != NULL) {
        log_error("http.route_refused", "path=%s", route->path);
        return HB_E_INPUT;
    }
    node->routes[route->method] = route;
    node->methods |= 1u << route->method;
    return HB_OK;
}

hb_err router_new(const struct http_route *routes, struct router **out)
{
    struct router *router = calloc(1, sizeof *router);
    hb_err err = router == NULL ? HB_E_NOMEM : HB_OK;

    *out = NULL;
    for (; err == HB_OK && routes != NULL && routes->path != NULL; routes++) {
        err = route_add(router, routes);
    }
    if (err != HB_OK) {
        router_free(router);
        return err;
    }
    *out = router;
    return HB_OK;
}

static void nodes_free(struct node *node)
{
    while (node != NULL) {
        struct node *next = node->next;

        nodes_free(node->children);
        nodes_free(node->param);
        free(node);
        node = next;
    }
}

void router_free(struct router *router)
{
    if (router != NULL) {
        nodes_free(router->root.children);
        nodes_free(router->root.param);
        free(router);
    }
}

/* An escaped segment is compared as what it stands for, so it is longer; "%2F" stays inside its segment. */
static bool segment_is(const char *at, size_t len, const struct node *node)
{
    size_t used = 0;

    if (len <= node->len) {
        return len == node->len && memcmp(at, node->text, len) == 0;
    }
    for (size_t i = 0; i < len; used++) {
        char c = at[i];

        if (c == '%') { /* whole: the parser saw to that */
            c = (char)((unsigned)char_hex(at[i + 1]) << 4 | (unsigned)char_hex(at[i + 2]));
            i += 2;
        }
        i++;
        if (used == node->len || c != node->text[used]) {
            return false;
        }
    }
    return used == node->len;
}

static const struct node *child_find(const struct node *node, const char *at, size_t len)
{
    const struct node *child = node->children;

    while (child != NULL && !segment_is(at, len, child)) {
        child = child->next;
    }
    return child;
}

/* Fixed segments first. One that leads nowhere is only gone back on where a parameter could stand instead. */
static const struct node *
find(const struct node *node, struct http_text path, size_t at, size_t param, struct router_match *out)
{
    while (at < path.len) {
        const char *segment = path.at + at + 1;
        const char *slash = memchr(segment, '/', path.len - at - 1);
        size_t len = slash == NULL ? path.len - at - 1 : (size_t)(slash - segment);
        const struct node *child = child_find(node, segment, len);

        if (child != NULL && node->param == NULL) {
            node = child;
        } else {
            const struct node *found = child == NULL ? NULL : find(child, path, at + 1 + len, param, out);

            if (found != NULL || node->param == NULL || len == 0) {
                return found;
            }
            out->params[param++] = (struct http_span){(uint16_t)(at + 1), (uint16_t)len};
            node = node->param;
        }
        at += 1 + len;
    }
    out->param_count = param;
    return node->methods != 0 ? node : NULL; /* a mere prefix: a parameter may still fit */
}

void router_find(const struct router *router,
                 struct http_text path,
                 enum http_method method,
                 struct router_match *out)
{
    const struct node *node;

    out->route = NULL;
    out->methods = 0;
    out->param_count = 0;
    node = path.len == 0 || path.at[0] != '/' ? NULL : find(&router->root, path, 0, 0, out);
    if (node == NULL) {
        return;
    }
    out->route = node->routes[method];
    if (out->route == NULL && method == HTTP_HEAD) {
        out->route = node->routes[HTTP_GET];
    }
    out->methods = node->methods;
}

void router_allow(unsigned methods, char out[static ROUTER_ALLOW_MAX])
{
    static const char *const NAMES[METHODS] = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"};
    size_t used = 0;

    methods |= 1u << HTTP_OPTIONS;
    methods |= methods & 1u << HTTP_GET ? 1u << HTTP_HEAD : 0;
    for (unsigned i = 0; i < METHODS; i++) {
        if (methods & 1u << i) {
            size_t len = strlen(NAMES[i]);

            memcpy(out + used, used > 0 ? ", " : "", used > 0 ? 2 : 0);
            used += used > 0 ? 2 : 0;
            memcpy(out + used, NAMES[i], len);
            used += len;
        }
    }
    out[used] = '\0';
}
