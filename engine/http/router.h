/*
 * http/router.h - which route a path belongs to.
 *
 * A tree of segments; a literal segment wins over a parameter. Pure once built.
 */
#pragma once

#include "http/parser.h"

struct router;

struct router_match {
    const struct http_route *route; /* NULL: the path is known, the method is not */
    unsigned methods;               /* bit 1 << enum http_method for each the path has; 0: no such path */
    size_t param_count;
    struct http_span params[HTTP_PARAMS_MAX]; /* offsets from the path's start, still escaped */
};

/* routes: borrowed, ends with path NULL. HB_E_INPUT (logged): a path without '/' in front, with too many
 * parameters, or twice the same. */
HB_CHECKED hb_err router_new(const struct http_route *routes, struct router **out);
void router_free(struct router *router); /* accepts NULL */

/* HEAD finds the route of GET when there is none of its own. */
void router_find(const struct router *router,
                 struct http_text path,
                 enum http_method method,
                 struct router_match *out);

enum { ROUTER_ALLOW_MAX = 64 };
/* "GET, HEAD, OPTIONS": what a path with these methods answers. */
void router_allow(unsigned methods, char out[static ROUTER_ALLOW_MAX]);
