"""From a fresh home to a recorded win: up, the printed facts, a draw, the wallet, the ledger, the audit; down, up, the same answer."""
import os
import subprocess
import sys
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "support"))
from engine import Engine  # noqa: E402
from engine_case import EngineCase  # noqa: E402


class MainJob(EngineCase):
    def test_up_says_everything_that_the_first_minute_needs(self):
        facts = self.engine.facts
        for name in ("api", "player", "campaign", "player_token", "metrics", "database", "redis", "home", "sandbox", "pids"):
            self.assertTrue(facts[name], name)
        for name in ("engine", "sandbox", "redis", "postgres"):
            self.assertTrue(os.path.isdir(f"/proc/{facts['pids'][name]}"), name)

    def test_a_win_is_in_the_wallet_the_ledger_and_the_audit_and_survives_a_restart(self):
        client, token = self.engine.client(), self.engine.token("main-job")
        won = None
        for i in range(40):
            answer = self.engine.draw(client, token, f"main-{i}")
            self.assertEqual(answer.status, 201, answer)
            if answer.json["outcome"] == "won" and answer.json["prize"]["kind"] == "cash":
                won, key = answer.json, f"main-{i}"
                break
        self.assertIsNotNone(won, "no cash win in 40 draws of the demo campaign")

        wallet = client.call("GET", "/v1/wallet", token).json
        wins = self.engine.all_wins(client, token)
        self.assertIn(won["draw_id"], [win["draw_id"] for win in wins])
        self.assertEqual(wallet["balance_fen"], sum(win["prize"].get("amount_fen", 0) for win in wins))
        player = wallet["player"]
        row = self.engine.sql(f"select amount_fen from win where player = '{player}' and draw_no = {won['draw_no']}")
        self.assertEqual(row, str(won["prize"]["amount_fen"]))
        self.engine.assert_books_balance(self)

        client.close()
        self.engine.dev("down")
        started = time.monotonic()
        self.engine.up()
        self.assertLess(time.monotonic() - started, 5, "a second ./dev up takes under 5 s")
        self.engine.wait_ready()
        again = self.engine.draw(self.engine.client(), token, key)
        self.assertEqual((again.status, again.json), (201, won))
        self.assertEqual(again.headers.get("idempotency-replayed"), "true")
        self.engine.assert_books_balance(self)

    def test_metrics_are_clean_and_count(self):
        text = self.engine.client().call("GET", "/metrics").body.decode()
        self.assertIn("hongbao_draws_won_total", text)
        check = subprocess.run(["promtool", "check", "metrics"], input=text, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.assertEqual(check.returncode, 0, check.stdout)

    def test_two_instances_run_side_by_side(self):
        with Engine() as other:
            self.assertEqual(other.client().call("GET", "/v1/campaigns/spring").status, 200)
            self.assertEqual(self.engine.client().call("GET", "/v1/campaigns/spring").status, 200)

    def test_the_same_port_twice_is_refused(self):
        other = Engine()
        other.port = self.engine.port
        try:
            self.assertNotEqual(other.dev("up", "--detach", "--yes", "--port", str(other.port), check=False).returncode, 0)
        finally:
            other.__exit__(None)


if __name__ == "__main__":
    unittest.main(verbosity=2, warnings="ignore")
