/*
 * Unit tests of base/config*.c: which source wins, and how a mistake is told.
 */
#include "base/config.h"

#include "tests/support/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char home[64];
static char file_path[96];
static struct buf problems;

static int make_home(void **state)
{
    (void)state;
    (void)snprintf(home, sizeof home, "/tmp/hb-config-XXXXXX");
    if (mkdtemp(home) == NULL) {
        return -1;
    }
    (void)snprintf(file_path, sizeof file_path, "%s/hongbao.conf", home);
    buf_init(&problems, 65536);
    return 0;
}

static int remove_home(void **state)
{
    (void)state;
    (void)unlink(file_path);
    (void)rmdir(home);
    buf_free(&problems);
    return 0;
}

static void write_file(const char *text)
{
    FILE *file = fopen(file_path, "w");

    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, strlen(text), file), strlen(text));
    assert_int_equal(fclose(file), 0);
}

/* Up to 15 arguments and variables, each list ended by NULL. */
static struct config *load(char **argv, char **environment)
{
    struct config *config;
    int argc = 0;
    hb_err err;

    while (argv[argc] != NULL) {
        argc++;
    }
    buf_clear(&problems);
    err = config_load(&argc, argv, environment, &config, &problems);
    assert_true((err == HB_OK) == (config != NULL));
    assert_true((err == HB_OK) == (problems.len == 0));
    if (argc < 16) {
        argv[argc] = NULL;
    }
    return config;
}

#define ARGS(...) ((char *[17]){__VA_ARGS__})
#define NOTHING ((char *[17]){NULL})

static char text_home[] = "--home";
static char text_config[] = "--config";

static void check_problem(char **argv, char **environment, const char *expected)
{
    struct config *config = load(argv, environment);

    assert_null(config);
    assert_string_equal(buf_cstr(&problems), expected);
}

/* Literals are read only; the loader moves pointers, never letters. */
static char *arg(const char *text)
{
    static char room[32][128];
    static size_t next;
    char *at = room[next++ % 32];

    (void)snprintf(at, sizeof room[0], "%s", text);
    return at;
}

TEST(defaults_hold_when_nobody_says_anything)
{
    struct config *config = load(NOTHING, NULL);

    assert_int_equal(config_int(config, CFG_HTTP_PORT), 8080);
    assert_string_equal(config_text(config, CFG_HTTP_LISTEN), "127.0.0.1");
    assert_int_equal(config_origin_of(config, CFG_HTTP_PORT), CONFIG_DEFAULT);
    assert_string_equal(config_home(config), "");
    config_free(config);
    config_free(NULL);
}

TEST(flags_beat_environment_beats_file_beats_default)
{
    struct config *config;

    write_file("[http]\nport = 1001\nlisten = \"0.0.0.0\"\nworkers = 3\n");
    config = load(ARGS(text_home, home, arg("--http.port=3003")),
                  ARGS(arg("HONGBAO_HTTP_PORT=2002"), arg("HONGBAO_HTTP_LISTEN=::1"), arg("PATH=/bin")));
    assert_non_null(config);
    assert_int_equal(config_int(config, CFG_HTTP_PORT), 3003);
    assert_int_equal(config_origin_of(config, CFG_HTTP_PORT), CONFIG_FLAG);
    assert_string_equal(config_text(config, CFG_HTTP_LISTEN), "::1");
    assert_int_equal(config_origin_of(config, CFG_HTTP_LISTEN), CONFIG_ENVIRONMENT);
    assert_int_equal(config_int(config, CFG_HTTP_WORKERS), 3);
    assert_int_equal(config_origin_of(config, CFG_HTTP_WORKERS), CONFIG_FILE);
    assert_int_equal(config_int(config, CFG_HTTP_BACKLOG), 4096);
    assert_string_equal(config_home(config), home);
    config_free(config);
}

