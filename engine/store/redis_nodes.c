/*
 * store/redis_nodes.c - addresses and the password, as the configuration has them.
 */
#include "store/redis_nodes.h"

#include <stdio.h>
#include <string.h>

static bool port_parse(const char *text, size_t len, int *out)
{
    int port = 0;

    if (len == 0 || len > 5) {
        return false;
    }
    for (size_t i = 0; i < len; i++) {
        if (text[i] < '0' || text[i] > '9') {
            return false;
        }
        port = port * 10 + (text[i] - '0');
    }
    *out = port;
    return port >= 1 && port <= 65535;
}

static bool host_set(struct node_address *out, const char *text, size_t len)
{
    if (len >= 2 && text[0] == '[' && text[len - 1] == ']') {
        text++;
        len -= 2;
    }
    if (len == 0 || len > ADDRESS_MAX) {
        return false;
    }
    memcpy(out->host, text, len);
    out->host[len] = '\0';
    return true;
}

bool node_address_parse(const char *text, size_t len, struct node_address *out)
{
    const char *colon = NULL;

    out->port = 0;
    if (len > 5 && memcmp(text, "unix:", 5) == 0) {
        return host_set(out, text + 5, len - 5);
    }
    colon = memrchr(text, ':', len);
    return colon != NULL && port_parse(colon + 1, len - (size_t)(colon + 1 - text), &out->port) &&
           host_set(out, text, (size_t)(colon - text));
}

size_t node_addresses_parse(const char *text, struct node_address out[static NODES_MAX])
{
    size_t count = 0;

    for (;;) {
        size_t len = strcspn(text, ",");
        size_t lead = strspn(text, " ");

        if (count == NODES_MAX || lead >= len || !node_address_parse(text + lead, len - lead, &out[count])) {
            return 0;
        }
        count++;
        if (text[len] == '\0') {
            return count;
        }
        text += len + 1;
    }
}

hb_err node_password_read(const char *path, char out[static PASSWORD_MAX + 1])
{
    FILE *file = NULL;
    bool read = false;

    out[0] = '\0';
    if (path == NULL || path[0] == '\0') {
        return HB_OK;
    }
    file = fopen(path, "re");
    if (file == NULL) {
        return HB_E_IO;
    }
    read = fgets(out, PASSWORD_MAX + 1, file) != NULL;
    (void)fclose(file);
    out[strcspn(out, "\r\n")] = '\0';
    return read ? HB_OK : HB_E_IO;
}

size_t redis_nodes_count(const struct config *config)
{
    struct node_address addresses[NODES_MAX];

    return node_addresses_parse(config_text(config, CFG_REDIS_NODES), addresses);
}
