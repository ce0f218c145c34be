/*
 * api/admission.h - who may come in at once, and who waits until the token was verified.
 */
#pragma once

#include "api/auth.h"

struct admission;

struct admission *admission_new(struct loop *loop,
                                const struct auth_keys *keys); /* keys borrowed; NULL: no memory */
void admission_free(struct admission *admission);              /* accepts NULL */
const struct auth *admission_auth(const struct admission *admission);

/* True with the player. False: answered with the refusal, or the route's handler runs again as soon as the
 * token was verified; then nothing must have been begun before. */
bool admission_enter(struct admission *admission, struct http_call *call, struct player_id *out);
