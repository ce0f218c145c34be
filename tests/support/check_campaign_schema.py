#!/usr/bin/python3
"""Reads lines "sound <document>" and "unsound <document>" and holds docs/campaign.schema.json to each of them."""
import json
import pathlib
import sys

SCHEMA = pathlib.Path(__file__).resolve().parents[2] / "docs" / "campaign.schema.json"
SKIPPED = 77


def main():
    try:
        from jsonschema import Draft202012Validator
    except ImportError:
        print("skipped: jsonschema is missing (apt-get install python3-jsonschema)")
        return SKIPPED
    schema = json.loads(SCHEMA.read_text())
    Draft202012Validator.check_schema(schema)
    validator = Draft202012Validator(schema)
    failures = 0
    for line in sys.stdin:
        word, text = line.rstrip("\n").split(" ", 1)
        error = next(validator.iter_errors(json.loads(text)), None)
        if (error is None) != (word == "sound"):
            failures += 1
            print(f"{word}, but the schema says {error.message[:300] if error else 'sound'}: {text[:2000]}")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
