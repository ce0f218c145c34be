/*
 * tests/support/unit.h - cmocka with what it needs in front of it, and a test as one line.
 *
 *   TEST(a_full_buffer_stays_failed) { ... }
 *   int main(void) { const struct CMUnitTest tests[] = {RUN(a_full_buffer_stays_failed)}; return
 * RUN_ALL(tests); }
 */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define TEST(name) static void name(void **state __attribute__((unused)))
#define RUN(name) cmocka_unit_test(name)
#define RUN_ALL(tests) cmocka_run_group_tests(tests, NULL, NULL)
