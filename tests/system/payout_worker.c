/*
 * tests/system/payout_worker.c - one node that pays, to be killed: real books, and a provider in this process
 * whose memory is a file, so that what it paid outlives the process.
 *
 *   payout_worker seal KEYFILE COUNT      a line for each player: 32 hex digits, the sealed payee in hex
 *   payout_worker pay  KEYFILE BILL SEED FAULTS MERCHANT --database.uri=...    until SIGTERM
 *
 * BILL has a record for each step of an order; a record is written before it is answered, as a provider
 * commits. FAULTS is how many requests in a hundred go wrong.
 */
#include "base/clock.h"
#include "base/config.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/metrics.h"
#include "store/payout_store.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

enum { ORDERS_MAX = 8192, TURN_US = 20 * 1000, ANSWER_US = 2000, BOUGHT_MS = 300 };

struct record { /* of the bill's file */
    char order_no[PAYOUT_NUMBER_LEN + 1];
    uint8_t body_hash[SHA256_BYTES];
    int32_t state; /* enum provider_outcome */
    int64_t amount_fen, at_ms;
};

struct bill {
    int fd;
    struct record orders[ORDERS_MAX];
    size_t count;
    off_t read_to;
};

struct node {
    struct loop *loop;
    struct loop_timer *turn;
    struct payout_store *store;
    struct books_port books;
    struct provider_port provider;
    struct payout_desk_spec spec;
    struct payout_desk *desk;
    struct seal_key key;
    struct bill bill;
    const char *merchant;
    uint32_t random, faults;
    bool begun;
};

struct answer { /* on its way */
    struct node *node;
    struct loop_timer *timer;
    struct provider_verdict verdict;
    provider_done_fn done;
    void *arg;
};

static void die(const char *what)
{
    fprintf(stderr, "payout_worker: %s: %s\n", what, strerror(errno));
    exit(1);
}

static uint32_t dice(struct node *node, uint32_t sides)
{
    node->random ^= node->random << 13;
    node->random ^= node->random >> 17;
    node->random ^= node->random << 5;
    return node->random % sides;
}

/* ---- the bill: several nodes share it under a lock ---- */

static struct record *bill_find(struct bill *bill, const char *order_no)
{
    for (size_t i = 0; i < bill->count; i++) {
        if (strcmp(bill->orders[i].order_no, order_no) == 0) {
            return &bill->orders[i];
        }
    }
    return NULL;
}

static void bill_read(struct bill *bill)
{
    struct record record;

    while (pread(bill->fd, &record, sizeof record, bill->read_to) == (ssize_t)sizeof record) {
        struct record *known = bill_find(bill, record.order_no);

        if (known == NULL && bill->count < ORDERS_MAX) {
            known = &bill->orders[bill->count++];
        }
        if (known != NULL) {
            *known = record;
        }
        bill->read_to += (off_t)sizeof record;
    }
}

static void bill_write(struct bill *bill, const struct record *record)
{
    if (write(bill->fd, record, sizeof *record) != (ssize_t)sizeof *record) {
        die("the bill");
    }
    bill_read(bill);
}

/* ---- the provider ---- */

static void answer_now(void *arg)
{
    struct answer *answer = arg;

    answer->done(answer->arg, &answer->verdict);
    loop_timer_free(answer->timer);
    free(answer);
}

static void
answer_later(struct node *node, const struct provider_verdict *verdict, provider_done_fn done, void *arg)
{
    struct answer *answer = calloc(1, sizeof *answer);

    if (answer == NULL) {
        die("memory");
    }
    *answer = (struct answer){.node = node, .verdict = *verdict, .done = done, .arg = arg};
    answer->timer = loop_timer_new(node->loop, answer_now, answer);
    loop_timer_set(answer->timer, ANSWER_US + dice(node, 4) * ANSWER_US);
}

