"""Runs every proof of the ledger, one after the other: a bounded form each, or with `--full` as long as it takes. The
last lines say what each came to; exit code 1 unless all of them hold. A proof that is not in this checkout is skipped,
and said to be.

    python tests/proofs/all.py --full
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from pathlib import Path

BOUNDED: dict[str, list[str]] = {
    "simulate": ["--seeds", "300"],
    "power_cuts": ["--trials", "60"],
    "kills": ["--kills", "30"],
    "mutate": ["--sample", "10"],
}
FULL: dict[str, list[str]] = {
    "simulate": ["--seeds", "20000"],
    "power_cuts": ["--trials", "2000"],
    "kills": ["--kills", "220"],
    "mutate": ["--sample", "400"],
}


def run(name: str, args: list[str], folder: Path) -> bool | None:
    """Whether a proof holds, None where there is none of this name."""
    print(f"-- {name} {' '.join(args)}", flush=True)
    script = folder / f"{name}.py"
    if not script.is_file():
        print(f"skipped: {script.name} is not in this checkout", flush=True)
        return None
    return subprocess.run([sys.executable, str(script), *args], check=False).returncode == 0


def main(argv: list[str], folder: Path = Path(__file__).parent) -> int:
    """Exit code 1 if a proof fails, or if none was there to hold."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--full", action="store_true", help="the form that the documents speak of")
    held: dict[str, bool | None] = {}
    told = []
    for name, args in (FULL if parser.parse_args(argv).full else BOUNDED).items():
        began = time.monotonic()
        held[name] = run(name, args, folder)
        word = {True: "PASS", False: "FAIL", None: "SKIP"}[held[name]]
        told.append(f"{word}  {name} {' '.join(args)}  ({time.monotonic() - began:.0f} s)")
    print("--", *told, sep="\n")
    return 0 if False not in held.values() and True in held.values() else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
