/*
 * base/people_key.c - reads the key that seals what names people.
 */
#include "base/people_key.h"

#include "base/log.h"

#include <stdio.h>

enum { PATH_BYTES = 4200 };

hb_err people_key_load(const struct config *config, struct seal_key *out)
{
    const char *named = config_text(config, CFG_PEOPLE_KEY);
    char path[PATH_BYTES];
    hb_err err;

    snprintf(path,
             sizeof path,
             "%s%s",
             named[0] != '\0' ? named : config_text(config, CFG_ENGINE_SECRETS),
             named[0] != '\0' ? "" : "/people.key");
    err = seal_key_read(path, out);
    if (err == HB_E_FORBIDDEN) {
        log_error("people.key_open", "path=\"%s\" expected=\"mode 0600\"", path);
    } else if (err == HB_E_INPUT) {
        log_error("people.key_malformed", "path=\"%s\" expected=\"64 hex digits\"", path);
    } else if (err != HB_OK) {
        log_error("people.key_missing", "path=\"%s\"", path);
    }
    return err;
}
