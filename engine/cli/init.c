/*
 * cli/init.c - `hongbao init`: fresh secrets, and for a demo home the configuration that `./dev up` runs on.
 *
 * What is there stays: secrets are made once a home; the configuration of a demo home is written anew.
 */
#include "cli/cli.h"

#include "base/crypto.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct demo {
    const char *home, *redis, *database, *admin_database, *operator_database, *player_ui, *merchants;
    long long port;
};

/* Readable by its owner only. HB_OK also when the file is there and `keep`. */
static bool file_write(const char *path, const char *text, bool keep)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | (keep ? O_EXCL : O_TRUNC), 0600);
    size_t len = strlen(text);
    bool good;

    if (fd < 0) {
        return keep && errno == EEXIST;
    }
    good = write(fd, text, len) == (ssize_t)len && fsync(fd) == 0;
    return close(fd) == 0 && good;
}

static bool secret_write(const char *dir, const char *name)
{
    char path[4200], text[2 * SHA256_BYTES + 2];
    uint8_t secret[SHA256_BYTES];
    bool good;

    crypto_random(secret, sizeof secret);
    hex_encode(secret, sizeof secret, text);
    memcpy(text + sizeof text - 2, "\n", 2); /* hex_encode leaves room for exactly this */
    snprintf(path, sizeof path, "%s/%s", dir, name);
    good = file_write(path, text, /* keep= */ true);
    crypto_wipe(secret, sizeof secret);
    crypto_wipe(text, sizeof text);
    return good;
}

/* Demo keys of this home: one symmetric for bulk, one as an identity service would have. */
static bool jwks_write(const char *dir)
{
    char path[4200];
    char *hs256 = jwt_key_generate(JWT_HS256, "demo-hs256");
    char *es256 = jwt_key_generate(JWT_ES256, "demo-es256");
    struct buf text;
    bool good;

    buf_init(&text, 16 * 1024);
    buf_addf(&text, "{\"keys\":[%s,%s]}\n", hs256 == NULL ? "" : hs256, es256 == NULL ? "" : es256);
    snprintf(path, sizeof path, "%s/jwks.json", dir);
    good =
        hs256 != NULL && es256 != NULL && !text.failed && file_write(path, buf_cstr(&text), /* keep= */ true);
    buf_free(&text);
    free(hs256);
    free(es256);
    return good;
}

static bool conf_write(const struct demo *demo)
{
    char path[4200];
    struct buf text;
    bool good;

    buf_init(&text, 64 * 1024);
    buf_addf(&text, "# Written by `hongbao init --demo`. Every setting: hongbao config reference\n");
    buf_addf(&text, "[engine]\nenvironment = \"demo\"\nsecrets_dir = \"%s/secrets\"\n", demo->home);
    buf_addf(&text, "[http]\nport = %lld\nplayer_ui_dir = \"%s\"\n", demo->port, demo->player_ui);
    buf_addf(&text, "[redis]\nnodes = \"%s\"\n", demo->redis);
    buf_addf(&text, "[database]\nuri = \"%s\"\nadmin_uri = \"%s\"\n", demo->database, demo->admin_database);
    if (demo->operator_database != NULL) {
        buf_addf(&text, "operator_uri = \"%s\"\n", demo->operator_database);
    }
    if (demo->merchants != NULL) {
        buf_addf(&text, "[provider]\nmerchants_file = \"%s\"\n", demo->merchants);
    }
    buf_addf(&text, "[auth]\nissuer = \"hongbao-demo\"\naudience = \"hongbao\"\n");
    snprintf(path, sizeof path, "%s/hongbao.conf", demo->home);
    good = !text.failed && file_write(path, buf_cstr(&text), /* keep= */ false);
    buf_free(&text);
    return good;
}

int init_main(struct cli *cli)
{
    const char *home = config_home(cli->config);
    struct demo demo = {.home = home, .port = 8080};
    bool with_demo = cli_flag(cli, "demo");
    char dir[4096];

    if (!cli_number("port", cli_option(cli, "port"), 1, 65535, &demo.port)) {
        return EXIT_USAGE;
    }
    demo.redis = cli_option(cli, "redis");
    demo.database = cli_option(cli, "database");
    demo.admin_database = cli_option(cli, "admin-database");
    demo.operator_database = cli_option(cli, "operator-database");
    demo.merchants = cli_option(cli, "merchants");
    demo.player_ui = cli_option(cli, "player-ui");
    if (!cli_done(cli)) {
        return EXIT_USAGE;
    }
    if (home[0] == '\0') {
        return cli_usage("init needs --home DIR");
    }
    if (with_demo && (demo.redis == NULL || demo.database == NULL || demo.admin_database == NULL ||
                      demo.player_ui == NULL)) {
        return cli_usage("init --demo needs --redis, --database, --admin-database and --player-ui");
    }
    snprintf(dir, sizeof dir, "%s/secrets", home);
    if ((mkdir(dir, 0700) != 0 && errno != EEXIST) || !secret_write(dir, "player.key") ||
        !secret_write(dir, "session.key") || !secret_write(dir, "people.key") ||
        (with_demo && !jwks_write(dir)) || (with_demo && !conf_write(&demo))) {
        return cli_fail("cannot write below %s: %s", home, strerror(errno));
    }
    printf("%s\n", home);
    return EXIT_YES;
}