static struct provider_verdict
verdict_of(enum provider_outcome outcome, enum provider_cause cause, const struct provider_payment *payment)
{
    struct provider_verdict verdict = {
        .outcome = outcome, .cause = cause, .verified = outcome != PROVIDER_UNKNOWN};

    (void)snprintf(verdict.code, sizeof verdict.code, "%s", provider_outcome_name(outcome));
    (void)snprintf(verdict.order_no, sizeof verdict.order_no, "%s", payment->order_no);
    return verdict;
}

static struct provider_verdict verdict_of_order(const struct record *order,
                                                const struct provider_payment *payment)
{
    struct provider_verdict verdict =
        verdict_of((enum provider_outcome)order->state, PROVIDER_CAUSE_NONE, payment);

    verdict.cause = order->state == PROVIDER_REFUSED ? PROVIDER_CAUSE_PAYEE : PROVIDER_CAUSE_NONE;
    verdict.amount_fen = order->amount_fen;
    (void)snprintf(verdict.provider_no, sizeof verdict.provider_no, "p%s", order->order_no);
    if (order->state == PROVIDER_WAITS) {
        (void)snprintf(verdict.confirm.package, sizeof verdict.confirm.package, "page");
        verdict.confirm.expires_at_ms = order->at_ms + 24LL * 3600 * 1000;
    }
    return verdict;
}

/* Payees tap soon; what is in progress ends soon. */
static void order_move(struct node *node, struct record *order)
{
    struct record next = *order;

    if ((order->state == PROVIDER_WAITS || order->state == PROVIDER_IN_PROGRESS) &&
        clock_wall_ms() - order->at_ms > BOUGHT_MS) {
        next.state = PROVIDER_PAID;
        bill_write(&node->bill, &next);
    }
}

/* One payee in sixteen cannot be paid, and the provider says so without taking the number. */
static bool is_unfit(const char *order_no)
{
    return order_no[PAYOUT_NUMBER_LEN - 1] == 'f';
}

static struct provider_verdict create_judged(struct node *node, const struct provider_payment *payment)
{
    static const enum provider_outcome STATES[] = {
        PROVIDER_PAID, PROVIDER_PAID, PROVIDER_WAITS, PROVIDER_IN_PROGRESS, PROVIDER_REFUSED};
    static const enum provider_outcome REFUSALS[] = {PROVIDER_UNKNOWN,
                                                     PROVIDER_UNKNOWN,
                                                     PROVIDER_UNKNOWN,
                                                     PROVIDER_UNKNOWN,
                                                     PROVIDER_NOT_SENT,
                                                     PROVIDER_LIMITED,
                                                     PROVIDER_LIMITED,
                                                     PROVIDER_TOO_FAST};
    struct record *order = bill_find(&node->bill, payment->order_no);
    struct record fresh = {.amount_fen = payment->amount_fen, .at_ms = clock_wall_ms()};
    bool wrong = dice(node, 100) < node->faults;

    sha256(payment->request, payment->request_len, fresh.body_hash);
    if (order != NULL && memcmp(order->body_hash, fresh.body_hash, SHA256_BYTES) != 0) {
        fprintf(stderr, "OTHER BODY %s\n", payment->order_no);
    }
    if (order == NULL && is_unfit(payment->order_no)) {
        return verdict_of(PROVIDER_DECLINED, PROVIDER_CAUSE_PAYEE, payment);
    }
    if (order == NULL && wrong && dice(node, 2) == 0) { /* nothing was done */
        return verdict_of(REFUSALS[dice(node, 8)], PROVIDER_CAUSE_PAYEE_LIMIT, payment);
    }
    if (order == NULL) {
        (void)snprintf(fresh.order_no, sizeof fresh.order_no, "%s", payment->order_no);
        fresh.state = (int32_t)STATES[dice(node, 5)];
        bill_write(&node->bill, &fresh);
        order = bill_find(&node->bill, payment->order_no);
    }
    return order == NULL || wrong ? verdict_of(PROVIDER_UNKNOWN, PROVIDER_CAUSE_NONE, payment)
                                  : verdict_of_order(order, payment);
}

