"""Hubs that run, and what killed ones left."""

from __future__ import annotations

from collections.abc import Iterator

from stockwatch import __version__, paths
from stockwatch.config.problems import Words
from stockwatch.doctor.finding import Finding


def hubs() -> Iterator[Finding]:
    running = paths.running_hubs()
    if not running:
        yield Finding.ok("hubs", "none running", "没有在跑的")
    for hub in running:
        text = f"{hub.room} ({hub.mode}), pid {hub.pid}, ledger {hub.ledger}"
        if hub.version == __version__:
            yield Finding.ok("hubs", text, text)
        else:
            yield Finding.note(
                "hubs",
                f"{text}: of version {hub.version or '?'}, this is {__version__}",
                f"{text}:版本 {hub.version or '?'},而这里是 {__version__}",
                Words(
                    f"stop it and run it again: stockwatch stop {hub.room}",
                    f"停掉再启动:stockwatch stop {hub.room}",
                ),
            )
    for stale in paths.stale_sockets():
        yield Finding.note(
            "hubs",
            f"{stale}: left by a hub that was killed; the next hub of its ledger takes it over",
            f"{stale}:被强行结束的后台留下的;同一账本的下一个后台会接手",
        )
