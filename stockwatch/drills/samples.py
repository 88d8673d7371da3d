"""Writes the sample feeds, or checks that what is committed is what the generators write.

`python -m stockwatch.drills.samples [--out FOLDER] [--check]`. Touches only files named in `samples()`
inside the folder it is told to. With --check nothing is written: it exits 1 and names each file that
differs or is missing.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from stockwatch.drills import apparel, apparel_plan, double11
from stockwatch.drills.rooms import room_toml
from stockwatch.exits import Exit

DEFAULT_FOLDER = Path(__file__).resolve().parents[2] / "sample_feeds"


def samples() -> dict[str, bytes]:
    """Every sample file's name and content."""
    case, shop = double11.Double11(), apparel.Apparel()
    files = {
        "double11.jsonl": b"".join(line + b"\n" for line in case.play()),
        "double11.toml": room_toml(double11.room(), double11.HEADING).encode(),
        "apparel.jsonl": b"".join(line + b"\n" for line in shop.play()),
        "apparel.toml": room_toml(shop.room(), apparel_plan.HEADING).encode(),
    }
    files["apparel.surges.json"] = _readable(shop.surges())
    return files


def _readable(value: dict[str, object]) -> bytes:
    """JSON with one entry of each list a line: to be read and compared by people too."""
    members = []
    for key, entries in value.items():
        if isinstance(entries, list):
            lines = ",\n  ".join(json.dumps(entry, ensure_ascii=False) for entry in entries)
            members.append(f"{json.dumps(key)}: [\n  {lines}\n ]")
        else:
            members.append(f"{json.dumps(key)}: {json.dumps(entries, ensure_ascii=False)}")
    return ("{\n " + ",\n ".join(members) + "\n}\n").encode()


def differing(folder: Path) -> list[str]:
    """Names of the samples that are missing in the folder or are not what the generators write."""
    return [
        name
        for name, content in samples().items()
        if not (folder / name).is_file() or (folder / name).read_bytes() != content
    ]


def write(folder: Path) -> None:
    """Write every sample into the folder, which is made if need be."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in samples().items():
        (folder / name).write_bytes(content)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m stockwatch.drills.samples", description=__doc__)
    parser.add_argument(
        "--out", type=Path, default=DEFAULT_FOLDER, metavar="FOLDER", help="default: %(default)s"
    )
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if the files differ")
    chosen = parser.parse_args(arguments)
    try:
        if not chosen.check:
            write(chosen.out)
            return Exit.DONE
        wrong = differing(chosen.out)
    except OSError as error:
        sys.stderr.write(
            f"samples: {error.strerror}: {error.filename}. Choose a folder that can be used with --out.\n"
        )
        return Exit.UNREACHABLE
    for name in wrong:
        sys.stderr.write(f"{chosen.out / name}: not what the generator writes; run it without --check\n")
    return Exit.CHECK_FAILED if wrong else Exit.DONE


if __name__ == "__main__":
    sys.exit(main())
