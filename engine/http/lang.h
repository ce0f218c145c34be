/*
 * http/lang.h - the caller's language out of Accept-Language.
 */
#pragma once

#include "http/server.h"

/* The one of zh and en that is wanted more; English when neither is named. */
enum hb_lang http_lang_choose(struct http_text accept_language);