static void port_create(void *self, const struct provider_payment *payment, provider_done_fn done, void *arg)
{
    struct node *node = self;
    struct provider_verdict verdict;

    (void)flock(node->bill.fd, LOCK_EX);
    bill_read(&node->bill);
    verdict = create_judged(node, payment);
    (void)flock(node->bill.fd, LOCK_UN);
    answer_later(node, &verdict, done, arg);
}

static void port_query(void *self, const struct provider_payment *payment, provider_done_fn done, void *arg)
{
    struct node *node = self;
    struct provider_verdict verdict;
    struct record *order;

    (void)flock(node->bill.fd, LOCK_EX);
    bill_read(&node->bill);
    order = bill_find(&node->bill, payment->order_no);
    if (order != NULL) {
        order_move(node, order);
    }
    verdict = dice(node, 100) < node->faults ? verdict_of(PROVIDER_UNKNOWN, PROVIDER_CAUSE_NONE, payment)
              : order == NULL                ? verdict_of(PROVIDER_ABSENT, PROVIDER_CAUSE_NONE, payment)
                                             : verdict_of_order(order, payment);
    (void)flock(node->bill.fd, LOCK_UN);
    answer_later(node, &verdict, done, arg);
}

static void notice_taken(void *arg, bool taken)
{
    (void)arg;
    (void)taken; /* whether or not: it comes again */
}

/* A provider says by itself what became of an order, and says it again and again. */
static void notice_bring(struct node *node)
{
    struct provider_event event = {.kind = "TRANSFER"};
    uint8_t body_hash[SHA256_BYTES];
    struct record order = {.state = PROVIDER_UNKNOWN};

    (void)flock(node->bill.fd, LOCK_EX);
    bill_read(&node->bill);
    if (node->bill.count > 0) {
        struct record *picked = &node->bill.orders[dice(node, (uint32_t)node->bill.count)];

        order_move(node, picked);
        order = *picked;
    }
    (void)flock(node->bill.fd, LOCK_UN);
    if (order.state == PROVIDER_PAID || order.state == PROVIDER_REFUSED) {
        const struct provider_payment payment = {.order_no = order.order_no};

        event.verdict = verdict_of_order(&order, &payment);
        (void)snprintf(event.id, sizeof event.id, "e%s", order.order_no);
        sha256(event.id, strlen(event.id), body_hash);
        payout_notice(&node->spec, &event, body_hash, notice_taken, NULL);
    }
}

/* Never the same bytes twice: built again it would be another request. */
static hb_err
port_build(void *self, const struct provider_order *order, struct buf *request, const char **why)
{
    uint8_t salt[8];

    (void)self;
    *why = "";
    crypto_random(salt, sizeof salt);
    buf_addf(request, "%s %lld %s ", order->order_no, (long long)order->amount_fen, order->payee_id);
    buf_add_hex(request, salt, sizeof salt);
    return HB_OK;
}

/* ---- the node ---- */

static int64_t now_ms(void *arg)
{
    (void)arg;
    return clock_mono_us() / 1000;
}

static uint32_t random_number(void *arg)
{
    return dice(arg, UINT32_MAX);
}

static void merchants_read(void *arg, hb_err err, const struct merchant_row *rows, size_t count)
{
    struct node *node = arg;

    for (size_t i = 0; err == HB_OK && i < count; i++) {
        if (strcmp(rows[i].id, node->merchant) == 0) {
            payout_desk_set(node->desk, rows[i].stopped, rows[i].rate_per_s);
        }
    }
}

static void node_turn(void *arg)
{
    struct node *node = arg;

    if (!node->begun || dice(node, 20) == 0) {
        node->begun = true;
        node->books.merchants(node->books.self, merchants_read, node);
    }
    payout_desk_turn(node->desk);
    if (dice(node, 4) == 0) {
        notice_bring(node);
    }
    loop_timer_set(node->turn, TURN_US);
}

