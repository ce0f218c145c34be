/*
 * http/proxy.h - which proxies are trusted, and whose address a request then comes from.
 */
#pragma once

#include "http/server.h"

/* An address in the form of IPv6; IPv4 as ::ffff:a.b.c.d. */
struct http_address {
    uint8_t bytes[16];
};

struct proxy_list;

/* "10.0.0.0/8, ::1": *out is NULL for an empty text. HB_E_INPUT (logged) for anything that is no network. */
HB_CHECKED hb_err proxy_list_new(const char *text, struct proxy_list **out);
void proxy_list_free(struct proxy_list *list);                                             /* accepts NULL */
bool proxy_list_trusts(const struct proxy_list *list, const struct http_address *address); /* NULL: nobody */

/* One element of X-Forwarded-For: an address, maybe with a port. */
bool address_parse(struct http_text text, struct http_address *out);
void address_format(const struct http_address *address, char out[static 46]);

struct sockaddr;
void address_of(const struct sockaddr *peer, struct http_address *out);

/* From the right, element by element while the sender is trusted: the first address nobody vouches for. One
 * line; several lines are given last first. True when the walk may go on in the line before. */
bool proxy_walk(const struct proxy_list *list, struct http_text line, struct http_address *client);
