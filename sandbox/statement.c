/*
 * sandbox/statement.c - what the sandbox really paid.
 */
#include "sandbox/statement.h"

#include "base/beijing.h"
#include "base/buf.h"
#include "base/yuan.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static const int64_t DAY_MS = 86400 * 1000;

struct movement {
    const struct order *order; /* NULL: a top-up */
    int64_t fen, at_ms;        /* fen: what left; below 0 what came */
};

struct movements {
    struct movement *items;
    size_t count, cap;
};

static void movement_add(struct movements *movements, struct movement movement)
{
    if (movements->count == movements->cap) {
        movements->cap = movements->cap == 0 ? 256 : movements->cap * 2;
        movements->items = realloc(movements->items, movements->cap * sizeof *movements->items);
        if (movements->items == NULL) {
            abort();
        }
    }
    movements->items[movements->count++] = movement;
}

static int by_time(const void *a, const void *b)
{
    int64_t x = ((const struct movement *)a)->at_ms, y = ((const struct movement *)b)->at_ms;

    return (x > y) - (x < y);
}

static struct movements movements_of(struct book *book, size_t shop, int64_t from_ms, int64_t to_ms)
{
    struct movements movements = {0};
    const struct top_up *top_ups;
    size_t count = book_top_ups(book, &top_ups);

    for (size_t i = 0; i < count; i++) {
        if (top_ups[i].shop == shop && top_ups[i].at_ms >= from_ms && top_ups[i].at_ms < to_ms) {
            movement_add(&movements, (struct movement){NULL, -top_ups[i].fen, top_ups[i].at_ms});
        }
    }
    for (const struct order *order = book_orders(book); order != NULL; order = order->next) {
        if (order->shop == shop && order->state == ORDER_SUCCESS && order->updated_ms >= from_ms &&
            order->updated_ms < to_ms) {
            movement_add(&movements, (struct movement){order, order->amount_fen, order->updated_ms});
        }
    }
    if (movements.count > 0) {
        qsort(movements.items, movements.count, sizeof movements.items[0], by_time);
    }
    return movements;
}

struct sums {
    int64_t out_fen, in_fen, out_count, in_count;
};

static void sum(struct sums *sums, const struct movement *movement)
{
    if (movement->fen > 0) {
        sums->out_fen += movement->fen;
        sums->out_count++;
    } else {
        sums->in_fen -= movement->fen;
        sums->in_count++;
    }
}

/* ---- WeChat's ---- */

static const char WECHAT_HEAD[] =
    "\xEF\xBB\xBF记账时间,微信支付业务单号,资金流水单号,业务名称,业务类型,收支类型,收支金额(元),"
    "账户结余(元),资金变更提交申请人,备注,业务凭证号\r\n";

static void wechat_row(struct buf *out, const struct movement *movement, size_t number)
{
    const struct order *order = movement->order;
    char at[BEIJING_TEXT], yuan[YUAN_TEXT_MAX];

    beijing_write(movement->at_ms, at);
    (void)yuan_write(movement->fen > 0 ? movement->fen : -movement->fen, yuan);
    buf_addf(out,
             "`%s,`%s,`F%zu,`%s,`%s,`%s,`%s,`0.00,`system,`%s,`%s\r\n",
             at,
             order == NULL ? "" : order->provider_no,
             number,
             order == NULL ? "资金调整" : "商家转账",
             order == NULL ? "资金调整" : "商家转账",
             movement->fen < 0 ? "收入" : "支出",
             yuan,
             order == NULL ? "" : "sandbox",
             order == NULL ? "" : order->number);
}

static void wechat_tail(struct buf *out, const struct sums *sums)
{
    char in[YUAN_TEXT_MAX], spent[YUAN_TEXT_MAX];

    (void)yuan_write(sums->in_fen, in);
    (void)yuan_write(sums->out_fen, spent);
    buf_addf(out,
             "资金流水总笔数,收入笔数,收入金额,支出笔数,支出金额\r\n`%" PRId64 ",`%" PRId64 ",`%s,`%" PRId64
             ",`%s\r\n",
             sums->in_count + sums->out_count,
             sums->in_count,
             in,
             sums->out_count,
             spent);
}

