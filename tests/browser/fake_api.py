"""A stand-in for the engine's public API: serves player-ui/ and answers as the contract says.

For tests of the page only: it brings the page into states that a healthy engine shows rarely. Each campaign
id is one situation (see SITUATIONS). Titles of problems are read from engine/base/err.h, so that they are the
engine's own words. Run it by hand to look at the page: python3 tests/browser/fake_api.py --port 8099
"""

import argparse
import hashlib
import json
import mimetypes
import re
import socket
import threading
import time
from datetime import datetime, timedelta, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

from fake_wallet import Purse, Refused

ROOT = Path(__file__).resolve().parents[2]
UI = ROOT / "player-ui"
ZONE = timezone(timedelta(hours=8))

mimetypes.add_type("text/javascript", ".js")
mimetypes.add_type("image/svg+xml", ".svg")


def error_list():
    """code -> (status, may retry, English, Chinese)."""
    row = re.compile(r'X\(HB_\w+, "(\w+)", (\d+), (true|false), "([^"]*)", "([^"]*)"\)')
    text = (ROOT / "engine/base/err.h").read_text(encoding="utf-8")
    return {code: (int(status), retry == "true", en, zh) for code, status, retry, en, zh in row.findall(text)}


ERRORS = error_list()

# The next faults of a campaign's draws, oldest first; "drop" draws, then closes the connection without a word.
SITUATIONS = {
    "spring": {},
    "soon": {"starts_in": 90061},
    "starting": {"starts_in": 4},
    "late": {"state": "scheduled"},
    "paused": {"state": "paused"},
    "ended": {"starts_in": -90000, "lasts": 3600, "state": "ended", "secret": True},
    "spent": {"chances": 0},
    "last": {"chances": 1, "prizes": [None]},
    "kind": {"prizes": [None]},
    "voucher": {"prizes": ["tea"]},
    "busy": {"faults": ["unavailable", "being_recorded"]},
    "unsure": {"faults": ["outcome_unknown"]},
    "lost": {"faults": ["drop"]},
    "down": {"faults": ["overloaded"] * 99, "retry_after": "30"},
    "mismatch": {"faults": ["draw_no_mismatch"]},
    "capped": {"faults": ["daily_cap_reached"]},
    "expired": {"faults": ["token_expired"] * 2},
    "many": {"past_draws": 55},
    "real": {"sandbox": False},
    "first-busy": {"load_faults": ["overloaded"]},
}

PRIZES = [
    {"id": "grand", "kind": "cash", "name": {"zh": "万元大奖", "en": "Grand prize"}, "mode": "moments", "units": 10,
     "units_left": 9, "odds": None, "amount_fen": 1000000, "amount_min_fen": None, "amount_max_fen": None, "wins_per_player": 1},
    {"id": "lucky", "kind": "cash", "name": {"zh": "八八大顺", "en": "Double eight"}, "mode": "odds", "units": 2000,
     "units_left": 1874, "odds": 0.001, "amount_fen": 8800, "amount_min_fen": None, "amount_max_fen": None, "wins_per_player": None},
    {"id": "tea", "kind": "voucher", "name": {"zh": "新春奶茶券", "en": "New year milk tea"}, "mode": "odds", "units": 50000,
     "units_left": 31250, "odds": 0.03, "amount_fen": None, "amount_min_fen": None, "amount_max_fen": None, "wins_per_player": 2},
    {"id": "horse", "kind": "card", "name": {"zh": "马年福卡", "en": "Year of the Horse card"}, "mode": "odds", "units": 8000,
     "units_left": 0, "odds": 0.0125, "amount_fen": None, "amount_min_fen": None, "amount_max_fen": None, "wins_per_player": None},
    {"id": "small", "kind": "cash_split", "name": {"zh": "随手红包", "en": "Pocket packet"}, "mode": "always", "units": 1000000,
     "units_left": 734211, "odds": None, "amount_fen": None, "amount_min_fen": 30, "amount_max_fen": 1888, "wins_per_player": None},
]
WON_FEN = {"small": 188, "lucky": 8800, "grand": 1000000}
WIRE_KIND = {"cash_split": "cash"}


