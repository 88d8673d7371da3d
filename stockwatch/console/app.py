"""The console: one room on one screen.

Owns the picture (the hub's last RoomView), what the person looks at (filter, sort, unfolded links, pause,
panel), the layout, and the wiring between keys, panels and the link. Figures come from the hub only; what a
person wants goes to the hub only (`acting`). Nothing on screen changes by itself: there is no periodic timer
here.
"""

from __future__ import annotations

import asyncio
import gc
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from textual import events, on
from textual.app import ComposeResult
from textual.containers import Container
from textual.filter import Monochrome, NoColor
from textual.timer import Timer
from textual.worker import WorkerFailed

from stockwatch.console import terminal, themes
from stockwatch.console.acting import Actor
from stockwatch.console.board import Board, BoardHead
from stockwatch.console.columns import Look, day_of
from stockwatch.console.escape import clean
from stockwatch.console.footer import KeyBar, StatusLine, Tone
from stockwatch.console.formats import zone_of
from stockwatch.console.header import HeaderState, RoomHeader
from stockwatch.console.keyorder import KeysInOrder
from stockwatch.console.keys import ACTIONS, Keymap
from stockwatch.console.lean import LeanDisplay
from stockwatch.console.link import Attached, Link, LinkEvent, Lost
from stockwatch.console.looking import Looker
from stockwatch.console.saying import Sayer
from stockwatch.console.side import Side
from stockwatch.console.spark import SparkStyle
from stockwatch.console.state import (
    SORTS,
    Filter,
    Line,
    Sort,
    channel_titles,
    lines_of,
    link_by_slot,
    next_alert,
)
from stockwatch.console.typed import Typed
from stockwatch.console.words import Words, fill, pick_language, say, words
from stockwatch.exits import Exit
from stockwatch.room.intents import (
    Answer,
    Change,
    DetailChange,
    Goodbye,
    Movements,
    Proposal,
    Refused,
    Shown,
    Snapshot,
    Watch,
    WorkList,
)
from stockwatch.room.view import Detail, RoomView, merge

if TYPE_CHECKING:
    from stockwatch.console.dialogs import ThemeDialog, Wants
    from stockwatch.console.dialogs.exceptions import OpensAudit, Resolves
    from stockwatch.console.dialogs.records import Looks

WATCH_AFTER = 0.1
"""Seconds the cursor rests before its link's detail is asked for."""


class Settings(NamedTuple):
    """How a console looks and who uses it."""

    by: str | None = None
    read_only: bool = False
    language: str | None = None
    """None: by the room, then by the locale."""
    theme: str | None = None
    ascii: bool = False
    bell: bool = True
    """What interrupts rings the terminal's bell."""
    spark: SparkStyle = "braille"
    owns_hub: bool = False
    keymap: Keymap | None = None
    """None: the actions' own keys."""
    user_themes: Path | None = None


