/*
 * http/proxy.c - trusted networks and the walk through X-Forwarded-For.
 */
#include "http/proxy.h"

#include "base/log.h"
#include "http/chars.h"

#include <arpa/inet.h>
#include <stdlib.h>

static const uint8_t MAPPED[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

struct network {
    struct http_address address;
    unsigned bits;
};

struct proxy_list {
    size_t count;
    struct network networks[];
};

static bool is_ipv4(const struct http_address *address)
{
    return memcmp(address->bytes, MAPPED, sizeof MAPPED) == 0;
}

/* A peer on a Unix socket has no address; no peer on a port has this one. */
static bool is_unix(const struct http_address *address)
{
    static const struct http_address NONE;

    return memcmp(address, &NONE, sizeof NONE) == 0;
}

static bool address_parse_plain(struct http_text text, struct http_address *out)
{
    char copy[INET6_ADDRSTRLEN];

    if (text.len == 0 || text.len >= sizeof copy) {
        return false;
    }
    memcpy(copy, text.at, text.len);
    copy[text.len] = '\0';
    if (inet_pton(AF_INET, copy, out->bytes + 12) == 1) {
        memcpy(out->bytes, MAPPED, sizeof MAPPED);
        return true;
    }
    return inet_pton(AF_INET6, copy, out->bytes) == 1;
}

bool address_parse(struct http_text text, struct http_address *out)
{
    const char *colon = memchr(text.at, ':', text.len);
    const char *end;

    if (text.len > 0 && text.at[0] == '[') {
        end = memchr(text.at, ']', text.len);
        return end != NULL &&
               address_parse_plain((struct http_text){text.at + 1, (size_t)(end - text.at) - 1}, out);
    }
    if (colon != NULL && memchr(text.at, '.', (size_t)(colon - text.at)) != NULL) {
        text.len = (size_t)(colon - text.at); /* 192.0.2.1:4711 */
    }
    return address_parse_plain(text, out);
}

void address_format(const struct http_address *address, char out[static 46])
{
    bool v4 = is_ipv4(address);

    out[0] = '\0';
    if (is_unix(address)) {
        memcpy(out, "unix", sizeof "unix");
        return;
    }
    inet_ntop(v4 ? AF_INET : AF_INET6, address->bytes + (v4 ? 12 : 0), out, 46);
}

void address_of(const struct sockaddr *peer, struct http_address *out)
{
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;

    memset(out, 0, sizeof *out);
    if (peer->sa_family == AF_INET) {
        memcpy(&v4, peer, sizeof v4);
        memcpy(out->bytes, MAPPED, sizeof MAPPED);
        memcpy(out->bytes + 12, &v4.sin_addr, 4);
    } else if (peer->sa_family == AF_INET6) {
        memcpy(&v6, peer, sizeof v6);
        memcpy(out->bytes, &v6.sin6_addr, 16);
    }
}

static bool bits_parse(struct http_text text, unsigned max, unsigned *out)
{
    *out = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (!char_is_digit(text.at[i]) || i >= 3) {
            return false;
        }
        *out = *out * 10 + (unsigned)(text.at[i] - '0');
    }
    return text.len > 0 && *out <= max;
}

static bool network_parse(struct http_text text, struct network *out)
{
    const char *slash = memchr(text.at, '/', text.len);
    struct http_text bits = {"", 0};
    bool v4;

    if (text.len == strlen("unix") && memcmp(text.at, "unix", text.len) == 0) {
        *out = (struct network){.bits = 128};
        return true;
    }
    if (slash != NULL) {
        bits.at = slash + 1;
        bits.len = text.len - (size_t)(slash - text.at) - 1;
        text.len = (size_t)(slash - text.at);
    }
    if (!address_parse_plain(text, &out->address)) {
        return false;
    }
    v4 = is_ipv4(&out->address);
    out->bits = v4 ? 32 : 128;
    if (slash != NULL && !bits_parse(bits, out->bits, &out->bits)) {
        return false;
    }
    out->bits += v4 ? 96 : 0;
    return true;
}

hb_err proxy_list_new(const char *text, struct proxy_list **out)
{
    struct http_text rest = {text, text == NULL ? 0 : strlen(text)}, element;
    size_t max = 1;
    struct proxy_list *list;

    *out = NULL;
    if (text == NULL || text_trim(rest).len == 0) {
        return HB_OK;
    }
    for (const char *at = text; *at != '\0'; at++) {
        max += *at == ',';
    }
    list = calloc(1, sizeof *list + max * sizeof list->networks[0]);
    if (list == NULL) {
        return HB_E_NOMEM;
    }
    while (text_list_next(&rest, &element)) {
        if (!network_parse(element, &list->networks[list->count++])) {
            log_error("http.proxy_refused", "network=\"%.*s\"", (int)element.len, element.at);
            proxy_list_free(list);
            return HB_E_INPUT;
        }
    }
    *out = list;
    return HB_OK;
}

void proxy_list_free(struct proxy_list *list)
{
    free(list);
}

static bool network_holds(const struct network *network, const struct http_address *address)
{
    unsigned whole = network->bits / 8, rest = network->bits % 8;

    if (memcmp(network->address.bytes, address->bytes, whole) != 0) {
        return false;
    }
    return rest == 0 || (network->address.bytes[whole] ^ address->bytes[whole]) >> (8 - rest) == 0;
}

bool proxy_list_trusts(const struct proxy_list *list, const struct http_address *address)
{
    for (size_t i = 0; list != NULL && i < list->count; i++) {
        if (network_holds(&list->networks[i], address)) {
            return true;
        }
    }
    return false;
}

bool proxy_walk(const struct proxy_list *list, struct http_text line, struct http_address *client)
{
    while (line.len > 0) {
        size_t at = line.len;
        struct http_address address;

        while (at > 0 && line.at[at - 1] != ',') {
            at--;
        }
        if (!address_parse(text_trim((struct http_text){line.at + at, line.len - at}), &address)) {
            return false;
        }
        *client = address;
        if (!proxy_list_trusts(list, &address)) {
            return false;
        }
        line.len = at > 0 ? at - 1 : 0;
    }
    return true;
}
