"""A process dies at each named place of the ledger's batch write and of the payout run, and at every pair of them: first at one, and after the
restart at the other. Then nothing that was told is lost or doubled, and the books are clean.

TEST_POINT_PAIRS: how many ordered pairs of each side, drawn by TEST_SEED (6); or `all`: on a walk that has each point behind each other one and
behind itself, in pieces, with the books checked at every death and everything else at the end of a piece. TEST_POINT_SLICES: how many worlds work at once, of the
ledger's side and of the payouts' (3,1). By hand: test_crash_points.py ledger|payouts POINT..., one after another in one run.
"""
import os
import random
import re
import signal
import subprocess
import sys
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import crash_points  # noqa: E402

PAIRS = os.environ.get("TEST_POINT_PAIRS", "6")
SLICES = dict(zip(("ledger", "payouts"), map(int, os.environ.get("TEST_POINT_SLICES", "3,1").split(","))))
PIECE = 8  # pairs in a row, of the walk
SEED = int(os.environ.get("TEST_SEED", str(int(time.time()))))


def world_of(side):
    """Imported late: the two sides read TEST_BUILD and start clusters of their own."""
    os.environ["TEST_BUILD"] = crash_points.BUILD
    if side == "ledger":
        import crash_ledger
        return crash_ledger.Draws, plan(crash_ledger.POINTS, crash_ledger.ALONE)
    import crash_payouts
    return crash_payouts.Payouts, plan(crash_payouts.POINTS, crash_payouts.ALONE)


def walk(points):
    """A sequence in which every ordered pair stands side by side once (de Bruijn's, of order two), in pieces that overlap by one."""
    steps = [step for at, one in enumerate(points) for step in [one] + [step for other in points[at + 1:] for step in (one, other)]] + points[:1]
    return [tuple(steps[start:start + PIECE + 1]) for start in range(0, len(steps) - 1, PIECE)]


def plan(points, alone):
    """The runs: every point alone, and the pairs."""
    pairs = [(a, b) for a in points for b in points]
    chosen = walk(points) if PAIRS == "all" else random.Random(SEED).sample(pairs, int(PAIRS))
    return [(point,) for point in points + alone] + chosen


def work(side, runs, seed):
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # and what was started ends with us
    chance = random.Random(seed)
    world, _ = world_of(side)
    for first in range(0, len(runs), world.RUNS):
        with world(chance) as one:
            for run in runs[first:first + world.RUNS]:
                began = time.monotonic()
                print(f"{side} {' then '.join(run)}", end=" ", flush=True)
                one.run(run)
                print(f"{time.monotonic() - began:.1f} s", flush=True)
            print(f"{side}: {one.summary()}", flush=True)


class CrashPoints(unittest.TestCase):
    def test_after_each_crash_and_each_pair_of_crashes_everything_is_so(self):
        print(f"seed {SEED}", flush=True)
        began = time.monotonic()
        jobs = [(side, number, subprocess.Popen([sys.executable, os.path.abspath(__file__), "slice", side, str(number)], stdout=subprocess.PIPE,
                                                stderr=subprocess.STDOUT, text=True, env={**os.environ, "TEST_SEED": str(SEED)}))
                for side in SLICES for number in range(SLICES[side])]
        runs = 0
        for side, number, process in jobs:
            text = process.communicate(timeout=3600)[0]
            self.assertEqual(process.returncode, 0, f"{side} {number}:\n{text[-4000:]}")
            print("".join(line for line in text.splitlines(keepends=True) if line.startswith(side + ":")), end="", flush=True)
            runs += len(re.findall(r" s$", text, re.M))
        self.assertEqual(runs, sum(len(world_of(side)[1]) for side in SLICES))
        print(f"{runs} runs in {time.monotonic() - began:.0f} s", flush=True)

    def test_the_walk_has_every_pair(self):
        points = crash_points.names("payout", "notice")
        seen = [pair for piece in walk(points) for pair in zip(piece, piece[1:])]
        self.assertEqual(sorted(seen), sorted((a, b) for a in points for b in points))

    def test_only_the_build_for_it_can_be_told_to_die(self):
        release = os.path.join(crash_points.ROOT, "build", "release", "engine", "hongbao")
        for binary, has in ((release, False), (os.path.join(crash_points.BUILD, "engine", "hongbao"), True)):
            with open(binary, "rb") as file:
                self.assertEqual(b"crash_point=%s" in file.read(), has, binary)


if __name__ == "__main__":
    if sys.argv[1:2] == ["slice"]:
        side, number = sys.argv[2], int(sys.argv[3])
        work(side, world_of(side)[1][number::SLICES[side]], SEED + number)
    elif sys.argv[1:2] and sys.argv[1] in SLICES:
        work(sys.argv[1], [tuple(sys.argv[2:])], SEED)
    else:
        unittest.main(verbosity=2, warnings="ignore")
