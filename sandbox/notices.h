/*
 * sandbox/notices.h - what the sandbox tells by itself: an order that came to its end.
 *
 * Sent until it is taken (WeChat Pay: 2xx; Alipay: the text "success"), with growing gaps, fifteen times at
 * most. Rules of call "notice" say which come twice, late, never, or with something wrong in them. What was
 * not taken when the sandbox ended is sent again at its next start.
 */
#pragma once

#include "base/err.h"
#include "sandbox/book.h"

struct notices;
struct sandbox;

HB_CHECKED hb_err notices_new(struct sandbox *sandbox, struct notices **out);
void notices_free(struct notices *notices); /* accepts NULL */

void notices_send(struct notices *notices, struct order *order); /* its state is terminal */
void notices_resume(struct notices *notices);
size_t notices_waiting(const struct notices *notices);
