/*
 * base/csv.c - rows and cells of a CSV text.
 */
#include "base/csv.h"

void csv_start(struct csv *csv, char *text, size_t len)
{
    *csv = (struct csv){.at = text, .end = text + len};
}

static bool at_cell_end(const struct csv *csv)
{
    return csv->at == csv->end || *csv->at == ',' || *csv->at == '\n' ||
           (*csv->at == '\r' && csv->at + 1 < csv->end && csv->at[1] == '\n');
}

/* Behind the opening quote: up to the closing one, doubled quotes joined. */
static bool quoted_read(struct csv *csv, struct csv_cell *cell)
{
    char *to = csv->at;

    cell->at = to;
    for (; csv->at < csv->end; csv->at++) {
        if (*csv->at == '"' && (csv->at + 1 == csv->end || csv->at[1] != '"')) {
            csv->at++;
            cell->len = (size_t)(to - cell->at);
            return at_cell_end(csv);
        }
        csv->at += *csv->at == '"';
        csv->line += *csv->at == '\n';
        *to++ = *csv->at;
    }
    return false;
}

static bool cell_read(struct csv *csv, struct csv_cell *cell)
{
    if (csv->at < csv->end && *csv->at == '"') {
        csv->at++;
        return quoted_read(csv, cell);
    }
    cell->at = csv->at;
    while (!at_cell_end(csv)) {
        csv->at++;
    }
    cell->len = (size_t)(csv->at - cell->at);
    return true;
}

/* Past the end of a cell; true when another one follows in the row. */
static bool cell_follows(struct csv *csv)
{
    bool follows = csv->at < csv->end && *csv->at == ',';

    if (csv->at < csv->end && *csv->at == '\r') {
        csv->at++;
    }
    if (csv->at < csv->end) {
        csv->at++;
    }
    return follows;
}

enum csv_got csv_row(struct csv *csv, struct csv_cell *cells, size_t max, size_t *count)
{
    *count = 0;
    if (csv->at == csv->end) {
        return CSV_END;
    }
    csv->line++;
    do {
        if (*count == max || !cell_read(csv, &cells[*count])) {
            return CSV_MALFORMED;
        }
        ++*count;
    } while (cell_follows(csv));
    return CSV_ROW;
}