size_t statement_wechat(struct book *book, size_t shop, int64_t day_ms, struct buf *out)
{
    struct movements movements = movements_of(book, shop, day_ms, day_ms + DAY_MS);
    struct sums sums = {0};

    buf_adds(out, WECHAT_HEAD);
    for (size_t i = 0; i < movements.count; i++) {
        wechat_row(out, &movements.items[i], i + 1);
        sum(&sums, &movements.items[i]);
    }
    wechat_tail(out, &sums);
    free(movements.items);
    return movements.count;
}

/* ---- Alipay's ---- */

static void alipay_row(struct buf *out, const struct movement *movement, size_t number)
{
    const struct order *order = movement->order;
    char at[BEIJING_TEXT], in[YUAN_TEXT_MAX], spent[YUAN_TEXT_MAX];

    beijing_write(movement->at_ms, at);
    (void)yuan_write(movement->fen < 0 ? -movement->fen : 0, in);
    (void)yuan_write(movement->fen > 0 ? -movement->fen : 0, spent);
    buf_addf(out,
             "%zu\t,%s\t,%s\t,%s\t,%s,sandbox\t,%s,%s,0.00,支付宝,%s,\r\n",
             number,
             order == NULL ? "" : order->provider_no,
             order == NULL ? "" : order->number,
             order == NULL ? "资金调整" : "红包",
             at,
             in,
             spent,
             order == NULL ? "资金调整" : "转账");
}

size_t statement_alipay(struct book *book, size_t shop, int64_t day_ms, struct buf *out)
{
    struct movements movements = movements_of(book, shop, day_ms, day_ms + DAY_MS);
    struct sums sums = {0};

    buf_adds(
        out,
        "#支付宝账务明细查询\r\n#账号：[2088000000000000156]\r\n"
        "#-----------------------------------------账务明细列表----------------------------------------\r\n"
        "账务流水号,业务流水号,商户订单号,商品名称,发生时间,对方账号,收入金额（+元）,支出金额（-元）,"
        "账户余额（元）,交易渠道,业务类型,备注\r\n");
    for (size_t i = 0; i < movements.count; i++) {
        alipay_row(out, &movements.items[i], i + 1);
        sum(&sums, &movements.items[i]);
    }
    buf_adds(
        out,
        "#-----------------------------------------账务明细列表结束------------------------------------\r\n");
    buf_addf(out, "#支出合计：%" PRId64 "笔\r\n#收入合计：%" PRId64 "笔\r\n", sums.out_count, sums.in_count);
    free(movements.items);
    return movements.count;
}

/* ---- everybody's ---- */

static void json_row(struct buf *out, const struct order *order)
{
    buf_addf(out,
             "{\"merchant\":\"%s\",\"order_no\":\"%s\",\"provider_no\":\"%s\",\"amount_fen\":%" PRId64
             ",\"payee\":",
             SHOPS[order->shop].name,
             order->number,
             order->provider_no,
             order->amount_fen);
    buf_add_json_string(out, order->payee, strlen(order->payee));
    buf_addf(out, ",\"paid_at_ms\":%" PRId64 "}", order->updated_ms);
}

void statement_json(struct book *book, struct buf *out)
{
    const char *between = "";

    buf_addc(out, '[');
    for (size_t shop = 0; shop < BOOK_SHOPS; shop++) {
        struct movements movements = movements_of(book, shop, INT64_MIN, INT64_MAX);

        for (size_t i = 0; i < movements.count; i++) {
            if (movements.items[i].order != NULL) {
                buf_adds(out, between);
                json_row(out, movements.items[i].order);
                between = ",\n";
            }
        }
        free(movements.items);
    }
    buf_adds(out, "]\n");
}
