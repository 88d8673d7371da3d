"""Runs every proof of the ledger, one after the other: a bounded form each, or with `--full` as long as it takes (about
an hour). Exit code 1 if any fails.

    python tests/proofs/all.py --full
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

BOUNDED: dict[str, list[str]] = {
    "simulate": ["--seeds", "300"],
    "power_cuts": ["--trials", "60"],
    "kills": ["--kills", "30"],
    "mutate": ["--sample", "10"],
}
FULL: dict[str, list[str]] = {
    "simulate": ["--seeds", "20000"],
    "power_cuts": ["--trials", "600"],
    "kills": ["--kills", "220"],
    "mutate": ["--sample", "400"],
}


def main(argv: list[str]) -> int:
    """Exit code 1 if a proof fails."""
    codes = []
    for name, args in (FULL if "--full" in argv else BOUNDED).items():
        print(f"-- {name} {' '.join(args)}", flush=True)
        script = Path(__file__).with_name(f"{name}.py")
        codes.append(subprocess.run([sys.executable, str(script), *args], check=False).returncode)
    return 1 if any(codes) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
