/*
 * cli/clerk_internal.h - the part of the clerk that tells the operator's system.
 */
#pragma once

#include "base/config.h"

struct loop;
struct pg;
struct teller;

/* Everything is borrowed. HB_E_INPUT: logged: secret or certificates cannot be used. */
HB_CHECKED hb_err teller_new(struct loop *loop,
                             struct pg *pg,
                             const struct config *config,
                             struct teller **out);
void teller_free(struct teller *teller); /* answers what is in flight; accepts NULL */
/* Sends what is due, unless enough is in flight. */
void teller_turn(struct teller *teller);
