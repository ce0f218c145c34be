/*
 * cli/token.c - `hongbao token`: tokens of a demo home, one a line.
 *
 * --user U prints a token of that user; with --count N the users are U-1 to U-N. --session prints the
 * engine's own sessions instead, as GET .../me answers them: a load test then starts with users who have
 * signed in.
 */
#include "cli/cli.h"

#include "api/auth.h"
#include "base/clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { USER_MAX = 200, DAY_S = 86400 };

/* What every token of one call shares. */
struct minting {
    const struct cli *cli;
    struct auth_keys keys;
    const struct jwt_key *signer; /* NULL: sessions */
    int64_t now_s, expires_s;
};

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

static bool print_jwt(const struct minting *minting, const char *sub)
{
    const struct config *config = minting->cli->config;
    char *token = jwt_issue(minting->signer,
                            sub,
                            config_text(config, CFG_AUTH_ISSUER),
                            config_text(config, CFG_AUTH_AUDIENCE),
                            minting->now_s,
                            minting->expires_s);

    if (token != NULL) {
        puts(token);
    }
    free(token);
    return token != NULL;
}

static bool print_session(const struct minting *minting, const char *sub)
{
    struct player_id player;
    char session[SESSION_TEXT + 1];

    auth_player_of(&minting->keys, sub, strlen(sub), &player);
    session_issue(&minting->keys.session, &player, minting->expires_s, session);
    return puts(session) != EOF;
}

static bool print_token(const struct minting *minting, const char *sub)
{
    return minting->signer == NULL ? print_session(minting, sub) : print_jwt(minting, sub);
}

static int print_tokens(const struct minting *minting, const char *user, long long count)
{
    char sub[USER_MAX + 24];
    bool done = count > 0 || print_token(minting, user);

    for (long long i = 1; done && i <= count; i++) {
        snprintf(sub, sizeof sub, "%s-%lld", user, i);
        done = print_token(minting, sub);
    }
    return done ? EXIT_YES : cli_fail("could not sign or print");
}

static int mint(struct minting *minting, const char *user, long long count, const char *alg)
{
    int code = EXIT_USAGE;

    if (auth_keys_load(minting->cli->config, &minting->keys) != HB_OK) {
        return EXIT_FAILED; /* said in the log */
    }
    minting->signer = alg == NULL ? NULL : demo_key(&minting->keys.jwt, alg);
    if (alg != NULL && minting->signer == NULL) {
        code = cli_usage("--alg is HS256 or ES256");
    } else {
        code = print_tokens(minting, user, count);
    }
    auth_keys_free(&minting->keys);
    return code;
}

int token_main(struct cli *cli)
{
    const char *user = cli_option(cli, "user"), *alg = cli_option(cli, "alg");
    bool is_session = cli_flag(cli, "session");
    struct minting minting = {.cli = cli, .now_s = clock_wall_ms() / 1000};
    long long count = 0, days = 30;

    if (!cli_number("count", cli_option(cli, "count"), 1, 100000000, &count) ||
        !cli_number("days", cli_option(cli, "days"), 1, 3650, &days) || !cli_done(cli)) {
        return EXIT_USAGE;
    }
    if (user == NULL || user[0] == '\0' || strlen(user) > USER_MAX) {
        return cli_usage("token needs --user U (at most %d bytes)", USER_MAX);
    }
    if (is_session && alg != NULL) {
        return cli_usage("a session has no --alg");
    }
    if (strcmp(config_text(cli->config, CFG_ENGINE_ENVIRONMENT), "demo") != 0) {
        return cli_fail("demo tokens are made only where engine.environment is demo");
    }
    minting.expires_s = minting.now_s + days * DAY_S;
    return mint(&minting, user, count, is_session || alg != NULL ? alg : "HS256");
}
