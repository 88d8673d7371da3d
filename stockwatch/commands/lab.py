"""`stockwatch lab DIR`: local look-alikes of the platforms with buyers behind them, and a room that follows them.

Writes the room's files into DIR where there are none yet, then serves until it is interrupted. Once its buyers have
bought all they were to, the shops' own books are one line of JSON on stdout: what a ledger must come to.
"""

from __future__ import annotations

import argparse
import asyncio
import dataclasses
import json
import logging
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from stockwatch.channels.serving import Listen, serve
from stockwatch.config import load_room
from stockwatch.exits import Exit, Failure
from stockwatch.lab.faults import Faults
from stockwatch.lab.opening import PLATFORMS, SAMPLE, Ware, booth_of, room_files, write
from stockwatch.lab.script import Phase, ScriptError, read_script, seconds_of
from stockwatch.lab.world import Booth, Lab
from stockwatch.narration import complain, say
from stockwatch.printable import printable

_TELL_EVERY_S = 10.0


def run(args: argparse.Namespace) -> int:
    """Raises Failure for what can't be followed or listened to."""
    logging.basicConfig(level=logging.WARNING)
    wares = SAMPLE
    if args.room is not None:
        room = load_room(args.room)
        wares = [Ware(sku.id, sku.title, sku.stock or 0) for sku in room.skus]
    if step := max(0, int(args.step)):
        wares = [ware._replace(step=step) for ware in wares]
    if not wares:
        raise Failure(say("the room has no SKU to sell", "这个直播间没有可卖的 SKU"), Exit.USAGE)
    platforms = tuple(dict.fromkeys(args.platform or PLATFORMS))
    phases = _phases(args, platforms, wares)
    faults = Faults(
        duplicated=args.duplicated, lost=args.lost, late_s=args.late, latency_s=args.latency,
        per_second=args.limit, token_s=args.token_life, skew_s=args.skew, failing=args.failing,
    )  # fmt: skip
    booths = {
        name: booth_of(name, wares, faults, args.seed + 10 * nth, unpaid_s=args.unpaid, run=int(time.time()))
        for nth, name in enumerate(platforms)
    }
    for name, booth in booths.items():
        booth.buyers.haste = max(args.haste, 0.01)
        booth.push_url = None if args.no_push else f"http://{args.push}/push/{name}"
    _write_room(args.dir, wares, args.listen, args.push, booths)
    host, _, port = args.listen.rpartition(":")
    try:
        return asyncio.run(_live(Lab(booths), phases, Listen(host, int(port)), args.dir))
    except OSError as error:
        shown = printable(args.listen)
        raise Failure(
            say(f"can't listen on {shown}: {error.strerror}", f"无法监听 {shown}:{error.strerror}"),
            Exit.UNREACHABLE,
        ) from None


def _phases(args: argparse.Namespace, platforms: tuple[str, ...], wares: list[Ware]) -> list[Phase]:
    if args.script is None:
        seconds = 315_360_000 if args.for_ is None else seconds_of(args.for_)
        if seconds is None:
            raise Failure(say('--for: write a time like "90s" or "10m"', "--for:写成 90s 或 10m"), Exit.USAGE)
        return [Phase(seconds, args.rate, args.chat)]
    try:
        return read_script(args.script.read_text("utf-8"), platforms, [ware.sku for ware in wares])
    except (OSError, UnicodeDecodeError, ScriptError) as error:
        shown = printable(str(args.script))
        raise Failure(f"{shown}: {printable(str(error))}", Exit.USAGE) from None


def _write_room(folder: Path, wares: list[Ware], listen: str, push: str, booths: dict[str, Booth]) -> None:
    """What is there already stays, since its ledger knows it; it must be of this same lab."""
    since = datetime.now(UTC).astimezone(ZoneInfo("Asia/Shanghai")).isoformat(timespec="seconds")
    toml = folder / "lab.toml"
    if toml.exists():
        since = next((channel.since for channel in load_room(toml).channels if channel.since), since)
    files = room_files(wares, listen, push, booths, since)
    other = [
        name
        for name in files
        if (folder / name).exists() and (folder / name).read_text("utf-8") != files[name]
    ]
    if other:
        shown = printable(str(folder / other[0]))
        raise Failure(
            say(
                f"{shown} is there and is not of this lab; name an empty folder",
                f"{shown} 已存在,且不是这个演练场的;请换一个空目录",
            ),
            Exit.USAGE,
        )
    write(folder, files)


