"""The alerts panel: what is wrong, since when, who took it, and what to do next, grouped by link; and in the room that
this leaves, what people did lately.

Given plain values (`show`); posts nothing, never talks to a hub. Redraws only when what it shows has
changed: ages are by the minute. The link in focus is told in full (reasons, steps, talk track), the others
in a line or two.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import tzinfo
from itertools import accumulate
from typing import NamedTuple

from textual.content import Content
from textual.widget import Widget

from stockwatch.console.escape import cells, clean, fit, lines, plain_glyphs
from stockwatch.console.formats import age, clock_time
from stockwatch.console.tones import piece_style
from stockwatch.console.words import Words, fill, say, tier_glyph, tier_word
from stockwatch.room.view import ActionRow, AlertRow

Piece = tuple[str, str]
"""(cleaned text, tone): `tier:N`, or the name of a theme variable, or empty."""
PanelLine = tuple[Piece, ...]
_STATE_ORDER = {"open": 0, "acknowledged": 1, "resolved": 2}
_STEPS_SHOWN = 4
_DEEDS_SHOWN = 8


class Group(NamedTuple):
    """The alerts of one link and kind, most urgent first."""

    listing: str
    alerts: tuple[AlertRow, ...]


class AlertsPicture(NamedTuple):
    """All that the panel's lines depend on, beside its size."""

    alerts: tuple[AlertRow, ...] = ()
    slots: tuple[tuple[str, int | None], ...] = ()
    minute: int = 0
    focus: str | None = None
    deeds: tuple[tuple[str, str], ...] = ()
    """(clock time, who and what), cleaned; the newest first."""


def grouped(alerts: Sequence[AlertRow]) -> list[Group]:
    """Alerts by link, apart where somebody else changed a figure: open before taken before resolved, then the higher
    tier, then the newer change."""
    ordered = sorted(alerts, key=lambda row: (_STATE_ORDER[row.state], -row.tier, -row.changed))
    by_link: dict[tuple[str, str], list[AlertRow]] = {}
    for row in ordered:
        # Each changed figure has a line of its own: from what to what is all that it says.
        by_link.setdefault((row.listing, row.id if row.kind == "overwrite" else ""), []).append(row)
    return [Group(listing, tuple(rows)) for (listing, _), rows in by_link.items()]


def panel_lines(
    picture: AlertsPicture, width: int, height: int, words: Words, *, ascii: bool
) -> list[PanelLine]:
    """The panel's lines: at most `height`, each at most `width` cells."""
    if height <= 0 or width <= 0:
        return []
    shown = _alert_lines(picture, width, height, words, ascii=ascii)
    room = height - len(shown) - 2
    if picture.deeds and room > 0:
        shown += [(), ((fit(words.deeds_title, width).rstrip(" "), "heading"),)]
        for clock, deed in picture.deeds[:room]:
            told = fit(deed, max(width - cells(clock) - 1, 0), ascii=ascii).rstrip(" ")
            shown.append(((fit(f"{clock} ", min(cells(clock) + 1, width)), "muted"), (told, "")))
    return shown


def _alert_lines(
    picture: AlertsPicture, width: int, height: int, words: Words, *, ascii: bool
) -> list[PanelLine]:
    groups = grouped(picture.alerts)
    if not groups:
        return [((fit(words.alerts_none, width).rstrip(" "), "muted"),)]
    writer = _Writer(picture, width, words, ascii=ascii)
    focus = next((index for index, group in enumerate(groups) if group.listing == picture.focus), 0)
    blocks = [
        [writer.head(group), *writer.reasons(group, full=index == focus)]
        for index, group in enumerate(groups)
    ]
    told = [*blocks[focus], *writer.advice(groups[focus])]
    if sum(len(block) for block in blocks) - len(blocks[focus]) + len(told) > height:
        # Little room: every other link keeps its first line, the one in focus at least three.
        blocks = [block[:1] for block in blocks]
        told = told[: max(3, height - (len(groups) - 1))]
    blocks[focus] = told
    shown = [line for block in blocks for line in block]
    if len(shown) > height:
        kept = shown[: height - 1]
        starts = accumulate((len(block) for block in blocks), initial=0)
        hidden = sum(1 for start, _ in zip(starts, blocks, strict=False) if start >= height - 1)
        more = fill(words.alerts_more, count=max(hidden, 1))
        shown = [*kept, ((fit(plain_glyphs(more) if ascii else more, width).rstrip(" "), "muted"),)]
    return shown


