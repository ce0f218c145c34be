/*
 * base/csv.h - rows and cells of a CSV text (RFC 4180), read in place.
 *
 * Quoted cells may hold commas, line ends and doubled quotes. A row ends at LF or CRLF, the last one at the
 * end of the text. Nothing is copied but by csv_row(), which joins doubled quotes in the caller's text.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct csv_cell {
    const char *at;
    size_t len;
};

struct csv {
    char *at, *end;
    size_t line; /* in which the row read last ends, from 1 */
};

void csv_start(struct csv *csv, char *text, size_t len);

enum csv_got { CSV_ROW, CSV_END, CSV_MALFORMED /* an open quote, or more cells than max */ };

/* The next row; its cells are readable as long as the text. An empty line is a row of one empty cell. */
enum csv_got csv_row(struct csv *csv, struct csv_cell *cells, size_t max, size_t *count);
