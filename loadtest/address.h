/*
 * loadtest/address.h - where the load goes: http://HOST[:PORT], and only to this machine unless told
 * otherwise; or unix:PATH, a Unix socket.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

struct address {
    struct sockaddr_storage socket;
    socklen_t socket_len;
    char host[280]; /* as the Host header says it, with the port */
};

/* why holds a line for a person when false. Names other than localhost are looked up only with allow_remote.
 */
bool address_read(const char *url, bool allow_remote, struct address *out, char *why, size_t why_max);
