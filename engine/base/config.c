/*
 * base/config.c - loads the settings, weakest source first, and answers for them.
 */
#include "base/config_internal.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* clang-format off */
#define CONFIG_ROW(symbol, key, type, preset, min, max, help) [symbol] = {key, CONFIG_##type, preset, min, max, help},
const struct config_row CONFIG_ROWS[CONFIG_KEY_COUNT] = {CONFIG_KEYS(CONFIG_ROW)};
/* clang-format on */

static bool set_preset(struct config *config, enum config_key key)
{
    const char *preset = CONFIG_ROWS[key].preset;

    config->values[key].text = strdup(preset);
    config->values[key].number = CONFIG_ROWS[key].type == CONFIG_INT ? strtoll(preset, NULL, 10) : 0;
    return config->values[key].text != NULL;
}

struct config *config_new(void)
{
    struct config *config = calloc(1, sizeof *config);

    for (enum config_key key = 0; config != NULL && key < CONFIG_KEY_COUNT; key++) {
        if (!set_preset(config, key)) {
            config_free(config);
            return NULL;
        }
    }
    return config;
}

void config_free(struct config *config)
{
    if (config == NULL) {
        return;
    }
    for (enum config_key key = 0; key < CONFIG_KEY_COUNT; key++) {
        free(config->values[key].text);
    }
    free(config->home);
    free(config->file);
    free(config);
}

/* --config names the file; otherwise home has one, perhaps. */
static void read_files(struct config *config, struct buf *problems)
{
    char path[CONFIG_VALUE_MAX + 16];

    if (config->file != NULL) {
        config_read_file(config, config->file, /* must_exist= */ true, problems);
    } else if (config->home != NULL) {
        (void)snprintf(path, sizeof path, "%s/hongbao.conf", config->home);
        config_read_file(config, path, /* must_exist= */ false, problems);
    }
}

static const char *environment_home(char **environment)
{
    static const char NAME[] = "HONGBAO_HOME=";

    for (size_t i = 0; environment != NULL && environment[i] != NULL; i++) {
        if (strncmp(environment[i], NAME, sizeof NAME - 1) == 0) {
            return environment[i] + sizeof NAME - 1;
        }
    }
    return NULL;
}

static void read_home(struct config *config, char **environment, struct buf *problems)
{
    const char *home = config->home == NULL ? environment_home(environment) : NULL;

    if (home != NULL && home[0] != '\0') {
        config->home = strndup(home, CONFIG_VALUE_MAX);
    }
    if (config->home != NULL && strlen(config->home) >= CONFIG_VALUE_MAX) {
        buf_adds(problems, "home: longer than a path can be\n");
    }
}

hb_err config_load(int *argc, char **argv, char **environment, struct config **out, struct buf *problems)
{
    struct config *config = config_new();
    size_t before = problems->len;

    *out = NULL;
    if (config == NULL) {
        return HB_E_NOMEM;
    }
    config_read_places(config, *argc, argv, problems);
    read_home(config, environment, problems);
    read_files(config, problems);
    config_read_environment(config, environment, problems);
    config_read_flags(config, argc, argv, problems);
    if (problems->len != before || problems->failed) {
        config_free(config);
        return HB_E_INPUT;
    }
    *out = config;
    return HB_OK;
}

int64_t config_int(const struct config *config, enum config_key key)
{
    assert(CONFIG_ROWS[key].type == CONFIG_INT);
    return config->values[key].number;
}

const char *config_text(const struct config *config, enum config_key key)
{
    return config->values[key].text;
}

enum config_origin config_origin_of(const struct config *config, enum config_key key)
{
    return config->values[key].origin;
}

const char *config_home(const struct config *config)
{
    return config->home == NULL ? "" : config->home;
}
