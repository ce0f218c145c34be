/*
 * base/config_env.c - HONGBAO_HTTP_PORT=8080 and its sisters.
 */
#include "base/config_internal.h"

#include <stdio.h>
#include <string.h>

enum { ENV_NAME_MAX = 96 };

static const char PREFIX[] = "HONGBAO_";

static char upper(char c)
{
    if (c == '.') {
        return '_';
    }
    return c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
}

void config_env_name(enum config_key key, char *out, size_t max)
{
    int len = snprintf(out, max, "%s%s", PREFIX, CONFIG_ROWS[key].key);

    for (size_t i = sizeof PREFIX - 1; len > 0 && i < (size_t)len && i < max; i++) {
        out[i] = upper(out[i]);
    }
}

static bool find_env(struct config_span name, enum config_key *out)
{
    char known[ENV_NAME_MAX];

    for (enum config_key key = 0; key < CONFIG_KEY_COUNT; key++) {
        config_env_name(key, known, sizeof known);
        if (strlen(known) == name.len && memcmp(known, name.at, name.len) == 0) {
            *out = key;
            return true;
        }
    }
    return false;
}

/* HTTP_PROT as the file would write it, http.prot, so that the nearest key can be found. */
static void report_unknown(struct config_span name, struct buf *problems)
{
    char key[ENV_NAME_MAX];
    char where[ENV_NAME_MAX + 32];
    size_t len = name.len - (sizeof PREFIX - 1);
    bool in_section = false;

    len = len < sizeof key ? len : sizeof key;
    for (size_t i = 0; i < len; i++) {
        char c = name.at[sizeof PREFIX - 1 + i];

        key[i] = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
        if (c == '_' && !in_section) {
            key[i] = '.';
            in_section = true;
        }
    }
    (void)snprintf(where, sizeof where, "environment %.*s", (int)(name.len < 96 ? name.len : 96), name.at);
    config_report_unknown((struct config_span){key, len}, where, problems);
}

static void read_variable(struct config *config, const char *variable, struct buf *problems)
{
    const char *equals = strchr(variable, '=');
    struct config_span name = {variable, equals == NULL ? 0 : (size_t)(equals - variable)};
    char where[ENV_NAME_MAX + 32];
    enum config_key key;

    if (equals == NULL ||
        (name.len == strlen("HONGBAO_HOME") && memcmp(name.at, "HONGBAO_HOME", name.len) == 0)) {
        return;
    }
    if (!find_env(name, &key)) {
        report_unknown(name, problems);
        return;
    }
    (void)snprintf(where, sizeof where, "environment %.*s", (int)name.len, name.at);
    (void)config_set(config,
                     key,
                     (struct config_span){equals + 1, strlen(equals + 1)},
                     CONFIG_ENVIRONMENT,
                     where,
                     problems);
}

void config_read_environment(struct config *config, char **environment, struct buf *problems)
{
    for (size_t i = 0; environment != NULL && environment[i] != NULL; i++) {
        if (strncmp(environment[i], PREFIX, sizeof PREFIX - 1) == 0) {
            read_variable(config, environment[i], problems);
        }
    }
}
