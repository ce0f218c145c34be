/*
 * books/archive.h - a settled campaign leaves the database: its wins, draw log and uses of wins are written
 * to files, and their tables are detached.
 *
 *   DIR/SLUG.win, DIR/SLUG.draw_log, DIR/SLUG.win_use   a row a line, as PostgreSQL writes a composite
 *   DIR/SLUG.json                                       rows and sha256 of each, the head of the chain
 *
 * Nothing is detached before all of it is on the disk. Files are never overwritten.
 */
#pragma once

#include "store/pg.h"

enum { ARCHIVE_TABLES = 3, ARCHIVE_VERDICT_MAX = 32 };

struct archive_options {
    const char *slug, *person, *dir;
};

struct archive_result {
    char verdict[ARCHIVE_VERDICT_MAX]; /* campaign_archive()'s word */
    char path[4096];                   /* of HB_E_IO: the file that could not be written; errno says why */
    int64_t rows[ARCHIVE_TABLES];      /* wins, entries, uses */
};

/* pg: the operators' role, with time to read the campaign. HB_E_NO_CAMPAIGN; HB_E_IO; else as pg_call(). */
HB_CHECKED hb_err archive_run(struct pg *pg,
                              const struct archive_options *options,
                              struct archive_result *out);
