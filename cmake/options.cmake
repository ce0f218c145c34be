# Compiler flags and build options that every target shares.
option(HB_WERROR "warnings are errors" ON)
set(HB_SANITIZE "" CACHE STRING "sanitizers, for example address,undefined")
option(HB_FUZZ "build the libFuzzer targets (clang only)" OFF)
option(HB_TIDY "run clang-tidy on every file" OFF)
option(HB_CRASH_POINTS "a process may be told to die at a named place (base/crash_point.h); for tests alone" OFF)

add_library(hb_flags INTERFACE)
target_compile_definitions(hb_flags INTERFACE _GNU_SOURCE)
# -Wno-format-zero-length: log_info("ledger.opened", "") is an event without facts.
target_compile_options(hb_flags INTERFACE
    -Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wshadow -Wundef -Wvla -Wformat=2
    -Wstrict-prototypes -Wmissing-prototypes -Wold-style-definition -Wpointer-arith -Wcast-qual
    -Wwrite-strings -Wimplicit-fallthrough -Wnull-dereference -Wno-format-zero-length
    $<$<C_COMPILER_ID:GNU>:-Wlogical-op -Wduplicated-cond -Wduplicated-branches>
    $<$<BOOL:${HB_WERROR}>:-Werror>)

if(HB_CRASH_POINTS)
    target_compile_definitions(hb_flags INTERFACE HB_CRASH_POINTS)
endif()

# gcc's warnings of values that may be NULL or uninitialised count what the sanitizers' own code does; with
# sanitizers on they are wrong more often than right, and the builds without have already said them.
if(HB_SANITIZE)
    target_compile_options(hb_flags INTERFACE
        -fsanitize=${HB_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer
        -Wno-null-dereference $<$<C_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>)
    target_link_options(hb_flags INTERFACE -fsanitize=${HB_SANITIZE})
endif()

if(HB_FUZZ)
    if(NOT CMAKE_C_COMPILER_ID STREQUAL "Clang")
        message(FATAL_ERROR "HB_FUZZ needs clang: cmake --preset fuzz")
    endif()
    target_compile_options(hb_flags INTERFACE -fsanitize=fuzzer-no-link)
    target_link_options(hb_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()

if(HB_TIDY)
    find_program(CLANG_TIDY clang-tidy)
    if(NOT CLANG_TIDY)
        message(FATAL_ERROR "clang-tidy is missing: apt-get install clang-tidy")
    endif()
    set(CMAKE_C_CLANG_TIDY ${CLANG_TIDY} --quiet)
endif()
