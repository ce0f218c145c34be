#!/usr/bin/python3
"""The peer draws as it should: only then is a comparison with it worth anything. Needs the packages of ./dev bench."""
import http.client
import json
import os
import subprocess
import sys
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from peer import Peer, PlainRedis, end, is_installed  # noqa: E402


class Draws:
    @classmethod
    def setUpClass(cls):
        cls.peer = Peer(10, pipelined=cls.pipelined)
        cls.peer.__enter__()
        cls.addClassCleanup(cls.peer.stop)

    def setUp(self):
        self.connection = http.client.HTTPConnection("127.0.0.1", self.peer.port, timeout=10)
        self.addCleanup(self.connection.close)
        self.peer.clear()

    def draw(self, user, key, campaign="noprize"):
        headers = {name: value for name, value in (("Authorization", user and f"Bearer {user}"), ("Idempotency-Key", key)) if value}
        self.connection.request("POST", f"/v1/campaigns/{campaign}/draws", headers=headers)
        response = self.connection.getresponse()
        body = response.read()
        self.assertEqual(int(response.headers["Content-Length"]), len(body))
        return response, json.loads(body)

    def test_draw(self):
        response, drawn = self.draw("ann", "k1")
        self.assertEqual(response.status, 201)
        self.assertEqual(drawn, {"draw_id": "ann-1", "draw_no": 1, "outcome": "none", "prize": None, "chances_left": 9999})
        self.assertEqual(self.draw("ann", "k2")[1]["draw_no"], 2)
        self.assertEqual(self.draw("bob", "k1")[1]["draw_no"], 1)

    def test_same_key_same_answer(self):
        for number in range(3):
            first, drawn = self.draw("ann", f"k{number}", "test")
            again, replayed = self.draw("ann", f"k{number}", "test")
            self.assertEqual((first.status, again.status, replayed), (201, 201, drawn))
            self.assertIsNone(first.headers["Idempotency-Replayed"])
            self.assertEqual(again.headers["Idempotency-Replayed"], "true")

    def test_wins_are_in_the_stream(self):
        won = []
        for number in range(60):
            drawn = self.draw(f"u{number}", "k", "test")[1]
            if drawn["outcome"] == "won":
                won.append([f"u{number}", "1", drawn["prize"]["id"].removeprefix("p")])
        self.assertTrue(15 <= len(won) <= 45, len(won))
        words = self.peer.redis("xrange", "wins:test", "-", "+").split()
        entries = [words[at + 1:at + 7] for at in range(0, len(words), 7)]
        self.assertEqual([[entry[1], entry[3], entry[5]] for entry in entries], won)

    def test_one_in_five_wins(self):
        run = subprocess.run(["redis-benchmark", "-s", self.peer.socket, "-n", "50000", "-P", "16", "-q", "-r", "1000000",
                              *self.peer.draw_words("wins")], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=True)
        share = int(self.peer.redis("xlen", "wins:wins")) / 50000
        self.assertTrue(0.19 < share < 0.21, (share, run.stdout))

    def test_chances_run_out(self):
        for number in range(3):
            self.assertEqual(self.draw("ann", f"k{number}", "test")[1]["chances_left"], 2 - number)
        response, refused = self.draw("ann", "k3", "test")
        self.assertEqual((response.status, refused["code"]), (409, "no_chance_left"))
        self.assertEqual(self.draw("ann", "k2", "test")[0].status, 201)

    def test_refusals(self):
        self.assertEqual(self.draw(None, "k")[0].status, 401)
        self.assertEqual(self.draw("ann", None)[0].status, 400)
        self.assertEqual(self.draw("ann", "k", "other")[0].status, 404)
        self.assertEqual(self.peer.redis("dbsize"), "0")

    def test_redis_goes_and_comes_back(self):
        with Peer(10, pipelined=self.pipelined) as peer:
            self.connection = http.client.HTTPConnection("127.0.0.1", peer.port, timeout=10)
            self.addCleanup(self.connection.close)
            first = self.draw("ann", "k1")[1]
            end(peer.redis_process)
            self.assertEqual(self.draw("ann", "k2")[0].status, 503)
            PlainRedis.start(peer)
            until = time.monotonic() + 10
            while self.draw("ann", "k1")[0].status == 503 and time.monotonic() < until:
                time.sleep(0.05)
            response, again = self.draw("ann", "k1")
            self.assertEqual((response.status, again), (201, first))

    def test_workers(self):
        self.assertEqual({name: len(pids()) for name, pids in self.peer.groups.items()}, {"front": 2, "redis": 1})
        with open(self.peer.tokens) as tokens:
            self.assertEqual(len(set(tokens.read().split())), 10)


@unittest.skipUnless(is_installed(), "nginx or its Lua module is missing: ./dev install-bench")
class TestPipelined(Draws, unittest.TestCase):
    pipelined = True


@unittest.skipUnless(is_installed(), "nginx or its Lua module is missing: ./dev install-bench")
class TestPooled(Draws, unittest.TestCase):
    pipelined = False


if __name__ == "__main__":
    unittest.main()
