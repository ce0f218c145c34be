"""The wallet of the stand-in: one purse a player, whose withdrawals wait for a confirmation on a page of its own."""

import time
import uuid

STAGES = {"waiting_user": ("Waiting for you to confirm the transfer", "等待你确认收款"), "paid": ("Paid", "已到账")}
MIN_FEN = 30


class Refused(Exception):
    def __init__(self, code, **extra):
        super().__init__(code)
        self.code, self.extra = code, extra


class Purse:
    """lines(): what the campaigns say of the player, [{campaign, won_fen, cash_wins, other_wins, wins, sandbox}]."""

    def __init__(self, player, lines, stamp, base):
        self.player, self.lines, self.stamp, self.base = player, lines, stamp, base
        self.payee, self.withdrawals, self.keys = None, [], {}

    def bound(self, campaign, state):
        return sum(w["gross_fen"] for w in self.withdrawals if w["campaign"] == campaign and w["state"] == state)

    def wallet(self):
        campaigns = []
        for line in self.lines():
            bound, paid = self.bound(line["campaign"], "open"), self.bound(line["campaign"], "paid")
            campaigns.append({"campaign": line["campaign"], "balance_fen": line["won_fen"] - bound - paid, "won_fen": line["won_fen"], "bound_fen": bound,
                              "paid_fen": paid, "tax_fen": 0, "expired_fen": 0, "clawed_back_fen": 0, "min_fen": MIN_FEN, "cash_wins": line["cash_wins"],
                              "other_wins": line["other_wins"], "lapses_at": None, "withdrawing": "open", "opens_at": None, "sandbox": True})
        return {"player": self.player, "balance_fen": sum(c["balance_fen"] for c in campaigns), "sandbox": True,
                "wins": sum(c["cash_wins"] + c["other_wins"] for c in campaigns), "campaigns": campaigns}

    def seen(self):
        return {"payee": self.payee, "proof": "off", "sandbox": True}

    def set_payee(self, body):
        if not body.get("id"):
            raise Refused("invalid_field", detail="/id must be an openid: letters, digits, _ and -")
        self.payee = {"provider": body["provider"], "kind": body["kind"], "app_id": "wx-1", "id": body["id"][:3] + "****" + body["id"][-4:],
                      "name": "*" + body["name"][-1] if body.get("name") else None, "usable_from": self.stamp(time.time()), "usable": True}
        return self.seen()

    def room(self, campaign):
        line = next((line for line in self.wallet()["campaigns"] if line["campaign"] == campaign), None)
        if line is None or line["balance_fen"] == 0:
            raise Refused("nothing_to_withdraw")
        if self.payee is None:
            raise Refused("payee_missing")
        if line["balance_fen"] < MIN_FEN:
            raise Refused("below_minimum", min_fen=MIN_FEN)
        return line

    def quote(self, campaign):
        line = self.room(campaign)
        return {"gross_fen": line["balance_fen"], "tax_fen": 0, "net_fen": line["balance_fen"], "wins": line["cash_wins"], "part_count": 1, "sandbox": True}

    def withdraw(self, key, campaign):
        if key not in self.keys:
            fen = self.room(campaign)["balance_fen"]
            one = {"id": str(uuid.uuid4()), "campaign": campaign, "state": "open", "stage": "waiting_user", "gross_fen": fen, "tax_fen": 0, "net_fen": fen,
                   "paid_fen": 0, "wins": 1, "part_count": 1, "opened_at": self.stamp(time.time()), "ended_at": None, "sandbox": True}
            self.withdrawals.insert(0, one)
            self.keys[key] = one
        return self.keys[key]

    def confirm(self, package):
        for one in self.withdrawals:
            if one["id"] == package:
                one.update(state="paid", stage="paid", paid_fen=one["net_fen"], ended_at=self.stamp(time.time()))

    def show(self, one, chinese, whole=True):
        shown = {**one, "message": STAGES[one["stage"]][chinese]}
        if whole:
            waits = {"mch_id": "19", "app_id": "wx-1", "package": one["id"], "expires_at": self.stamp(time.time() + 86400),
                     "url": f"{self.base}/sandbox-confirm?package={one['id']}"} if one["state"] == "open" else None
            shown["parts"] = [{"part": 1, "stage": one["stage"], "message": shown["message"], "net_fen": one["net_fen"], "attempts": 1, "again": False,
                               "ended_at": one["ended_at"], "confirm": waits}]
            shown["confirm"] = waits
        return shown

    def find(self, withdrawal_id):
        for one in self.withdrawals:
            if one["id"] == withdrawal_id:
                return one
        raise Refused("withdrawal_not_found")

    def moves(self):
        rows = [{"id": f"w{line['campaign']}:{win['draw_no']}", "at": win["won_at"], "campaign": line["campaign"], "kind": "win",
                 "amount_fen": win["prize"]["amount_fen"], "net_fen": 0, "draw_no": win["draw_no"]}
                for line in self.lines() for win in line["wins"] if "amount_fen" in win["prize"]]
        rows += [{"id": f"o{one['id']}", "at": one["opened_at"], "campaign": one["campaign"], "kind": "withdrawal", "amount_fen": -one["gross_fen"],
                  "net_fen": one["net_fen"], "withdrawal": one["id"]} for one in self.withdrawals]
        return sorted(rows, key=lambda row: (row["at"], row["id"]), reverse=True)
