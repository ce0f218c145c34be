"""Kills of engine, Redis and PostgreSQL at random moments under a concurrent client that retries with the same key.

TEST_KILLS is the number of kills of each (10), TEST_SEED repeats a run.
"""
import os
import random
import sys
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "support"))
import documents  # noqa: E402
from engine import Engine  # noqa: E402
from storm import Storm  # noqa: E402

KILLS = int(os.environ.get("TEST_KILLS", "10"))
SEED = int(os.environ.get("TEST_SEED", str(random.SystemRandom().randrange(1 << 32))))
CAMPAIGN = "storm"
CAPS = {"rare": 1}


class FirstRound(unittest.TestCase):
    def test_acknowledged_wins_are_there_exactly_once_after_kills_of_everything(self):
        print(f"seed {SEED}, {KILLS} kills each", flush=True)
        chance = random.Random(SEED)
        with Engine() as engine:
            engine.publish(documents.storm(CAMPAIGN, small=0.2, lucky=0.1, rare=0.01))
            kills = ["engine", "redis", "postgres"] * KILLS
            chance.shuffle(kills)
            with Storm(engine, CAMPAIGN, 24) as storm:
                for name in kills:
                    time.sleep(chance.uniform(0.2, 1.0))
                    engine.kill(name)
                    time.sleep(chance.uniform(0.0, 0.3))
                    engine.up()
                storm.go_on(200)
            storm.check(self, caps=CAPS)
            engine.assert_books_balance(self, (CAMPAIGN,))
            engine.end(CAMPAIGN)
            engine.assert_verified(self, CAMPAIGN)


if __name__ == "__main__":
    unittest.main(verbosity=2, warnings="ignore")
