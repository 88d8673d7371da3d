"""Runs every benchmark, one after the other; exit code 1 if any measure is short."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

NAMES = (
    "replay_speed", "startup", "idle", "board_cpu", "latency", "stalled_terminal", "losses", "kill_hub",
    "ledger_throughput", "ledger_against", "ledger_memory", "ledger_coldstart", "ledger_readers",
    "foresight_trend", "foresight_forecast", "foresight_lines", "foresight_lessons", "foresight_cost", "channels",
)  # fmt: skip


def main() -> int:
    codes = []
    for name in NAMES:
        print(f"-- {name}", flush=True)
        codes.append(
            subprocess.run(
                [sys.executable, str(Path(__file__).with_name(f"{name}.py")), *sys.argv[1:]], check=False
            ).returncode
        )
    return 1 if any(codes) else 0


if __name__ == "__main__":
    sys.exit(main())
