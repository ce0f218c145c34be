#!/usr/bin/env bash
# ./dev prove [ITEM...]: each promised figure at full length. Resumable: an item that passed on this very tree is not run again.
set -uo pipefail
ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
cd "$ROOT"
PY=/usr/bin/python3
ITEMS='main-job      from a fresh home: up, draw, wallet, ledger, audit, restart; the player page in Chromium
test          ./dev test in under 20 minutes
odds          ten million draws of the C decision, chi-square on three fixed seeds
differential  a million draws through real Redis, each equal to the C
books         audit every second under load for a minute without a false alarm; every planted fault found by audit and verify-draws
faults        ten kills each of engine, Redis and PostgreSQL, the first round
kills         160 kills of engine, Redis and PostgreSQL under load from several hundred connections
memory        Redis loses its last bytes, or all, 40 times under load; a million players are open again within five seconds
stopped-worker  a node stopped between Redis and the ledger while Redis is emptied, 20 times: no unit twice
payouts       2,000 payouts through both providers with every misbehaviour, 50 kills of the nodes that pay, 10 restarts of PostgreSQL; 5,000 schedules of the journey
crash-points  killed at each named point of the batch write and of the payout run, and at every ordered pair of them
planted       a minute of audits under load without a false alarm; faults planted while it goes on are found
probes        the table of strictness probes
ledger-seeds  10,000 seeds of random operations on the ledger and on a small one in memory: equal after each step, nothing found by the checks
crowd         4,000 connects in one moment; good clients beside 5,000 slow ones, five rounds with and without
closing       a campaign of 100,000 wallets is closed with a statement that adds up to the fen
ledger        wins a second beside COPY, the plain statement and pgbench, five rounds
ledger-rows   the same with 50 million wins present, kept below ./var
load          hongbao-load against servers of known delays, and its outcomes against the ledger'
if [ "${1:-}" = list ]; then printf '%s\n' "$ITEMS"; exit 0; fi

prove_main_job() { $PY tests/system/test_main_job.py && tests/support/test.sh browser; }
prove_test() { tests/support/test.sh; }
prove_odds() { for seed in 1 2 3; do build/release/tests/odds_check --draws 10000000 --seed $seed || return 1; done; }
prove_differential() { tests/support/with_redis.sh build/release/tests/differential --socket @SOCKET@ --draws 1000000 --seed 2026; }
prove_faults() { TEST_KILLS=10 $PY tests/faults/test_kills.py; }
prove_kills() { TEST_KILLS=100,30,30 $PY tests/faults/test_kills.py; }
prove_memory() { TEST_LOSSES=40 TEST_FORGOTTEN_S=1 TEST_PLAYERS=1000000 $PY tests/faults/test_memory.py; }
prove_stopped_worker() { TEST_STOPS=20 $PY tests/faults/test_stopped_worker.py; }
prove_payouts() {
    TEST_PAYOUTS=2000 TEST_PAYOUT_KILLS=50 TEST_PAYOUT_RESTARTS=10 $PY tests/faults/test_payouts_wire.py &&
        TEST_SEEDS=5000 build/release/tests/test_flow_payout
}
prove_crash_points() {
    cmake --preset points >/dev/null && cmake --build build/points --target hongbao hongbao-sandbox payout_worker >/dev/null &&
        TEST_POINT_PAIRS=all TEST_POINT_SLICES=6,2 $PY tests/faults/test_crash_points.py
}
prove_planted() { TEST_AUDIT_SECONDS=60 $PY tests/faults/test_audit.py; }
prove_books() { TEST_AUDIT_SECONDS=60 $PY tests/system/test_books.py; }
prove_ledger_seeds() {
    $PY tests/system/ledger_seeds.py --seeds 5000 & local half=$!
    $PY tests/system/ledger_seeds.py --seeds 5000 --first 5001 && wait $half
}
prove_probes() { $PY tests/system/test_strictness.py --table; }
prove_crowd() { TEST_CROWD=5000 $PY tests/system/test_crowd.py; }
prove_closing() { TEST_WALLETS=100000 $PY tests/system/books_close.py; }
prove_ledger() { "$ROOT/dev" bench ledger --bars; }
prove_ledger_rows() { "$ROOT/dev" bench ledger --bars --rows 50000000 --home "$ROOT/var"; }
prove_load() { $PY tests/system/test_load.py; }

"$ROOT/dev" install $([ -t 0 ] || echo --yes) || exit 1
[ -f build/release/build.ninja ] || cmake --preset release >/dev/null || exit 1
cmake --build build/release >/dev/null || exit 1
mkdir -p build/proved
# Of the files themselves: a tree without git, or with files that git does not know yet, is told apart too.
tree=$(find . \( -path ./.git -o -path ./build -o -path ./var -o -path ./test-artifacts -o -name __pycache__ \) -prune -o -type f -print0 |
    sort -z | xargs -0 sha256sum | sha256sum | cut -c1-16)
status=0
for item in ${*:-$(printf '%s\n' "$ITEMS" | awk '{print $1}')}; do
    mark=build/proved/$item-$tree
    if [ -f "$mark" ]; then echo "== $item: proved on this tree"; cat "$mark"; continue; fi
    echo "== $item"
    if prove_"${item//-/_}" 2>&1 | tee "$mark.part"; [ "${PIPESTATUS[0]}" -eq 0 ]; then
        mv "$mark.part" "$mark"
    else
        echo "== $item FAILED"
        status=1
    fi
done
exit $status