TEST(the_file_is_found_by_home_by_environment_or_by_name)
{
    char variable[96];
    struct config *config;

    write_file("http.port = 1001\n");
    (void)snprintf(variable, sizeof variable, "HONGBAO_HOME=%s", home);
    config = load(NOTHING, ARGS(variable));
    assert_int_equal(config_int(config, CFG_HTTP_PORT), 1001);
    assert_string_equal(config_home(config), home);
    config_free(config);
    config = load(ARGS(text_config, file_path), NULL);
    assert_int_equal(config_int(config, CFG_HTTP_PORT), 1001);
    config_free(config);
    assert_int_equal(unlink(file_path), 0);
    config = load(ARGS(text_home, home), NULL); /* a home without a file is fine */
    assert_int_equal(config_int(config, CFG_HTTP_PORT), 8080);
    config_free(config);
    assert_null(load(ARGS(text_config, file_path), NULL)); /* a named file must be there */
    assert_non_null(strstr(buf_cstr(&problems), "No such file"));
}

TEST(what_is_not_a_setting_goes_back_to_the_caller)
{
    char **argv =
        ARGS(arg("spring"), arg("--http.port"), arg("99"), arg("--force"), arg("--"), arg("--http.port=7"));
    struct config *config = load(argv, NULL);

    assert_int_equal(config_int(config, CFG_HTTP_PORT), 99);
    assert_string_equal(argv[0], "spring");
    assert_string_equal(argv[1], "--force");
    assert_string_equal(argv[2], "--");
    assert_string_equal(argv[3], "--http.port=7");
    assert_null(argv[4]);
    config_free(config);
}

TEST(an_unknown_key_suggests_the_nearest)
{
    char expected[256];

    check_problem(ARGS(arg("--http.prot=1")),
                  NULL,
                  "--http.prot: unknown key \"http.prot\", did you mean \"http.port\"?\n");
    check_problem(ARGS(arg("--zzz.qqq=1")), NULL, "--zzz.qqq: unknown key \"zzz.qqq\"\n");
    check_problem(
        NOTHING,
        ARGS(arg("HONGBAO_HTTP_LISTN=1")),
        "environment HONGBAO_HTTP_LISTN: unknown key \"http.listn\", did you mean \"http.listen\"?\n");
    write_file("\n[redis]\nnode = x\n");
    (void)snprintf(expected,
                   sizeof expected,
                   "%s:3: unknown key \"redis.node\", did you mean \"redis.nodes\"?\n",
                   file_path);
    check_problem(ARGS(text_home, home), NULL, expected);
    write_file("port = 80\n");
    (void)snprintf(
        expected, sizeof expected, "%s:1: unknown key \"port\", did you mean \"http.port\"?\n", file_path);
    check_problem(ARGS(text_home, home), NULL, expected);
}

TEST(values_are_checked_by_type_and_range)
{
    const char *bad[] = {
        "0", "65536", "", "x", "1x", " 1", "0x10", "-1", "1.0", "99999999999999999999", "+1"};

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        char flag[64];
        char expected[160];

        (void)snprintf(flag, sizeof flag, "--http.port=%s", bad[i]);
        (void)snprintf(expected,
                       sizeof expected,
                       "--http.port: http.port must be a whole number from 1 to 65535, not \"%s\"\n",
                       bad[i]);
        check_problem(ARGS(flag), NULL, expected);
    }
    check_problem(
        ARGS(arg("--engine.log_level=loud")),
        NULL,
        "--engine.log_level: engine.log_level must be error or warn or info or debug, not \"loud\"\n");
    check_problem(ARGS(arg("--http.port")), NULL, "--http.port: a value must follow\n");
    check_problem(ARGS(arg("--home")), NULL, "--home: a path must follow\n");
    check_problem(
        ARGS(arg("--http.listen=a\tb")), NULL, "--http.listen: http.listen has a control character\n");
}

