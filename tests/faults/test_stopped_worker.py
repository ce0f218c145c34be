"""A node is stopped with wins that Redis has given and the ledger has not; Redis is emptied and opened again by the other node; then it
goes on. No unit is given twice.

TEST_STOPS is the number of stops, TEST_SEED repeats a run.
"""
import os
import random
import sys
import time
import unittest

sys.path.insert(0, os.path.dirname(__file__))
from driver import CHANCES, Crowd, Driver, documents, seed, settle  # noqa: E402
from engine import Engine  # noqa: E402

STOPS = int(os.environ.get("TEST_STOPS", "2"))
CAMPAIGN, RATE, CONNECTIONS = "stopped", 500, 150  # of each node


def document():
    """Nearly every draw wins: some are always on their way to the ledger."""
    return documents.campaign(
        CAMPAIGN,
        [documents.cash("small", 20, 400_000, 0.6), documents.split("lucky", 8_000_000, 1, 100, 200_000, 0.3),
         documents.cash("capped", 500, 20_000, 0.05, wins_per_player=1), documents.cash("scarce", 5000, 200, 0.02)],
        chances={"base": CHANCES, "per_day": 0})


class StoppedWorker(unittest.TestCase):
    def test_no_unit_is_given_twice(self):
        chance = random.Random(seed())
        with Engine() as engine, engine.node() as (process, port):
            engine.publish(document())
            driver = Driver(engine, chance)
            users = 5000 + 1500 * STOPS
            try:
                with Crowd(engine, CAMPAIGN, "here", users) as here, Crowd(engine, CAMPAIGN, "there", users, port=port) as there:
                    for load in (here, there):
                        load.begin(RATE, CONNECTIONS, timeout_s=3)
                    waited = [self.stop_one(driver, process.pid, here, there) for _ in range(STOPS)]
                    for load in (here, there):
                        load.go_on(500)
                    reports = Crowd.end_all(here, there)
                print(f"wins between Redis and the ledger at each stop: {waited}", flush=True)
                self.assertGreater(sum(waited), 0)
                for load, report in zip((here, there), reports):
                    self.assertEqual(report["totals"]["errors"], 0, list(report["classes"]))
                    load.check(self, again=load.ask_again(), memory_lost=True)
                print(settle(self, engine, (CAMPAIGN,)), flush=True)
            finally:
                driver.stop()

    def stop_one(self, driver, second_pid, here, there):
        for load in (here, there):
            load.go_on(200)
        time.sleep(driver.chance.uniform(0, 0.5))
        engine = driver.engine
        pid, other = driver.chance.choice(((engine.pid("engine"), there), (second_pid, here)))
        with driver.stopped(pid):
            wins = driver.not_committed(CAMPAIGN)
            if driver.chance.random() < 0.5:
                engine.redis("flushall")
            else:
                driver.kill("redis")
                driver.empty()
                driver.start("redis")
            other.go_on(200, 40, "the other node has opened it")
        return wins


if __name__ == "__main__":
    unittest.main(verbosity=2, warnings="ignore")