async def _live(lab: Lab, phases: list[Phase], at: Listen, folder: Path) -> int:
    ready: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(serve(lab.app, at, ready.set_result, websockets=True))
        await ready
        toml = printable(str(folder / "lab.toml"))
        complain(
            say(
                f"stockwatch lab: in another terminal: stockwatch run {toml}",
                f"stockwatch lab:在另一个终端运行 stockwatch run {toml}",
            )
        )
        living = tasks.create_task(lab.run())
        telling = tasks.create_task(_tell(lab))
        for phase in phases:
            _begin(lab, phase)
            await asyncio.sleep(phase.seconds)
        _begin(lab, Phase(0))
        await _quiet(lab)
        telling.cancel()
        sys.stdout.write(json.dumps(_books(lab), ensure_ascii=False, separators=(",", ":")) + "\n")
        sys.stdout.flush()
        complain(
            say(
                "stockwatch lab: the buyers are done; answering until Ctrl-C",
                "stockwatch lab:买家都买完了;继续应答,按 Ctrl-C 结束",
            )
        )
        await living
    return Exit.DONE


async def _quiet(lab: Lab) -> None:
    """Until the shops have come to rest: they are looked at, they tell nobody."""
    while True:
        await asyncio.sleep(0.2)
        if lab.is_quiet:
            return


def _begin(lab: Lab, phase: Phase) -> None:
    for name, booth in lab.booths.items():
        booth.rate = phase.rate
        booth.chat = phase.chat
        booth.buyers.weights = (
            [phase.hot.get(good.outer, 1.0) for good in booth.face.shop.goods] if phase.hot else []
        )
        booth.out_until = time.monotonic() + phase.seconds if name in phase.out else 0.0
        for sku, stock in phase.set.get(name, {}).items():
            booth.face.shop.overwrite(sku, stock)
            shown = printable(sku, 80)
            complain(say(f"{name}: {shown} is written to be {stock}", f"{name}:{shown} 被写成 {stock}"))


async def _tell(lab: Lab) -> None:
    while True:
        await asyncio.sleep(_TELL_EVERY_S)
        for name, booth in lab.booths.items():
            shop, door = booth.face.shop, booth.face.door
            complain(
                say(
                    f"{name}: {len(shop.orders)} orders, {booth.pushed} pushes taken, {booth.lost} lost, "
                    f"{sum(door.asked.values())} requests, {sum(door.limited.values())} refused as too many",
                    f"{name}:{len(shop.orders)} 单,推送 {booth.pushed} 条,丢 {booth.lost} 条,"
                    f"请求 {sum(door.asked.values())} 次,限流 {sum(door.limited.values())} 次",
                )
            )


def _figures(lab: Lab, *, presale: bool) -> dict[str, dict[str, int]]:
    skus: dict[str, dict[str, int]] = {}
    for booth in lab.booths.values():
        for sku, figures in booth.face.shop.figures(presale=presale).items():
            held = skus.setdefault(sku, dict.fromkeys(dataclasses.asdict(figures), 0))
            for name, value in dataclasses.asdict(figures).items():
                held[name] += value
    return skus


def _books(lab: Lab) -> dict[str, object]:
    stepped = any(good.step is not None for booth in lab.booths.values() for good in booth.face.shop.goods)
    return {
        "skus": _figures(lab, presale=False),
        **({"presale": _figures(lab, presale=True)} if stepped else {}),
        "platforms": {
            name: {
                "orders": len(booth.face.shop.orders), "refused": booth.face.shop.refused, "pushed": booth.pushed,
                "lost": booth.lost, "comments": booth.said, "undelivered": booth.undelivered,
                "asked": booth.face.door.asked,
                "limited": booth.face.door.limited, "forged": booth.face.door.forged,
            }
            for name, booth in lab.booths.items()
        },
    }  # fmt: skip