static void asked_to_stop(void *arg)
{
    loop_stop(((struct node *)arg)->loop);
}

static void node_open(struct node *node, const struct config *config, const char *bill)
{
    node->loop = loop_new();
    node->turn = loop_timer_new(node->loop, node_turn, node);
    node->bill.fd = open(bill, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (node->bill.fd < 0 || payout_store_new(node->loop, config, &node->store) != HB_OK) {
        die("cannot start");
    }
    node->books = payout_store_port(node->store);
    node->provider = (struct provider_port){.self = node,
                                            .merchant = node->merchant,
                                            .build = port_build,
                                            .create = port_create,
                                            .query = port_query};
    node->spec = (struct payout_desk_spec){.books = &node->books,
                                           .provider = &node->provider,
                                           .key = &node->key,
                                           .remark = "prize",
                                           .now_ms = now_ms,
                                           .random = random_number,
                                           .arg = node};
    node->desk = payout_desk_new(&node->spec);
    (void)loop_signal(node->loop, SIGTERM, asked_to_stop, node);
}

static int pay(int argc, char **argv, const struct config *config)
{
    static struct node node;

    if (argc < 7 || seal_key_read(argv[2], &node.key) != HB_OK) {
        die("usage");
    }
    node.random = (uint32_t)strtoul(argv[4], NULL, 10) * 2654435761U + (uint32_t)getpid();
    node.faults = (uint32_t)strtoul(argv[5], NULL, 10);
    node.merchant = argv[6];
    metrics_thread_setup();
    node_open(&node, config, argv[3]);
    loop_timer_set(node.turn, 0);
    loop_run(node.loop);
    _exit(0); /* as a killed one: nothing is put away */
}

static int seal(const char *path, unsigned long count)
{
    static const char PAYEE[] = "{\"kind\":\"openid\",\"id\":\"o-%08lu\"}";
    struct seal_key key;

    if (seal_key_read(path, &key) != HB_OK) {
        die("the key");
    }
    for (unsigned long i = 1; i <= count; i++) {
        struct player_id player = {{0}};
        char plain[64], memory[512], hex[PLAYER_HEX + 1];
        struct buf sealed, text;

        be_write(player.bytes + 8, i, 8);
        player_hex(&player, hex);
        (void)snprintf(plain, sizeof plain, PAYEE, i);
        buf_over(&sealed, memory, sizeof memory);
        buf_init(&text, 4096);
        if (!seal_write(&key, "payee", player.bytes, PLAYER_BYTES, plain, strlen(plain), &sealed)) {
            die("sealing");
        }
        buf_add_hex(&text, sealed.data, sealed.len);
        printf("%s %s\n", hex, buf_cstr(&text));
        buf_free(&text);
    }
    return 0;
}

/* Lines of the bill as text: number, state, fen. */
static int print_bill(const char *path)
{
    static struct bill bill;

    bill.fd = open(path, O_RDONLY | O_CLOEXEC);
    bill_read(&bill);
    for (size_t i = 0; i < bill.count; i++) {
        printf("%s %s %lld\n",
               bill.orders[i].order_no,
               provider_outcome_name((enum provider_outcome)bill.orders[i].state),
               (long long)bill.orders[i].amount_fen);
    }
    return 0;
}

int main(int argc, char **argv)
{
    struct config *config = NULL;
    struct buf problems;
    int words = argc - 1;

    buf_init(&problems, 4096);
    if (argc >= 3 && strcmp(argv[1], "bill") == 0) {
        return print_bill(argv[2]);
    }
    if (argc >= 4 && strcmp(argv[1], "seal") == 0) {
        return seal(argv[2], strtoul(argv[3], NULL, 10));
    }
    if (config_load(&words, argv + 1, NULL, &config, &problems) != HB_OK) {
        fputs(buf_cstr(&problems), stderr);
        return 2;
    }
    return pay(words + 1, argv, config);
}
