/*
 * cli/token.c - `hongbao token`: demo tokens, one a line, signed with the home's demo key only.
 *
 * --user U prints a token of that user; with --count N the users are U-1 to U-N.
 */
#include "cli/cli.h"

#include "base/clock.h"
#include "http/jwt.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { USER_MAX = 200, JWKS_BYTES_MAX = 64 * 1024, DAY_S = 86400 };

static const struct jwt_key *demo_key(const struct jwt_keys *keys, const char *alg)
{
    const char *kid = strcmp(alg, "ES256") == 0   ? "demo-es256"
                      : strcmp(alg, "HS256") == 0 ? "demo-hs256"
                                                  : "";

    for (size_t i = 0; i < keys->count; i++) {
        if (strcmp(jwt_key_id(keys->keys[i]), kid) == 0) {
            return keys->keys[i];
        }
    }
    return NULL;
}

static bool print_token(const struct cli *cli, const struct jwt_key *key, const char *sub, long long days)
{
    int64_t now_s = clock_wall_ms() / 1000;
    char *token = jwt_issue(key,
                            sub,
                            config_text(cli->config, CFG_AUTH_ISSUER),
                            config_text(cli->config, CFG_AUTH_AUDIENCE),
                            now_s,
                            now_s + days * DAY_S);

    if (token != NULL) {
        puts(token);
    }
    free(token);
    return token != NULL;
}

static int print_tokens(const struct cli *cli,
                        const struct jwt_keys *keys,
                        const char *user,
                        long long count,
                        const char *alg,
                        long long days)
{
    const struct jwt_key *key = demo_key(keys, alg);
    char sub[USER_MAX + 24];

    if (key == NULL) {
        return cli_usage("--alg is HS256 or ES256");
    }
    if (count == 0) {
        return print_token(cli, key, user, days) ? EXIT_YES : cli_fail("could not sign");
    }
    for (long long i = 1; i <= count; i++) {
        snprintf(sub, sizeof sub, "%s-%lld", user, i);
        if (!print_token(cli, key, sub, days)) {
            return cli_fail("could not sign");
        }
    }
    return EXIT_YES;
}

int token_main(struct cli *cli)
{
    const char *user = cli_option(cli, "user"), *alg = cli_option(cli, "alg");
    long long count = 0, days = 30;
    struct jwt_keys keys;
    char path[4096], why[200];
    size_t len;
    char *text;
    int code;

    if (!cli_number("count", cli_option(cli, "count"), 1, 100000000, &count) ||
        !cli_number("days", cli_option(cli, "days"), 1, 3650, &days) || !cli_done(cli)) {
        return EXIT_USAGE;
    }
    if (user == NULL || user[0] == '\0' || strlen(user) > USER_MAX) {
        return cli_usage("token needs --user U (at most %d bytes)", USER_MAX);
    }
    if (strcmp(config_text(cli->config, CFG_ENGINE_ENVIRONMENT), "demo") != 0) {
        return cli_fail("demo tokens are made only where engine.environment is demo");
    }
    snprintf(path, sizeof path, "%s/jwks.json", config_text(cli->config, CFG_ENGINE_SECRETS));
    text = cli_read_file(path, JWKS_BYTES_MAX, &len);
    if (text == NULL) {
        return EXIT_FAILED;
    }
    if (jwt_keys_parse(text, len, &keys, why, sizeof why) != HB_OK) {
        free(text);
        return cli_fail("%s: %s", path, why);
    }
    code = print_tokens(cli, &keys, user, count, alg == NULL ? "HS256" : alg, days);
    jwt_keys_free(&keys);
    free(text);
    return code;
}
