#!/usr/bin/env bash
# ./dev bench NAME: one benchmark, its last line one JSON object.
ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
name=${1:-}
if [ -z "$name" ] || [ ! -x "$ROOT/tests/bench/$name" ]; then
    echo "the benchmarks are:" >&2
    find "$ROOT/tests/bench" -maxdepth 1 -type f -perm -u+x -printf '  %f\n' >&2
    exit 2
fi
shift
# Who sits at a terminal is asked first.
"$ROOT/dev" install-bench $([ -t 0 ] || echo --yes) || exit 1
cd "$ROOT"
[ -f build/release/build.ninja ] || cmake --preset release >/dev/null || exit 1
cmake --build build/release >/dev/null || exit 1
exec "$ROOT/tests/bench/$name" "$@"
