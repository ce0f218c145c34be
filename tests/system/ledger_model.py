"""A small ledger in memory: what the wallet, withdrawals, payouts and the books must be, in maps and sums, and nothing of PostgreSQL.

Times are seconds since the world began, money is fen. Each call answers the verdict that the real one must give.
"""
import hashlib
import uuid

DAY = 86400
NEVER = float("inf")


def ref(*words):
    return str(uuid.UUID(bytes=hashlib.sha256(b"hongbao/ref/1\0" + b"".join(w.encode() + b"\0" for w in words)).digest()[:16]))


def order_number(withdrawal, part, attempt):
    body = uuid.UUID(withdrawal).bytes + part.to_bytes(4, "big") + attempt.to_bytes(4, "big")
    return hashlib.sha256(b"hongbao/payout/1\0" + body).digest()[:16].hex()


def half_up(over, under):
    return (2 * over + under) // (2 * under)


def pieces(total, count):
    marks = [total * k // count for k in range(count + 1)]
    return [b - a for a, b in zip(marks, marks[1:])]


class Win:
    def __init__(self, player, draw, shard, amount, kind):
        self.player, self.draw, self.shard, self.amount, self.kind = player, draw, shard, amount, kind
        self.taken = None  # None, "expired", "clawed_back", or the withdrawal
        self.parts = ()


class Part:
    def __init__(self, withdrawal, number):
        self.withdrawal, self.number = withdrawal, number
        self.net = self.tax = self.borne = 0
        self.whole, self.state, self.attempts = True, "open", []


class Payout:
    def __init__(self, part, attempt, due, payee):
        self.part, self.attempt, self.due, self.payee = part, attempt, due, payee
        self.out_no = order_number(part.withdrawal.id, part.number, attempt)
        self.state, self.fence, self.body, self.frozen, self.reserved_on = "planned", None, None, False, None


class Withdrawal:
    def __init__(self, id, player, shard, asked, opened, wins, parts, review):
        self.id, self.player, self.shard, self.asked, self.opened = id, player, shard, asked, opened
        self.wins, self.parts, self.review, self.state, self.words = wins, parts, review, "open", {}
        self.gross = sum(w.amount for w in wins)


class Ledger:
    """midnight: how many seconds of the first day of the zone are over when the world begins."""

    def __init__(self, policy, merchant, taxes, midnight):
        self.policy, self.merchant, self.taxes, self.midnight = policy, merchant, taxes, midnight
        self.sums = {}  # account: [debit, credit, pending debit, pending credit]
        self.wins, self.withdrawals, self.payouts, self.payees, self.used = {}, {}, {}, {}, {}
        self.stopped, self.merchant_stopped, self.closed, self.quarantined = False, False, False, False
        self.topups = {}
        self.flows = dict.fromkeys(("paid", "tax_winner", "tax_organiser", "expired", "clawed_back", "adjusted"), 0)

    # ---- double entry ----

    def move(self, debit, credit, amount):
        if amount:
            self.sums.setdefault(debit, [0] * 4)[0] += amount
            self.sums.setdefault(credit, [0] * 4)[1] += amount

    def hold(self, debit, credit, amount):
        if amount:
            self.sums.setdefault(debit, [0] * 4)[2] += amount
            self.sums.setdefault(credit, [0] * 4)[3] += amount

    def room(self, account):
        debit, credit, pending_debit, pending_credit = self.sums.get(account, [0] * 4)
        return debit - credit - pending_credit if account.startswith("provider:") else credit - debit - pending_debit

    def legs(self, payout):
        part = payout.part
        payable = f"payable:spring:{part.withdrawal.shard}"
        return ((payable, "provider:m1", part.net), (payable, "tax_withheld", part.tax), ("budget:spring", "tax_withheld", part.borne))

    # ---- wins ----

    def won(self, player, draw, shard, amount, kind):
        self.wins[player, draw] = Win(player, draw, shard, amount, kind)
        self.move(f"float:spring:{shard}", f"payable:spring:{shard}", amount)

    def lapsed(self, now):
        return self.policy["expires_at"] is not None and now >= self.policy["expires_at"]

    def free(self, player, now):
        return [] if self.lapsed(now) else sorted((w for w in self.wins.values() if w.player == player and w.taken is None), key=lambda w: w.draw)

    def taxed(self, win):
        rate, bearer = self.taxes.get(win.kind, (0, "winner"))
        if bearer == "winner":
            return half_up(win.amount * rate, 10000), 0
        return 0, half_up(win.amount * rate, 10000 - rate)

    # ---- withdrawing ----

    def withdraw(self, player, key, draws, now):
        asked = "all" if draws is None else tuple(sorted(draws))
        id = ref("withdrawal", str(uuid.UUID(player)), key)
        old = self.withdrawals.get(id)
        if old is not None:
            return "same" if old.asked == asked else "key_reused"
        if self.closed:
            return "closed"
        if self.stopped:
            return "stopped"
        if player not in self.payees:
            return "payee_missing"
        if self.payees[player][-1] > now:
            return "payee_cooling"
        today = [w for w in self.withdrawals.values()
                 if w.player == player and w.state != "failed" and (w.opened + self.midnight) // DAY == (now + self.midnight) // DAY]
        if len(today) >= self.policy["day_count"]:
            return "day_count"
        room = min(self.policy["max_fen"], self.policy["day_fen"] - sum(w.gross for w in today))
        offered = [w for w in self.free(player, now) if draws is None or w.draw in draws]
        if not offered or len(offered) < len(set(draws or ())):
            return "nothing"
        taken = []
        for win in offered:
            if sum(w.amount for w in taken) + win.amount <= room and len(taken) < self.policy["max_wins"]:
                taken.append(win)
        if not taken or (draws is not None and len(taken) < len(offered)):
            return "day_fen" if room < self.policy["max_fen"] else "above_maximum"
        withdrawal = Withdrawal(id, player, taken[0].shard, asked, now, [], [], False)
        wins = self.cut(withdrawal, taken)
        if sum(p.net for p in withdrawal.parts) < self.policy["min_fen"] or (draws is not None and len(wins) < len(taken)):
            return "below_minimum"
        if len(withdrawal.parts) > self.policy["max_parts"]:
            return "too_many_parts"
        withdrawal.wins, withdrawal.gross = wins, sum(w.amount for w in wins)
        withdrawal.review = withdrawal.gross >= self.policy["review_fen"]
        self.withdrawals[id] = withdrawal
        for win in wins:
            win.taken = withdrawal
        for part in withdrawal.parts:
            self.plan(part, NEVER if withdrawal.review else now, len(self.payees[player]))
        return "opened"

    def cut(self, withdrawal, taken):
        """Fills withdrawal.parts; the wins that are in one, with win.parts set."""
        cap, least = self.merchant["single_cap_fen"], self.merchant["min_fen"]
        bins = []  # [wins' shares, cut?]
        for win in taken:
            tax, borne = self.taxed(win)
            net = win.amount - tax
            count = max(1, -(-net // cap))
            shares = list(zip(pieces(net, count), pieces(tax, count), pieces(borne, count)))
            if count > 1:
                win.parts = [[[(win, share)], True] for share in shares]
                bins += win.parts
                continue
            for bin in bins:
                if not bin[1] and sum(s[0] for _, s in bin[0]) + net <= cap:
                    break
            else:
                bin = [[], False]
                bins.append(bin)
            bin[0].append((win, shares[0]))
            win.parts = [bin]
        kept = [bin for bin in bins if bin[1] or sum(s[0] for _, s in bin[0]) >= least]
        made = {}
        for number, bin in enumerate(kept, 1):
            part = Part(withdrawal, number)
            part.whole = not bin[1]
            part.net, part.tax, part.borne = (sum(s[i] for _, s in bin[0]) for i in range(3))
            withdrawal.parts.append(part)
            made[id(bin)] = part
        wins = []
        for win in taken:
            parts = [made[id(bin)] for bin in win.parts if id(bin) in made]
            win.parts = parts
            if parts:
                wins.append(win)
        return wins

    def plan(self, part, due, payee):
        payout = Payout(part, len(part.attempts) + 1, due, payee)
        part.attempts.append(payout)
        self.payouts[payout.out_no] = payout

    def approve(self, id, person, yes, now):
        withdrawal = self.withdrawals[id]
        if person in withdrawal.words:
            return "same"
        if not withdrawal.review or withdrawal.state != "open" or sum(withdrawal.words.values()) >= 2:
            return "not_in_review"
        withdrawal.words[person] = yes
        if not yes:
            self.take_back(id)
            return "refused"
        if sum(withdrawal.words.values()) < 2:
            return "noted"
        for part in withdrawal.parts:
            if part.attempts[-1].state == "planned" and not part.attempts[-1].frozen:
                part.attempts[-1].due = now
        return "approved"

    # ---- paying ----

    def claimable(self, now, limit, states):
        due = sorted((p for p in self.payouts.values() if p.state in states and p.due <= now and not p.frozen), key=lambda p: (p.due, p.out_no))
        return due[:2 * limit][:limit]

    def claim(self, limit, lease, now):
        if self.merchant_stopped or self.stopped:
            return []
        taken, day = [], (now + self.midnight) // DAY
        for payout in self.claimable(now, limit, ("planned", "reserved")):
            if payout.state == "planned":
                used = self.used.get(day, [0, 0])
                cap = self.merchant.get("day_cap_fen")
                part = payout.part
                if part.net > self.room("provider:m1") or (cap and part.net > cap - used[0]) or (part.borne and part.borne > self.room("budget:spring")):
                    payout.due = now + 30
                    continue
                for leg in self.legs(payout):
                    self.hold(*leg)
                self.used[day] = [used[0] + part.net, used[1] + 1]
                payout.state, payout.reserved_on = "reserved", day
            payout.due = now + lease
            taken.append(payout)
        return [p.out_no for p in taken]

    def asked_for(self, limit, lease, now):
        taken = self.claimable(now, limit, ("sent", "waiting_user", "in_progress", "unknown"))
        for payout in taken:
            payout.due = now + lease
        return [p.out_no for p in taken]

    def sent(self, out_no, fence, body, lease, now):
        payout = self.payouts[out_no]
        if payout.state in ("paid", "failed"):
            return "final"
        if payout.frozen:
            return "frozen"
        if payout.fence != fence or fence is None:
            return "fenced"
        if payout.state == "unknown":
            return "ask_first"
        if payout.state == "planned":
            return "fenced"
        if payout.body not in (None, body):
            return "other_body"
        if payout.state == "reserved" and (self.stopped or self.merchant_stopped):
            return "stopped"
        payout.body, payout.due = body, now + lease
        payout.state = "sent" if payout.state == "reserved" else payout.state
        return "send"

    STEPS = {"waiting_user": ("sent", "waiting_user", "in_progress", "unknown"), "in_progress": ("sent", "waiting_user", "in_progress", "unknown"),
             "unknown": ("sent", "in_progress", "unknown"), "not_seen": ("sent", "unknown"), "parked": ("sent", "in_progress"),
             "paid": ("reserved", "sent", "waiting_user", "in_progress", "unknown"), "failed": ("reserved", "sent", "waiting_user", "in_progress", "unknown")}

    def verdict(self, out_no, event, source, amount, again, wait, now):
        payout = self.payouts.get(out_no)
        if payout is None:
            return "unknown_number"
        final = event in ("paid", "failed")
        contradicts = final and payout.state in ("paid", "failed", "planned") and payout.state != event
        if contradicts or (amount is not None and amount != payout.part.net):
            self.freeze(payout)
            return "disagree"
        if final and payout.state == event:
            return "same"
        if payout.state not in self.STEPS[event]:
            return "late"
        if payout.frozen:
            return "frozen"
        if payout.state == "unknown" and event != "unknown" and source not in ("query", "callback", "bill"):
            return "ask_first"
        if event == "paid":
            self.end(payout, "paid")
            payout.part.state = "paid"
        elif event == "failed":
            self.end(payout, "failed")
            if again and payout.attempt < self.merchant["max_attempts"]:
                self.plan(payout.part, now + wait, payout.payee)
            else:
                payout.part.state = "failed"
        else:
            payout.state = {"not_seen": "sent", "parked": payout.state}.get(event, event)
            payout.due = now + wait
        if final:
            self.settle(payout.part.withdrawal)
        return "applied"

    def end(self, payout, state):
        reserved = payout.state != "planned"
        for debit, credit, amount in self.legs(payout):
            if reserved:
                self.hold(debit, credit, -amount)
            if state == "paid":
                self.move(debit, credit, amount)
                self.flows["paid" if credit == "provider:m1" else "tax_winner" if debit != "budget:spring" else "tax_organiser"] += amount
        if reserved and state == "failed":
            used = self.used[payout.reserved_on]
            self.used[payout.reserved_on] = [used[0] - payout.part.net, used[1] - 1]
        payout.state = state

    def freeze(self, payout):
        self.quarantined = True
        for attempt in payout.part.attempts:
            if attempt is payout or attempt.state not in ("paid", "failed"):
                attempt.frozen, attempt.due = True, NEVER

    def settle(self, withdrawal):
        for win in withdrawal.wins:
            if win.taken is withdrawal and all(p.state == "failed" for p in win.parts):
                win.taken = None
        bound = [w for w in withdrawal.wins if w.taken is withdrawal]
        if any(p.state == "open" for p in withdrawal.parts) or any(p.state == "failed" for w in bound for p in w.parts):
            return
        paid = sum(p.state == "paid" for p in withdrawal.parts)
        withdrawal.state = "paid" if paid == len(withdrawal.parts) else "failed" if paid == 0 else "partly"

    def take_back(self, id):
        withdrawal, count = self.withdrawals[id], 0
        for part in withdrawal.parts:
            payout = part.attempts[-1]
            if payout.state in ("planned", "reserved") and not payout.frozen:
                self.end(payout, "failed")
                part.state = "failed"
                count += 1
        if count:
            self.settle(withdrawal)
        return count

    def again(self, player, id, number, now):
        withdrawal = self.withdrawals[id]
        part = withdrawal.parts[number - 1] if number <= len(withdrawal.parts) else None
        if withdrawal.player != player or part is None:
            return "not_allowed"
        if part.state == "open":
            return "same"
        if not self.piece_waits(withdrawal, part):
            return "not_allowed"
        if self.stopped:
            return "stopped"
        if self.payees[player][-1] > now:
            return "payee_cooling"
        part.state = "open"
        self.plan(part, now, len(self.payees[player]))
        return "again"

    @staticmethod
    def piece_waits(withdrawal, part):
        bound = any(w.taken is withdrawal and part in w.parts for w in withdrawal.wins)
        return part.state == "failed" and not part.whole and withdrawal.state == "open" and bound and not any(a.frozen for a in part.attempts)

    # ---- operators ----

    def topup(self, amount, key):
        if key in self.topups:
            return "same" if self.topups[key] == amount else "quarantined"
        self.topups[key] = amount
        self.move("provider:m1", "bank", amount)
        return "booked"

    def claw_back(self, player, draws):
        if self.closed:
            return "closed"
        wins = [self.wins.get((player, draw)) for draw in set(draws)]
        if any(w is not None and w.taken is not None for w in wins):
            return "bound"
        if None in wins:
            return "no_win"
        for win in wins:
            win.taken = "clawed_back"
            self.flows["clawed_back"] += win.amount
            self.move(f"payable:spring:{win.shard}", "budget:spring", win.amount)
        return "done"

    def give_up(self, id, number):
        if self.closed:
            return "closed"
        withdrawal = self.withdrawals[id]
        part = withdrawal.parts[number - 1]
        if not self.piece_waits(withdrawal, part):
            return "not_failed"
        part.state = "given_up"
        self.flows["clawed_back"] += part.net + part.tax
        self.move(f"payable:spring:{withdrawal.shard}", "budget:spring", part.net + part.tax)
        self.settle(withdrawal)
        return "done"

    def thaw(self, out_no, due):
        frozen = [a for a in self.payouts[out_no].part.attempts if a.frozen]
        for attempt in frozen:
            attempt.frozen = False
            attempt.due = due if attempt.state not in ("paid", "failed") else NEVER
        return "done" if frozen else "not_frozen"

    def adjust(self, debit, credit, amount):
        if self.room(debit if credit == "suspense" else credit) < amount:
            return "no_room"
        self.move(debit, credit, amount)
        self.flows["adjusted"] += amount * (debit == "budget:spring")
        return "done"

    def expire(self, now):
        wins = [w for w in self.wins.values() if w.taken is None] if self.lapsed(now) else []
        for win in wins:
            win.taken = "expired"
            self.flows["expired"] += win.amount
            self.move(f"payable:spring:{win.shard}", "budget:spring", win.amount)
        return len(wins), sum(w.amount for w in wins)

    def returned(self):
        """The stock that nobody won goes back."""
        for account in [a for a in self.sums if a.startswith("float:")]:
            self.move(account, "budget:spring", self.room(account))

    def close(self, now, funded):
        """The open items by name, or the statement's lines."""
        self.expire(now)
        free = any(w.taken is None for w in self.wins.values())
        items = {"open_withdrawals": any(w.state == "open" for w in self.withdrawals.values()), "frozen_payouts": any(p.frozen for p in self.payouts.values()),
                 "unpaid_wins": free, "quarantine": self.quarantined}
        if any(items.values()):
            return {name for name, there in items.items() if there}
        rest = self.room("budget:spring")
        self.move("budget:spring", "bank", rest)
        self.closed = True
        expired = min(rest, self.flows["expired"])
        clawed = min(rest - expired, self.flows["clawed_back"])
        return {**self.flows, "funded": funded, "returned": rest, "expired": expired, "clawed_back": clawed, "never_given": rest - expired - clawed}

    # ---- what can be seen ----

    def wallet(self, player, now):
        seen = {"gross_fen": 0, "available_fen": 0, "bound_fen": 0, "paid_fen": 0, "expired_fen": 0, "clawed_back_fen": 0}
        for win in (w for w in self.wins.values() if w.player == player):
            seen["gross_fen"] += win.amount
            if isinstance(win.taken, Withdrawal):
                tax = self.tax_of(win)
                shares = [a + b for a, b in zip(pieces(win.amount - tax, len(win.parts)), pieces(tax, len(win.parts)))]
                paid = sum(s for s, p in zip(shares, win.parts) if p.state == "paid")
                given = sum(s for s, p in zip(shares, win.parts) if p.state == "given_up")
                seen["paid_fen"] += paid
                seen["clawed_back_fen"] += given
                seen["bound_fen"] += win.amount - paid - given
            else:
                place = win.taken or ("expired" if self.lapsed(now) else "available")
                seen[place + "_fen"] += win.amount
        return seen

    def tax_of(self, win):
        return self.taxed(win)[0]
