/*
 * store/payout_ask.c - the parameters of one call to the books.
 */
#include "store/payout_internal.h"

#include "base/clock.h"

#include <inttypes.h>
#include <stdlib.h>

enum { PACKAGE_MS = 24 * 3600 * 1000 };

struct books_ask *ask_new(struct payout_store *store, const char *statement, void *arg)
{
    struct books_ask *ask = calloc(1, sizeof *ask);

    if (ask == NULL) {
        abort(); /* an answer that never comes would hold a payout for ever */
    }
    ask->store = store;
    ask->statement = statement;
    ask->arg = arg;
    buf_init(&ask->bytes, ASK_BYTES_MAX);
    return ask;
}

void ask_free(struct books_ask *ask)
{
    buf_free(&ask->bytes);
    free(ask);
}

static void ask_add(struct books_ask *ask, const void *bytes, size_t len, int format)
{
    ask->at[ask->count] = ask->bytes.len;
    ask->lengths[ask->count] = (int)len;
    ask->formats[ask->count] = format;
    ask->null[ask->count] = bytes == NULL;
    if (bytes != NULL) {
        buf_add(&ask->bytes, bytes, len);
    }
    buf_addc(&ask->bytes, '\0');
    ask->count++;
}

void ask_text(struct books_ask *ask, const char *text)
{
    bool none = text == NULL || text[0] == '\0';

    ask_add(ask, none ? NULL : text, none ? 0 : strlen(text), 0);
}

void ask_i64(struct books_ask *ask, int64_t value)
{
    char text[24];
    struct buf out;

    buf_over(&out, text, sizeof text);
    buf_addf(&out, "%" PRId64, value);
    ask_add(ask, text, out.len, 0);
}

void ask_i64_or_null(struct books_ask *ask, int64_t value)
{
    if (value == 0) {
        ask_add(ask, NULL, 0, 0);
    } else {
        ask_i64(ask, value);
    }
}

void ask_bool(struct books_ask *ask, bool value)
{
    ask_text(ask, value ? "true" : "false");
}

void ask_bytes(struct books_ask *ask, const void *bytes, size_t len)
{
    ask_add(ask, bytes, len, 1);
}

/* ---- what the books are told ---- */

static void ask_word(struct books_ask *ask, const struct payout_telling *telling)
{
    ask_text(ask, telling->code);
    ask_text(ask, telling->provider_no);
    ask_i64_or_null(ask, telling->amount_fen);
    ask_bytes(ask, telling->evidence, SHA256_BYTES);
}

static struct books_ask *
ask_verdict(struct payout_store *store, const struct payout_telling *telling, void *arg)
{
    struct books_ask *ask = ask_new(store, "verdict", arg);
    bool has_package = telling->package != NULL && telling->package[0] != '\0';
    int64_t until_ms = telling->package_until_ms;

    if (has_package && until_ms == 0) {
        until_ms = clock_wall_ms() + PACKAGE_MS; /* what the provider grants when it does not say */
    }
    ask_text(ask, telling->out_no);
    ask_text(ask, payout_event_name(telling->event));
    ask_text(ask, payout_source_name(telling->source));
    ask_word(ask, telling);
    ask_text(ask, telling->package);
    ask_i64_or_null(ask, has_package ? until_ms : 0);
    ask_bool(ask, telling->again);
    ask_i64(ask, telling->next_ms);
    return ask;
}

static struct books_ask *
ask_notice(struct payout_store *store, const struct payout_telling *telling, void *arg)
{
    struct books_ask *ask = ask_new(store, "notice", arg);

    ask_text(ask, telling->merchant);
    ask_text(ask, telling->notice_id);
    ask_text(ask, telling->notice_kind);
    ask_text(ask, telling->out_no);
    ask_bytes(ask, telling->evidence, SHA256_BYTES);
    ask_text(ask, telling->notice_event);
    ask_text(ask, telling->code);
    ask_text(ask, telling->provider_no);
    ask_i64_or_null(ask, telling->amount_fen);
    ask_bool(ask, telling->again);
    ask_i64(ask, telling->next_ms);
    return ask;
}

static struct books_ask *
ask_fenced(struct payout_store *store, const char *statement, const struct payout_telling *telling, void *arg)
{
    struct books_ask *ask = ask_new(store, statement, arg);

    ask_text(ask, telling->out_no);
    ask_i64(ask, telling->fence);
    return ask;
}

struct books_ask *ask_telling(struct payout_store *store, const struct payout_telling *telling, void *arg)
{
    struct books_ask *ask = NULL;

    switch (telling->kind) {
    case TELL_VERDICT:
        ask = ask_verdict(store, telling, arg);
        break;
    case TELL_NOTICE:
        ask = ask_notice(store, telling, arg);
        break;
    case TELL_DIFFERS:
        ask = ask_new(store, "differs", arg);
        ask_text(ask, telling->out_no);
        ask_text(ask, payout_source_name(telling->source));
        ask_word(ask, telling);
        break;
    case TELL_ABSENT:
        ask = ask_fenced(store, "absent", telling, arg);
        ask_text(ask, telling->code);
        ask_bytes(ask, telling->evidence, SHA256_BYTES);
        break;
    case TELL_LATER:
        ask = ask_fenced(store, "later", telling, arg);
        ask_i64(ask, telling->next_ms);
        break;
    case TELL_UNSENDABLE:
        ask = ask_fenced(store, "unsendable", telling, arg);
        ask_text(ask, telling->code);
        break;
    case TELL_HALT:
        ask = ask_new(store, "halt", arg);
        ask_text(ask, telling->merchant);
        ask_text(ask, telling->code);
        break;
    }
    return ask;
}
