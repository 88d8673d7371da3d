"""What a person looks at beside the board: the audit trail of a SKU and the work list of exceptions.

Opens those screens, carries their questions to the hub and the answers back to the screen that asked, and keeps the
one on top fresh as the room moves.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from stockwatch.console.escape import clean
from stockwatch.console.formats import zone_of
from stockwatch.console.state import worst_size
from stockwatch.room.intents import Found, Resolve

if TYPE_CHECKING:
    from stockwatch.console.app import Console
    from stockwatch.console.dialogs.exceptions import OpensAudit, Resolves
    from stockwatch.console.dialogs.records import AskingDialog, Looks
    from stockwatch.room.view import RoomView, SkuRow


class Looker:
    """Opens and feeds the screens of records."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._asking: dict[str, AskingDialog] = {}

    # --- opening ---------------------------------------------------------------------------------

    def open_audit(self) -> None:
        """Of the size under the cursor, else of the link's most urgent one."""
        line = self._console.board.line
        if line is None:
            self._console.say(self._console.words.no_selection, "bad")
            return
        chosen = line.sku or worst_size(line.link)
        sizes = line.link.sizes
        index = next((n for n, row in enumerate(sizes) if chosen is not None and row.sku == chosen.sku), 0)
        self._audit(sizes, index, "")

    def open_audit_of(self, message: OpensAudit) -> None:
        """Of the SKU of an exception, found by its order."""
        sizes = _sizes_with(self._console.view, message.sku)
        index = next((n for n, row in enumerate(sizes) if row.sku == message.sku), 0)
        self._audit(sizes, index, message.search, everything=bool(message.search))

    def _audit(self, sizes: tuple[SkuRow, ...], index: int, search: str, *, everything: bool = False) -> None:
        from stockwatch.console.dialogs.audit import AuditDialog

        console = self._console
        if console.view is not None:
            zone = zone_of(console.view.header.timezone)
            console.push_screen(
                AuditDialog(
                    console.words,
                    sizes,
                    zone=zone,
                    index=index,
                    search=search,
                    everything=everything,
                    ascii=console.settings.ascii,
                )
            )

    def open_exceptions(self) -> None:
        from stockwatch.console.dialogs.exceptions import ExceptionsDialog

        console = self._console
        if console.view is not None:
            zone = zone_of(console.view.header.timezone)
            console.push_screen(
                ExceptionsDialog(
                    console.words, zone=zone, may_resolve=not console.read_only, ascii=console.settings.ascii
                )
            )

    # --- asking ----------------------------------------------------------------------------------

    def look_up(self, message: Looks) -> None:
        """A screen asks; only the answer to its latest question is of use."""
        self._asking = {id: one for id, one in self._asking.items() if one is not message.dialog}
        self._asking[message.request.id] = message.dialog
        self._console.actor.send(message.request)

    def found(self, answer: Found) -> None:
        dialog = self._asking.pop(answer.id, None)
        if dialog is not None and dialog.is_attached:
            dialog.found(answer)

    def cut_off(self) -> None:
        """The line broke: nothing that was asked is answered any more, and what is shown may be old."""
        self._asking = {}
        for dialog in self._open():
            dialog.cut_off()

    def reattached(self) -> None:
        """The line is there again: what is open is asked for anew."""
        for dialog in self._open():
            dialog.reattached()

    def _open(self) -> list[AskingDialog]:
        if len(self._console.screen_stack) < 2:
            return []
        from stockwatch.console.dialogs.records import AskingDialog

        return [screen for screen in self._console.screen_stack if isinstance(screen, AskingDialog)]

    # --- the work list ---------------------------------------------------------------------------

    def resolve(self, message: Resolves) -> None:
        """Ask who acts where nobody has said, then resolve it."""
        from stockwatch.console.acting import new_id

        console = self._console

        def send() -> None:
            intent = Resolve(id=new_id(), by=console.by, exception=message.row.key, note=message.note)
            console.actor.ask(intent, console.words.exceptions_do)

        if console.by:
            send()
        else:
            console.actor.ask_who(send)

    def answered(self, sentence: str, *, ok: bool) -> None:
        """An intent was answered: the work list on top says what is wrong itself, as it hides the status line."""
        from stockwatch.console.dialogs.exceptions import ExceptionsDialog

        top = self._console.screen
        if isinstance(top, ExceptionsDialog):
            top.answered(clean(sentence), ok=ok)

    # --- the room moves --------------------------------------------------------------------------

    def room_changed(self, before: RoomView | None, now: RoomView | None) -> None:
        """Let the screen on top ask again where what it shows may have changed."""
        top = self._console.screen
        changed = getattr(top, "changed", None)
        if changed is None or before is None or now is None or before is now:
            return
        from stockwatch.console.dialogs.audit import AuditDialog

        if isinstance(top, AuditDialog):
            if before.links is not now.links:
                top.changed(_sizes_with(now, top.sku) if top.sku is not None else None)
        elif before.header.exceptions != now.header.exceptions or before.header.short != now.header.short:
            changed()


def _sizes_with(view: RoomView | None, sku: str) -> tuple[SkuRow, ...]:
    """The sizes of the link that has this SKU; itself alone where no link has it."""
    for link in view.links if view is not None else ():
        if any(row.sku == sku for row in link.sizes):
            return link.sizes
    from stockwatch.room.view import SkuRow

    return (SkuRow(sku=sku, title=sku, label=""),)