def stamp(seconds, zone=timezone.utc):
    text = datetime.fromtimestamp(seconds, zone).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")


def digest(text):
    return hashlib.sha256(text.encode()).hexdigest()


def won(prize_id):
    kind = next(p["kind"] for p in PRIZES if p["id"] == prize_id)
    fen = {"amount_fen": WON_FEN[prize_id]} if prize_id in WON_FEN else {}
    return {"id": prize_id, "kind": WIRE_KIND.get(kind, kind), **fen}


class Problem(Exception):
    def __init__(self, code, **extra):
        super().__init__(code)
        self.code, self.extra = code, extra


class Drop(Exception):
    """Close the connection without an answer."""


class Campaign:
    def __init__(self, campaign_id, situation):
        now = time.time()
        self.id, self.situation = campaign_id, situation
        self.starts = now + situation.get("starts_in", -3600)
        self.ends = self.starts + situation.get("lasts", 5 * 86400)
        self.faults = list(situation.get("faults", []))
        self.load_faults = list(situation.get("load_faults", []))
        self.players = {}

    def state(self):
        return self.situation.get("state") or ("scheduled" if time.time() < self.starts else "live")

    def disclosure(self):
        sandbox = self.situation.get("sandbox", True)
        secret = digest("secret") if self.situation.get("secret") else None
        return {
            "id": self.id, "version": 2, "title": {"zh": "新春抢红包", "en": "Spring Red Packets"},
            "rules": {"zh": "登录后即可参加，中奖金额存入红包余额。\n请勿使用外挂，一人一号。",
                      "en": "Sign in to take part; what you win goes to your wallet.\nOne account for each person, no bots."},
            "state": self.state(), "time_zone": "Asia/Shanghai", "starts_at": stamp(self.starts, ZONE),
            "ends_at": stamp(self.ends, ZONE), "server_time": stamp(time.time()), "sandbox": sandbox,
            "chances": {"base": 5, "per_day": 3}, "caps": {"per_day": 10, "per_campaign": None}, "prizes": PRIZES,
            "fairness": {"commitment": digest("commitment"),
                         "public_source": {"zh": "2 月 16 日上证指数收盘价", "en": "SSE Composite close of 16 February"},
                         "public_value": "3967.02" if secret else None, "secret": secret,
                         "versions": [{"version": 1, "hash": digest("v1")}, {"version": 2, "hash": digest("v2")}]},
        }

    def player(self, player):
        return self.players.setdefault(player, Player(self, player))


class Player:
    def __init__(self, campaign, player):
        self.campaign, self.id = campaign, player
        self.chances = campaign.situation.get("chances", 8)
        self.next_no, self.answers, self.wins = 1, {}, []
        for _ in range(campaign.situation.get("past_draws", 0)):
            self.draw(f"past-{self.next_no}", {}, free=True)

    def me(self, session):
        return {"player": self.id, "chances_left": self.chances, "next_draw_no": self.next_no, "draws_today": self.next_no - 1,
                "wins": self.wins[:20],
                "session": {"token": session, "expires_at": stamp(time.time() + 1800)}}

    def draw(self, key, body, free=False):
        """The answer and whether it is a repeat of it."""
        if key in self.answers:
            return self.answers[key], True
        if body.get("draw_no", self.next_no) != self.next_no:
            raise Problem("draw_no_mismatch", next_draw_no=self.next_no)
        if not free and self.chances == 0:
            raise Problem("no_chance_left")
        plan = self.campaign.situation.get("prizes", ["small", "tea", "small", None, "lucky"])
        prize_id = plan[(self.next_no - 1) % len(plan)]
        prize = won(prize_id) if prize_id else None
        self.chances -= 0 if free else 1
        answer = {"draw_id": f"{self.id}-{self.next_no}", "draw_no": self.next_no, "outcome": "won" if prize else "none",
                  "prize": prize, "chances_left": self.chances}
        if prize:
            self.wins.insert(0, {"draw_id": answer["draw_id"], "draw_no": self.next_no, "prize": prize, "won_at": stamp(time.time())})
        self.next_no += 1
        self.answers[key] = answer
        return answer, False

    def wallet_line(self):
        cash = [w for w in self.wins if "amount_fen" in w["prize"]]
        return {"campaign": self.campaign.id, "won_fen": sum(w["prize"]["amount_fen"] for w in cash), "cash_wins": len(cash),
                "other_wins": len(self.wins) - len(cash), "wins": self.wins}


