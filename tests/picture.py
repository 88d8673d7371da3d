"""Makes the README's picture from the program itself: `python tests/picture.py .assets/console.svg`.

Plays a sample to a moment through the real pipeline, shows it in the real console, and saves what the screen holds.
"""

from __future__ import annotations

import asyncio
import html
import re
import sys
from itertools import groupby
from pathlib import Path

from rich.cells import cell_len

from stockwatch.config import load_room
from stockwatch.console.app import Console, Settings
from stockwatch.events import parse_time
from stockwatch.feeds.recording import merge
from stockwatch.hub.headless import play, replay_room
from stockwatch.paths import shipped
from stockwatch.room import intents
from stockwatch.room.picture import Picture
from tests.console.rooms import FakeLink

CELL = 12.2
"""Width of a terminal cell in Rich's SVG."""


async def picture(sample: str, moment: str, slot: str) -> str:
    folder = shipped("sample_feeds")
    room = replay_room(load_room(folder / f"{sample}.toml"))
    until = parse_time(moment)
    assert until is not None, moment
    for _ in play(room, merge([folder / f"{sample}.jsonl"]), until_us=until):
        pass
    drawn = Picture(room)
    drawn.header_extra = {"mode": "REPLAY", "speed": 60.0}
    link = FakeLink(drawn.whole())
    app = Console(link, Settings(by="小林", language="zh", spark="block"))
    async with app.run_test(size=(150, 36)) as pilot:
        await pilot.pause()
        await pilot.press(*slot, "enter")
        await pilot.pause(0.3)
        listing = next(row.listing for row in drawn.whole().links if str(row.slot) == slot)
        detail = drawn.detail(listing)
        assert detail is not None
        link.put(intents.DetailChange(detail=detail))
        await pilot.pause(1.0)
        return measured(app.export_screenshot(title="stockwatch"))


def measured(svg: str) -> str:
    """Rich sizes a run by its characters; here every run of wide or narrow ones stands on its own cells."""

    def placed(found: re.Match[str]) -> str:
        before, after = found[1], found[3]
        x = float(found[2])
        pieces = []
        for _, run in groupby(
            html.unescape(found[4]).replace("\xa0", " "), lambda c: (cell_len(c), c == " ")
        ):
            text = "".join(run)
            width = cell_len(text) * CELL
            if text.strip():
                pieces.append(
                    f'{before}x="{x:.1f}" textLength="{width:.1f}"{after}>{html.escape(text, quote=False)}</text>'
                )
            x += width
        return "".join(pieces)

    return re.sub(
        r'(<text [^>]*?)x="([^"]*)"[^>]*?textLength="[^"]*"([^>]*)>([^<]*)</text>', placed, _plain(svg)
    )


def _plain(svg: str) -> str:
    """Attributes of a run in one order: y before x, textLength after."""
    return re.sub(
        r'<text class="([^"]*)" x="([^"]*)" y="([^"]*)" textLength="([^"]*)" clip-path="([^"]*)">',
        r'<text class="\1" y="\3" clip-path="\5" x="\2" textLength="\4">',
        svg,
    )


if __name__ == "__main__":
    target, sample, moment, slot = [*sys.argv[1:], "double11", "2025-11-11T23:12:00+08:00", "3"][:4]
    Path(target).write_text(asyncio.run(picture(sample, moment, slot)), encoding="utf-8")
