#!/usr/bin/env python3
"""An outsider's check of a campaign's published records, written from docs/records.md alone.

    verify_records.py FILE [--secret HEX]

Reads the JSON Lines that `hongbao records export` writes, recomputes every number, selection, decision, unit,
amount and moment, and names what differs. Exit 0: nothing differs, 1: something does, 2: the file cannot be checked.
"""
import argparse
import hashlib
import hmac
import json
import struct
import sys
from math import isqrt

SPAN = 1 << 48
FINDINGS_SHOWN = 50


def sha(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def mac(seed, *parts):
    return hmac.new(seed, b"".join(parts), hashlib.sha256).digest()


def u32(value):
    return struct.pack(">I", value)


def text(value):
    return value.encode() + b"\0"


# ---- formulas ----


def draw_number(seed, campaign, player, draw_no):
    block = mac(seed, text("draw"), text(campaign), player, u32((draw_no - 1) // 4))
    at = (draw_no - 1) % 4 * 8
    return int.from_bytes(block[at:at + 6], "big")


def split_cut(seed, campaign, prize, first, count, total):
    left, low_fen, high_fen = count // 2, prize["min_fen"], prize["max_fen"]
    right = count - left
    low = max(left * low_fen, total - right * high_fen)
    high = min(left * high_fen, total - right * low_fen)
    mean = total * left // count
    slack = min(total - count * low_fen, count * high_fen - total)
    spread = slack * 1024 // isqrt(count << 21)
    begin, end = max(low, mean - spread), min(high, mean + spread + 1)
    if begin == end:
        return begin
    choice = mac(seed, text("split"), text(campaign), text(prize["id"]), u32(first), u32(count))
    return begin + int.from_bytes(choice[:16], "big") % (end - begin + 1)


def unit_fen(seed, campaign, prize, unit):
    if prize["kind"] == "cash":
        return prize["amount_fen"]
    if prize["kind"] != "cash_split":
        return 0
    first, count, total = 0, prize["units"], prize["total_fen"]
    while count > 1:
        cut, left = split_cut(seed, campaign, prize, first, count, total), count // 2
        if unit < first + left:
            count, total = left, cut
        else:
            first, count, total = first + left, count - left, total - cut
    return total


def open_parts(table, prize, begin, end):
    begin, end = max(begin, table["start_ms"]), min(end, table["end_ms"])
    parts = prize["slots"] or [[begin, end]]
    parts = [(max(begin, a), min(end, b)) for a, b in parts]
    return [(a, b) for a, b in parts if a < b]


def length(parts):
    return sum(b - a for a, b in parts)


def moment(seed, table, prize, unit):
    """When a unit falls due, and on which shard first."""
    choice = mac(seed, text("moment"), text(table["campaign"]), text(prize["id"]), u32(unit))
    parts = open_parts(table, prize, table["start_ms"], table["end_ms"])
    segments = [(b[1] - a[1], open_parts(table, prize, a[0] * 1000, b[0] * 1000))
                for a, b in zip(prize["curve"], prize["curve"][1:]) if b[1] > a[1]]
    segments = [segment for segment in segments if length(segment[1]) > 0]
    if segments:
        place = int.from_bytes(choice[:12], "big") % sum(weight for weight, _ in segments)
        for weight, parts in segments:
            if place < weight:
                break
            place -= weight
    if not parts:
        parts = [(table["start_ms"], table["end_ms"])]
    left = int.from_bytes(choice[12:24], "big") % length(parts)
    for begin, end in parts:
        if left < end - begin:
            return begin + left, int.from_bytes(choice[24:32], "big") % table["shards"]
        left -= end - begin
    raise AssertionError("a place lies in some part")


# ---- decision ----


def share(allowance, shards, shard):
    return (allowance + shards - 1 - shard) // shards


def curve_units(prize, now_s):
    done = [point for point in prize["curve"] if point[0] <= now_s]
    if not done:
        return 0
    (at, units), following = done[-1], prize["curve"][len(done):]
    if not following:
        return units
    return units + (following[0][1] - units) * (now_s - at) // (following[0][0] - at)


class Pool:
    def __init__(self, given=0, second=0, in_second=0, more=True, ranges=()):
        self.given, self.second, self.in_second, self.more = given, second, in_second, more
        self.ranges = [list(item) for item in ranges]

    def take(self, unit=None):
        """Takes the next unit, or removes a named one."""
        for item in self.ranges:
            if unit is None or item[0] <= unit < item[1]:
                taken = item[0] if unit is None else unit
                rest = [[item[0], taken], [taken + 1, item[1]]]
                at = self.ranges.index(item)
                self.ranges[at:at + 1] = [part for part in rest if part[0] < part[1]]
                return taken
        return unit

    def count(self, second):
        self.in_second = self.in_second + 1 if self.second == second else 1
        self.second = second
        self.given += 1


class Player:
    def __init__(self):
        self.draw_no = self.day = self.today = self.base_used = 0
        self.wins = {}
        self.unsure = False
        self.epoch = 0
        self.tail = None  # epoch, first and last number after a gap


class Shard:
    def __init__(self, index, checker):
        self.index, self.checker = index, checker
        self.epoch, self.next, self.time, self.version, self.lease_no = 0, 1, 0, 0, 0
        self.paused = self.relaxed = False
        self.pools, self.moments, self.players = {}, [], {}
        self.gaps, self.lost, self.lossy_epoch = [], 0, 0
        self.last_next = 1  # where the log was before the entry that is looked at
        self.held, self.given = {}, {}

    def find(self, entry, words):
        self.checker.find("shard %d %d-%d: %s" % (self.index, entry["epoch"], entry["position"], words))

    # -- order --

    def entry(self, entry):
        kind = entry["kind"]
        if kind == "malformed":
            self.find(entry, "not in the format")
            self.next = entry["position"] + 1
            self.relaxed = True
            return
        if (entry["epoch"], entry["position"]) < (self.epoch, self.next):
            self.find(entry, "the log was already at %d-%d" % (self.epoch, self.next))
            return
        if kind != "opening":
            if entry["epoch"] != self.epoch:
                self.find(entry, "the epoch begins without its opening")
                self.close_gaps(entry, None)
                self.epoch, self.next, self.relaxed = entry["epoch"], entry["position"], True
            if entry["position"] > self.next:
                self.gaps.append((self.next, entry["position"]))
                self.relaxed = True
        if entry["time_ms"] < self.time:
            self.find(entry, "shard time goes back")
        self.time = entry["time_ms"]
        self.next = entry["position"] + len(entry.get("draws", [0]))
        getattr(self, "on_" + kind)(entry)

    def close_gaps(self, entry, kept):
        lost = 0
        for begin, end in self.gaps:
            if kept is None or begin < kept:
                self.find(entry, "positions %d to %d of epoch %d are missing" % (begin, end - 1, self.epoch))
            else:
                lost += end - begin
        self.gaps = []
        if lost:
            self.lost += lost
            self.lossy_epoch = self.epoch + 1

    def table(self, entry, version):
        if version not in self.checker.tables:
            self.find(entry, "version %d was never published" % version)
            return
        self.version = version
        for prize in range(1, len(self.checker.tables[version]["prizes"]) + 1):
            self.pools.setdefault(prize, Pool())

    # -- control --

    def on_opening(self, entry):
        skipped = entry["epoch"] > self.epoch + 1  # attempts that never opened
        if entry["position"] != 1 or entry["epoch"] <= self.epoch:
            self.find(entry, "the opening is out of order")
        if self.epoch and not skipped and entry["kept"] > self.last_next:
            self.find(entry, "positions %d to %d of the epoch before are missing" % (self.last_next, entry["kept"] - 1))
        self.close_gaps(entry, 0 if skipped else entry["kept"])
        if entry["version"] < self.version:
            self.find(entry, "the opening goes back to version %d" % entry["version"])
        fresh = entry["lease_no"] != self.lease_no or self.relaxed or skipped
        self.table(entry, entry["version"])
        self.epoch, self.lease_no, self.paused, self.relaxed = entry["epoch"], entry["lease_no"], entry["paused"], False
        self.pools = {n: Pool(**pool) for n, pool in enumerate(entry["pools"], 1)}
        self.moments = [tuple(item) for item in entry["moments"]]
        for prize, pool in self.pools.items():
            given = self.given.get(prize, set())
            if pool.given != len(given):
                self.find(entry, "prize %d: %d units are said to be given, %d are" % (prize, pool.given, len(given)))
            units = set().union(*(range(*item) for item in pool.ranges)) if pool.ranges else set()
            self.arrive(entry, prize, units | {u for p, u, _ in self.moments if p == prize}, fresh)

    def arrive(self, entry, prize, units, fresh):
        if units & self.given.get(prize, set()):
            self.find(entry, "prize %d: the opening holds units that were won" % prize)
        if not fresh and not units <= self.held.get(prize, set()):
            self.find(entry, "prize %d: the opening holds units that were never leased" % prize)
        self.held.setdefault(prize, set()).update(units)

    def lease_number(self, entry):
        if entry["lease_no"] != self.lease_no + 1 and not self.relaxed:
            self.find(entry, "lease %d follows lease %d" % (entry["lease_no"], self.lease_no))
        self.lease_no = entry["lease_no"]

    def units_come(self, entry):
        self.lease_number(entry)
        units = set(range(entry["from"], entry["to"]))
        held = self.held.setdefault(entry["prize"], set())
        if units & (held | self.given.get(entry["prize"], set())) and not self.relaxed:
            self.find(entry, "units of prize %d were here before" % entry["prize"])
        held |= units

    def units_go(self, entry):
        self.lease_number(entry)
        units = set(range(entry["from"], entry["to"]))
        held = self.held.setdefault(entry["prize"], set())
        if units & self.given.get(entry["prize"], set()) or (not units <= held and not self.relaxed):
            self.find(entry, "units of prize %d go that are not here" % entry["prize"])
        held -= units

    def on_lease(self, entry):
        self.units_come(entry)
        pool = self.pools[entry["prize"]]
        if entry["from"] < entry["to"]:
            if pool.ranges and pool.ranges[-1][1] == entry["from"]:
                pool.ranges[-1][1] = entry["to"]
            else:
                pool.ranges.append([entry["from"], entry["to"]])
        pool.more = entry["more"]

    def on_return(self, entry):
        self.units_go(entry)
        ranges = self.pools[entry["prize"]].ranges
        if ranges and ranges[-1][1] == entry["to"] and ranges[-1][0] <= entry["from"]:
            ranges[-1][1] = entry["from"]
            if ranges[-1][0] == ranges[-1][1]:
                ranges.pop()
        elif not self.relaxed:
            self.find(entry, "the return is not the end of the pool")

    def on_moment(self, entry):
        self.units_come(entry)
        plans = [moment(self.checker.seed, table, table["prizes"][entry["prize"] - 1], entry["from"])[0]
                 for table in self.checker.tables.values() if entry["prize"] <= len(table["prizes"])]
        if entry["at_ms"] not in plans:
            self.find(entry, "the moment is due at %d, the seed says %s" % (entry["at_ms"], plans))
        self.moments.append((entry["prize"], entry["from"], entry["at_ms"]))
        self.moments.sort(key=lambda item: (item[2], item[0], item[1]))

    def on_gone(self, entry):
        self.units_go(entry)
        self.moments = [item for item in self.moments if item[:2] != (entry["prize"], entry["from"])]

    def on_version(self, entry):
        if entry["version"] <= self.version:
            self.find(entry, "version %d follows version %d" % (entry["version"], self.version))
        if entry["hash"] != self.checker.hashes.get(entry["version"]):
            self.find(entry, "the table is not the published one")
        self.table(entry, entry["version"])

    def on_pause(self, entry):
        self.paused = entry["paused"]

    # -- draws --

    def on_draws(self, entry):
        if entry["version"] != self.version:
            if not self.relaxed or entry["version"] < self.version:
                self.find(entry, "drawn by version %d while the shard had %d" % (entry["version"], self.version))
            self.table(entry, entry["version"])
        for draw in entry["draws"]:
            self.draw(entry, draw, self.checker.tables[self.version])
            self.checker.draws += 1

    def draw(self, entry, draw, table):
        player = self.players.setdefault(draw["player"], Player())
        raw = bytes.fromhex(draw["player"])
        if int.from_bytes(raw[:4], "big") % table["shards"] != self.index:
            self.find(entry, "player %s belongs to another shard" % draw["player"])
        self.draw_no(entry, draw, player)
        number = draw_number(self.checker.seed, table["campaign"], raw, draw["draw_no"])
        selected = next((n for n, prize in enumerate(table["prizes"], 1) if prize["mode"] == "odds"
                         and prize["number_from"] <= number < prize["number_to"]), 0)
        if draw["selected"] != selected:
            self.find(entry, "player %s draw %d: the number selects prize %d, the record says %d"
                      % (draw["player"], draw["draw_no"], selected, draw["selected"]))
        elif not self.relaxed:
            self.predict(entry, draw, table, player, selected)
        self.follow(entry, draw, table, player)

    def draw_no(self, entry, draw, player):
        number, before = draw["draw_no"], player.draw_no
        again = (not self.relaxed and player.tail and player.tail[0] < entry["epoch"]
                 and player.tail[1] <= number <= player.tail[2])
        if self.relaxed:
            if not player.tail or player.tail[0] != entry["epoch"]:
                player.tail = [entry["epoch"], before + 1, 0]
            player.tail[2] = max(player.tail[2], number)
        if again or self.relaxed:
            player.unsure = True
        if number <= before and not again:
            self.find(entry, "player %s: draw %d is there again" % (draw["player"], number))
        if number > before + 1 and not self.relaxed:
            if player.epoch < self.lossy_epoch and number - before - 1 <= self.lost:
                player.unsure = True
            else:
                self.find(entry, "player %s: draws before %d are missing" % (draw["player"], number))
        player.draw_no = number - 1

    def day(self, table):
        return sum(1 for begin in table["days"] if begin <= self.time)

    def chances(self, table, player, day):
        today = player.today if player.day == day else 0
        left = max(0, min(table["day_chances"], 65535) - today) + max(0, min(table["base"], 65535) - player.base_used)
        if table["day_cap"]:
            left = min(left, max(0, table["day_cap"] - today))
        cap = table["campaign_cap"] or 0xffffffff
        return min(left, max(0, cap - player.draw_no))

    def look(self, table, player, number):
        prize, pool = table["prizes"][number - 1], self.pools[number]
        if prize["wins_max"] and player.wins.get(number, 0) >= prize["wins_max"]:
            return "capped"
        now_s = self.time // 1000
        if prize["slots"] and not any(a <= self.time < b for a, b in prize["slots"]):
            return "paced"
        used = pool.in_second if pool.second == now_s else 0
        if prize["per_second"] and used >= share(prize["per_second"], table["shards"], self.index):
            return "paced"
        if prize["curve"] and pool.given >= share(curve_units(prize, now_s), table["shards"], self.index):
            return "paced"
        if pool.ranges:
            return "there"
        return "busy" if pool.more else "spent"

    def decide(self, table, player, selected):
        """how, prize, withheld; how is None when the draw should not have run."""
        for prize, _, at_ms in self.moments:
            cap = table["prizes"][prize - 1]["wins_max"] if prize <= len(table["prizes"]) else 0
            if at_ms > self.time:
                break
            if prize <= len(table["prizes"]) and not (cap and player.wins.get(prize, 0) >= cap):
                return "moment", prize, ""
        withheld = ""
        if selected:
            withheld = self.look(table, player, selected)
            if withheld == "there":
                return "odds", selected, ""
            if withheld == "busy":
                return None, selected, ""
        for number, prize in enumerate(table["prizes"], 1):
            if prize["mode"] == "always":
                stock = self.look(table, player, number)
                if stock in ("there", "busy"):
                    return ("always" if stock == "there" else None), number, withheld
        return "none", 0, withheld

    def predict(self, entry, draw, table, player, selected):
        name = "player %s draw %d: " % (draw["player"], draw["draw_no"])
        day = self.day(table)
        if self.paused or not table["start_ms"] <= self.time < table["end_ms"]:
            self.find(entry, name + "drawn while the shard was paused or the campaign was not on")
        if self.chances(table, player, day) == 0 and not player.unsure:
            self.find(entry, name + "the player had no chance left")
        how, prize, withheld = self.decide(table, player, selected)
        if (draw["how"], draw["prize"], draw["withheld"]) != (how, prize, withheld):
            self.find(entry, name + "expected %s of prize %d (%s), the record says %s of prize %d (%s)"
                      % (how, prize, withheld, draw["how"], draw["prize"], draw["withheld"]))
            return
        unit = 0
        if how == "moment":
            unit = next(item[1] for item in self.moments if item[0] == prize)
        elif prize:
            unit = self.pools[prize].ranges[0][0]
        if unit != draw["unit"]:
            self.find(entry, name + "expected unit %d, the record says %d" % (unit, draw["unit"]))

    def follow(self, entry, draw, table, player):
        day = self.day(table)
        if player.day != day:
            player.day, player.today = day, 0
        if player.today >= min(table["day_chances"], 65535):
            player.base_used += 1
        player.today += 1
        player.draw_no, player.epoch = draw["draw_no"], entry["epoch"]
        left = min(self.chances(table, player, day), 65535)
        if left != draw["chances_left"] and not player.unsure:
            self.find(entry, "player %s draw %d: %d chances are left, the record says %d"
                      % (draw["player"], draw["draw_no"], left, draw["chances_left"]))
        if draw["prize"]:
            self.won(entry, draw, player)

    def won(self, entry, draw, player):
        prize, unit = draw["prize"], draw["unit"]
        given = self.given.setdefault(prize, set())
        if unit in given:
            self.find(entry, "unit %d of prize %d is given twice" % (unit, prize))
        elif unit not in self.held.get(prize, set()) and not self.relaxed:
            self.find(entry, "unit %d of prize %d was never leased to this shard" % (unit, prize))
        given.add(unit)
        player.wins[prize] = player.wins.get(prize, 0) + 1
        pool = self.pools.setdefault(prize, Pool())
        if draw["how"] == "moment":
            self.moments = [item for item in self.moments if item[:2] != (prize, unit)]
        else:
            pool.take(unit)
        pool.count(self.time // 1000)
        self.checker.records.setdefault((draw["player"], draw["draw_no"]), []).append((self.index, prize, unit, entry["version"]))


class Checker:
    def __init__(self, header, secret):
        self.campaign, self.shards = header["campaign"], {}
        self.findings = self.draws = self.entries = self.wins = 0
        self.records, self.paid = {}, set()
        commitment = sha(text("hongbao/commit/1"), text(self.campaign), secret)
        self.seed = sha(text("hongbao/seed/1"), text(self.campaign), secret, (header["public_value"] or "").encode())
        if commitment.hex() != header["commitment"]:
            self.find("the secret is not the one that was committed to")
        self.tables, self.hashes = {}, {}
        for item in header["versions"]:
            table_hash = sha(item["table"].encode())
            cover = sha(text("hongbao/version/1"), commitment, u32(item["version"]), table_hash)
            if table_hash.hex() != item["hash"] or cover.hex() != item["cover"]:
                self.find("version %d: hash or cover is not its table's" % item["version"])
            self.tables[item["version"]] = json.loads(item["table"])
            self.hashes[item["version"]] = item["hash"]

    def find(self, words):
        self.findings += 1
        if self.findings <= FINDINGS_SHOWN:
            print(words)

    def line(self, line):
        if line["kind"] == "win":
            self.win(line)
            return
        self.entries += 1
        shard = self.shards.setdefault(line["shard"], Shard(line["shard"], self))
        shard.last_next = shard.next
        shard.entry(line)

    def win(self, line):
        name = "player %s draw %d: " % (line["player"], line["draw_no"])
        key = (line["player"], line["draw_no"])
        record = next((r for r in self.records.get(key, []) if r[:3] == (line["shard"], line["prize"], line["unit"])), None)
        self.wins += 1
        if key in self.paid:
            self.find(name + "paid twice")
        self.paid.add(key)
        if record is None:
            self.find(name + "the ledger has a win that the log has not")
            return
        table = self.tables[record[3]]
        fen = unit_fen(self.seed, self.campaign, table["prizes"][line["prize"] - 1], line["unit"])
        if fen != line["amount_fen"]:
            self.find(name + "the ledger has %d fen, the unit is worth %d" % (line["amount_fen"], fen))

    def end(self, line):
        if line is None or (line["entries"], line["wins"]) != (self.entries, self.wins):
            self.find("the file is not whole")
        for shard in self.shards.values():
            shard.close_gaps({"epoch": shard.epoch, "position": shard.next}, None)
        for player, draw_no in self.records.keys() - self.paid:
            self.find("player %s draw %d: a win that the ledger has not" % (player, draw_no))


def main():
    parser = argparse.ArgumentParser(description="checks a campaign's published records")
    parser.add_argument("file")
    parser.add_argument("--secret", help="64 hex digits, when the file does not reveal it")
    options = parser.parse_args()
    with open(options.file, encoding="utf-8") as lines:
        header = json.loads(next(lines))
        secret = options.secret or header["secret"]
        if header.get("hongbao_records") != 1 or not secret:
            print("not a records file of format 1, or its secret is not revealed", file=sys.stderr)
            return 2
        checker, end = Checker(header, bytes.fromhex(secret)), None
        for line in lines:
            entry = json.loads(line)
            if end is not None:
                checker.find("lines follow the end")
            if entry.get("end"):
                end = entry
            else:
                checker.line(entry)
    checker.end(end)
    print("%s: %d entries, %d draws, %d wins, %d lost positions, %d findings"
          % (checker.campaign, checker.entries, checker.draws, checker.wins,
             sum(shard.lost for shard in checker.shards.values()), checker.findings))
    return 1 if checker.findings else 0


if __name__ == "__main__":
    sys.exit(main())
