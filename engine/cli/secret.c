/*
 * cli/secret.c - a campaign's secret before it is published.
 */
#include "cli/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SECRET_TEXT = 2 * SECRET_BYTES };

static bool secret_make(const char *path, uint8_t out[static SECRET_BYTES])
{
    char text[SECRET_TEXT + 1];
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    bool good;

    if (fd < 0) {
        return false;
    }
    crypto_random(out, SECRET_BYTES);
    hex_encode(out, SECRET_BYTES, text);
    good = write(fd, text, SECRET_TEXT) == SECRET_TEXT && fsync(fd) == 0;
    crypto_wipe(text, sizeof text);
    return close(fd) == 0 && good;
}

bool secret_of_campaign(const struct cli *cli, const char *slug, uint8_t out[static SECRET_BYTES])
{
    char path[4096];
    size_t len = 0, got = 0;
    bool good;
    char *text;

    snprintf(path, sizeof path, "%s/campaign-%s.secret", config_text(cli->config, CFG_ENGINE_SECRETS), slug);
    if (secret_make(path, out)) {
        return true;
    }
    if (errno != EEXIST) {
        cli_fail("cannot write %s: %s", path, strerror(errno));
        return false;
    }
    text = cli_read_file(path, SECRET_TEXT + 2, &len);
    good = text != NULL && len >= SECRET_TEXT && hex_decode(text, SECRET_TEXT, out, SECRET_BYTES, &got) &&
           got == SECRET_BYTES;
    if (text != NULL) {
        crypto_wipe(text, len);
    }
    free(text);
    if (!good) {
        cli_fail("%s does not hold 64 hex digits", path);
    }
    return good;
}
