#!/usr/bin/python3
"""Each crash point of base/crash_point.h stands at one place in the engine, under a name of its own; and the program given as the word is of a
build that has them only when it was configured so. Usage: check_crash_points.py PROGRAM ON|OFF"""
import collections
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
LIST = ROOT / "engine" / "base" / "crash_point.h"


def main():
    program, expected = sys.argv[1], sys.argv[2].upper() in ("ON", "1", "TRUE")
    rows = re.findall(r'^ +X\((\w+), +"([a-z._]+)"\)', LIST.read_text(encoding="utf-8"), re.M)
    places = collections.defaultdict(list)
    for path in sorted((ROOT / "engine").rglob("*.c")):
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            for symbol in re.findall(r"\bCRASH_POINT\((\w+)\)", line):
                places[symbol].append(f"{path.relative_to(ROOT)}:{number}")
    problems = [f"{symbol} ({name}) stands at {len(places[symbol])} places: {' '.join(places[symbol])}" for symbol, name in rows if len(places[symbol]) != 1]
    problems += [f"{name} is not {symbol} in lower case" for symbol, name in rows if name.replace(".", "_") != symbol.lower()]
    if (b"crash_point=%s" in pathlib.Path(program).read_bytes()) != expected:
        problems.append(f"{program} {'cannot' if expected else 'can'} be told to die")
    print("\n".join(problems) or f"{len(rows)} crash points")
    return 1 if problems or not rows else 0


if __name__ == "__main__":
    sys.exit(main())
