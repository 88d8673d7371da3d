"""`stockwatch run ROOM.toml`: start the hub of the room's ledger, or join the one that runs, and attach a console."""

from __future__ import annotations

import argparse
from pathlib import Path

from stockwatch import paths
from stockwatch.commands.attach import show
from stockwatch.config import RoomConfig, load_room
from stockwatch.exits import Exit, Failure
from stockwatch.hub.spec import HubSpec
from stockwatch.narration import complain, say
from stockwatch.printable import printable
from stockwatch.room.intents import Join, Joined
from stockwatch.room.view import Text


def run(args: argparse.Namespace) -> int:
    """Raises ConfigError for the room's settings, Failure when the room does not come up."""
    file = room_file(args.room)
    config = load_room(file)
    ledger = config.ledger_path or paths.default_ledger(config.id)
    record = paths.hub_of(ledger, config.id)
    if record is not None:
        if record.room_toml is not None and Path(record.room_toml) != file.resolve():
            raise Failure(
                say(
                    f"a room {config.id} runs on this ledger already, from {printable(record.room_toml)}; two rooms "
                    f"can't have one id. To go on from {file}: stop it first (`stockwatch stop {config.id}`)",
                    f"这个账本上已有直播间 {config.id},用的是 {printable(record.room_toml)};两个直播间不能同名。"
                    f"要改用 {file}:先停掉它(`stockwatch stop {config.id}`)",
                ),
                Exit.USAGE,
            )
        complain(
            say(
                f"stockwatch: room {record.room} runs already (pid {record.pid}); attaching",
                f"stockwatch:直播间 {record.room} 已在跑(pid {record.pid});打开看板",
            )
        )
    else:
        record = _begin(file.resolve(), config, ledger)
    if args.detach:
        return Exit.DONE
    return show(record.socket, args, owns_hub=False, language=config.language)


def _begin(file: Path, config: RoomConfig, ledger: Path) -> paths.HubRecord:
    """A hub of its own, or a place in the hub that has the ledger already."""
    from stockwatch.hub.spawn import start

    record = paths.hub_of(ledger) or start(HubSpec(room=str(file)))
    if record.room == config.id:
        complain(
            say(
                f"stockwatch: room {record.room} runs (pid {record.pid}); its log: {record.log}",
                f"stockwatch:直播间 {record.room} 已启动(pid {record.pid});日志:{record.log}",
            )
        )
        return record
    from stockwatch.hub.asking import ask

    host = printable(record.room, 64)
    joined = ask(record, Join(room=str(file)), Joined)
    found = paths.hub_of(ledger, config.id)
    if joined.wrong is not None or found is None:
        wrong = joined.wrong or Text("它没有留下记录", "it left no record")
        raise Failure(
            say(
                f"the ledger of {config.id} is served with room {host} (pid {record.pid}), and {config.id} could not "
                f"join: {printable(wrong.en)}",
                f"{config.id} 的账本由直播间 {host} 的后台(pid {record.pid})管着,{config.id} 没能加入:"
                f"{printable(wrong.zh)}",
            )
        )
    complain(
        say(
            f"stockwatch: room {found.room} joins {host} on one ledger (pid {found.pid}); its log: {record.log}",
            f"stockwatch:直播间 {found.room} 与 {host} 共用一个账本(pid {found.pid});日志:{record.log}",
        )
    )
    return found


def room_file(name: str) -> Path:
    """The file as given, or a shipped sample's when there is no such file."""
    file = Path(name)
    if file.exists() or file.is_absolute():
        return file
    return paths.find_sample(file.name) or file
