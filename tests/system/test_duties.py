"""The duties against a Redis that is killed, emptied and cut: every scenario of duties_test.c in a database of its own."""
import os
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.dirname(__file__))
from ledger_cluster import ROOT, Cluster  # noqa: E402

BINARY = os.environ.get("TEST_DUTIES_TEST", os.path.join(ROOT, "build", "release", "tests", "duties_test"))


class Duties(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.cluster = Cluster()
        cls.cluster.__enter__()

    @classmethod
    def tearDownClass(cls):
        cls.cluster.__exit__()

    def scenario(self, name):
        self.cluster.drop()
        self.cluster.roles()
        self.cluster.migrate()
        run = subprocess.run([BINARY, self.cluster.uri("hongbao_engine"), name], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                             stderr=subprocess.STDOUT, text=True, timeout=600)
        if run.returncode != 0 or os.environ.get("TEST_SHOW"):
            print(run.stdout)
        self.assertEqual(run.returncode, 0, name)

    def test_what_was_not_lost_is_the_same_after_a_kill_an_empty_folder_and_a_cut_log(self):
        self.scenario("death")

    def test_a_lost_tail_costs_no_win_and_the_replay_excuses_just_that(self):
        self.scenario("tail")

    def test_pause_and_resume_reach_the_shard(self):
        self.scenario("pause")

    def test_scarce_stock_is_shared_given_out_and_returned_at_the_end(self):
        self.scenario("scarce")

    def test_a_win_is_not_recorded_without_its_entry(self):
        self.scenario("unwritten")

    def test_the_next_leader_drains_and_opens(self):
        self.scenario("leader")

    @unittest.skipUnless(os.environ.get("TEST_LONG"), "takes a minute")
    def test_a_million_players_are_rebuilt_from_the_ledger(self):
        self.scenario("million")


if __name__ == "__main__":
    unittest.main()
