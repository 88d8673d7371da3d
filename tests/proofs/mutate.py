"""Changes the ledger's pure core one small thing at a time, and asks whether any test notices.

A mutant is one node of the syntax tree turned into something near it: a comparison, an operator, a constant by one, a
condition negated, a call left out. Tests run in a copy of the checkout, the ones that notice soonest first. What
survives is either killed by a test that was missing, or explained in `survivors.toml` as one that changes nothing.

    python tests/proofs/mutate.py --sample 100 --seed 7        # so many, drawn by the seed
    python tests/proofs/mutate.py --only cells.py              # all of one file
    python tests/proofs/mutate.py --since v0.1                 # all of the lines that changed since a commit
"""

from __future__ import annotations

import argparse
import ast
import copy
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
CORE = (
    "cells.py", "lines.py", "plain.py", "line_facts.py", "orders.py", "documents.py", "restocks.py", "groups.py",
    "identity.py", "expiry.py", "moments.py", "balances.py", "exceptions.py", "worklist.py",
)  # fmt: skip
TESTS = tuple(
    f"test_{name}.py"
    for name in (
        "ledger_rules", "exceptions", "plain_lines", "counts_as_of", "dedupe_window", "trail", "simulated",
        "books_state", "lines_leave", "ledger_properties", "ledger_store", "settling",
    )
)  # fmt: skip
PATIENCE = 3
"""A mutant that takes so many times as long as what is not changed runs for ever, and is noticed."""
_SWAPS: dict[type[ast.AST], type[ast.AST]] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Add: ast.Sub, ast.Sub: ast.Add,
    ast.And: ast.Or, ast.Or: ast.And, ast.Mult: ast.Add,
}  # fmt: skip


@dataclass(frozen=True)
class Mutant:
    """One change of one file."""

    file: str
    line: int
    source: str
    """The line as it is, stripped."""
    change: str
    text: str
    """The whole file, changed."""

    @property
    def name(self) -> str:
        return f"{self.file}: {self.source} | {self.change}"


def mutants_of(file: str) -> Iterator[Mutant]:
    """Every mutant of a file of the core."""
    path = ROOT / "stockwatch" / "ledger" / file
    text = path.read_text("utf-8")
    lines = text.split("\n")
    tree = ast.parse(text)
    nodes = [node for node in ast.walk(tree) if hasattr(node, "lineno")]
    for at, node in enumerate(nodes):
        for change, _ in _changes(node):
            other = copy.deepcopy(tree)
            twin = [one for one in ast.walk(other) if hasattr(one, "lineno")][at]
            _carry_out(other, twin, change)
            line = node.lineno  # type: ignore[attr-defined]
            yield Mutant(
                file, line, lines[line - 1].strip(), change, ast.unparse(ast.fix_missing_locations(other))
            )


def _changes(node: ast.AST) -> Iterator[tuple[str, None]]:
    """What can be done to a node, by name."""
    if isinstance(node, ast.Compare):
        for at, operator in enumerate(node.ops):
            if type(operator) in _SWAPS:
                yield f"compare {at} {_SWAPS[type(operator)].__name__}", None
    elif isinstance(node, ast.BinOp | ast.BoolOp | ast.AugAssign) and type(node.op) in _SWAPS:
        yield f"operator {_SWAPS[type(node.op)].__name__}", None
    elif isinstance(node, ast.Constant) and type(node.value) is int:
        yield "constant + 1", None
    elif isinstance(node, ast.Constant) and type(node.value) is bool:
        yield "constant not", None
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        yield "without not", None
    elif isinstance(node, ast.If):
        yield "condition not", None
    elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
        yield "call left out", None


def _carry_out(tree: ast.Module, node: ast.AST, change: str) -> None:
    what, _, how = change.partition(" ")
    if what == "compare":
        at, _, name = how.partition(" ")
        assert isinstance(node, ast.Compare)
        node.ops[int(at)] = getattr(ast, name)()
    elif what == "operator":
        node.op = getattr(ast, how)()  # type: ignore[attr-defined]
    elif what == "constant":
        assert isinstance(node, ast.Constant)
        node.value = (not node.value) if how == "not" else node.value + 1  # type: ignore[operator]
    elif what == "without":
        assert isinstance(node, ast.UnaryOp)
        _replace(tree, node, node.operand)
    elif what == "condition":
        assert isinstance(node, ast.If)
        node.test = ast.UnaryOp(ast.Not(), node.test)
    else:
        _replace(tree, node, ast.Pass())


