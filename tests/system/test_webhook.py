"""Vouchers by webhook: signed as Standard Webhooks has it, sent until they are taken, always under the same id."""
import base64
import hashlib
import hmac
import http.server
import json
import os
import sys
import threading
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "support"))
import documents  # noqa: E402
from engine import free_port  # noqa: E402
from engine_case import EngineCase  # noqa: E402

CAMPAIGN, MUGS, REFUSED = "mugs", 6, 2
SECRET = os.urandom(32)


class Shop:
    """The operator's system. Answers 503 to the first REFUSED sendings of each message, then 204."""

    def __init__(self):
        shop = self
        self.seen, self.bad = {}, []

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                number, stamp = self.headers["webhook-id"], self.headers["webhook-timestamp"]
                mac = hmac.new(SECRET, f"{number}.{stamp}.".encode() + body, hashlib.sha256).digest()
                if self.headers["webhook-signature"] != "v1," + base64.b64encode(mac).decode() or abs(int(stamp) - time.time()) > 5:
                    shop.bad.append((number, body))
                times = shop.seen.setdefault(number, [])
                times.append(body)
                self.send_response(503 if len(times) <= REFUSED else 204)
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server.server_port}/hooks"


class Webhook(EngineCase):
    def test_a_voucher_is_told_until_it_is_taken(self):
        engine, shop = self.engine, Shop()
        self.addCleanup(shop.server.shutdown)
        path = os.path.join(engine.home, "secrets", "webhook.secret")
        with open(path, "w") as file:
            file.write("whsec_" + base64.b64encode(SECRET).decode() + "\n")
        engine.hongbao("voucher", "mode", CAMPAIGN, "mug", "webhook")
        mug = {"id": "mug", "kind": "card", "name": documents.words("mug"), "units": MUGS, "mode": "always"}
        engine.publish(documents.campaign(CAMPAIGN, [mug], chances={"base": 1, "per_day": 0}))
        with engine.node(f"--webhook.url={shop.url}", f"--webhook.secret_file={path}", "--webhook.timeout_ms=200"):
            wins = {}
            for n in range(MUGS):
                answer = self.draw_of(CAMPAIGN, f"user-{n}", f"key-{n}")
                self.assertEqual((answer.status, answer.json["outcome"]), (201, "won"), answer)
                wins[answer.json["draw_id"].split("-")[0]] = answer.json["draw_no"]
            engine.wait(lambda: engine.sql("select count(*) from voucher where state = 'sent'") == str(MUGS), 30, "every voucher was taken")
        self.assertEqual(shop.bad, [])
        self.assertEqual({number: len(times) for number, times in shop.seen.items()},
                         {f"voucher_{CAMPAIGN}_{player}_{number}": REFUSED + 1 for player, number in wins.items()})
        units = set()
        for times in shop.seen.values():
            self.assertEqual(len(set(times)), 1)  # the same words each time
            message = json.loads(times[0])
            self.assertEqual(message["type"], "voucher.won")
            self.assertEqual((message["data"]["campaign"], message["data"]["prize"], wins[message["data"]["player"]]), (CAMPAIGN, "mug", message["data"]["draw_no"]))
            units.add(message["data"]["unit"])
        self.assertEqual(units, set(range(MUGS)))
        row = json.loads(engine.hongbao("voucher", "status", CAMPAIGN, "--json").stdout)[0]
        self.assertEqual((row["mode"], row["sent"], row["assigned"]), ("webhook", MUGS, 0))
        engine.assert_books_balance(self, (CAMPAIGN,))

    def test_a_secret_that_is_none_is_refused_at_the_start(self):
        run = self.engine.hongbao("serve", f"--http.port={free_port()}", "--webhook.url=https://shop.example/", "--webhook.secret_file=/dev/null", check=False)
        self.assertEqual(run.returncode, 3)
        self.assertIn("webhook.secret", run.stdout + run.stderr)


if __name__ == "__main__":
    unittest.main(verbosity=2, warnings="ignore")
