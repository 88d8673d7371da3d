"""`stockwatch run ROOM.toml`: start the hub of the room's ledger if none runs, and attach a console."""

from __future__ import annotations

import argparse
from pathlib import Path

from stockwatch import paths
from stockwatch.commands.attach import show
from stockwatch.config import load_room
from stockwatch.exits import Exit, Failure
from stockwatch.hub.spec import HubSpec
from stockwatch.narration import complain, say
from stockwatch.printable import printable


def run(args: argparse.Namespace) -> int:
    """Raises ConfigError for the room's settings, Failure when the hub does not come up or serves another room."""
    file = room_file(args.room)
    config = load_room(file)
    ledger = config.ledger_path or paths.default_ledger(config.id)
    record = paths.hub_of(ledger)
    if record is None:
        from stockwatch.hub.spawn import start

        record = start(HubSpec(room=str(file.resolve())))
        complain(
            say(
                f"stockwatch: room {record.room} runs (pid {record.pid}); its log: {record.log}",
                f"stockwatch:直播间 {record.room} 已启动(pid {record.pid});日志:{record.log}",
            )
        )
    elif record.room != config.id:
        room = printable(record.room, 64)
        raise Failure(
            say(
                f"the ledger of {config.id} is in use: room {room} runs on it (pid {record.pid}). "
                f"Attach to that one (stockwatch attach {room}), stop it, or name another ledger",
                f"{config.id} 的账本正被直播间 {room} 使用(pid {record.pid})。"
                f"可以打开它(stockwatch attach {room})、停掉它,或换一个账本",
            )
        )
    else:
        complain(
            say(
                f"stockwatch: room {record.room} runs already (pid {record.pid}); attaching",
                f"stockwatch:直播间 {record.room} 已在跑(pid {record.pid});打开看板",
            )
        )
    if args.detach:
        return Exit.DONE
    return show(record.socket, args, owns_hub=False, language=config.language)


def room_file(name: str) -> Path:
    """The file as given, or a shipped sample's when there is no such file."""
    file = Path(name)
    if file.exists() or file.is_absolute():
        return file
    return paths.find_sample(file.name) or file
