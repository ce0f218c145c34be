#!/usr/bin/python3
"""Holds every #include of the tree to the table in layers.txt; names file and line of each that breaks it."""
import fnmatch
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
TREES = ["engine", "lottery", "referral", "loadtest", "sandbox"]
INCLUDE = re.compile(r'^\s*#\s*include\s*(?:"([^"]+)"|<([^>]+)>)')


class Layer:
    def __init__(self, path, directories, libraries):
        self.path, self.directories, self.libraries = path, directories, libraries


def read_table(path):
    libraries, layers = {}, []
    for line in path.read_text().splitlines():
        words = line.split("#")[0].split()
        if words[:1] == ["library"]:
            libraries[words[1]] = words[2:]
        elif words[:1] == ["layer"]:
            left, middle, right = line[len("layer"):].split("|")
            layers.append(Layer(left.strip(), middle.split(), right.split()))
        elif words:
            sys.exit(f"{path}: not a line of this table: {line}")
    return libraries, layers


def layer_of(file, layers):
    found = None
    for layer in layers:
        if str(file.parent) == layer.path or fnmatch.fnmatchcase(str(file), layer.path):
            found = layer
    return found


def library_of(header, libraries):
    for name, beginnings in libraries.items():
        for beginning in beginnings:
            if header == beginning or (beginning.endswith("/") and header.startswith(beginning)):
                return name
    return None


def quoted_problem(file, header, layer):
    """Project headers are named from the root or from engine/: "base/err.h", "lottery/decide.h"."""
    parts = header.removeprefix("engine/").split("/")
    if len(parts) != 2:
        return "project headers are named as directory/file.h"
    directory = parts[0]
    if directory == file.parent.name:
        return None
    if directory not in layer.directories:
        return f"{file.parent} may not include from {directory}"
    if parts[1].endswith("_internal.h"):
        return f"{header} belongs to {directory} alone"
    return None


def include_problem(file, line, layer, libraries):
    match = INCLUDE.match(line)
    if match is None:
        return None
    if match.group(1):
        return quoted_problem(file, match.group(1), layer)
    library = library_of(match.group(2), libraries)
    if library is not None and library not in layer.libraries:
        return f"{library} is not for this file"
    return None


def file_problems(file, layers, libraries):
    layer = layer_of(file, layers)
    if layer is None:
        yield f"{file}:1: {file.parent} is not in layers.txt"
        return
    for number, line in enumerate((ROOT / file).read_text().splitlines(), 1):
        problem = include_problem(file, line, layer, libraries)
        if problem is not None:
            yield f"{file}:{number}: {problem}: {line.strip()}"


def main():
    libraries, layers = read_table(ROOT / "tests/support/layers.txt")
    files = sorted(p.relative_to(ROOT) for tree in TREES for p in (ROOT / tree).rglob("*.[ch]"))
    problems = [problem for file in files for problem in file_problems(file, layers, libraries)]
    print("\n".join(problems) if problems else f"{len(files)} files keep to their layers")
    return 1 if problems or not files else 0


if __name__ == "__main__":
    sys.exit(main())
