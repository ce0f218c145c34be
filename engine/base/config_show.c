/*
 * base/config_show.c - the settings in words: what holds now, and the reference of all keys.
 */
#include "base/config_internal.h"

#include <inttypes.h>
#include <string.h>

static const char *const ORIGINS[] = {
    [CONFIG_DEFAULT] = "default",
    [CONFIG_FILE] = "file",
    [CONFIG_ENVIRONMENT] = "environment",
    [CONFIG_FLAG] = "flag",
};

static bool is_uri(enum config_key key)
{
    size_t len = strlen(CONFIG_ROWS[key].key);

    return len > 3 && strcmp(CONFIG_ROWS[key].key + len - 3, "uri") == 0;
}

static void add_quoted(struct buf *out, const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (text[i] == '"' || text[i] == '\\') {
            buf_addc(out, '\\');
        }
        buf_addc(out, text[i]);
    }
}

/* user:SECRET@host, between the scheme and the first slash: where SECRET begins and how long it is. */
static struct config_span find_user_secret(const char *uri)
{
    const char *start = strstr(uri, "://");
    const char *authority = start == NULL ? NULL : start + 3;
    size_t len = authority == NULL ? 0 : strcspn(authority, "?#");
    const char *at = len == 0 ? NULL : memrchr(authority, '@', len);
    const char *colon = at == NULL ? NULL : memchr(authority, ':', (size_t)(at - authority));

    return colon == NULL ? (struct config_span){NULL, 0}
                         : (struct config_span){colon + 1, (size_t)(at - colon - 1)};
}

/* password=SECRET: as a parameter, or in libpq's form of words. */
static struct config_span find_word_secret(const char *uri)
{
    const char *word = strstr(uri, "password=");

    return word == NULL
               ? (struct config_span){NULL, 0}
               : (struct config_span){word + strlen("password="), strcspn(word + strlen("password="), "& ")};
}

static void add_uri(struct buf *out, const char *uri)
{
    struct config_span secret = find_user_secret(uri);

    if (secret.at == NULL) {
        secret = find_word_secret(uri);
    }
    if (secret.at == NULL) {
        add_quoted(out, uri, strlen(uri));
        return;
    }
    add_quoted(out, uri, (size_t)(secret.at - uri));
    buf_adds(out, "***");
    add_quoted(out, secret.at + secret.len, strlen(secret.at + secret.len));
}

static void add_value(const struct config *config, enum config_key key, struct buf *out)
{
    const char *text = config->values[key].text;

    if (CONFIG_ROWS[key].type == CONFIG_INT) {
        buf_addf(out, "%" PRId64, config->values[key].number);
        return;
    }
    buf_addc(out, '"');
    if (is_uri(key)) {
        add_uri(out, text);
    } else {
        add_quoted(out, text, strlen(text));
    }
    buf_addc(out, '"');
}

void config_show(const struct config *config, struct buf *out)
{
    for (enum config_key key = 0; key < CONFIG_KEY_COUNT; key++) {
        buf_addf(out, "%s = ", CONFIG_ROWS[key].key);
        add_value(config, key, out);
        buf_addf(out, "  # %s\n", ORIGINS[config->values[key].origin]);
    }
}

static size_t section_len(enum config_key key)
{
    return strcspn(CONFIG_ROWS[key].key, ".");
}

static bool is_new_section(enum config_key key)
{
    return key == 0 || section_len(key) != section_len(key - 1) ||
           memcmp(CONFIG_ROWS[key].key, CONFIG_ROWS[key - 1].key, section_len(key)) != 0;
}

static void add_reference_row(enum config_key key, struct buf *out)
{
    const struct config_row *row = &CONFIG_ROWS[key];
    char name[96];

    config_env_name(key, name, sizeof name);
    buf_addf(out, "| `%s` | ", row->key);
    if (row->type == CONFIG_INT) {
        buf_addf(out, "%s | %" PRId64 " to %" PRId64, row->preset, row->min, row->max);
    } else {
        buf_addf(out, row->preset[0] == '\0' ? "%sempty | text" : "`%s` | text", row->preset);
    }
    buf_addf(out, " | `%s` | %s |\n", name, row->help);
}

void config_reference(struct buf *out)
{
    for (enum config_key key = 0; key < CONFIG_KEY_COUNT; key++) {
        if (is_new_section(key)) {
            buf_addf(out, "%s## %.*s\n\n", key == 0 ? "" : "\n", (int)section_len(key), CONFIG_ROWS[key].key);
            buf_adds(out, "| key | default | values | environment | meaning |\n|---|---|---|---|---|\n");
        }
        add_reference_row(key, out);
    }
}
