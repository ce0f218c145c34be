/*
 * outbound/bill.c - the rows of a provider's bill, from its CSV.
 */
#include "outbound/bill.h"

#include "base/beijing.h"
#include "base/csv.h"
#include "base/yuan.h"

#include <stdlib.h>

enum { CELLS_MAX = 64 };

/* Cells have a backtick in front, so that spreadsheets leave long numbers alone. */
const struct bill_format BILL_WECHAT = {
    .order_no = "业务凭证号",
    .provider_no = "微信支付业务单号",
    .at = "记账时间",
    .out = "收支金额",
    .direction = "收支类型",
    .out_word = "支出",
    .end = "资金流水总笔数",
};

/* Cells have a tab behind them, to the same end; lines that begin with # are no rows. */
const struct bill_format BILL_ALIPAY = {
    .order_no = "商户订单号",
    .provider_no = "业务流水号",
    .at = "发生时间",
    .out = "支出金额",
    .in = "收入金额",
    .end = "#",
};

struct columns {
    size_t order_no, provider_no, at, out, in, direction;
};

void bill_rows_free(struct bill_rows *rows)
{
    free(rows->items);
    *rows = (struct bill_rows){0};
}

static struct provider_bill_row *row_new(struct bill_rows *rows)
{
    if (rows->count == rows->cap) {
        size_t cap = rows->cap == 0 ? 256 : rows->cap * 2;
        struct provider_bill_row *items =
            cap <= BILL_ROWS_MAX ? realloc(rows->items, cap * sizeof *items) : NULL;

        if (items == NULL) {
            return NULL;
        }
        rows->items = items;
        rows->cap = cap;
    }
    rows->items[rows->count] = (struct provider_bill_row){0};
    return &rows->items[rows->count];
}

static bool is_wrapping(char c)
{
    return c == ' ' || c == '\t' || c == '`' || c == '\r';
}

static struct span bare(const struct csv_cell *cell)
{
    struct span span = {cell->at, cell->len};

    if (span_starts(span, "\xEF\xBB\xBF")) { /* a byte order mark */
        span.at += 3;
        span.len -= 3;
    }
    for (; span.len > 0 && is_wrapping(span.at[0]); span.at++, span.len--) {
    }
    for (; span.len > 0 && is_wrapping(span.at[span.len - 1]); span.len--) {
    }
    return span;
}

/* ---- columns ---- */

static bool column_find(const struct csv_cell *cells, size_t count, const char *name, size_t *out)
{
    *out = count;
    for (size_t i = 0; name != NULL && i < count; i++) {
        if (span_starts(bare(&cells[i]), name)) {
            *out = i;
            return true;
        }
    }
    return name == NULL;
}

static bool columns_find(const struct bill_format *format,
                         const struct csv_cell *cells,
                         size_t count,
                         struct columns *out)
{
    return column_find(cells, count, format->order_no, &out->order_no) &&
           column_find(cells, count, format->provider_no, &out->provider_no) &&
           column_find(cells, count, format->at, &out->at) &&
           column_find(cells, count, format->out, &out->out) &&
           column_find(cells, count, format->in, &out->in) &&
           column_find(cells, count, format->direction, &out->direction);
}

/* ---- rows ---- */

static bool copy_number(struct span span, char *out, size_t out_bytes)
{
    if (span.len >= out_bytes) {
        return false;
    }
    memcpy(out, span.at, span.len);
    out[span.len] = '\0';
    return true;
}

/* How much, whatever its sign: the column says which way. An empty cell is nothing. */
static bool amount_read(struct span span, int64_t *fen)
{
    *fen = 0;
    if (span.len == 0) {
        return true;
    }
    if (!yuan_parse(span.at, span.len, fen) || *fen == INT64_MIN) {
        return false;
    }
    *fen = *fen < 0 ? -*fen : *fen;
    return true;
}

static bool row_amount(const struct bill_format *format,
                       const struct columns *columns,
                       const struct csv_cell *cells,
                       int64_t *fen)
{
    int64_t out, in = 0;

    if (!amount_read(bare(&cells[columns->out]), &out) ||
        (format->in != NULL && !amount_read(bare(&cells[columns->in]), &in))) {
        return false;
    }
    if (format->direction != NULL && !span_is(bare(&cells[columns->direction]), format->out_word)) {
        in = out;
        out = 0;
    }
    *fen = out - in;
    return true;
}

static bool row_read(const struct bill_format *format,
                     const struct columns *columns,
                     const struct csv_cell *cells,
                     struct provider_bill_row *row)
{
    struct span at = bare(&cells[columns->at]);

    return copy_number(bare(&cells[columns->order_no]), row->order_no, sizeof row->order_no) &&
           copy_number(bare(&cells[columns->provider_no]), row->provider_no, sizeof row->provider_no) &&
           beijing_parse(at.at, at.len, &row->at_ms) && row_amount(format, columns, cells, &row->amount_fen);
}

static bool is_blank(const struct csv_cell *cells, size_t count)
{
    return count == 1 && bare(&cells[0]).len == 0;
}

static hb_err rows_read(const struct bill_format *format,
                        const struct columns *columns,
                        size_t width,
                        struct csv *csv,
                        struct bill_rows *out)
{
    struct csv_cell cells[CELLS_MAX];
    size_t count;

    while (csv_row(csv, cells, CELLS_MAX, &count) == CSV_ROW) {
        struct provider_bill_row *row;

        if (span_starts(bare(&cells[0]), format->end)) {
            return HB_OK;
        }
        if (is_blank(cells, count)) {
            continue;
        }
        row = row_new(out);
        if (row == NULL) {
            return HB_E_NOMEM;
        }
        if (count < width || !row_read(format, columns, cells, row)) {
            return HB_E_INPUT;
        }
        out->count++;
    }
    return HB_E_INPUT; /* the table did not come to its end: cut off */
}

hb_err bill_read(const struct bill_format *format, char *text, size_t len, struct bill_rows *out)
{
    struct csv_cell cells[CELLS_MAX];
    struct columns columns;
    struct csv csv;
    size_t count;

    csv_start(&csv, text, len);
    while (csv_row(&csv, cells, CELLS_MAX, &count) == CSV_ROW) {
        if (columns_find(format, cells, count, &columns)) {
            return rows_read(format, &columns, count, &csv, out);
        }
    }
    return HB_E_NOT_FOUND;
}
