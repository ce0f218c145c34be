/*
 * sandbox/book.c - orders and floats.
 */
#include "sandbox/book.h"

#include "base/clock.h"
#include "sandbox/journal.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BUCKETS = 1 << 16, TOP_UPS_MAX = 1 << 16 };

struct state_row {
    const char *wechat, *alipay;
    bool terminal, holds;
};

#define STATE_ROW(symbol, wechat, alipay, terminal, holds) [symbol] = {wechat, alipay, terminal, holds},
static const struct state_row STATES[] = {ORDER_STATES(STATE_ROW)};

struct book {
    struct journal *journal;
    struct order *buckets[BUCKETS];
    struct order *newest, *open;
    size_t count;
    int64_t float_fen[BOOK_SHOPS];
    struct top_up *top_ups;
    size_t top_up_count;
};

const char *order_state_wechat(enum order_state state)
{
    return STATES[state].wechat;
}

const char *order_state_alipay(enum order_state state)
{
    return STATES[state].alipay;
}

bool order_state_terminal(enum order_state state)
{
    return STATES[state].terminal;
}

/* ---- in memory ---- */

/* FNV-1a */
static size_t bucket_of(size_t shop, const char *number)
{
    uint64_t hash = UINT64_C(14695981039346656037) ^ shop;

    for (; *number != '\0'; number++) {
        hash = (hash ^ (unsigned char)*number) * UINT64_C(1099511628211);
    }
    return hash % BUCKETS;
}

/* On the list of the open ones exactly while its state is not terminal. */
static void order_list(struct book *book, struct order *order)
{
    bool is_open = !STATES[order->state].terminal;

    if (is_open && order->open_link == NULL) {
        order->next_open = book->open;
        order->open_link = &book->open;
        if (order->next_open != NULL) {
            order->next_open->open_link = &order->next_open;
        }
        book->open = order;
    } else if (!is_open && order->open_link != NULL) {
        *order->open_link = order->next_open;
        if (order->next_open != NULL) {
            order->next_open->open_link = order->open_link;
        }
        order->open_link = NULL;
    }
}

static struct order *order_add(struct book *book, const struct order *from)
{
    struct order *order = malloc(sizeof *order);
    size_t bucket = bucket_of(from->shop, from->number);

    if (order == NULL) {
        abort(); /* as with the journal: what cannot be remembered must not be said */
    }
    *order = *from;
    order->chain = book->buckets[bucket];
    book->buckets[bucket] = order;
    order->next = book->newest;
    book->newest = order;
    book->count++;
    book->float_fen[order->shop] -= STATES[order->state].holds ? order->amount_fen : 0;
    order->open_link = NULL;
    order_list(book, order);
    return order;
}

static void
order_set(struct book *book, struct order *order, enum order_state state, const char *reason, int64_t at_ms)
{
    int held = STATES[order->state].holds, holds = STATES[state].holds;

    book->float_fen[order->shop] += (held - holds) * order->amount_fen;
    order->state = state;
    order->updated_ms = at_ms;
    (void)snprintf(order->reason, sizeof order->reason, "%s", reason);
    order_list(book, order);
}

static void top_up_add(struct book *book, size_t shop, int64_t fen, int64_t at_ms)
{
    if (book->top_up_count < TOP_UPS_MAX) {
        book->top_ups[book->top_up_count++] = (struct top_up){shop, fen, at_ms};
    }
    book->float_fen[shop] += fen;
}

/* ---- from the journal ---- */

static bool text_of(const json_t *line, const char *name, char *out, size_t max)
{
    const json_t *value = json_object_get(line, name);
    bool good = json_is_string(value) && json_string_length(value) < max;

    (void)snprintf(out, max, "%s", good ? json_string_value(value) : "");
    return good;
}

static bool state_of(const json_t *line, enum order_state *out)
{
    const char *word = json_string_value(json_object_get(line, "state"));

    for (*out = 0; word != NULL && *out < ORDER_STATE_COUNT; ++*out) {
        if (strcmp(word, STATES[*out].wechat) == 0) {
            return true;
        }
    }
    return false;
}

static int64_t number_of(const json_t *line, const char *name)
{
    return json_integer_value(json_object_get(line, name));
}

static bool take_order(struct book *book, const json_t *line)
{
    struct order order = {.amount_fen = number_of(line, "fen"),
                          .created_ms = number_of(line, "at"),
                          .updated_ms = number_of(line, "at"),
                          .shop = (size_t)number_of(line, "shop")};

    if (order.shop >= BOOK_SHOPS || order.amount_fen <= 0 || !state_of(line, &order.state) ||
        !text_of(line, "no", order.number, sizeof order.number) ||
        !text_of(line, "provider_no", order.provider_no, sizeof order.provider_no) ||
        !text_of(line, "payee", order.payee, sizeof order.payee) ||
        !text_of(line, "remark", order.remark, sizeof order.remark) ||
        !text_of(line, "digest", order.digest, sizeof order.digest) ||
        !text_of(line, "notify", order.notify_url, sizeof order.notify_url) ||
        !text_of(line, "words", order.words, sizeof order.words) ||
        !text_of(line, "reason", order.reason, sizeof order.reason) ||
        !text_of(line, "fail_with", order.fail_with, sizeof order.fail_with)) {
        return false;
    }
    (void)order_add(book, &order);
    return true;
}

static bool take_change(struct book *book, const json_t *line, const char *event)
{
    size_t shop = (size_t)number_of(line, "shop");
    char number[65], reason[65];
    struct order *order = NULL;
    enum order_state state;

    if (shop < BOOK_SHOPS && text_of(line, "no", number, sizeof number)) {
        order = book_find(book, shop, number);
    }
    if (order == NULL) {
        return false;
    }
    if (strcmp(event, "noticed") == 0) {
        order->noticed = true;
        return true;
    }
    if (!state_of(line, &state) || !text_of(line, "reason", reason, sizeof reason)) {
        return false;
    }
    order_set(book, order, state, reason, number_of(line, "at"));
    return true;
}