TEST(the_file_knows_comments_quotes_and_bare_words)
{
    struct config *config;

    write_file("# first\r\n[database] # second\n uri = \"postgresql://u:p\\\"w@h/d#x\" # third\n"
               "[redis]\nnodes=unix:/run/r.sock,h:1#2   # fourth\n\n[engine]\nsecrets_dir = "
               "'C:\\x'\nenvironment = demo\n");
    config = load(ARGS(text_home, home), NULL);
    assert_non_null(config);
    assert_string_equal(config_text(config, CFG_DATABASE_URI), "postgresql://u:p\"w@h/d#x");
    assert_string_equal(config_text(config, CFG_REDIS_NODES), "unix:/run/r.sock,h:1#2");
    assert_string_equal(config_text(config, CFG_ENGINE_SECRETS), "C:\\x");
    assert_string_equal(config_text(config, CFG_ENGINE_ENVIRONMENT), "demo");
    config_free(config);
}

TEST(every_problem_of_a_file_is_told_with_its_line)
{
    const char *told[] = {
        ":1: ", ":2: ", ":3: ", ":4: ", ":6: ", ":7: http.port is set a second time; the first is in line 5"};

    write_file(
        "[http\nhello\n= 3\nhttp.listen = \"open\nhttp.port = 80\nhttp.listen = \"a\" b\nhttp.port = 81\n");
    assert_null(load(ARGS(text_home, home), NULL));
    for (size_t i = 0; i < sizeof told / sizeof told[0]; i++) {
        assert_non_null(strstr(buf_cstr(&problems), told[i]));
    }
}

TEST(showing_hides_passwords_and_can_be_read_again)
{
    struct config *config = load(ARGS(arg("--database.uri=postgresql://me:s3cret@db/x"),
                                      arg("--database.admin_uri=host=db password=s3cret user=me"),
                                      arg("--http.tls_key_file=a\"b\\c")),
                                 NULL);
    struct buf shown;
    FILE *file;

    buf_init(&shown, 65536);
    config_show(config, &shown);
    assert_null(strstr(buf_cstr(&shown), "s3cret"));
    assert_non_null(strstr(buf_cstr(&shown), "database.uri = \"postgresql://me:***@db/x\"  # flag\n"));
    assert_non_null(
        strstr(buf_cstr(&shown), "database.admin_uri = \"host=db password=*** user=me\"  # flag\n"));
    assert_non_null(strstr(buf_cstr(&shown), "http.port = 8080  # default\n"));
    config_free(config);
    file = fopen(file_path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(shown.data, 1, shown.len, file), shown.len);
    assert_int_equal(fclose(file), 0);
    config = load(ARGS(text_home, home), NULL);
    assert_non_null(config);
    assert_string_equal(config_text(config, CFG_HTTP_TLS_KEY), "a\"b\\c");
    config_free(config);
    buf_free(&shown);
}

TEST(the_reference_has_every_key)
{
    struct buf out;

    buf_init(&out, 65536);
    config_reference(&out);
    assert_non_null(strstr(buf_cstr(&out), "## http\n"));
    assert_non_null(
        strstr(buf_cstr(&out), "| `http.port` | 8080 | 1 to 65535 | `HONGBAO_HTTP_PORT` | public port |\n"));
    assert_non_null(strstr(buf_cstr(&out), "| `lease.min_units` | 1000 |"));
    buf_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(defaults_hold_when_nobody_says_anything),
        RUN(flags_beat_environment_beats_file_beats_default),
        RUN(the_file_is_found_by_home_by_environment_or_by_name),
        RUN(what_is_not_a_setting_goes_back_to_the_caller),
        RUN(an_unknown_key_suggests_the_nearest),
        RUN(values_are_checked_by_type_and_range),
        RUN(the_file_knows_comments_quotes_and_bare_words),
        RUN(every_problem_of_a_file_is_told_with_its_line),
        RUN(showing_hides_passwords_and_can_be_read_again),
        RUN(the_reference_has_every_key),
    };

    return cmocka_run_group_tests(tests, make_home, remove_home);
}
