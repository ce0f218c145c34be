"""Two nodes on one Redis and one PostgreSQL: each is stopped for a while in the middle of things, the leader too.

TEST_STOPS is the number of stops (3), TEST_SEED repeats a run.
"""
import contextlib
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


@contextlib.contextmanager
def asleep(pid):
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


class TwoNodes(unittest.TestCase):
    def settle(self, engine, storm, memory_lost):
        storm.check(self, memory_lost=memory_lost, caps=CAPS)
        engine.assert_books_balance(self, (CAMPAIGN,))
        engine.end(CAMPAIGN)
        engine.assert_verified(self, CAMPAIGN)
        engine.assert_books_balance(self, (CAMPAIGN,))

    def test_1_a_leader_that_slept_is_replaced_and_does_nothing_when_it_wakes(self):
        print(f"seed {SEED}", flush=True)
        chance = random.Random(SEED)
        with Engine() as engine, engine.node() as (process, port):
            pids = {engine.port: engine.pid("engine"), port: process.pid}
            engine.publish(documents.storm(CAMPAIGN, small=0.4, lucky=0.2, rare=0.02))
            engine.wait_open(CAMPAIGN, port)
            with Storm(engine, CAMPAIGN, ports=[engine.port, port], patience_s=2, numbered=True) as storm:
                storm.go_on(200)
                for _ in range(STOPS):
                    leader = engine.leader()
                    with asleep(pids[leader]):
                        engine.wait(lambda: engine.leader() != leader, 20, "another leader")
                        storm.go_on(200, what="draws go on at the other node")
                        time.sleep(chance.uniform(0, 1))
                    time.sleep(chance.uniform(0.5, 1.5))
                storm.go_on(200)
            self.settle(engine, storm, memory_lost=False)

    def test_2_redis_is_emptied_and_opened_by_the_other_node_while_one_sleeps_on_its_wins(self):
        chance = random.Random(SEED + 1)
        with Engine() as engine, engine.node() as (process, port):
            engine.publish(documents.storm(CAMPAIGN, small=0.4, lucky=0.2, rare=0.02))
            engine.wait_open(CAMPAIGN, port)
            with Storm(engine, CAMPAIGN, ports=[engine.port, port], patience_s=2) as storm:
                for stop in range(STOPS):
                    storm.go_on(300)
                    sleeper = process.pid if stop % 2 == 0 else engine.pid("engine")
                    time.sleep(chance.uniform(0, 0.2))
                    with asleep(sleeper):
                        engine.redis("flushall")
                        storm.go_on(300, what="draws go on at the other node")
            self.settle(engine, storm, memory_lost=True)


if __name__ == "__main__":
    unittest.main(verbosity=2, warnings="ignore")
