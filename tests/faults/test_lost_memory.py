"""Redis comes back with less than it had: its log cut by a random length, its folder empty, again and again under load.

TEST_CUTS is the number of losses (4), TEST_SEED repeats a run.
"""
import glob
import json
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


class LostMemory(unittest.TestCase):
    def cut(self, engine, chance, empty):
        """What a disk may do that lied about its flushes: how many bytes are gone, None for all."""
        engine.kill("redis")
        folder = os.path.join(engine.home, "redis")
        if empty:
            shutil.rmtree(folder)
        else:
            path = max(glob.glob(os.path.join(folder, "appendonlydir", "*.incr.aof")), key=os.path.getmtime)
            size = os.path.getsize(path)
            lost = min(size, int(10 ** chance.uniform(0, 5.3)))
            os.truncate(path, size - lost)
            return lost
        return None

    def verified(self, engine):
        run = engine.hongbao("verify-draws", CAMPAIGN, "--json", check=False)
        self.assertEqual(run.returncode, 0, run.stdout + run.stderr)
        return json.loads(run.stdout)

    def test_no_win_that_was_told_is_lost_and_no_cap_is_passed(self):
        print(f"seed {SEED}", flush=True)
        chance = random.Random(SEED)
        with Engine() as engine:
            engine.publish(documents.campaign(
                CAMPAIGN,
                [documents.cash("small", 20, 300_000, 0.3), documents.split("lucky", 4_000_000, 1, 100, 100_000, 0.2),
                 documents.cash("rare", 5000, 50, 0.02, wins_per_player=1)],
                chances={"base": 10000, "per_day": 0}))
            engine.wait_ready()
            with Storm(engine, CAMPAIGN, 16) as storm:
                for i in range(CUTS):
                    storm.go_on(chance.randrange(50, 500), 30)
                    without_ledger = chance.random() < 0.4
                    if without_ledger:
                        engine.kill("postgres")
                        time.sleep(chance.uniform(0.05, 0.5))
                    lost = self.cut(engine, chance, empty=i % 4 == 3)
                    if chance.random() < 0.3:
                        engine.kill("engine")
                    engine.up()
                    print(f"lost {'all' if lost is None else lost} bytes{' without the ledger' if without_ledger else ''}", flush=True)
                storm.go_on(200, 40)
            engine.wait_ready()
            draws, wins = storm.check(self, memory_lost=True, caps={"rare": 1})
            print(f"{draws} draws and {wins} wins told; {dict(storm.codes())}", flush=True)
            engine.assert_books_balance(self, (CAMPAIGN,))
            engine.hongbao("campaign", "end", CAMPAIGN)
            time.sleep(3)
            totals = self.verified(engine)
            print({name: totals[name] for name in ("draws", "wins", "lost_positions", "redrawn", "skipped_epochs")}, flush=True)
            self.assertGreaterEqual(totals["wins"], wins)
            path = os.path.join(engine.home, "records.jsonl")
            engine.hongbao("fairness", "reveal", CAMPAIGN)
            with open(path, "w") as out:
                out.write(engine.hongbao("records", "export", CAMPAIGN).stdout)
            self.outsider(path)

    def outsider(self, path):
        import subprocess
        script = os.path.join(os.path.dirname(__file__), "..", "support", "verify_records.py")
        run = subprocess.run([sys.executable, script, path], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self.assertEqual(run.returncode, 0, run.stdout)


if __name__ == "__main__":
    unittest.main(verbosity=2, warnings="ignore")
