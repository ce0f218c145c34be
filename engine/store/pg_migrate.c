/*
 * store/pg_migrate.c - applies the numbered migrations of a folder, forward only.
 *
 *   connection lock -> table `migration` -> for each NNN_*.sql in order:
 *       known, same checksum -> next | known, changed -> refuse all | new -> one transaction: the file, its
 * row
 *
 * The lock is an advisory one of the session: two nodes that start at once take turns. It all runs as
 * hongbao_owner.
 */
#include "store/pg_internal.h"

#include "base/crypto.h"

#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { FILE_MAX_BYTES = 1 << 20, PATH_BYTES = 4096, NUMBER_DIGITS = 3 };

#define OWN_SETTINGS "SET ROLE hongbao_owner; SET search_path = hongbao; SET client_min_messages = warning"
#define OWN_TABLE                                                                       \
    "CREATE TABLE IF NOT EXISTS migration (number int PRIMARY KEY, name text NOT NULL," \
    " sha256 bytea NOT NULL, applied_at timestamptz NOT NULL DEFAULT clock_timestamp())"

struct migration {
    int number;
    const char *name;
    struct buf text;
    char hash[SHA256_BYTES * 2 + 1];
};

static int migration_chosen(const struct dirent *entry)
{
    const char *name = entry->d_name;
    size_t len = strlen(name);

    for (size_t i = 0; i < NUMBER_DIGITS; i++) {
        if (!isdigit((unsigned char)name[i])) {
            return 0;
        }
    }
    return name[NUMBER_DIGITS] == '_' && len > NUMBER_DIGITS + 5 && strcmp(name + len - 4, ".sql") == 0;
}

static hb_err said_failure(struct pg *pg, const struct migration *migration, const char *why)
{
    snprintf(pg->error, sizeof pg->error, "%s: %s", migration->name, why);
    return HB_E_CONFLICT;
}

static bool file_read(const char *dir, const char *name, struct buf *out)
{
    char path[PATH_BYTES];
    FILE *file = NULL;
    char *at = buf_reserve(out, FILE_MAX_BYTES - 1);
    bool whole = false;

    if (at == NULL || snprintf(path, sizeof path, "%s/%s", dir, name) >= (int)sizeof path) {
        return false;
    }
    file = fopen(path, "rbe");
    if (file != NULL) {
        out->len = fread(at, 1, FILE_MAX_BYTES - 1, file);
        whole = ferror(file) == 0 && feof(file) != 0 && out->len > 0;
        fclose(file);
    }
    return whole;
}

static hb_err migration_read(struct pg *pg, const char *dir, struct migration *migration)
{
    uint8_t hash[SHA256_BYTES];

    if (!file_read(dir, migration->name, &migration->text)) {
        return said_failure(pg, migration, "cannot be read");
    }
    migration->number = (int)strtol(migration->name, NULL, 10);
    sha256(migration->text.data, migration->text.len, hash);
    hex_encode(hash, sizeof hash, migration->hash);
    return HB_OK;
}

/* *known: it was applied before, with the same text. */
static hb_err migration_look_up(struct pg *pg, const struct migration *migration, bool *known)
{
    struct pg_result *rows = NULL;
    hb_err err = pg_callf(pg,
                          &rows,
                          "SELECT (SELECT encode(sha256, 'hex') FROM migration WHERE number = $1::int),"
                          " (SELECT max(number) FROM migration)",
                          "%d",
                          migration->number);

    if (err != HB_OK) {
        return err;
    }
    *known = !pg_null(rows, 0, 0);
    if (*known && strcmp(pg_text(rows, 0, 0), migration->hash) != 0) {
        err = said_failure(pg, migration, "was changed after it was applied; add a new migration instead");
    } else if (!*known && pg_i64(rows, 0, 1) > migration->number) {
        err =
            said_failure(pg, migration, "comes before one that was applied already; give it a higher number");
    }
    pg_result_free(rows);
    return err;
}

static hb_err migration_apply(struct pg *pg, struct migration *migration)
{
    char name_and_why[PG_ERROR_BYTES];
    hb_err err = pg_begin(pg, false);

    if (err == HB_OK) {
        err = pg_script(pg, buf_cstr(&migration->text));
    }
    if (err == HB_OK) {
        err = pg_callf(
            pg,
            NULL,
            "INSERT INTO hongbao.migration (number, name, sha256) VALUES ($1::int, $2, decode($3, 'hex'))",
            "%d%s%s",
            migration->number,
            migration->name,
            migration->hash);
    }
    if (err == HB_OK) {
        return pg_commit(pg);
    }
    pg_rollback(pg);
    if (snprintf(name_and_why, sizeof name_and_why, "%s: %.400s", migration->name, pg->error) > 0) {
        memcpy(pg->error, name_and_why, sizeof name_and_why);
    }
    return err;
}

static hb_err migration_run(struct pg *pg, const char *dir, const char *name, struct buf *said)
{
    struct migration migration = {.name = name};
    bool known = false;
    hb_err err = HB_OK;

    buf_init(&migration.text, FILE_MAX_BYTES);
    err = migration_read(pg, dir, &migration);
    if (err == HB_OK) {
        err = migration_look_up(pg, &migration, &known);
    }
    if (err == HB_OK && !known) {
        err = migration_apply(pg, &migration);
        if (err == HB_OK) {
            buf_addf(said, "applied %s\n", name);
        }
    }
    buf_free(&migration.text);
    return err;
}

static hb_err
migrations_run(struct pg *pg, const char *dir, struct dirent **names, int count, struct buf *said)
{
    int64_t timeout_ms = pg->timeout_ms;
    hb_err err = HB_OK;

    pg->timeout_ms = 0; /* a migration takes what it takes, and so does another node's */
    err = pg_script(pg, OWN_SETTINGS);
    if (err == HB_OK) {
        err = pg_call(pg, "SELECT pg_advisory_lock(hashtext('hongbao.migrate'))", 0, NULL, NULL);
    }
    if (err == HB_OK) {
        err = pg_call(pg, OWN_TABLE, 0, NULL, NULL);
    }
    for (int i = 0; i < count && err == HB_OK; i++) {
        err = migration_run(pg, dir, names[i]->d_name, said);
    }
    pg_drop(pg); /* with its lock and its role */
    pg->timeout_ms = timeout_ms;
    return err;
}

hb_err pg_migrate(struct pg *pg, const char *dir, struct buf *said)
{
    struct dirent **names = NULL;
    int count = scandir(dir, &names, migration_chosen, alphasort);
    hb_err err = HB_E_INPUT;

    if (count <= 0) {
        snprintf(pg->error, sizeof pg->error, "no migrations in %.300s", dir);
    } else {
        err = migrations_run(pg, dir, names, count, said);
    }
    for (int i = 0; i < count; i++) {
        free(names[i]);
    }
    free(names);
    return err;
}
