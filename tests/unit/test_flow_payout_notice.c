/*
 * Unit tests of flow/payout_notice.c: what is compared before a notice counts, and when the provider has to
 * come again.
 */
#include "flow/payout.h"

#include "base/buf.h"
#include "tests/support/unit.h"

#include <stdio.h>
#include <string.h>

static const char NUMBER[] = "0123456789abcdef0123456789abcdef";

struct books {
    hb_err look_err, tell_err;
    bool known, erased;
    const char *verdict;
    struct payout_telling told;
    char told_event[32], told_out_no[64];
    unsigned tells, ends;
    bool taken;
    struct seal_key key;
    struct player_id player;
    char sealed[512];
    size_t sealed_len;
    struct books_port port;
    struct provider_port provider;
};

static void port_look(void *self, const char *merchant, const char *out_no, payout_jobs_fn done, void *arg)
{
    struct books *books = self;
    struct payout_job job = {.amount_fen = 500, .player = books->player, .state = PAYOUT_SENT};

    assert_string_equal(merchant, "m1");
    (void)snprintf(job.out_no, sizeof job.out_no, "%s", out_no);
    if (!books->erased) {
        job.payee_sealed = (struct payout_bytes){(uint8_t *)books->sealed, books->sealed_len};
    }
    done(arg, books->look_err, &job, books->look_err == HB_OK && books->known ? 1 : 0);
}

static void port_tell(void *self, const struct payout_telling *telling, payout_told_fn done, void *arg)
{
    struct books *books = self;

    books->tells++;
    books->told = *telling;
    (void)snprintf(books->told_out_no, sizeof books->told_out_no, "%s", telling->out_no);
    (void)snprintf(books->told_event,
                   sizeof books->told_event,
                   "%s",
                   telling->notice_event == NULL ? "-" : telling->notice_event);
    done(arg, books->tell_err, books->verdict);
}

static void ended(void *arg, bool taken)
{
    struct books *books = arg;

    books->ends++;
    books->taken = taken;
}

static struct books books_setup(void)
{
    static const char PAYEE[] = "{\"kind\":\"openid\",\"id\":\"o-1\"}";
    struct books books = {.known = true, .verdict = "applied"};
    struct buf sealed;

    memset(books.key.bytes, 3, sizeof books.key.bytes);
    memset(books.player.bytes, 4, sizeof books.player.bytes);
    buf_over(&sealed, books.sealed, sizeof books.sealed);
    assert_true(
        seal_write(&books.key, "payee", books.player.bytes, PLAYER_BYTES, PAYEE, sizeof PAYEE - 1, &sealed));
    books.sealed_len = sealed.len;
    return books;
}

static struct provider_event notice_of(enum provider_outcome outcome, int64_t amount_fen, const char *payee)
{
    struct provider_event event = {.id = "n-1", .kind = "FINISHED"};

    event.verdict = (struct provider_verdict){.outcome = outcome, .verified = true, .amount_fen = amount_fen};
    (void)snprintf(event.verdict.order_no, sizeof event.verdict.order_no, "%s", NUMBER);
    (void)snprintf(event.verdict.payee_id, sizeof event.verdict.payee_id, "%s", payee);
    return event;
}

static void hand_in(struct books *books, const struct provider_event *event)
{
    const uint8_t hash[SHA256_BYTES] = {1};

    books->port = (struct books_port){.self = books, .look = port_look, .tell = port_tell};
    books->provider = (struct provider_port){.merchant = "m1"};
    payout_notice(
        &(struct payout_desk_spec){.books = &books->port, .provider = &books->provider, .key = &books->key},
        event,
        hash,
        ended,
        books);
    assert_int_equal(books->ends, 1);
}

TEST(what_fits_is_applied_and_taken)
{
    struct books books = books_setup();
    const struct provider_event event = notice_of(PROVIDER_PAID, 500, "o-1");

    hand_in(&books, &event);
    assert_true(books.taken);
    assert_int_equal(books.tells, 1);
    assert_int_equal(books.told.kind, TELL_NOTICE);
    assert_string_equal(books.told_event, "paid");
    assert_string_equal(books.told_out_no, NUMBER);
    assert_int_equal(books.told.amount_fen, 500);
}

TEST(another_amount_or_payee_freezes_and_never_pays)
{
    static const struct {
        int64_t amount_fen;
        const char *payee;
    } WRONG[] = {{501, "o-1"}, {500, "o-2"}, {1, "x"}};

    for (size_t i = 0; i < sizeof WRONG / sizeof WRONG[0]; i++) {
        struct books books = books_setup();
        const struct provider_event event = notice_of(PROVIDER_PAID, WRONG[i].amount_fen, WRONG[i].payee);

        books.verdict = "frozen";
        hand_in(&books, &event);
        assert_true(books.taken);
        assert_string_equal(books.told_event, "differs");
    }
}

TEST(an_unknown_number_is_noted_and_taken)
{
    struct books books = books_setup();
    const struct provider_event event = notice_of(PROVIDER_PAID, 500, "o-1");

    books.known = false;
    books.verdict = "noted";
    hand_in(&books, &event);
    assert_true(books.taken);
    assert_string_equal(books.told_event, "-");
}

TEST(of_an_erased_person_number_and_amount_are_compared)
{
    struct books books = books_setup();
    struct provider_event event = notice_of(PROVIDER_PAID, 500, "o-1");

    books.erased = true;
    hand_in(&books, &event);
    assert_string_equal(books.told_event, "paid");
    books.ends = 0;
    event = notice_of(PROVIDER_PAID, 499, "o-1");
    hand_in(&books, &event);
    assert_string_equal(books.told_event, "differs");
}

TEST(what_is_no_end_is_only_noted)
{
    struct books books = books_setup();
    const struct provider_event event = notice_of(PROVIDER_WAITS, 500, "o-1");

    hand_in(&books, &event);
    assert_string_equal(books.told_event, "-");
    assert_true(books.taken);
}

TEST(when_the_books_are_away_the_provider_comes_again)
{
    static const hb_err ERRORS[] = {HB_E_UNAVAILABLE, HB_E_UNSURE, HB_E_CONFLICT};

    for (size_t i = 0; i < sizeof ERRORS / sizeof ERRORS[0]; i++) {
        struct books books = books_setup();
        const struct provider_event event = notice_of(PROVIDER_PAID, 500, "o-1");

        books.look_err = ERRORS[i];
        hand_in(&books, &event);
        assert_false(books.taken);
        assert_int_equal(books.tells, 0);
        books.look_err = HB_OK;
        books.tell_err = ERRORS[i];
        books.verdict = "";
        books.ends = 0;
        hand_in(&books, &event);
        assert_false(books.taken);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(what_fits_is_applied_and_taken),
        RUN(another_amount_or_payee_freezes_and_never_pays),
        RUN(an_unknown_number_is_noted_and_taken),
        RUN(of_an_erased_person_number_and_amount_are_compared),
        RUN(what_is_no_end_is_only_noted),
        RUN(when_the_books_are_away_the_provider_comes_again),
    };

    return RUN_ALL(tests);
}
