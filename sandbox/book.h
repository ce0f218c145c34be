/*
 * sandbox/book.h - the orders that the sandbox took, what became of them, and the float of each shop.
 *
 * Everything that changes is a line of the journal first; opening the book again reads it back. A number is
 * one order of a shop, for ever.
 *
 *   PROCESSING --top-up--> WAITING --tap--> TRANSFERRING --> SUCCESS
 *                           |   \--cancel--> CANCELING --> CANCELLED
 *                           +--too late----------------------> FAIL
 *
 * An order holds its amount of the float from WAITING on; FAIL and CANCELLED give it back.
 */
#pragma once

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*     symbol                  WeChat's word        Alipay's word  terminal  holds money */
#define ORDER_STATES(X)                                            \
    X(ORDER_PROCESSING, "PROCESSING", "DEALING", false, false)     \
    X(ORDER_WAITING, "WAIT_USER_CONFIRM", "WAIT_PAY", false, true) \
    X(ORDER_TRANSFERRING, "TRANSFERING", "DEALING", false, true)   \
    X(ORDER_SUCCESS, "SUCCESS", "SUCCESS", true, true)             \
    X(ORDER_FAIL, "FAIL", "FAIL", true, false)                     \
    X(ORDER_CANCELING, "CANCELING", "DEALING", false, true)        \
    X(ORDER_CANCELLED, "CANCELLED", "CLOSED", true, false)

#define ORDER_STATE_ENUM(symbol, wechat, alipay, terminal, holds) symbol,
enum order_state { ORDER_STATES(ORDER_STATE_ENUM) ORDER_STATE_COUNT };

const char *order_state_wechat(enum order_state state);
const char *order_state_alipay(enum order_state state);
bool order_state_terminal(enum order_state state);

struct order {
    size_t shop;
    char number[65], provider_no[65], payee[129], remark[129], digest[65], notify_url[257];
    char words[132];    /* Alipay: product code and scene, which a query must repeat */
    char reason[65];    /* of FAIL */
    char fail_with[65]; /* instead of SUCCESS */
    int64_t amount_fen, created_ms, updated_ms;
    enum order_state state;
    bool noticed;                         /* the terminal state's notice was taken, or is not to come */
    struct order *chain, *next;           /* of its bucket; of all, newest first */
    struct order *next_open, **open_link; /* of those whose state is not terminal; NULL outside */
};

enum { BOOK_SHOPS = 3 };

struct book;

/* HB_E_IO, HB_E_INPUT: see journal.h. float_fen: of each shop, when the journal is new. */
HB_CHECKED hb_err book_open(const char *path, int64_t float_fen, struct book **out);
/* Only to look at, also while a sandbox has it open. */
HB_CHECKED hb_err book_read(const char *path, struct book **out);
void book_close(struct book *book); /* accepts NULL */

const struct order *book_orders(const struct book *book); /* newest first, by `next` */
/* Those that are not terminal, newest first, by `next_open`. */
struct order *book_open_orders(const struct book *book);
struct order *book_find(struct book *book, size_t shop, const char *number);
struct order *book_find_provider_no(struct book *book, const char *provider_no);

/* Copies it (state, times and texts are the caller's) and makes its provider_no. */
struct order *book_create(struct book *book, const struct order *from);
/* reason: of FAIL; "" otherwise. */
void book_move(
    struct book *book, struct order *order, enum order_state state, const char *reason, int64_t now_ms);
void book_noticed(struct book *book, struct order *order);

int64_t book_float_fen(const struct book *book, size_t shop); /* what is free */
void book_top_up(struct book *book, size_t shop, int64_t fen, int64_t now_ms);

/* Money that came to a shop, for its bill; in order. */
struct top_up {
    size_t shop;
    int64_t fen, at_ms;
};
size_t book_top_ups(const struct book *book, const struct top_up **out);
