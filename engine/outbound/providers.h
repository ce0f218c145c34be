/*
 * outbound/providers.h - every merchant account of the file, each behind its port.
 *
 * The ports send on one loop; their notice() may be called from any thread while they live.
 */
#pragma once

#include "flow/provider.h"
#include "outbound/web.h"

struct buf;
struct config;
struct loop;
struct providers;

/* The limits that the settings provider.* give each account's own client. */
struct web_spec providers_web_spec(const struct config *config);

/* HB_E_INPUT: every problem is a line of `problems`. web: limits of each account's own client. */
HB_CHECKED hb_err providers_new(struct loop *loop,
                                const char *merchants_file,
                                const struct web_spec *web,
                                struct providers **out,
                                struct buf *problems);
/* Answers what is in flight; after the last turn of the loop and the last notice(). Accepts NULL. */
void providers_free(struct providers *providers);

size_t providers_count(const struct providers *providers);
const struct provider_port *providers_at(const struct providers *providers, size_t index);
/* By the merchant's name; NULL when there is none. */
const struct provider_port *providers_find(const struct providers *providers, const char *merchant);
