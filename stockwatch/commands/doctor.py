"""`stockwatch doctor`: is this machine fit for a stream, and what to do where it is not.

Looks, and measures the disk with a small file that it removes again. A finding is `ok`, `note` (works, but
know it) or `bad` (something will fail); exit 1 when anything is bad. Dependencies are looked up, not
imported, but for SQLite's own version, which only SQLite can tell.
"""

from __future__ import annotations

import argparse
import json
import sys

from stockwatch.doctor import Finding, examine
from stockwatch.exits import Exit
from stockwatch.narration import say
from stockwatch.printable import printable

_MARKS = {"ok": "ok  ", "note": "note", "bad": "BAD "}


def run(args: argparse.Namespace) -> int:
    """Print every finding. 0 when nothing is bad, else 1."""
    findings = list(examine())
    good = all(finding.state != "bad" for finding in findings)
    if args.json:
        rows = [
            {"name": f.name, "state": f.state, "says": f.says.en, "do": f.do.en if f.do else None}
            for f in findings
        ]
        document = {"ok": good, "findings": rows}
        sys.stdout.write(json.dumps(document, ensure_ascii=False, separators=(",", ":")) + "\n")
    else:
        for finding in findings:
            sys.stdout.write(_lines(finding))
        sys.stdout.write(
            say("all is well\n", "一切正常\n")
            if good
            else say("something is wrong: see BAD\n", "有问题:见 BAD 行\n")
        )
    return Exit.DONE if good else Exit.CHECK_FAILED


def _lines(finding: Finding) -> str:
    text = f"{_MARKS[finding.state]}  {finding.name:<12} {printable(say(*finding.says))}\n"
    if finding.do is not None:
        text += f"{'':<19}-> {printable(say(*finding.do))}\n"
    return text
