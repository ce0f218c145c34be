/*
 * store/payout_ask.c - the parameters of one call to the books.
 */
#include "store/payout_internal.h"

#include "base/clock.h"

#include <inttypes.h>

enum { PACKAGE_MS = 24 * 3600 * 1000 };

void ask_init(struct books_ask *ask, const char *statement)
{
    ask->call = (struct pg_queue_call){.statement = statement};
    buf_over(&ask->text, ask->memory, sizeof ask->memory);
}

static void ask_add(struct books_ask *ask, const char *value)
{
    ask->call.values[ask->call.count++] = value;
}

/* What was written behind `from`. Without it, were it ever too long, the books refuse the call. */
static void ask_add_written(struct books_ask *ask, size_t from)
{
    buf_addc(&ask->text, '\0');
    ask_add(ask, ask->text.failed ? NULL : ask->text.data + from);
}

void ask_text(struct books_ask *ask, const char *text)
{
    ask_add(ask, text == NULL || text[0] == '\0' ? NULL : text);
}

void ask_i64(struct books_ask *ask, int64_t value)
{
    size_t from = ask->text.len;

    buf_addf(&ask->text, "%" PRId64, value);
    ask_add_written(ask, from);
}

static void ask_i64_or_null(struct books_ask *ask, int64_t value)
{
    if (value == 0) {
        ask_add(ask, NULL);
    } else {
        ask_i64(ask, value);
    }
}

static void ask_bool(struct books_ask *ask, bool value)
{
    ask_add(ask, value ? "true" : "false");
}

void ask_bytes(struct books_ask *ask, const void *bytes, size_t len)
{
    size_t from = ask->text.len;

    if (bytes == NULL) {
        ask_add(ask, NULL);
        return;
    }
    buf_adds(&ask->text, "\\x");
    buf_add_hex(&ask->text, bytes, len);
    ask_add_written(ask, from);
}

/* ---- what the books are told ---- */

static void ask_word(struct books_ask *ask, const struct payout_telling *telling)
{
    ask_text(ask, telling->code);
    ask_text(ask, telling->provider_no);
    ask_i64_or_null(ask, telling->amount_fen);
    ask_bytes(ask, telling->evidence, SHA256_BYTES);
}

static void ask_verdict(struct books_ask *ask, const struct payout_telling *telling)
{
    bool has_package = telling->package != NULL && telling->package[0] != '\0';
    int64_t until_ms = telling->package_until_ms;

    if (has_package && until_ms == 0) {
        until_ms = clock_wall_ms() + PACKAGE_MS; /* what the provider grants when it does not say */
    }
    ask_init(ask, "verdict");
    ask_text(ask, telling->out_no);
    ask_text(ask, payout_event_name(telling->event));
    ask_text(ask, payout_source_name(telling->source));
    ask_word(ask, telling);
    ask_text(ask, telling->package);
    ask_i64_or_null(ask, has_package ? until_ms : 0);
    ask_bool(ask, telling->again);
    ask_i64(ask, telling->next_ms);
}

static void ask_notice(struct books_ask *ask, const struct payout_telling *telling)
{
    ask_init(ask, "notice");
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
}

static void ask_fenced(struct books_ask *ask, const char *statement, const struct payout_telling *telling)
{
    ask_init(ask, statement);
    ask_text(ask, telling->out_no);
    ask_i64(ask, telling->fence);
}

void ask_telling(struct books_ask *ask, const struct payout_telling *telling)
{
    switch (telling->kind) {
    case TELL_VERDICT:
        ask_verdict(ask, telling);
        break;
    case TELL_NOTICE:
        ask_notice(ask, telling);
        break;
    case TELL_DIFFERS:
        ask_init(ask, "differs");
        ask_text(ask, telling->out_no);
        ask_text(ask, payout_source_name(telling->source));
        ask_word(ask, telling);
        break;
    case TELL_ABSENT:
        ask_fenced(ask, "absent", telling);
        ask_text(ask, telling->code);
        ask_bytes(ask, telling->evidence, SHA256_BYTES);
        break;
    case TELL_LATER:
        ask_fenced(ask, "later", telling);
        ask_i64(ask, telling->next_ms);
        break;
    case TELL_UNSENDABLE:
        ask_fenced(ask, "unsendable", telling);
        ask_text(ask, telling->code);
        break;
    case TELL_HALT:
        ask_init(ask, "halt");
        ask_text(ask, telling->merchant);
        ask_text(ask, telling->code);
        break;
    }
}
