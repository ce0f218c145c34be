/*
 * sandbox/options.h - the command line of hongbao-sandbox.
 */
#pragma once

#include "sandbox/sandbox.h"

enum options_got { OPTIONS_SERVE, OPTIONS_BILL, OPTIONS_HELP, OPTIONS_VERSION, OPTIONS_WRONG };

struct bill_options {
    const char *format; /* json, wechat or alipay */
    const char *day;    /* NULL: today in China */
};

/* What is wrong is said on stderr. */
enum options_got options_read(
    int argc, char **argv, struct sandbox_options *out, struct bill_options *bill, const char **rules_file);
void options_help(void);