class _Writer:
    """Writes lines for one picture at one width."""

    def __init__(self, picture: AlertsPicture, width: int, words: Words, *, ascii: bool) -> None:
        self._slots = dict(picture.slots)
        self._minute = picture.minute
        self._width = width
        self._words = words
        self._ascii = ascii

    def head(self, group: Group) -> PanelLine:
        """Tier, link, title, and on the right who took it and since when."""
        first, w = group.alerts[0], self._words
        if first.kind == "overwrite":
            return self._overwritten(first)
        resolved = first.state == "resolved"
        colour = "muted" if resolved else f"tier:{first.tier}"
        slot = self._slots.get(group.listing)
        number = "" if slot is None else (f"{slot}号 " if w.language == "zh" else f"#{slot} ")
        mark = f"{tier_glyph(first.tier, ascii=self._ascii)} {fit(tier_word(first.tier, w), 6)} "
        right = f" {self._state(first)} {self._age(first)}"
        room = max(self._width - cells(mark) - cells(number), 0)
        right = fit(right, min(cells(right), max(room - 8, 0)), ascii=self._ascii)
        title = fit(clean(first.title), max(room - cells(right), 0), ascii=self._ascii)
        return (
            (fit(mark, min(cells(mark), self._width)), colour),
            (fit(number, min(cells(number), max(self._width - cells(mark), 0))), "strong"),
            (title, "muted" if resolved else "strong"),
            (right, "tier-acknowledged" if first.state != "open" else colour),
        )

    def _overwritten(self, row: AlertRow) -> PanelLine:
        """Its sentence is the line: it names the link itself."""
        w = self._words
        colour = "tier:3" if row.state == "open" else "muted"
        mark = f"{tier_glyph(row.tier, ascii=self._ascii)} "
        text = clean(say(row.reason, w))
        text = plain_glyphs(text) if self._ascii else text
        room = max(self._width - cells(mark), 0)
        state = "" if row.state == "open" else f" {self._state(row)}"
        state = fit(state, min(cells(state), max(room - cells(text), 0)), ascii=self._ascii)
        return (
            (fit(mark, min(cells(mark), self._width)), colour),
            (fit(text, min(cells(text), room - cells(state)), ascii=self._ascii), colour),
            (state, "tier-acknowledged"),
        )

    def _state(self, row: AlertRow) -> str:
        w = self._words
        if row.state == "resolved":
            return w.resolved
        if row.state == "acknowledged":
            return fill(w.acknowledged_by, who=clean(row.by)) if row.by else w.acknowledged
        return w.open_alert

    def _age(self, row: AlertRow) -> str:
        since = row.changed if row.state == "resolved" else row.raised
        return age(max(self._minute - since, 0), self._words.language)

    def reasons(self, group: Group, *, full: bool) -> list[PanelLine]:
        """One sentence an alert; wrapped in full, else cut to a line and to the first alert."""
        said: list[PanelLine] = []
        if group.alerts[0].kind == "overwrite":
            text = clean(group.alerts[0].title)
            return self._wrapped(text, "muted", limit=1) if full else []
        for row in group.alerts if full else group.alerts[:1]:
            text = clean(say(row.reason, self._words))
            if row is not group.alerts[0]:
                text = f"{tier_glyph(row.tier, ascii=self._ascii)} {text}"
            said.extend(
                self._wrapped(text, "" if row.state != "resolved" else "muted", limit=3 if full else 1)
            )
        return said

    def advice(self, group: Group) -> list[PanelLine]:
        """Next steps and talk track of the most urgent alert that is still open."""
        row = group.alerts[0]
        if row.state == "resolved":
            return []
        w, said = self._words, list[PanelLine]()
        if row.steps:
            steps = [clean(say(step, w)) for step in row.steps[:_STEPS_SHOWN]]
            numbered = "  ".join(f"{number}.{step}" for number, step in enumerate(steps, 1))
            said.extend(self._wrapped(f"{w.steps}: {numbered}", "key", limit=3))
        if row.say is not None:
            said.extend(self._wrapped(f"{w.say}: {clean(say(row.say, w))}", "heading", limit=3))
        return said

    def _wrapped(self, text: str, colour: str, limit: int) -> list[PanelLine]:
        room = self._width - 2
        own = plain_glyphs(text) if self._ascii else text
        return [(("  ", ""), (line, colour)) for line in lines(own, room, limit)] if room > 0 else []


class AlertsPanel(Widget):
    """The list of alerts."""

    DEFAULT_CSS = """
    AlertsPanel { height: 1fr; width: 1fr; color: $foreground; }
    """

    def __init__(self, words: Words, *, ascii: bool = False, id: str | None = None) -> None:
        super().__init__(id=id)
        self._words = words
        self._ascii = ascii
        self._picture = AlertsPicture()

    def show(
        self,
        alerts: Sequence[AlertRow],
        *,
        now: int,
        slots: Mapping[str, int | None],
        zone: tzinfo,
        focus: str | None = None,
        actions: Sequence[ActionRow] = (),
    ) -> None:
        """Show these alerts. `now`: the decision clock; `slots`: link numbers by listing; `focus`: the
        selected listing, whose alerts are told in full (the most urgent ones when it has none); `actions`: what
        people did, the newest last.
        """
        minute = now - now % 60
        picture = AlertsPicture(
            tuple(alerts),
            tuple((row.listing, slots.get(row.listing)) for row in alerts),
            minute,
            focus,
            tuple(
                (clock_time(row.at, zone), clean(f"{row.by} {say(row.what, self._words)}".strip()))
                for row in reversed(actions[-_DEEDS_SHOWN:])
            ),
        )
        if picture != self._picture:
            before = self._lines()
            self._picture = picture
            if self._lines() != before:
                self.refresh()

    def _lines(self) -> list[PanelLine]:
        return panel_lines(self._picture, self.size.width, self.size.height, self._words, ascii=self._ascii)

    def render(self) -> Content:
        variables = self.app.theme_variables
        drawn = [
            Content.assemble(*((text, piece_style(colour, variables)) for text, colour in line))
            for line in self._lines()
        ]
        return Content("\n").join(drawn)
