/*
 * api/admission.c - signing in: at once with a session or a token that was verified before; a token never
 * seen waits for its turn.
 *
 * A signature takes a hundred times longer to check than a session. So each turn of the loop checks a few,
 * after everybody who was known: phones that opened the page early do not wait for those that come at the
 * last second.
 */
#include "api/public_internal.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/loop.h"

#include <stdlib.h>

enum { CHECKS_A_TURN = 2, WAITING_MAX = 20000, WAIT_MAX_US = 2000 * 1000 };

struct newcomer {
    struct newcomer *next;
    struct http_call *call;
};

struct admission {
    struct auth *auth;
    struct loop_timer *turn;
    struct newcomer *head, **tail;
    size_t waiting;
    struct http_call *admitted; /* whose handler runs again, as this player */
    struct player_id player;
};

static void admission_turn(void *arg);

struct admission *admission_new(struct loop *loop, const struct auth_keys *keys)
{
    struct admission *admission = calloc(1, sizeof *admission);

    if (admission == NULL) {
        return NULL;
    }
    admission->tail = &admission->head;
    admission->turn = loop_timer_new(loop, admission_turn, admission);
    if (auth_new(keys, &admission->auth) != HB_OK) {
        admission_free(admission);
        return NULL;
    }
    return admission;
}

void admission_free(struct admission *admission)
{
    if (admission != NULL) {
        loop_timer_free(admission->turn);
        auth_free(admission->auth);
        free(admission);
    }
}

const struct auth *admission_auth(const struct admission *admission)
{
    return admission->auth;
}

static void refuse(struct http_call *call, hb_err err)
{
    if (err != HB_E_OVERLOADED) {
        http_call_add_header(call, "WWW-Authenticate", "Bearer");
    }
    http_call_problem(call, err, NULL, NULL);
}

/* The call's own memory holds the place in the queue: it lives until the answer. */
static hb_err queue_up(struct admission *admission, struct http_call *call)
{
    struct newcomer *newcomer =
        admission->waiting < WAITING_MAX ? arena_alloc(http_call_arena(call), sizeof *newcomer) : NULL;

    if (newcomer == NULL) {
        return HB_E_OVERLOADED;
    }
    *newcomer = (struct newcomer){.call = call};
    *admission->tail = newcomer;
    admission->tail = &newcomer->next;
    if (admission->waiting++ == 0) {
        loop_timer_set(admission->turn, 0);
    }
    return HB_OK;
}

bool admission_enter(struct admission *admission, struct http_call *call, struct player_id *out)
{
    bool is_new = false;
    hb_err err;

    if (admission->admitted == call) {
        *out = admission->player;
        return true;
    }
    err = auth_known(admission->auth, call, out, &is_new);
    if (is_new) {
        err = queue_up(admission, call);
    }
    if (err != HB_OK) {
        refuse(call, err);
    }
    return err == HB_OK && !is_new;
}

static void admit(struct admission *admission, struct http_call *call)
{
    hb_err err = HB_E_OVERLOADED; /* who waited so long has given up */

    if (clock_mono_us() - http_call_started_us(call) < WAIT_MAX_US) {
        err = auth_verify(admission->auth, call, &admission->player);
    }
    if (err != HB_OK) {
        refuse(call, err);
        return;
    }
    admission->admitted = call;
    http_call_again(call);
    admission->admitted = NULL;
}

static struct http_call *next_in_line(struct admission *admission)
{
    struct newcomer *newcomer = admission->head;

    admission->head = newcomer->next;
    if (admission->head == NULL) {
        admission->tail = &admission->head;
    }
    admission->waiting--;
    return newcomer->call;
}

static void admission_turn(void *arg)
{
    struct admission *admission = arg;

    for (int i = 0; i < CHECKS_A_TURN && admission->head != NULL; i++) {
        admit(admission, next_in_line(admission));
    }
    if (admission->head != NULL) {
        loop_timer_set(admission->turn, 0);
    }
}
