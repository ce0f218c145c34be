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
exec "$ROOT/tests/bench/$name" "$@"
