"""The console: a room on one screen, attached to a hub.

Importing this package imports nothing heavy; Textual is loaded by `attach` only.
"""

from __future__ import annotations

import gc


def attach(
    target: str,
    *,
    by: str | None = None,
    read_only: bool = False,
    language: str | None = None,
    theme: str | None = None,
    ascii: bool | None = None,
    bell: bool = True,
    owns_hub: bool = False,
    spark: str | None = None,
) -> int:
    """Show the room of the hub at `target` (the path of its Unix socket, or a ws:// or wss:// URL) until the
    person leaves. Returns an exit code.

    `by`: who acts; asked for when None. `language`: "zh" or "en", None by the locale; `ascii`: None by the
    locale. `bell`: what interrupts rings the terminal's. `owns_hub`: this console started the hub, so that a replay
    ends with it. `spark`: "braille", "block" or "ascii". Keys and themes of the user's config folder are used.

    Without a terminal, or on one that can only print (TERM=dumb), the picture is printed once as text.
    """
    from stockwatch.console import terminal

    if not terminal.usable():
        return once(target, language=language, ascii=ascii)
    # Until the first picture nothing is garbage: looking for it costs a fifth of the start. `Console` ends this.
    gc.disable()
    from stockwatch.console import prepaint

    prepaint.show(language)
    try:
        from stockwatch.console.run import build, drive

        app = build(
            target,
            by=by,
            read_only=read_only,
            language=language,
            theme=theme,
            ascii=ascii,
            bell=bell,
            owns_hub=owns_hub,
            spark=spark,
        )
    except BaseException:
        prepaint.take_back()
        raise
    return drive(app)


def once(
    target: str, *, language: str | None = None, ascii: bool | None = None, width: int | None = None
) -> int:
    """Print the picture of the hub at `target` once as text: the board as a table, and the alerts. Returns
    an exit code: 3 when no hub answers there.
    """
    from stockwatch.console.plain import print_once

    return print_once(target, language=language, ascii=ascii, width=width)
