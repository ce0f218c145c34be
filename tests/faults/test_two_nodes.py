"""Two nodes on one Redis and one PostgreSQL: each is stopped for a while in the middle of things, the leader too.

TEST_STOPS is the number of stops (3), TEST_SEED repeats a run.
"""
import os
import random
import signal
import sys
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "support"))
import documents  # noqa: E402
from engine import Engine  # noqa: E402
from storm import Storm  # noqa: E402

STOPS = int(os.environ.get("TEST_STOPS", "3"))
SEED = int(os.environ.get("TEST_SEED", str(random.SystemRandom().randrange(1 << 32))))
CAMPAIGN = "pair"
CAPS = {"rare": 1}


def document():
    return documents.campaign(
        CAMPAIGN,
        [documents.cash("small", 20, 500_000, 0.4), documents.split("lucky", 4_000_000, 1, 100, 100_000, 0.2),
         documents.cash("rare", 5000, 50, 0.02, wins_per_player=1)],
        chances={"base": 10000, "per_day": 0})


class TwoNodes(unittest.TestCase):
    def settle(self, engine, storm, memory_lost):
        engine.wait_ready()
        draws, wins = storm.check(self, memory_lost=memory_lost, caps=CAPS)
        print(f"{draws} draws and {wins} wins told; {dict(storm.codes())}", flush=True)
        engine.assert_books_balance(self, (CAMPAIGN,))
        engine.hongbao("campaign", "end", CAMPAIGN)
        time.sleep(3)
        run = engine.hongbao("verify-draws", CAMPAIGN, check=False)
        self.assertEqual(run.returncode, 0, run.stdout + run.stderr)
        engine.assert_books_balance(self, (CAMPAIGN,))

    def test_1_a_leader_that_slept_is_replaced_and_does_nothing_when_it_wakes(self):
        print(f"seed {SEED}", flush=True)
        chance = random.Random(SEED)
        with Engine() as engine, engine.node() as (process, port):
            pids = {engine.port: engine.pid("engine"), port: process.pid}
            engine.publish(document())
            engine.wait_ready()
            with Storm(engine, CAMPAIGN, 16, [engine.port, port], patience_s=2, numbered=True) as storm:
                storm.go_on(200, 20)
                for _ in range(STOPS):
                    leader = engine.leader()
                    os.kill(pids[leader], signal.SIGSTOP)
                    try:
                        engine.wait(lambda: engine.leader() != leader, 20, "another leader")
                        storm.go_on(200, 20, "draws go on at the other node")
                        time.sleep(chance.uniform(0, 1))
                    finally:
                        os.kill(pids[leader], signal.SIGCONT)
                    time.sleep(chance.uniform(0.5, 1.5))
                storm.go_on(200, 20)
            self.settle(engine, storm, memory_lost=False)

    def test_2_redis_is_emptied_and_opened_by_the_other_node_while_one_sleeps_on_its_wins(self):
        chance = random.Random(SEED + 1)
        with Engine() as engine, engine.node() as (process, port):
            engine.publish(document())
            engine.wait_ready()
            with Storm(engine, CAMPAIGN, 16, [engine.port, port], patience_s=2) as storm:
                for stop in range(STOPS):
                    storm.go_on(300, 30)
                    sleeper = process.pid if stop % 2 == 0 else engine.pid("engine")
                    time.sleep(chance.uniform(0, 0.2))
                    os.kill(sleeper, signal.SIGSTOP)
                    try:
                        engine.redis("flushall")
                        storm.go_on(300, 30, "draws go on at the other node")
                    finally:
                        os.kill(sleeper, signal.SIGCONT)
            self.settle(engine, storm, memory_lost=True)


if __name__ == "__main__":
    unittest.main(verbosity=2, warnings="ignore")
