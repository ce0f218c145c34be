#!/usr/bin/env bash
# ./dev test [SUITE...]: every kind of test, short. Each suite has a budget; going over it is a failure.
set -uo pipefail
ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
cd "$ROOT"
. tests/support/suites.sh
PY=/usr/bin/python3
ARTIFACTS=$ROOT/test-artifacts
JOBS=$(nproc)

if [ "${1:-}" = list ]; then printf '%s\n' "$SUITES"; exit 0; fi

preset() { # preset NAME TARGETS...: configures once, builds
    local name=$1
    shift
    [ -f build/$name/build.ninja ] || cmake --preset "$name" >build-$name.log 2>&1 || { cat build-$name.log; return 1; }
    rm -f build-$name.log
    cmake --build "build/$name" -j"$JOBS" "$@" >"build/$name/build.log" 2>&1 || { grep -E 'error|warning|FAILED' -A3 "build/$name/build.log" | head -60; return 1; }
}
labelled() { ctest --test-dir "build/$1" -L "$2" -j"$JOBS" --output-on-failure --no-tests=error; }
python_test() { # python_test FILE: what it says comes at its end, in one piece
    local said status=0
    said=$(PYTHONDONTWRITEBYTECODE=1 $PY -W ignore::ResourceWarning "$1" 2>&1) || status=1
    printf -- '-- %s\n%s\n' "$1" "$said"
    return $status
}
export -f python_test
export PY
in_turn() { printf '%s\0' "$@" | xargs -0 -n1 -P1 bash -c 'python_test "$1"' -; }           # what measures times needs the machine alone
side_by_side() { printf '%s\0' "$@" | xargs -0 -n1 -P"$JOBS" bash -c 'python_test "$1"' -; } # most of a file's life is waiting
but() { # but FILES OF...: the files of the second list that are not words of the first
    local file
    for file in "${@:2}"; do case " $1 " in *" $file "*) ;; *) printf '%s\n' "$file" ;; esac; done
}

suite_house() { preset release && labelled release house; }
suite_unit() { preset release && labelled release unit; }
suite_fuzz() { preset release && labelled release fuzz; }
# Under sanitizers: the parts, and the whole engine behind its public API.
suite_asan() { preset asan && labelled asan 'unit|fuzz' && TEST_BUILD=$ROOT/build/asan in_turn tests/system/test_api.py; }
suite_tsan() { preset tsan && labelled tsan unit && TEST_BUILD=$ROOT/build/tsan TSAN_OPTIONS=halt_on_error=1 in_turn tests/system/test_api.py; }
suite_tidy() { preset tidy --target hongbao hongbao-load hongbao-sandbox; }
suite_core() { preset release && labelled release core; }
suite_ledger() { preset release && labelled release ledger; }
suite_system() {
    local alone='tests/system/test_crowd.py tests/system/test_load.py tests/system/test_main_job.py' status=0
    preset release || return 1
    in_turn $alone || status=1
    side_by_side $(but "$alone" tests/system/test_*.py) || status=1
    return $status
}
suite_browser() { preset release && mkdir -p "$ARTIFACTS/browser" && TEST_ARTIFACTS=$ARTIFACTS/browser side_by_side tests/browser/test_*.py; }
suite_faults() { preset release && preset points --target hongbao hongbao-sandbox payout_worker && side_by_side tests/faults/test_*.py; }

# Who sits at a terminal is asked first.
"$ROOT/dev" install $([ -t 0 ] || echo --yes) || exit 1
passed=0 failed=0 began=$SECONDS
chosen=${*:-$(printf '%s\n' "$SUITES" | awk '{print $1}')}
for suite in $chosen; do
    budget=$(printf '%s\n' "$SUITES" | awk -v name="$suite" '$1 == name {print $2}')
    [ -n "$budget" ] || { echo "there is no suite '$suite'; ./dev test list"; exit 2; }
    echo "== $suite (budget ${budget} s)"
    start=$SECONDS status=0
    suite_"$suite" || status=1
    took=$((SECONDS - start))
    if [ $status -eq 0 ] && [ $took -gt "$budget" ] && [ "${TEST_NO_BUDGET:-}" = '' ]; then
        echo "!! $suite passed but took $took s of $budget s"
        status=1
    fi
    [ $status -eq 0 ] && passed=$((passed + 1)) || failed=$((failed + 1))
    echo "== $suite $([ $status -eq 0 ] && echo passed || echo FAILED) in $took s"
done
echo "total $((SECONDS - began)) s"
echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
