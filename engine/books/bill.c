/*
 * books/bill.c - a list of bill rows, and its form as CSV.
 */
#include "books/bill.h"

#include "base/csv.h"
#include "base/yuan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { COLUMNS = 3 };

bool bill_add(struct bill *bill, const struct provider_bill_row *row)
{
    if (bill->count == bill->capacity) {
        size_t capacity = bill->capacity == 0 ? 256 : bill->capacity * 2;
        struct provider_bill_row *rows =
            bill->count == BILL_ROWS_MAX ? NULL : realloc(bill->rows, capacity * sizeof *rows);

        if (rows == NULL) {
            return false;
        }
        bill->rows = rows;
        bill->capacity = capacity;
    }
    bill->rows[bill->count++] = *row;
    return true;
}

void bill_free(struct bill *bill)
{
    free(bill->rows);
    *bill = (struct bill){.rows = NULL};
}

static bool number_copy(const struct csv_cell *cell, size_t max, bool needed, char *out)
{
    bool good = cell->len <= max && (cell->len > 0 || !needed);

    for (size_t i = 0; i < cell->len && good; i++) {
        good = cell->at[i] > ' ' && cell->at[i] < 0x7F;
    }
    if (good) {
        memcpy(out, cell->at, cell->len);
        out[cell->len] = '\0';
    }
    return good;
}

static bool row_read(const struct csv_cell *cells, size_t count, struct provider_bill_row *out)
{
    *out = (struct provider_bill_row){.at_ms = 0};
    return count == COLUMNS && number_copy(&cells[0], PROVIDER_ORDER_MAX, true, out->order_no) &&
           number_copy(&cells[1], PROVIDER_NO_MAX, false, out->provider_no) &&
           yuan_parse(cells[2].at, cells[2].len, &out->amount_fen) && out->amount_fen != 0 &&
           out->amount_fen >= -BILL_FEN_MAX && out->amount_fen <= BILL_FEN_MAX;
}

static bool is_heading(const struct csv_cell *cells)
{
    static const char FIRST[] = "order_no";

    return cells[0].len == sizeof FIRST - 1 && memcmp(cells[0].at, FIRST, sizeof FIRST - 1) == 0;
}

hb_err bill_parse(char *csv_text, size_t len, struct bill *out, size_t *bad_line)
{
    struct csv_cell cells[COLUMNS] = {{NULL, 0}, {NULL, 0}, {NULL, 0}};
    struct provider_bill_row row;
    enum csv_got got;
    bool first = true;
    struct csv csv;
    size_t count = 0;

    *out = (struct bill){.rows = NULL};
    csv_start(&csv, csv_text, len);
    while ((got = csv_row(&csv, cells, COLUMNS, &count)) == CSV_ROW) {
        bool skipped = (count == 1 && cells[0].len == 0) || (first && is_heading(cells));

        first = false;
        if (skipped) {
            continue;
        }
        if (!row_read(cells, count, &row)) {
            got = CSV_MALFORMED;
            break;
        }
        if (!bill_add(out, &row)) {
            bill_free(out);
            return HB_E_NOMEM;
        }
    }
    *bad_line = got == CSV_MALFORMED ? csv.line : 0;
    if (got == CSV_MALFORMED) {
        bill_free(out);
        return HB_E_FIELD;
    }
    return HB_OK;
}

static bool digits_read(const char *text, size_t count, int *out)
{
    *out = 0;
    for (size_t i = 0; i < count; i++) {
        if (text[i] < '0' || text[i] > '9') {
            return false;
        }
        *out = *out * 10 + (text[i] - '0');
    }
    return true;
}

bool bill_day_valid(const char *day)
{
    static const int DAYS[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int year = 0, month = 0, in_month = 0;

    if (strlen(day) != 10 || day[4] != '-' || day[7] != '-' || !digits_read(day, 4, &year) ||
        !digits_read(day + 5, 2, &month) || !digits_read(day + 8, 2, &in_month) || year < 2000 || month < 1 ||
        month > 12) {
        return false;
    }
    return in_month >= 1 &&
           in_month <= DAYS[month - 1] +
                           (month == 2 && (year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)) ? 1 : 0);
}
