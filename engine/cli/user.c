/*
 * cli/user.c - `hongbao user export | erase`: what a person may ask for.
 *
 * A person is named by the subject at the operator's identity service, or by the player's 32 hex digits.
 */
#include "cli/cli.h"

#include "api/auth.h"
#include "base/people_key.h"
#include "books/person.h"

#include <stdio.h>
#include <string.h>

enum { EXPORT_MAX_BYTES = 256 * 1024 * 1024, CALL_MS = 600 * 1000, SUBJECT_MAX = 1024 };

static const char WORDS[] =
    "user export SUBJECT|PLAYER [--subject] | erase SUBJECT|PLAYER [--subject] [--json]";

/* A word of 32 hex digits is a player, unless --subject says that it is a subject all the same. */
static bool player_of(const struct cli *cli, const char *word, bool subject, struct player_id *out)
{
    struct auth_keys keys;

    if (!subject && player_parse(word, strlen(word), out)) {
        return true;
    }
    if (auth_keys_load(cli->config, &keys) != HB_OK) {
        cli_fail("the keys in engine.secrets_dir cannot be read");
        return false;
    }
    auth_player_of(&keys, word, strlen(word), out);
    auth_keys_free(&keys);
    return true;
}

static int export(const struct cli *cli, struct pg *pg, const struct player_id *player)
{
    struct seal_key key;
    struct buf out;
    bool failed;

    if (people_key_load(cli->config, &key) != HB_OK) {
        return cli_fail("the people key cannot be read");
    }
    buf_init(&out, EXPORT_MAX_BYTES);
    failed = cli_failed(pg, person_export(pg, &key, player, &out), "export");
    crypto_wipe(&key, sizeof key);
    if (!failed) {
        puts(buf_cstr(&out));
    }
    if (out.data != NULL) {
        crypto_wipe(out.data, out.len);
    }
    buf_free(&out);
    return failed ? EXIT_FAILED : EXIT_YES;
}

static void erasure_text(const struct person_erasure *done)
{
    if (!done->erased) {
        printf("NOT erased: %lld withdrawals are under way and need their payee. Say it again when they have "
               "ended.\n",
               (long long)done->open_withdrawals);
        return;
    }
    printf(
        "Erased: subject, payees, real name, the bodies of payout requests.\n"
        "What stays names only the player, a number that cannot be turned back:\n"
        "  %lld wins, %lld withdrawals, %lld payouts, %lld vouchers: the books; records of prizes and taxes "
        "have to be kept\n"
        "  the draw log: every draw can be verified by everybody\n"
        "  counters and the last answers: erasing gives no second set of chances\n",
        (long long)done->wins,
        (long long)done->withdrawals,
        (long long)done->payouts,
        (long long)done->vouchers);
}

static void erasure_json(const struct person_erasure *done)
{
    printf("{\"erased\":%s,\"open_withdrawals\":%lld,\"kept\":{\"wins\":%lld,\"withdrawals\":%lld,"
           "\"payouts\":%lld,\"vouchers\":%lld,\"draw_log\":true,\"counters\":true}}\n",
           done->erased ? "true" : "false",
           (long long)done->open_withdrawals,
           (long long)done->wins,
           (long long)done->withdrawals,
           (long long)done->payouts,
           (long long)done->vouchers);
}

static int erase(struct pg *pg, const struct player_id *player, bool json)
{
    struct person_erasure done;

    if (cli_failed(pg, person_erase(pg, player, &done), "erase")) {
        return EXIT_FAILED;
    }
    if (json) {
        erasure_json(&done);
    } else {
        erasure_text(&done);
    }
    return done.erased ? EXIT_YES : EXIT_NO;
}

int user_main(struct cli *cli)
{
    bool subject = cli_flag(cli, "subject"), json = cli_flag(cli, "json"), erasing = false;
    const char *call = cli_word(cli), *word = cli_word(cli);
    struct player_id player;
    struct pg *pg;
    int code;

    if (call == NULL || word == NULL || word[0] == '\0' || strlen(word) > SUBJECT_MAX || !cli_done(cli)) {
        return cli_usage("%s", WORDS);
    }
    erasing = strcmp(call, "erase") == 0;
    if (!erasing && strcmp(call, "export") != 0) {
        return cli_usage("%s", WORDS);
    }
    if (!player_of(cli, word, subject, &player)) {
        return EXIT_FAILED;
    }
    pg = cli_operators(cli, CALL_MS);
    if (pg == NULL) {
        return EXIT_FAILED;
    }
    code = erasing ? erase(pg, &player, json) : export(cli, pg, &player);
    pg_close(pg);
    return code;
}