class FakeApi:
    """The server with its memory. log holds every API request: {method, path, headers, body, status}."""

    def __init__(self, port=0, draw_delay=0.0):
        self.draw_delay = draw_delay
        self.lock = threading.RLock()
        self.log = []
        self.purses = {}
        self.campaigns = {name: Campaign(name, how) for name, how in SITUATIONS.items()}
        self.server = ThreadingHTTPServer(("127.0.0.1", port), type("Bound", (Handler,), {"api": self}))
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"

    def start(self):
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def stop(self):
        self.server.shutdown()
        self.server.server_close()

    def purse(self, player):
        def lines():
            drawn = [c.players[player].wallet_line() for c in self.campaigns.values() if player in c.players]
            return [line for line in drawn if line["wins"]]
        return self.purses.setdefault(player, Purse(player, lines, stamp, self.url))

    def up(self, campaign="spring", who="lin"):
        """What the real engine's start prints, for the same tests."""
        return {"api": self.url, "player": f"{self.url}/", "campaign": campaign, "player_token": f"demo-{who}"}

    def requests(self, method, part):
        with self.lock:
            return [r for r in self.log if r["method"] == method and part in r["path"]]


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    api = None

    def log_message(self, *_):
        pass

    def do_GET(self):
        self.serve("GET")

    def do_POST(self):
        self.serve("POST")

    def do_PUT(self):
        self.serve("PUT")

    def serve(self, method):
        parts = urlsplit(self.path)
        if parts.path == "/sandbox-confirm":
            return self.confirm(parse_qs(parts.query)["package"][0])
        if not parts.path.startswith("/v1/"):
            return self.send_file(parts.path)
        length = int(self.headers.get("Content-Length") or 0)
        entry = {"method": method, "path": self.path, "headers": dict(self.headers.items()), "body": self.rfile.read(length).decode(), "status": 0}
        with self.api.lock:
            self.api.log.append(entry)
        try:
            status, body, extra = self.route(method, parts, entry)
        except Drop:
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
            return None
        except Problem as problem:
            status, body, extra = self.problem(problem)
        entry["status"] = status
        kind = "application/problem+json" if status >= 400 else "application/json"
        return self.reply(status, kind, json.dumps(body, ensure_ascii=False).encode(), extra)

    def route(self, method, parts, entry):
        steps = [unquote(step) for step in parts.path.split("/")[2:]]
        with self.api.lock:
            if steps[0] == "wallet":
                return self.wallet(method, steps[1:], parse_qs(parts.query), entry)
            if steps[0] != "campaigns" or len(steps) not in (2, 3):
                raise Problem("not_found")
            campaign = self.api.campaigns.get(steps[1])
            if campaign is None:
                raise Problem("campaign_not_found")
            self.campaign = campaign
            if len(steps) == 2:
                if campaign.load_faults:
                    raise Problem(campaign.load_faults.pop(0))
                return 200, campaign.disclosure(), {}
            player = campaign.player(self.who())
            if steps[2] == "me":
                return 200, player.me(f"session-{self.bearer().split('-', 1)[1]}"), {}
            if steps[2] == "wins":
                return 200, self.wins(player, parse_qs(parts.query)), {}
            if steps[2] == "draws" and method == "POST":
                return self.draws(campaign, player, entry)
        raise Problem("not_found")

    def bearer(self):
        scheme, _, token = self.headers.get("Authorization", "").partition(" ")
        if scheme != "Bearer" or not token:
            raise Problem("token_missing")
        return token

    def who(self):
        token = self.bearer()
        kind, _, name = token.partition("-")
        if kind not in ("demo", "session") or not name:
            raise Problem("token_invalid")
        if name == "late":
            raise Problem("token_expired")
        return digest(name)[:32]

    def wallet(self, method, steps, query, entry):
        purse = self.api.purse(self.who())
        chinese = self.headers.get("Accept-Language", "").lower().startswith("zh")
        body = json.loads(entry["body"] or "{}")
        try:
            if steps == []:
                return 200, purse.wallet(), {}
            if steps == ["payee"]:
                return 200, purse.set_payee(body) if method == "PUT" else purse.seen(), {}
            if steps == ["transactions"]:
                page, cursor = self.page(purse.moves(), query)
                return 200, {"transactions": page, "sandbox": True, "next_cursor": cursor}, {}
            if steps == ["withdrawals", "quote"]:
                return 200, purse.quote(body.get("campaign")), {}
            if steps == ["withdrawals"] and method == "POST":
                key = self.headers.get("Idempotency-Key")
                if not key:
                    raise Problem("idempotency_key_missing")
                return 201, purse.show(purse.withdraw(key, body.get("campaign")), chinese), {}
            if steps == ["withdrawals"]:
                page, cursor = self.page(purse.withdrawals, query)
                return 200, {"withdrawals": [purse.show(one, chinese, whole=False) for one in page], "sandbox": True, "next_cursor": cursor}, {}
            if steps[:1] == ["withdrawals"] and len(steps) == 2:
                return 200, purse.show(purse.find(steps[1]), chinese), {}
        except Refused as refused:
            raise Problem(refused.code, **refused.extra) from None
        raise Problem("not_found")

    @staticmethod
    def page(rows, query):
        limit, start = int(query.get("limit", ["20"])[0]), int(query.get("cursor", ["0"])[0])
        return rows[start:start + limit], str(start + limit) if start + limit < len(rows) else None

    @staticmethod
    def wins(player, query):
        page, cursor = Handler.page(player.wins, query)
        return {"wins": page, "next_cursor": cursor}

    def draws(self, campaign, player, entry):
        key = self.headers.get("Idempotency-Key")
        if not key:
            raise Problem("idempotency_key_missing")
        time.sleep(self.api.draw_delay)
        if campaign.state() in ("scheduled", "paused", "ended"):
            raise Problem({"scheduled": "campaign_not_started", "paused": "campaign_paused", "ended": "campaign_ended"}[campaign.state()])
        fault = campaign.faults.pop(0) if campaign.faults else None
        body = json.loads(entry["body"] or "{}")
        if fault == "drop":
            player.draw(key, body)
            raise Drop
        if fault == "draw_no_mismatch":
            player.draw("another-tab", {})
            raise Problem(fault, next_draw_no=player.next_no)
        if fault:
            raise Problem(fault)
        answer, replayed = player.draw(key, body)
        return 201, answer, {"Idempotency-Replayed": "true"} if replayed else {}

    def problem(self, problem):
        status, retry, en, zh = ERRORS[problem.code]
        chinese = self.headers.get("Accept-Language", "").lower().startswith("zh")
        body = {"type": f"urn:hongbao:problem:{problem.code}", "title": zh if chinese else en, "status": status,
                "code": problem.code, **problem.extra}
        after = getattr(self, "campaign", None) and self.campaign.situation.get("retry_after")
        return status, body, {"Retry-After": after or "1"} if retry else {}

    def confirm(self, package):
        """The provider's page, where the player has tapped."""
        with self.api.lock:
            for purse in self.api.purses.values():
                purse.confirm(package)
        return self.reply(200, "text/plain", b"confirmed", {})

    def send_file(self, path):
        file = (UI / path.lstrip("/")).resolve()
        if file.is_dir():
            file = file / "index.html"
        if UI not in file.parents or not file.is_file():
            return self.reply(404, "text/plain", b"not found", {})
        return self.reply(200, mimetypes.guess_type(file.name)[0] or "application/octet-stream", file.read_bytes(), {})

    def reply(self, status, kind, body, extra):
        self.send_response(status)
        for name, value in {"Content-Type": kind, "Content-Length": str(len(body)), "Cache-Control": "no-store",
                            "Content-Security-Policy": "default-src 'self'; base-uri 'none'; frame-ancestors 'self'",
                            "Referrer-Policy": "no-referrer", "X-Content-Type-Options": "nosniff", **extra}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)


if __name__ == "__main__":
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--port", type=int, default=8099)
    served = FakeApi(options.parse_args().port)
    print(f"{served.url}/?campaign=spring#token=demo-lin", flush=True)
    served.server.serve_forever()