class Console(KeysInOrder, LeanDisplay):
    """The app. Its return value is the process's exit code."""

    CSS_PATH = Path(__file__).with_name("console.tcss")
    TITLE = "stockwatch"
    ENABLE_COMMAND_PALETTE = False
    HORIZONTAL_BREAKPOINTS = [(0, "-small"), (80, "-normal"), (120, "-wide"), (200, "-huge")]  # noqa: RUF012
    VERTICAL_BREAKPOINTS = [(0, "-low"), (32, "-tall")]  # noqa: RUF012

    def __init__(self, link: Link, settings: Settings | None = None) -> None:
        super().__init__()
        if self.no_color:
            # Textual's grey would make the worst tier the faintest, and a terminal's own colours black on black.
            self._filters = [one for one in self._filters if not isinstance(one, Monochrome)] + [NoColor()]
        self.settings = settings or Settings()
        self.link = link
        self.words: Words = words(pick_language(self.settings.language, os.environ))
        self.keymap_table = self.settings.keymap or Keymap()
        self.view: RoomView | None = None
        self.detail: Detail | None = None
        self.lost = False
        self.by = self.settings.by or ""
        self.filter = Filter()
        self.sort: Sort = "urgency"
        self.unfolded: frozenset[str] = frozenset()
        self.actor = Actor(self)
        self.looker = Looker(self)
        self.fault: BaseException | None = None
        """What ended the app, if that was not its own wish."""
        self.parting = ""
        """What is said on stderr after the screen is given back."""
        self._frozen: RoomView | None = None
        self._show_planned = False
        self.typed = Typed(self)
        self.sayer = Sayer(self)
        self._watched: str | None = None
        self._watch_timer: Timer | None = None
        self._terminal_watch: terminal.TerminalWatch | None = None
        self._themes = themes.load_all(self.settings.user_themes)
        self._theme_missing = not self._start_in_theme()

    # --- start and end ---------------------------------------------------------------------------

    def _start_in_theme(self) -> bool:
        """Wear a theme from the first frame on: a change of it styles every widget anew. False: there is none
        of the name that was asked for.
        """
        for theme in self._themes.themes.values():
            self.register_theme(theme)
        wanted = self.settings.theme or themes.default_theme(no_color=self.no_color)
        found = wanted in self.available_themes
        self.theme = wanted if found else themes.DEFAULT_THEME
        self.stylesheet.set_variables(self.get_css_variables())
        return found

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return dict(themes.DEFAULT_VARIABLES)

    def compose(self) -> ComposeResult:
        look = self._look()
        yield RoomHeader(self.words, id="header")
        with Container(id="body"):
            with Container(id="table"):
                head = BoardHead(look, id="head")
                yield head
                yield Board(look, head, id="board")
            yield Side(look, id="side")
        yield StatusLine(ascii=self.settings.ascii, id="status")
        yield KeyBar(self.keymap_table, self.words, id="keys")

    def on_mount(self) -> None:
        if self._theme_missing:
            known = clean(", ".join(self._themes.themes))
            wanted = clean(self.settings.theme or "")
            self.say(fill(self.words.no_such_theme, name=wanted, worn=self.theme, known=known), "bad")
        self._say_problems([*self._themes.problems, *self.keymap_table.problems])
        self.board.focus()

    def _say_problems(self, problems: list[str]) -> None:
        """The first of what is wrong with the user's own files, and how many more."""
        if problems:
            more = fill(self.words.more_problems, count=len(problems) - 1) if len(problems) > 1 else ""
            self.say(clean(problems[0]) + more, "bad")

    def _fatal_error(self) -> None:
        """A fault of ours: the screen is given back and nothing more is said here. (Textual would print the
        traceback with every local variable, secrets among them.)
        """
        error = self._exception
        self.fault = error.error if isinstance(error, WorkerFailed) else error
        self._close_messages_no_wait()

    def panic(self, *_: object) -> None:
        """As any other fault."""
        self._fatal_error()

    def on_ready(self) -> None:
        self.app_resume_signal.subscribe(self, lambda _: self.repaint(), immediate=True)
        if self._lean_driver() is not None:
            loop = asyncio.get_running_loop()
            self._terminal_watch = terminal.TerminalWatch(
                lambda: _tell(loop, self._terminal_lost), Exit.UNREACHABLE
            )
            self._terminal_watch.start()
            for number in (signal.SIGTERM, signal.SIGINT):
                loop.add_signal_handler(number, self.leave, Exit.INTERRUPTED)
        # The first frame goes out before the line's libraries are loaded.
        self.call_after_refresh(self._follow_hub)

    def _follow_hub(self) -> None:
        self.run_worker(self._follow(), name="link", exit_on_error=True)

    def set_by(self, name: str) -> None:
        """Who acts from here on."""
        self.by = name
        self.link.named(name)
        self.plan_show()

    def _terminal_lost(self) -> None:
        self.run_worker(self._leave_without_terminal(), name="terminal lost")

    async def _leave_without_terminal(self) -> None:
        """A replay ends with its console; a live room goes on. There is no screen left to restore."""
        if self.settings.owns_hub and self.view is not None and self.view.header.mode == "REPLAY":
            await asyncio.wait_for(self.actor.stop_room(), terminal.LAST_CHANCE_SECONDS / 2)
        os._exit(Exit.UNREACHABLE)

    def leave(self, code: Exit = Exit.DONE, message: str | None = None) -> None:
        """End the console, the room goes on."""
        if self._terminal_watch is not None:
            self._terminal_watch.stop()
        self.parting = clean(message) if message else ""
        self.exit(int(code), return_code=int(code))

    # --- what the hub says -----------------------------------------------------------------------

    async def _follow(self) -> None:
        async for event in self.link.events():
            self.hear(event)

    def hear(self, event: LinkEvent) -> None:
        """Take in one message of the hub."""
        match event:
            case Attached():
                self.actor.hub_read_only = event.read_only
            case Snapshot():
                came_back, self.lost = self.lost, False
                first = self.view is None
                self.view = event.view
                self.sayer.heed(event.view.header.call, ring=not first)
                self._watched = None
                if came_back:
                    self.say(self.words.hub_back, "good")
                self.actor.attached(first=first)
                if came_back:
                    self.looker.reattached()
                if first:
                    gc.freeze()
                    gc.enable()
            case Change() if self.view is not None:
                before, self.view = self.view, merge(self.view, event.delta)
                self.sayer.heed(self.view.header.call, ring=True)
                self.sayer.hear_of(before.restocks, self.view.restocks)
                self.sayer.others_did(before.actions, self.view.actions)
                self.looker.room_changed(before, self.view)
            case Movements() | WorkList() | Shown():
                self.looker.found(event)
            case DetailChange():
                self.detail = event.detail
            case Answer():
                self.actor.answered(event)
            case Proposal():
                self.actor.proposed(event)
            case Lost():
                gc.enable()
                if not self.lost:
                    self.actor.cut_off()
                    self.looker.cut_off()
                self.lost = True
                if self.view is None:
                    self.say(clean(event.reason), "bad")
            case Refused():
                self.leave(
                    Exit.UNREACHABLE, fill(self.words.hub_refused, reason=say(event.reason, self.words))
                )
            case Goodbye():
                self.leave(Exit.DONE, fill(self.words.hub_stopped, reason=say(event.reason, self.words)))
            case _:
                pass
        self.plan_show()

    def plan_show(self) -> None:
        """Show the picture once, however many messages came in together."""
        if not self._show_planned:
            self._show_planned = True
            self.call_later(self._show)

    # --- what is shown ---------------------------------------------------------------------------

    @property
    def board(self) -> Board:
        return self.screen_stack[0].query_one("#board", Board)

    @property
    def shown(self) -> RoomView | None:
        """The picture on the board: the hub's latest, or the one at which it was paused."""
        return self._frozen or self.view

    @property
    def paused(self) -> bool:
        return self._frozen is not None

    @property
    def read_only(self) -> bool:
        return (
            self.settings.read_only
            or self.actor.hub_read_only
            or bool(self.view and self.view.header.read_only)
        )

    def _look(self) -> Look:
        view = self.view
        if view is None:
            return Look(self.words, zone_of("UTC"), self.settings.ascii, self._spark())
        zone = zone_of(view.header.timezone)
        today = day_of(view.header.clock, zone)
        return Look(self.words, zone, self.settings.ascii, self._spark(), channel_titles(view), today)

    def _spark(self) -> SparkStyle:
        return "ascii" if self.settings.ascii else self.settings.spark

    def _show(self) -> None:
        self._show_planned = False
        if not self.screen_stack:
            return
        view = self.shown
        root = self.screen_stack[0]
        board = self.board
        lines: list[Line] = []
        links = 0
        if view is not None:
            look = self._look()
            board.relook(look)
            links = len(view.links)
            lines = lines_of(
                view.links,
                sort=self.sort,
                keep=self.filter,
                unfolded=self.unfolded,
                channels=dict(look.channels),
            )
        board.set_stale(self.lost)
        board.show(lines, self.unfolded, self._empty_note(view))
        shown_links = sum(1 for line in lines if line.sku is None)
        root.query_one("#header", RoomHeader).show(
            HeaderState(
                header=self.view.header if self.view else None,
                feeds=self.view.feeds if self.view else (),
                lost=self.lost,
                paused=self.paused,
                filter=self.filter.text.strip(),
                sort="" if self.sort == "urgency" else self._sort_name(),
                links=(shown_links, links),
                read_only=self.read_only,
                by=self.by,
                ascii=self.settings.ascii,
            )
        )
        self._show_side()
        replay = self.view is not None and self.view.header.mode == "REPLAY"
        root.query_one("#keys", KeyBar).show(read_only=self.read_only, replay=replay)
        self.show_status()

    def _show_side(self) -> None:
        view = self.shown
        if view is not None:
            side = self.screen_stack[0].query_one("#side", Side)
            side.show(view, self.board.line, self.detail, self.board.look)
            self._plan_watch()

    def _plan_watch(self) -> None:
        """Ask for the detail of the link under the cursor, once the cursor rests on it."""
        if self._watch_timer is None and self._wanted_detail() != self._watched:
            self._watch_timer = self.set_timer(WATCH_AFTER, self._watch)

    def _wanted_detail(self) -> str | None:
        line = self.board.line
        watches = self.screen_stack[0].query_one("#side", Side).watches
        return line.link.listing if line is not None and watches and not self.lost else None

    def _watch(self) -> None:
        self._watch_timer = None
        wanted = self._wanted_detail()
        if wanted != self._watched:
            self._watched = wanted
            self.actor.send(Watch(listing=wanted))

    def _empty_note(self, view: RoomView | None) -> str:
        if view is None:
            return ""
        if self.filter:
            return fill(self.words.no_match, text=clean(self.filter.text.strip()))
        return self.words.no_links

    def _sort_name(self) -> str:
        table = {
            "urgency": self.words.sort_urgency, "slot": self.words.sort_number,
            "velocity": self.words.sort_velocity,
            "sellable": self.words.sort_sellable,
        }  # fmt: skip
        return table[self.sort]

    def say(self, text: str, tone: Tone = "plain") -> None:
        """Say something in the status line for a while; cleaned already."""
        self.sayer.say(text, tone)

    def show_status(self) -> None:
        """Show in the status line what is to be said now."""
        self.sayer.show()

    # --- keys ------------------------------------------------------------------------------------

    def on_key(self, event: events.Key) -> None:
        if len(self.screen_stack) > 1:
            return
        if self.typed.takes(event):
            event.stop()
            event.prevent_default()
            return
        name = self.keymap_table.action_for(event.key, event.character)
        if name is not None:
            event.stop()
            event.prevent_default()
            self.do(name)

    @on(KeyBar.Pressed)
    def _key_clicked(self, message: KeyBar.Pressed) -> None:
        self.do(message.action)

    def do(self, name: str) -> None:
        """Carry out an action of the registry."""
        handler: Any = getattr(self, f"_do_{name}", None)
        if handler is not None:
            handler()
        else:
            self.actor.do(name)

    # --- filter and number -----------------------------------------------------------------------

    def _do_filter(self) -> None:
        self.typed.begin_filter(self.filter.text)

    def on_paste(self, event: events.Paste) -> None:
        if len(self.screen_stack) == 1:
            self.typed.paste(event.text)

    def filter_by(self, text: str) -> None:
        """Show the links that this text keeps; cleaned already."""
        self.filter = Filter(text)
        self._show()

    def go_to_number(self, number: int) -> None:
        """Put the cursor on the link of this number."""
        view = self.shown
        listing = link_by_slot(view.links, number) if view is not None else None
        if listing is not None:
            self.go_to(listing)
        elif view is not None:
            self.say(fill(self.words.no_such_number, number=number), "bad")

    def go_to(self, listing: str) -> None:
        """Put the cursor on a link; a filter that hides it is cleared, because the person asked for the
        link.
        """
        if not self.board.select(listing):
            self.filter = Filter()
            self._show()
            self.board.select(listing)

    # --- actions on the picture ------------------------------------------------------------------

    def _do_up(self) -> None:
        self.board.move(-1)

    def _do_down(self) -> None:
        self.board.move(1)

    def _do_page_up(self) -> None:
        self.board.move(-max(1, self.board.size.height - 1))

    def _do_page_down(self) -> None:
        self.board.move(max(1, self.board.size.height - 1))

    def _do_home(self) -> None:
        self.board.move_to(0)

    def _do_end(self) -> None:
        self.board.move_to(len(self.board.lines) - 1)

    def _do_unfold(self) -> None:
        line = self.board.line
        if line is not None and len(line.link.sizes) > 1:
            listing = line.link.listing
            self.unfolded = self.unfolded ^ {listing}
            if line.sku is not None:
                self.board.select(listing)
            self._show()

    def _do_sort(self) -> None:
        self.sort = SORTS[(SORTS.index(self.sort) + 1) % len(SORTS)]
        self.say(self._sort_name())
        self._show()

    def _do_pause(self) -> None:
        if self._frozen is not None:
            self._frozen = None
        elif self.view is not None:
            self._frozen = self.view
            key = self.keymap_table.shown("pause", zh=self.words.language == "zh")
            self.say(fill(self.words.picture_paused, key=key))
        self._show()

    def _do_next_alert(self) -> None:
        view, line = self.shown, self.board.line
        if view is None:
            return
        everything = lines_of(view.links, sort=self.sort, keep=Filter(), unfolded=frozenset(), channels={})
        listing = next_alert(everything, view.alerts, line.link.listing if line else None)
        if listing is None:
            self.say(self.words.no_alerts_ahead)
        else:
            self.go_to(listing)

    def _do_clear(self) -> None:
        if self.filter:
            self.filter = Filter()
            self._show()

    def _do_panel(self) -> None:
        self.screen_stack[0].query_one("#side", Side).cycle()
        self.call_after_refresh(self._show_side)

    def _do_help(self) -> None:
        from stockwatch.console.help import HelpScreen

        self.push_screen(
            HelpScreen(self.words, ACTIONS, self.keymap_table.keys_of, ascii=self.settings.ascii)
        )

    def _do_theme(self) -> None:
        from stockwatch.console.dialogs import ThemeDialog

        before = self.theme

        def chosen(name: str | None) -> None:
            self.theme = name or before
            if name:
                self.say(fill(self.words.theme_now, name=name))

        names = list(self._themes.themes)
        self.push_screen(ThemeDialog(self.words, names, before, ascii=self.settings.ascii), chosen)

    def on_theme_dialog_preview(self, message: ThemeDialog.Preview) -> None:
        """A theme is tried on."""
        self.theme = message.name

    def _do_repaint(self) -> None:
        self.repaint()

    def _do_suspend(self) -> None:
        self.action_suspend_process()

    def on_wants(self, message: Wants) -> None:
        """An open dialog wants something worked out."""
        self.actor.wanted(message)

    def _do_audit(self) -> None:
        self.looker.open_audit()

    def _do_exceptions(self) -> None:
        self.looker.open_exceptions()

    def on_looks(self, message: Looks) -> None:
        """A screen of records wants something looked up."""
        self.looker.look_up(message)

    def on_resolves(self, message: Resolves) -> None:
        """A person has dealt with an exception."""
        self.looker.resolve(message)

    def on_opens_audit(self, message: OpensAudit) -> None:
        """The trail behind an exception."""
        self.looker.open_audit_of(message)

    # --- the board says --------------------------------------------------------------------------

    @on(Board.Moved)
    def _moved(self) -> None:
        self.sayer.moved()
        self._show_side()

    @on(Board.Chosen)
    def _chosen(self) -> None:
        self._do_unfold()


def _tell(loop: asyncio.AbstractEventLoop, what: Callable[[], None]) -> None:
    loop.call_soon_threadsafe(what)
