/*
 * loadtest/main.c - hongbao-load: reads the command line, runs, reports; the exit status says how it went.
 */
#include "loadtest/options.h"
#include "loadtest/report.h"
#include "loadtest/run.h"

#include <stdio.h>

enum exit_status { EXIT_FINE = 0, EXIT_THRESHOLD = 1, EXIT_USAGE = 2, EXIT_NOT_RUN = 3 };

static bool report(const struct result *result)
{
    const struct options *options = result->options;
    bool is_whole = true;

    report_text(result, stdout);
    if (options->json_file != NULL) {
        is_whole = report_json(result, options->json_file) && is_whole;
    }
    if (options->html_file != NULL) {
        is_whole = report_html(result, options->html_file) && is_whole;
    }
    return is_whole && fflush(stdout) == 0 && !result->outcomes_failed;
}

static enum exit_status run(const struct options *options)
{
    static struct result result;
    enum exit_status status = EXIT_NOT_RUN;

    if (!result_init(&result, options)) {
        fputs("hongbao-load: out of memory\n", stderr);
    } else if (run_go(options, &result) && report(&result) && !result.is_interrupted) {
        status = report_rules_hold(&result) ? EXIT_FINE : EXIT_THRESHOLD;
    }
    result_free(&result);
    return status;
}

int main(int argc, char **argv)
{
    static struct options options;

    switch (options_read(&options, argc, argv)) {
    case OPTIONS_HELP:
        options_help();
        return EXIT_FINE;
    case OPTIONS_VERSION:
        puts("hongbao-load " HONGBAO_VERSION);
        return EXIT_FINE;
    case OPTIONS_WRONG:
        return EXIT_USAGE;
    case OPTIONS_RUN:
        break;
    }
    return (int)run(&options);
}
