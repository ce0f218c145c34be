/*
 * base/config_args.c - the command line: --section.key=value, --config FILE, --home DIR.
 *
 * An option with a dot in its name is a setting; everything else that is not ours goes back to the caller.
 */
#include "base/config_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One option: its name without --, its value, and how many arguments they took. */
struct option {
    struct config_span name;
    const char *value; /* NULL when missing */
    int taken;
};

static bool name_is(const struct option *option, const char *name)
{
    return option->name.len == strlen(name) && memcmp(option->name.at, name, option->name.len) == 0;
}

static bool is_place(const struct option *option)
{
    return name_is(option, "home") || name_is(option, "config");
}

/* False when the argument is not one of our options. */
static bool read_option(int left, char **argv, struct option *out)
{
    const char *text = argv[0];
    const char *equals = strchr(text, '=');

    if (strncmp(text, "--", 2) != 0) {
        return false;
    }
    out->name.at = text + 2;
    out->name.len = equals == NULL ? strlen(text + 2) : (size_t)(equals - text - 2);
    if (!is_place(out) && memchr(out->name.at, '.', out->name.len) == NULL) {
        return false;
    }
    out->value = equals != NULL ? equals + 1 : left > 1 ? argv[1] : NULL;
    out->taken = equals == NULL && left > 1 ? 2 : 1;
    return true;
}

static void set_place(struct config *config, const struct option *option, struct buf *problems)
{
    char **place = name_is(option, "home") ? &config->home : &config->file;

    if (option->value == NULL || option->value[0] == '\0' || strlen(option->value) >= CONFIG_VALUE_MAX) {
        buf_addf(problems, "--%.*s: a path must follow\n", (int)option->name.len, option->name.at);
        return;
    }
    free(*place);
    *place = strdup(option->value);
    if (*place == NULL) {
        buf_adds(problems, "out of memory\n");
    }
}

/* "--" ends the options: what follows is the caller's. */
static bool is_end(const char *argument)
{
    return strcmp(argument, "--") == 0;
}

void config_read_places(struct config *config, int argc, char **argv, struct buf *problems)
{
    struct option option;

    for (int i = 0; i < argc && !is_end(argv[i]);) {
        bool ours = read_option(argc - i, argv + i, &option);

        if (ours && is_place(&option)) {
            set_place(config, &option, problems);
        }
        i += ours ? option.taken : 1;
    }
}

static void set_flag(struct config *config, const struct option *option, struct buf *problems)
{
    char where[96];
    enum config_key key;

    (void)snprintf(
        where, sizeof where, "--%.*s", (int)(option->name.len < 80 ? option->name.len : 80), option->name.at);
    if (!config_find(option->name, &key)) {
        config_report_unknown(option->name, where, problems);
    } else if (option->value == NULL) {
        buf_addf(problems, "%s: a value must follow\n", where);
    } else {
        (void)config_set(config,
                         key,
                         (struct config_span){option->value, strlen(option->value)},
                         CONFIG_FLAG,
                         where,
                         problems);
    }
}

void config_read_flags(struct config *config, int *argc, char **argv, struct buf *problems)
{
    struct option option;
    int kept = 0;
    int i = 0;

    while (i < *argc && !is_end(argv[i])) {
        if (!read_option(*argc - i, argv + i, &option)) {
            argv[kept++] = argv[i++];
            continue;
        }
        if (!is_place(&option)) {
            set_flag(config, &option, problems);
        }
        i += option.taken;
    }
    while (i < *argc) {
        argv[kept++] = argv[i++];
    }
    *argc = kept;
}