def _replace(tree: ast.Module, old: ast.AST, new: ast.AST) -> None:
    for parent in ast.walk(tree):
        for name, value in ast.iter_fields(parent):
            if value is old:
                setattr(parent, name, new)
                return
            if isinstance(value, list) and any(one is old for one in value):
                value[[one is old for one in value].index(True)] = new
                return


def changed_since(commit: str, file: str) -> set[int]:
    """The lines of a file of the core that are not as they were in a commit.

    Raises subprocess.CalledProcessError for a commit that is not there.
    """
    path = f"stockwatch/ledger/{file}"
    told = subprocess.run(
        ["git", "diff", "--unified=0", commit, "--", path],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    lines: set[int] = set()
    for start, count in re.findall(r"^@@ [^+]*\+(\d+)(?:,(\d+))? @@", told, re.MULTILINE):
        lines.update(range(int(start), int(start) + int(count or 1)))
    return lines


def noticed(mutant: Mutant, copied: Path, seconds: float) -> bool:
    """Whether a test fails on it, or none ends within `seconds`."""
    path = copied / "stockwatch" / "ledger" / mutant.file
    whole = path.read_text("utf-8")
    path.write_text(mutant.text, encoding="utf-8")
    tests = [str(copied / "tests" / "ledger" / name) for name in TESTS]
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", "--no-header", *tests]
    try:
        # From the copy: its package comes before the one that is installed.
        environment = {"PYTHONPATH": str(copied), "PATH": "/usr/bin:/bin", "HOME": str(copied)}
        done = subprocess.run(
            command, cwd=copied, capture_output=True, timeout=seconds, check=False, env=environment
        )
        return done.returncode != 0
    except subprocess.TimeoutExpired:
        return True
    finally:
        path.write_text(whole, encoding="utf-8")


def main(argv: list[str]) -> int:
    """Exit code 1 where a mutant survives that nobody has explained."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sample", type=int, default=10)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", metavar="FILE", help="every mutant of this file")
    parser.add_argument("--since", metavar="COMMIT", help="every mutant of the lines that changed since")
    args = parser.parse_args(argv)
    explained = tomllib.loads(Path(__file__).with_name("survivors.toml").read_text("utf-8"))
    reasons = {one["mutant"]: one["why"] for one in explained.get("survivor", [])}
    every = [mutant for file in ([args.only] if args.only else CORE) for mutant in mutants_of(file)]
    if args.since:
        changed = {file: changed_since(args.since, file) for file in CORE}
        every = [mutant for mutant in every if mutant.line in changed[mutant.file]]
    whole = args.only or args.since
    drawn = every if whole else random.Random(args.seed).sample(every, min(args.sample, len(every)))
    survived = []
    with tempfile.TemporaryDirectory() as folder:
        copied = Path(folder)
        for name in ("stockwatch", "tests", "sample_feeds", "themes"):
            shutil.copytree(
                ROOT / name, copied / name, ignore=shutil.ignore_patterns("__pycache__", "__snapshots__")
            )
        shutil.copy(ROOT / "pyproject.toml", copied)
        untouched = Mutant(
            "cells.py", 0, "", "", (ROOT / "stockwatch" / "ledger" / "cells.py").read_text("utf-8")
        )
        began = time.monotonic()
        assert not noticed(untouched, copied, 600), "the tests pass on what is not changed"
        limit = PATIENCE * (time.monotonic() - began)
        for mutant in drawn:
            if mutant.name in reasons or noticed(mutant, copied, limit):
                continue
            survived.append(mutant)
            print(f"survives  {mutant.file}:{mutant.line}  {mutant.source}  ({mutant.change})", flush=True)
    known = sum(mutant.name in reasons for mutant in drawn)
    print(f"{len(drawn)} of {len(every)} mutants, {known} of them explained")
    print(f"{'FAIL' if survived else 'PASS'}  mutants: {len(survived)} survive unexplained")
    return 1 if survived else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
