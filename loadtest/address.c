/*
 * loadtest/address.c - reads the URL or the path, resolves the host, refuses what is not loopback.
 */
#include "loadtest/address.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/un.h>

enum { HOST_MAX = 255, PORT_MAX = 5 };

struct parts {
    char host[HOST_MAX + 1], port[PORT_MAX + 1];
    bool in_brackets;
};

static bool piece_copy(char *to, size_t max, const char *from, size_t len)
{
    if (len == 0 || len > max) {
        return false;
    }
    memcpy(to, from, len);
    to[len] = '\0';
    return true;
}

/* host, host:port, [v6] or [v6]:port; a single slash may follow. */
static bool parts_read(const char *url, struct parts *out)
{
    static const char SCHEME[] = "http://";
    const char *host = url + sizeof SCHEME - 1;
    size_t len;

    if (strncmp(url, SCHEME, sizeof SCHEME - 1) != 0) {
        return false;
    }
    out->in_brackets = host[0] == '[';
    host += out->in_brackets ? 1 : 0;
    len = strcspn(host, out->in_brackets ? "]" : ":/");
    if (!piece_copy(out->host, HOST_MAX, host, len) || (out->in_brackets && host[len] != ']')) {
        return false;
    }
    host += len + (out->in_brackets ? 1 : 0);
    memcpy(out->port, "80", 3);
    if (*host == ':') {
        len = strspn(host + 1, "0123456789");
        if (!piece_copy(out->port, PORT_MAX, host + 1, len)) {
            return false;
        }
        host += 1 + len;
    }
    return strcmp(host, "") == 0 || strcmp(host, "/") == 0;
}

/* unix:PATH, with the host that a proxy in between would be called by. */
static bool unix_read(const char *url, struct address *out)
{
    static const char SCHEME[] = "unix:";
    struct sockaddr_un local = {.sun_family = AF_UNIX};
    const char *path = url + sizeof SCHEME - 1;

    if (strncmp(url, SCHEME, sizeof SCHEME - 1) != 0 || path[0] == '\0' ||
        strlen(path) >= sizeof local.sun_path) {
        return false;
    }
    memcpy(local.sun_path, path, strlen(path));
    memcpy(&out->socket, &local, sizeof local);
    out->socket_len = sizeof local;
    memcpy(out->host, "localhost", sizeof "localhost");
    return true;
}

static bool is_loopback(const struct sockaddr_storage *socket)
{
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;

    if (socket->ss_family == AF_INET) {
        memcpy(&v4, socket, sizeof v4);
        return ntohl(v4.sin_addr.s_addr) >> 24 == 127;
    }
    memcpy(&v6, socket, sizeof v6);
    return socket->ss_family == AF_INET6 && IN6_IS_ADDR_LOOPBACK(&v6.sin6_addr);
}

static bool resolve(const char *host, const char *port, bool by_name, struct address *out)
{
    struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    struct addrinfo *found = NULL;
    bool is_found;

    hints.ai_flags = AI_NUMERICSERV | (by_name ? 0 : AI_NUMERICHOST);
    is_found = getaddrinfo(host, port, &hints, &found) == 0 && found->ai_addrlen <= sizeof out->socket;
    if (is_found) {
        memcpy(&out->socket, found->ai_addr, found->ai_addrlen);
        out->socket_len = found->ai_addrlen;
    }
    if (found != NULL) {
        freeaddrinfo(found);
    }
    return is_found;
}

bool address_read(const char *url, bool allow_remote, struct address *out, char *why, size_t why_max)
{
    struct parts parts = {.port = "80"};
    const char *host = parts.host;

    *out = (struct address){.socket_len = 0};
    if (unix_read(url, out)) {
        return true;
    }
    if (!parts_read(url, &parts)) {
        snprintf(why, why_max, "'%s' is neither http://HOST:PORT nor unix:PATH", url);
        return false;
    }
    if (!allow_remote && strcmp(host, "localhost") == 0) {
        host = "127.0.0.1";
    }
    if (!resolve(host, parts.port, allow_remote, out)) {
        snprintf(why,
                 why_max,
                 allow_remote ? "'%s' has no address"
                              : "'%s' is not an address of this machine; --allow-remote sends load elsewhere",
                 parts.host);
        return false;
    }
    if (!allow_remote && !is_loopback(&out->socket)) {
        snprintf(why, why_max, "%s is not this machine; --allow-remote sends load there", parts.host);
        return false;
    }
    snprintf(out->host, sizeof out->host, parts.in_brackets ? "[%s]:%s" : "%s:%s", parts.host, parts.port);
    return true;
}
