#!/usr/bin/env bash
# with_redis.sh COMMAND...: runs it beside a private Redis; @SOCKET@ in its words is the socket's path.
set -uo pipefail
dir=$(mktemp -d)
redis-server --port 0 --unixsocket "$dir/redis.sock" --dir "$dir" --appendonly yes --appendfsync always --save '' \
    --maxmemory-policy noeviction --logfile "$dir/log" </dev/null >/dev/null 2>&1 &
pid=$!
trap 'kill $pid 2>/dev/null; wait $pid 2>/dev/null; rm -rf "$dir"' EXIT
for _ in $(seq 100); do redis-cli -s "$dir/redis.sock" ping >/dev/null 2>&1 && break; sleep 0.05; done
"${@//@SOCKET@/$dir/redis.sock}"
