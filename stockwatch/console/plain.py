"""The picture as text, once: for a pipe, a terminal that can only print, a log.

Owns the text's layout and its one visit to a hub. No Textual, no colour, no escape sequences.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import sys

from stockwatch import __version__
from stockwatch.console.columns import Column, Look, Piece, day_of, fit_columns, heading, row_pieces
from stockwatch.console.escape import clean, plain_glyphs
from stockwatch.console.formats import age, clock_time, zone_of
from stockwatch.console.header import speed_text
from stockwatch.console.link import HubLink, Lost
from stockwatch.console.state import Filter, channel_titles, lines_of
from stockwatch.console.words import (
    Words,
    alert_word,
    fill,
    pick_ascii,
    pick_language,
    say,
    tier_glyph,
    words,
)
from stockwatch.exits import Exit
from stockwatch.room.intents import Refused, Snapshot
from stockwatch.room.view import RoomView

PATIENCE = 10.0
"""Seconds to wait for a picture."""
PIPE_WIDTH = 120


def print_once(target: str, *, language: str | None, ascii: bool | None, width: int | None) -> int:
    """Print the picture of the hub at `target` to stdout. Returns an exit code."""
    table = words(pick_language(language, os.environ))
    use_ascii = pick_ascii(os.environ) if ascii is None else ascii
    try:
        answer = asyncio.run(asyncio.wait_for(_visit(target), PATIENCE))
    except TimeoutError:
        answer = "no answer"
    if isinstance(answer, Refused):
        reason = clean(say(answer.reason, table))
        sys.stderr.write(f"{fill(table.hub_refused, reason=reason)}\n")
        return int(Exit.UNREACHABLE)
    if isinstance(answer, str):
        sys.stderr.write(f"{clean(target)}: {clean(answer)}\n")
        return int(Exit.UNREACHABLE)
    columns = width or (shutil.get_terminal_size().columns if sys.stdout.isatty() else PIPE_WIDTH)
    try:
        sys.stdout.reconfigure(errors="replace")  # type: ignore[union-attr]
        sys.stdout.write("\n".join(picture(answer, table, width=columns, ascii=use_ascii)) + "\n")
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return int(Exit.DONE)


async def _visit(target: str) -> RoomView | Refused | str:
    """The hub's picture, or why there is none."""
    link = HubLink(target, version=__version__, retry=False)
    async for event in link.events():
        match event:
            case Snapshot():
                await link.close()
                return event.view
            case Refused():
                return event
            case Lost():
                return event.reason
            case _:
                continue
    return "the hub said nothing"


def picture(view: RoomView, table: Words, *, width: int, ascii: bool) -> list[str]:
    """The lines of text: the room, its feeds, the board, the alerts."""
    header = view.header
    zone = zone_of(header.timezone)
    look = Look(
        table, zone, ascii, "ascii" if ascii else "braille", channel_titles(view), day_of(header.clock, zone)
    )
    columns: tuple[Column, ...] = fit_columns(width, look)
    speed = speed_text(header.speed, table, ascii=True)
    held = f" {table.paused}" if header.paused else ""
    mode = table.live if header.mode == "LIVE" else f"{table.replay} {speed}{held}"
    counts = [fill(table.lines_short, count=header.short)] if header.short else []
    if header.overwritten:
        counts.append(fill(table.overwritten, count=header.overwritten))
    if header.dead:
        counts.append(fill(table.dead_letters, count=header.dead))
    lines = ["  ".join([clean(header.name or header.room), mode, clock_time(header.clock, zone), *counts])]
    states = {
        "live": table.feed_ok,
        "stale": table.stale,
        "down": table.down,
        "gap": table.gap,
        "connecting": table.connecting,
        "ended": table.ended,
        "none": table.no_feed,
    }
    for feed in view.feeds:
        said = clean(say(feed.note, table))
        note = f" {said}" if said else ""
        lag = "" if feed.lag_s is None else f" {table.lag} {feed.lag_s:.0f}s"
        pending = f" {fill(table.details_pending, count=feed.pending)}" if feed.pending else ""
        unmapped = f" {fill(table.goods_unmapped, count=feed.unmapped)}" if feed.unmapped else ""
        refused = f" {fill(table.pushes_refused, count=feed.refused)}" if feed.refused else ""
        comments = f" {fill(table.comments_taken, count=feed.comments)}" if feed.comments else ""
        if feed.comments_lost:
            comments += f" {fill(table.comments_lost, count=feed.comments_lost)}"
        name = clean(feed.title or feed.channel)
        lines.append(f"  {name}: {states[feed.state]}{lag}{pending}{unmapped}{refused}{comments}{note}")
    lines += ["", _text(heading(columns, look))]
    board = lines_of(
        view.links, sort="urgency", keep=Filter(), unfolded=frozenset(), channels=dict(look.channels)
    )
    lines += [_text(row_pieces(line, columns, look, selected=False, unfolded=False)) for line in board]
    if not board:
        lines.append(table.no_links)
    lines += ["", table.alerts_title if view.alerts else table.alerts_none]
    for alert in view.alerts:
        state = {"open": table.open_alert, "acknowledged": table.acknowledged, "resolved": table.resolved}
        by = f" {clean(alert.by)}" if alert.by else ""
        lines.append(
            f"{tier_glyph(alert.tier, ascii=ascii)} {alert_word(alert, table)} {clean(alert.title)}: "
            f"{clean(say(alert.reason, table))} "
            f"({age(max(0, header.clock - alert.raised), table.language)}, {state[alert.state]}{by})"
        )
    return [plain_glyphs(line) if ascii else line for line in lines]


def _text(pieces: list[Piece]) -> str:
    return "".join(text for text, _ in pieces).rstrip()
