/*
 * sandbox/main.c - hongbao-sandbox: serves, or prints its bill.
 */
#include "base/beijing.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"
#include "base/loop.h"
#include "base/metrics.h"
#include "sandbox/options.h"
#include "sandbox/statement.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum exit_status { EXIT_FINE = 0, EXIT_FAILED = 1, EXIT_USAGE = 2 };
enum { RULES_MAX = 1 << 20, BILL_MAX = 1 << 30 };

static void stop(void *loop)
{
    loop_stop(loop);
}

static bool rules_load(struct sandbox *sandbox, const char *path)
{
    const char *why = "cannot be read";
    json_t *json = NULL;
    struct buf text;
    bool good;

    if (path == NULL) {
        return true;
    }
    buf_init(&text, RULES_MAX);
    good = file_read(path, &text) == HB_OK;
    if (good) {
        why = "is no JSON";
        good = json_parse(text.data, text.len, &json, NULL, 0) == HB_OK &&
               faults_set(sandbox->faults, json, &why);
    }
    if (!good) {
        fprintf(stderr, "hongbao-sandbox: %s: %s\n", path, why);
    }
    json_decref(json);
    buf_free(&text);
    return good;
}

static enum exit_status serve(const struct sandbox_options *options, const char *rules_file)
{
    struct loop *loop = loop_new();
    struct sandbox *sandbox = NULL;
    enum exit_status status = EXIT_FAILED;

    metrics_thread_setup();
    if (loop != NULL && loop_signal(loop, SIGTERM, stop, loop) && loop_signal(loop, SIGINT, stop, loop) &&
        sandbox_open(loop, options, &sandbox) == HB_OK && rules_load(sandbox, rules_file)) {
        printf("{\"port\":%u,\"admin_port\":%u,\"merchants\":\"%s/merchants.json\"}\n",
               sandbox_port(sandbox),
               sandbox_admin_port(sandbox),
               options->home);
        fflush(stdout);
        loop_run(loop);
        status = EXIT_FINE;
    }
    sandbox_close(sandbox);
    loop_free(loop);
    return status;
}

static bool bill_write(struct book *book, const struct bill_options *options, struct buf *out)
{
    char today[BEIJING_DAY];
    const char *day = options->day;
    int64_t day_ms;

    beijing_write_day(clock_wall_ms(), today);
    day = day == NULL ? today : day;
    if (strcmp(options->format, "json") == 0) {
        statement_json(book, out);
        return true;
    }
    if (!beijing_parse_day(day, strlen(day), &day_ms)) {
        return false;
    }
    if (strcmp(options->format, "alipay") == 0) {
        (void)statement_alipay(book, SHOP_ALIPAY, day_ms, out);
        return true;
    }
    for (size_t shop = 0; shop < SHOP_ALIPAY; shop++) {
        (void)statement_wechat(book, shop, day_ms, out);
    }
    return strcmp(options->format, "wechat") == 0;
}

static enum exit_status bill(const char *home, const struct bill_options *options)
{
    char path[KEYS_PATH_MAX];
    struct book *book;
    struct buf out;
    enum exit_status status = EXIT_USAGE;

    (void)snprintf(path, sizeof path, "%s/journal.jsonl", home);
    if (book_read(path, &book) != HB_OK) {
        fprintf(stderr, "hongbao-sandbox: %s cannot be read\n", path);
        return EXIT_FAILED;
    }
    buf_init(&out, BILL_MAX);
    if (bill_write(book, options, &out)) {
        status =
            fwrite(out.data, 1, out.len, stdout) == out.len && fflush(stdout) == 0 ? EXIT_FINE : EXIT_FAILED;
    } else {
        fputs("hongbao-sandbox: --format is json, wechat or alipay, --day as 2026-02-16\n", stderr);
    }
    buf_free(&out);
    book_close(book);
    return status;
}

int main(int argc, char **argv)
{
    struct sandbox_options options;
    struct bill_options bill_options;
    const char *rules_file;

    switch (options_read(argc, argv, &options, &bill_options, &rules_file)) {
    case OPTIONS_HELP:
        options_help();
        return EXIT_FINE;
    case OPTIONS_VERSION:
        puts("hongbao-sandbox " HONGBAO_VERSION);
        return EXIT_FINE;
    case OPTIONS_BILL:
        return (int)bill(options.home, &bill_options);
    case OPTIONS_WRONG:
        return EXIT_USAGE;
    case OPTIONS_SERVE:
        break;
    }
    return (int)serve(&options, rules_file);
}
