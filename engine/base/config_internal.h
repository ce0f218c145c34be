/*
 * base/config_internal.h - what the files of config share: one row a key, one value a key.
 */
#pragma once

#include "base/config.h"

enum { CONFIG_VALUE_MAX = 4096, CONFIG_FILE_MAX = 256 * 1024 };

enum config_type { CONFIG_INT, CONFIG_TEXT };

struct config_row {
    const char *key;
    enum config_type type;
    const char *preset;
    int64_t min, max;
    const char *help;
};

extern const struct config_row CONFIG_ROWS[CONFIG_KEY_COUNT];

struct config_value {
    char *text; /* as it was given; ours */
    int64_t number;
    enum config_origin origin;
};

struct config {
    struct config_value values[CONFIG_KEY_COUNT];
    char *home, *file; /* NULL when not given */
};

/* A piece of text that is not NUL-terminated. */
struct config_span {
    const char *at;
    size_t len;
};

struct config *config_new(void); /* every value its default; NULL when out of memory */

/* config_key.c. `where` ("hongbao.conf:3") begins every problem. False after a problem. */
bool config_find(struct config_span key, enum config_key *out);
bool config_set(struct config *config,
                enum config_key key,
                struct config_span value,
                enum config_origin origin,
                const char *where,
                struct buf *problems);
void config_report_unknown(struct config_span key, const char *where, struct buf *problems);

/* config_file.c */
void config_parse_text(
    struct config *config, const char *name, const char *text, size_t len, struct buf *problems);
void config_read_file(struct config *config, const char *path, bool must_exist, struct buf *problems);

/* config_env.c */
void config_read_environment(struct config *config, char **environment, struct buf *problems);
void config_env_name(enum config_key key, char *out, size_t max);

/* config_args.c: --home and --config first, the values after the file and the environment. */
void config_read_places(struct config *config, int argc, char **argv, struct buf *problems);
void config_read_flags(struct config *config, int *argc, char **argv, struct buf *problems);
