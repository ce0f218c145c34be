"""Campaign documents for the tests."""
import datetime


def at(offset_s):
    when = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=offset_s)
    return when.strftime("%Y-%m-%dT%H:%M:%SZ")


def words(text):
    return {"zh": text, "en": text}


def campaign(slug, prizes, **members):
    document = {
        "id": slug, "title": words(slug), "rules": words("rules of " + slug), "time_zone": "Asia/Shanghai",
        "starts_at": at(-60), "ends_at": at(86400), "budget_fen": 100_000_000,
        "chances": {"base": 1000, "per_day": 0}, "prizes": prizes,
    }
    document.update(members)
    return document


def cash(slug, amount_fen, units, odds=None, **members):
    prize = {"id": slug, "kind": "cash", "name": words(slug), "amount_fen": amount_fen, "units": units,
             "mode": "always" if odds is None else "odds"}
    if odds is not None:
        prize["odds"] = odds
    prize.update(members)
    return prize


def split(slug, total_fen, min_fen, max_fen, units, odds=None, **members):
    prize = cash(slug, 0, units, odds, **members)
    del prize["amount_fen"]
    prize.update(kind="cash_split", total_fen=total_fen, min_fen=min_fen, max_fen=max_fen)
    return prize


def storm(slug, small, lucky, rare):
    """For phones that draw without end: much stock of two kinds at these odds, and a rare prize that a player wins once at most."""
    return campaign(
        slug,
        [cash("small", 20, 500_000, small), split("lucky", 4_000_000, 1, 100, 100_000, lucky), cash("rare", 5000, 50, rare, wins_per_player=1)],
        chances={"base": 10000, "per_day": 0})
