"""Waiting for a condition, with a ceiling."""
import time


def wait(condition, what, seconds=15, not_yet=(), pause_s=0.02):
    """The condition's value as soon as it is true; AssertionError after `seconds`. not_yet: what it may raise until then."""
    until = time.monotonic() + seconds
    while True:
        try:
            value = condition()
        except not_yet:
            value = None
        if value:
            return value
        if time.monotonic() > until:
            raise AssertionError(f"not within {seconds} s: {what}")
        time.sleep(pause_s)
