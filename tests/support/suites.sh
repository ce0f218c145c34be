# The suites of ./dev test, one a line: name, budget in seconds, what it holds. Sourced.
SUITES='house     120  layering, format, headers, the API document
unit      120  every pure part and parser, warnings as errors
fuzz       60  the fuzz targets over their corpus
asan      300  unit, fuzz and the public API under address and undefined-behaviour sanitizers
tsan      300  unit and the public API under the thread sanitizer
tidy      400  clang-tidy on the sources
core      180  the C and the Lua of a draw against each other, odds, ledger SQL
ledger    300  wallets, withdrawals, payouts, corrections, the close of a campaign, planted faults, many writers near every limit, 200 seeds against a small ledger in memory
system    480  the real engine over HTTP: main job, API, versions, audit, strictness; payment providers against their sandbox
browser   200  the player page in Chromium
faults    600  kills of everything, at random and at each named point; payouts; memory that is cut or emptied; nodes that sleep, memory that is lost, stock that runs short, moments that move'
