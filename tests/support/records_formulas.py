"""The formulas of docs/records.md, for verify_records.py: a draw's number, a unit's amount, a winning moment, shares and curves."""
import hashlib
import hmac
import struct
from math import isqrt


def sha(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def mac(seed, *parts):
    return hmac.new(seed, b"".join(parts), hashlib.sha256).digest()


def u32(value):
    return struct.pack(">I", value)


def text(value):
    return value.encode() + b"\0"


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
    parts = [(max(begin, a), min(end, b)) for a, b in prize["slots"] or [[begin, end]]]
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
