/*
 * books/archive.c - look, write, detach, say what was written.
 */
#include "books/archive.h"

#include "base/buf.h"
#include "base/crypto.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { ARRAY_MAX = 512, PATH_BYTES = 4096 };

static const struct {
    const char *table, *sql;
} TABLES[ARCHIVE_TABLES] = {
    {"win", "SELECT w::text FROM win w WHERE campaign = $1::int ORDER BY player, draw_no"},
    {"draw_log", "SELECT d::text FROM draw_log d WHERE campaign = $1::int ORDER BY shard, epoch, position"},
    {"win_use", "SELECT u::text FROM win_use u WHERE campaign = $1::int ORDER BY no"},
};

struct archive_file {
    FILE *out;
    struct sha256_stream hash;
    uint8_t sha256[SHA256_BYTES];
    int64_t rows;
    bool failed;
};

/* ---- files ---- */

static FILE *file_make(const struct archive_options *options, const char *ending, struct archive_result *out)
{
    int fd;

    (void)snprintf(out->path, sizeof out->path, "%s/%s.%s", options->dir, options->slug, ending);
    fd = open(out->path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    return fd < 0 ? NULL : fdopen(fd, "w");
}

/* On the disk, or false. */
static bool file_end(FILE *file)
{
    bool good = fflush(file) == 0 && fsync(fileno(file)) == 0;

    return fclose(file) == 0 && good;
}

static void files_remove(const struct archive_options *options)
{
    char path[PATH_BYTES];

    for (size_t i = 0; i < ARCHIVE_TABLES; i++) {
        (void)snprintf(path, sizeof path, "%s/%s.%s", options->dir, options->slug, TABLES[i].table);
        (void)unlink(path);
    }
}

static bool row_take(void *arg, const struct pg_result *row)
{
    struct archive_file *file = arg;
    const char *text = pg_text(row, 0, 0);
    size_t len = strlen(text);

    sha256_add(&file->hash, text, len);
    sha256_add(&file->hash, "\n", 1);
    file->failed = fwrite(text, 1, len, file->out) != len || fputc('\n', file->out) == EOF;
    file->rows++;
    return !file->failed;
}

static hb_err table_write(struct pg *pg,
                          const struct archive_options *options,
                          const char *id,
                          size_t table,
                          struct archive_file *file,
                          struct archive_result *out)
{
    const char *params[] = {id};
    hb_err err;

    *file = (struct archive_file){.out = file_make(options, TABLES[table].table, out)};
    if (file->out == NULL) {
        return HB_E_IO;
    }
    sha256_start(&file->hash);
    err = pg_stream(pg, TABLES[table].sql, 1, params, row_take, file);
    sha256_end(&file->hash, file->sha256);
    out->rows[table] = file->rows;
    if (!file_end(file->out) || file->failed) {
        return HB_E_IO;
    }
    return err;
}

/* ---- the ledger ---- */

/* *id stays empty when there is nothing to write: out->verdict says why. */
static hb_err campaign_look(struct pg *pg,
                            const struct archive_options *options,
                            char id[static 16],
                            struct archive_result *out)
{
    struct pg_result *rows = NULL;
    hb_err err =
        pg_callf(pg,
                 &rows,
                 "SELECT campaign, CASE WHEN archived(campaign) THEN 'same' WHEN NOT EXISTS (SELECT FROM "
                 "settlement s WHERE s.campaign = f.campaign) THEN 'not_settled' ELSE '' END "
                 "FROM fairness f WHERE slug = $1",
                 "%s",
                 options->slug);

    id[0] = '\0';
    if (err == HB_OK && pg_rows(rows) == 0) {
        err = HB_E_NO_CAMPAIGN;
    } else if (err == HB_OK) {
        (void)snprintf(out->verdict, sizeof out->verdict, "%s", pg_text(rows, 0, 1));
        if (out->verdict[0] == '\0') {
            (void)snprintf(id, 16, "%" PRId64, pg_i64(rows, 0, 0));
        }
    }
    pg_result_free(rows);
    return err;
}

static hb_err campaign_detach(struct pg *pg,
                              const struct archive_options *options,
                              const struct archive_file files[static ARCHIVE_TABLES],
                              struct archive_result *out)
{
    char counts[ARRAY_MAX];
    struct buf hashes;
    struct pg_result *rows = NULL;
    hb_err err;

    (void)snprintf(counts,
                   sizeof counts,
                   "{%" PRId64 ",%" PRId64 ",%" PRId64 "}",
                   files[0].rows,
                   files[1].rows,
                   files[2].rows);
    buf_init(&hashes, ARRAY_MAX);
    for (size_t i = 0; i < ARCHIVE_TABLES; i++) {
        buf_adds(&hashes, i == 0 ? "{\"\\\\x" : ",\"\\\\x");
        buf_add_hex(&hashes, files[i].sha256, SHA256_BYTES);
        buf_addc(&hashes, '"');
    }
    buf_addc(&hashes, '}');
    err = pg_callf(pg,
                   &rows,
                   "SELECT campaign_archive($1, $2, $3::bigint[], $4::bytea[])",
                   "%s%s%s%s",
                   options->slug,
                   options->person,
                   counts,
                   buf_cstr(&hashes));
    if (err == HB_OK) {
        (void)snprintf(out->verdict, sizeof out->verdict, "%s", pg_text(rows, 0, 0));
    }
    pg_result_free(rows);
    buf_free(&hashes);
    return err;
}

/* From the ledger's own row, so that it is what was kept there. */
static hb_err manifest_write(struct pg *pg, const struct archive_options *options, struct archive_result *out)
{
    struct pg_result *rows = NULL;
    FILE *file = NULL;
    hb_err err = pg_callf(
        pg,
        &rows,
        "SELECT jsonb_pretty(jsonb_build_object('campaign', f.slug, 'number', a.campaign, 'person', "
        "a.person, 'at', "
        "a.at, 'head', jsonb_build_object('seq', a.head_seq, 'hash', encode(a.head_hash, 'hex')), 'win', "
        "jsonb_build_object('rows', a.wins, 'sha256', encode(a.wins_sha256, 'hex')), 'draw_log', "
        "jsonb_build_object('rows', a.entries, 'sha256', encode(a.entries_sha256, 'hex')), 'win_use', "
        "jsonb_build_object('rows', a.uses, 'sha256', encode(a.uses_sha256, 'hex')), 'batches', a.batches, "
        "'rest_sha256', encode(a.rest_sha256, 'hex'))) FROM archive a JOIN fairness f USING (campaign) WHERE "
        "f.slug = "
        "$1",
        "%s",
        options->slug);

    if (err == HB_OK) {
        file = file_make(options, "json", out);
        if (file == NULL || fprintf(file, "%s\n", pg_text(rows, 0, 0)) < 0) {
            err = HB_E_IO;
        }
        if (file != NULL && !file_end(file)) {
            err = HB_E_IO;
        }
    }
    pg_result_free(rows);
    return err;
}

hb_err archive_run(struct pg *pg, const struct archive_options *options, struct archive_result *out)
{
    struct archive_file files[ARCHIVE_TABLES] = {0};
    char id[16];
    hb_err err;

    *out = (struct archive_result){.path = ""};
    err = campaign_look(pg, options, id, out);
    if (err != HB_OK || id[0] == '\0') {
        return err;
    }
    for (size_t i = 0; i < ARCHIVE_TABLES && err == HB_OK; i++) {
        err = table_write(pg, options, id, i, &files[i], out);
    }
    if (err == HB_OK) {
        err = campaign_detach(pg, options, files, out);
    }
    if (err == HB_OK && strcmp(out->verdict, "archived") == 0) {
        return manifest_write(pg, options, out);
    }
    if (err != HB_E_UNSURE && err != HB_E_IO) { /* it may have happened; a file may be somebody else's */
        files_remove(options);
    }
    return err;
}
