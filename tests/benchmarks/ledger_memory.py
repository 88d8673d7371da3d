"""What the ledger remembers of an event, whether that stays flat over the days, and what a hub takes beside it."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
from bench import Report, arguments
from e2e_world import World, stockwatch
from ledger_load import Apply, events, room

DAYS = 45


def days(a_day: int) -> list[list[bytes]]:
    """Of each day from now on: orders that are placed, paid and shipped, all stamped within it."""
    made = []
    start = datetime.now(UTC)
    for day in range(DAYS):
        lines = []
        for n in range(a_day):
            stamp = (start + timedelta(days=day, milliseconds=n)).isoformat(timespec="milliseconds")
            order = f"{day:03d}{n:08d}"
            for type_, more in (("placed", ',"qty":1'), ("paid", ""), ("shipped", "")):
                lines.append(
                    f'{{"specversion":"1.0","id":"{order}-{type_}","source":"taobao/shop-3","type":"order.{type_}",'
                    f'"subject":"SKU-{n % 2000:04d}","time":"{stamp}","received":"{stamp}",'
                    f'"data":{{"order":"{order}","line":1{more}}}}}\n'.encode()
                )
        made.append(lines)
    return made


def hub_bytes(world: World) -> int:
    """RSS of a hub whose room has had no event yet."""
    settings = world.write("idle.toml", '[room]\nid = "idle"\n[[sku]]\nid = "A"\ntitle = "卫衣"\nstock = 5\n')
    subprocess.run(
        [*stockwatch(), "run", str(settings), "--detach"], env=world.env, cwd=world.folder, check=True
    )
    told = subprocess.run(
        [*stockwatch(), "ps", "--json"], env=world.env, capture_output=True, check=True
    ).stdout
    pid = _pid(msgspec.json.decode(told))
    time.sleep(2)
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    subprocess.run([*stockwatch(), "stop", "idle"], env=world.env, cwd=world.folder, check=True)
    return pages * os.sysconf("SC_PAGE_SIZE")


def _pid(told: object) -> int:
    found = told[0] if isinstance(told, list) else told
    assert isinstance(found, dict)
    hubs = found.get("hubs", [found])
    return int(hubs[0]["pid"])


def main() -> int:
    args = arguments(__doc__)
    report = Report()
    with World() as world:
        settings = room(world)
        size = 1_000_000 if args.full else 300_000
        made = events(size)
        with Apply(world, "mix.db", settings) as writer:
            before = writer.rss()
            writer.run(made, 1e9)
            used = (writer.rss() - before) / size
        report.at_most(
            "remembered of an event", used, 350, "bytes", f"{size} events of the mix, growth of the process"
        )
        a_day = 8_000 if args.full else 2_000
        with Apply(world, "days.db", settings) as writer:
            sizes = []
            for lines in days(a_day):
                writer.run(lines, 1e9)
                sizes.append(writer.rss())
        third = DAYS // 3
        growth = (sizes[-1] - sizes[2 * third - 1]) / (sizes[third - 1] or 1)
        told = ", ".join(f"day {day}: {sizes[day - 1] / 1e6:.0f} MB" for day in (third, 2 * third, DAYS))
        beside = f"{a_day * 3} events a day, all shipped; {told}"
        report.at_most("growth in the last third of 45 days", growth * 100, 5, "%", beside)
        report.at_most("a hub beside that", hub_bytes(world) / 1e6, 120, "MB", "resident, one SKU, no events")
    return report.end()


if __name__ == "__main__":
    sys.exit(main())