static bool take_line(void *arg, const json_t *line)
{
    struct book *book = arg;
    const char *event = json_string_value(json_object_get(line, "event"));

    if (event == NULL) {
        return false;
    }
    if (strcmp(event, "order") == 0) {
        return take_order(book, line);
    }
    if (strcmp(event, "top_up") == 0) {
        size_t shop = (size_t)number_of(line, "shop");

        if (shop < BOOK_SHOPS) {
            top_up_add(book, shop, number_of(line, "fen"), number_of(line, "at"));
        }
        return shop < BOOK_SHOPS;
    }
    return take_change(book, line, event);
}

/* ---- life ---- */

static void first_floats(struct book *book, int64_t float_fen, int64_t now_ms)
{
    for (size_t shop = 0; shop < BOOK_SHOPS && float_fen > 0; shop++) {
        book_top_up(book, shop, float_fen, now_ms);
    }
}

static hb_err book_load(const char *path, bool adds, struct book **out)
{
    struct book *book = calloc(1, sizeof *book);
    hb_err err = HB_E_NOMEM;

    *out = NULL;
    if (book != NULL) {
        book->top_ups = calloc(TOP_UPS_MAX, sizeof *book->top_ups);
    }
    if (book != NULL && book->top_ups != NULL) {
        err = journal_open(path, take_line, book, adds, &book->journal);
    }
    if (err != HB_OK) {
        book_close(book);
        return err;
    }
    *out = book;
    return HB_OK;
}

hb_err book_open(const char *path, int64_t float_fen, struct book **out)
{
    hb_err err = book_load(path, /* adds= */ true, out);

    if (err == HB_OK && (*out)->count == 0 && (*out)->top_up_count == 0) {
        first_floats(*out, float_fen, clock_wall_ms());
    }
    return err;
}

hb_err book_read(const char *path, struct book **out)
{
    return book_load(path, /* adds= */ false, out);
}

void book_close(struct book *book)
{
    if (book == NULL) {
        return;
    }
    while (book->newest != NULL) {
        struct order *order = book->newest;

        book->newest = order->next;
        free(order);
    }
    journal_close(book->journal);
    free(book->top_ups);
    free(book);
}

/* ---- looking ---- */

const struct order *book_orders(const struct book *book)
{
    return book->newest;
}

struct order *book_open_orders(const struct book *book)
{
    return book->open;
}

struct order *book_find(struct book *book, size_t shop, const char *number)
{
    struct order *order = book->buckets[bucket_of(shop, number)];

    while (order != NULL && (order->shop != shop || strcmp(order->number, number) != 0)) {
        order = order->chain;
    }
    return order;
}

struct order *book_find_provider_no(struct book *book, const char *provider_no)
{
    struct order *order = book->newest;

    while (order != NULL && strcmp(order->provider_no, provider_no) != 0) {
        order = order->next;
    }
    return order;
}

int64_t book_float_fen(const struct book *book, size_t shop)
{
    return book->float_fen[shop];
}

size_t book_top_ups(const struct book *book, const struct top_up **out)
{
    *out = book->top_ups;
    return book->top_up_count;
}

/* ---- changing: the journal first ---- */

struct order *book_create(struct book *book, const struct order *from)
{
    struct order order = *from;
    const struct journal_field fields[] = {
        {"event", "order", 0},
        {"shop", NULL, (int64_t)order.shop},
        {"no", order.number, 0},
        {"provider_no", order.provider_no, 0},
        {"fen", NULL, order.amount_fen},
        {"payee", order.payee, 0},
        {"remark", order.remark, 0},
        {"digest", order.digest, 0},
        {"notify", order.notify_url, 0},
        {"words", order.words, 0},
        {"reason", order.reason, 0},
        {"fail_with", order.fail_with, 0},
        {"state", STATES[order.state].wechat, 0},
        {"at", NULL, order.created_ms},
        {NULL, NULL, 0},
    };

    (void)snprintf(order.provider_no,
                   sizeof order.provider_no,
                   "13300%zu%013" PRId64 "%012zu",
                   order.shop,
                   order.created_ms,
                   book->count + 1);
    journal_add(book->journal, fields);
    return order_add(book, &order);
}

void book_move(
    struct book *book, struct order *order, enum order_state state, const char *reason, int64_t now_ms)
{
    const struct journal_field fields[] = {
        {"event", "move", 0},
        {"shop", NULL, (int64_t)order->shop},
        {"no", order->number, 0},
        {"state", STATES[state].wechat, 0},
        {"reason", reason, 0},
        {"at", NULL, now_ms},
        {NULL, NULL, 0},
    };

    journal_add(book->journal, fields);
    order_set(book, order, state, reason, now_ms);
}

void book_noticed(struct book *book, struct order *order)
{
    const struct journal_field fields[] = {
        {"event", "noticed", 0},
        {"shop", NULL, (int64_t)order->shop},
        {"no", order->number, 0},
        {NULL, NULL, 0},
    };

    journal_add(book->journal, fields);
    order->noticed = true;
}

void book_top_up(struct book *book, size_t shop, int64_t fen, int64_t now_ms)
{
    const struct journal_field fields[] = {
        {"event", "top_up", 0},
        {"shop", NULL, (int64_t)shop},
        {"fen", NULL, fen},
        {"at", NULL, now_ms},
        {NULL, NULL, 0},
    };

    journal_add(book->journal, fields);
    top_up_add(book, shop, fen, now_ms);
}
