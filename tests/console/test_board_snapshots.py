"""Pictures of the board over sizes and states. The only clock in them is the room's own."""

from __future__ import annotations

from typing import Any

import pytest
import rooms

from stockwatch.console.app import Console, Settings
from stockwatch.console.link import Lost
from stockwatch.console.words import tier_glyph


def console(**settings: Any) -> tuple[Console, rooms.FakeLink]:
    link = rooms.FakeLink(rooms.room())
    return Console(link, Settings(**{"by": "小李", "language": "zh", **settings})), link


async def settle(pilot: Any) -> None:
    for _ in range(4):
        await pilot.pause()


@pytest.fixture(autouse=True)
def plain_colours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("COLORTERM", "truecolor")


@pytest.mark.parametrize("size", [(60, 20), (80, 24), (120, 40), (200, 60)])
def test_board(snap_compare: Any, size: tuple[int, int]) -> None:
    assert snap_compare(console()[0], terminal_size=size, run_before=settle)


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
def test_board_in_english(snap_compare: Any, size: tuple[int, int]) -> None:
    assert snap_compare(console(language="en")[0], terminal_size=size, run_before=settle)


def test_stale(snap_compare: Any) -> None:
    app, link = console()

    async def lose(pilot: Any) -> None:
        await settle(pilot)
        link.put(Lost("gone"))
        await settle(pilot)

    assert snap_compare(app, terminal_size=(80, 24), run_before=lose)


def test_unfolded(snap_compare: Any) -> None:
    async def unfold(pilot: Any) -> None:
        await settle(pilot)
        await pilot.press("3", "enter", "enter")
        await settle(pilot)

    assert snap_compare(console()[0], terminal_size=(80, 24), run_before=unfold)


def test_filter_and_pause(snap_compare: Any) -> None:
    async def narrow(pilot: Any) -> None:
        await settle(pilot)
        await pilot.press("/", *"tier:2+", "enter", "space")
        await settle(pilot)

    assert snap_compare(console()[0], terminal_size=(80, 24), run_before=narrow)


def test_ascii(snap_compare: Any) -> None:
    assert snap_compare(console(ascii=True, language="en")[0], terminal_size=(80, 24), run_before=settle)


def test_block_sparklines(snap_compare: Any) -> None:
    assert snap_compare(console(spark="block")[0], terminal_size=(80, 24), run_before=settle)


def test_no_color(snap_compare: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    assert snap_compare(console()[0], terminal_size=(80, 24), run_before=settle)


@pytest.mark.parametrize("theme", ["light", "colour-blind", "mono"])
def test_themes(snap_compare: Any, theme: str) -> None:
    assert snap_compare(console(theme=theme)[0], terminal_size=(80, 24), run_before=settle)


async def test_every_tier_differs_by_glyph_and_word_and_no_row_is_longer_than_the_screen() -> None:
    for size in ((60, 20), (80, 24), (97, 24), (131, 40), (200, 60)):
        for ascii in (False, True):
            app, _ = console(ascii=ascii)
            async with app.run_test(size=size) as pilot:
                await settle(pilot)
                strips = app.screen._compositor.render_strips()
                assert {strip.cell_length for strip in strips} == {size[0]}
                text = "\n".join(strip.text for strip in strips)
                for tier, word in ((1, "趋势"), (2, "阈值"), (3, "紧急")):
                    assert f"{tier_glyph(tier, ascii=ascii)} {word}" in text
