"""Redis comes back with less than it had: its log cut by a random length, its folder empty, again and again under load.

TEST_CUTS is the number of losses (4), TEST_SEED repeats a run.
"""
import glob
import os
import random
import shutil
import sys
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "support"))
import documents  # noqa: E402
from engine import Engine  # noqa: E402
from storm import Storm  # noqa: E402

CUTS = int(os.environ.get("TEST_CUTS", "4"))
SEED = int(os.environ.get("TEST_SEED", str(random.SystemRandom().randrange(1 << 32))))
CAMPAIGN = "cut"
CAPS = {"rare": 1}


class LostMemory(unittest.TestCase):
    def cut(self, engine, chance, empty):
        """What a disk may do that lied about its flushes; says how much is gone."""
        engine.kill("redis")
        folder = os.path.join(engine.home, "redis")
        if empty:
            shutil.rmtree(folder)
            return "all"
        path = max(glob.glob(os.path.join(folder, "appendonlydir", "*.incr.aof")), key=os.path.getmtime)
        size = os.path.getsize(path)
        lost = min(size, int(10 ** chance.uniform(0, 5.3)))
        os.truncate(path, size - lost)
        return f"{lost} bytes"

    def test_no_win_that_was_told_is_lost_and_no_cap_is_passed(self):
        print(f"seed {SEED}", flush=True)
        chance = random.Random(SEED)
        with Engine() as engine:
            engine.publish(documents.storm(CAMPAIGN, small=0.3, lucky=0.2, rare=0.02))
            with Storm(engine, CAMPAIGN) as storm:
                for i in range(CUTS):
                    storm.go_on(chance.randrange(50, 500))
                    without_ledger = chance.random() < 0.4
                    if without_ledger:
                        engine.kill("postgres")
                        time.sleep(chance.uniform(0.05, 0.5))
                    lost = self.cut(engine, chance, empty=i % 4 == 3)
                    if chance.random() < 0.3:
                        engine.kill("engine")
                    engine.up()
                    print(f"lost {lost}{' without the ledger' if without_ledger else ''}", flush=True)
                storm.go_on(200)
            told = storm.check(self, memory_lost=True, caps=CAPS)
            engine.assert_books_balance(self, (CAMPAIGN,))
            engine.end(CAMPAIGN)
            totals = engine.assert_verified(self, CAMPAIGN)
            print({name: totals[name] for name in ("draws", "wins", "lost_positions", "redrawn", "skipped_epochs")}, flush=True)
            self.assertGreaterEqual(totals["wins"], told.wins)
            engine.hongbao("fairness", "reveal", CAMPAIGN)
            engine.assert_outsiders_agree(self, CAMPAIGN)


if __name__ == "__main__":
    unittest.main(verbosity=2, warnings="ignore")
