/*
 * sandbox/merchants_file.h - what the engine is given: its merchant accounts, with the sandbox's keys.
 */
#pragma once

#include "base/err.h"

/* home/merchants.json. notify_base: where notices go, the shop's name is put behind it; "": none. */
HB_CHECKED hb_err merchants_file_write(const char *home, const char *base_url, const char *notify_base);
