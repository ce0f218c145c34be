#!/usr/bin/python3
"""Runs clang-format over the C files of the tree; fails on the first file that it would change."""
import pathlib
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
TREES = ["engine", "lottery", "referral", "loadtest", "sandbox", "tests"]
SKIPPED = 77


def main():
    tool = shutil.which("clang-format")
    if tool is None:
        print("skipped: clang-format is missing (apt-get install clang-format)")
        return SKIPPED
    files = sorted(str(p) for tree in TREES for p in (ROOT / tree).rglob("*.[ch]"))
    return subprocess.run([tool, "--dry-run", "-Werror", "--style=file", *files], cwd=ROOT).returncode


if __name__ == "__main__":
    sys.exit(main())
