"""`stockwatch channel test|preflight|map`: does a platform's channel work, and which of its goods is which SKU.

Reads only, but for `map --write`, which adds to the room's map beside its room.toml. stdout is data.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import shlex
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from stockwatch import paths
from stockwatch.channels.goods import Goods, Numbered, bundles
from stockwatch.channels.open import open_client, platform_of
from stockwatch.channels.stock import MOST_ASKS, Offered, survey
from stockwatch.channels.trial import Step, steps
from stockwatch.channels.wire import ApiError, Listed
from stockwatch.commands.channel_figures import as_json, as_text, compared
from stockwatch.config import Channel, RoomConfig, Sku, load_room
from stockwatch.exits import Exit, Failure
from stockwatch.hub.platforms import numbers_of, tokens_file
from stockwatch.narration import complain, say
from stockwatch.printable import printable
from stockwatch.sheets.matching import PlatformRow, Proposal, propose
from stockwatch.sheets.numbers import write_numbers
from stockwatch.sheets.plan import Number

_NAMES = {
    "credentials": "凭证", "orders": "取单", "clock": "时钟", "detail": "明细", "goods": "商品", "stock": "库存",
    "push": "推送",
}  # fmt: skip
_MARKS = {"ok": "ok  ", "note": "note", "bad": "BAD "}


def run(args: argparse.Namespace) -> int:
    """Raises Failure and ConfigError, which the command line turns into messages."""
    config = load_room(args.room)
    channels = _channels(config, args.channel)
    if args.channel_command == "map":
        if args.begin and len(channels) != 1:
            raise Failure(
                say("--from is of one channel: name it", "--from 只对一个渠道有意义:写上渠道编号"), Exit.USAGE
            )
        return _map(args, config, channels)
    return asyncio.run(_try(args, config, channels))


def _channels(config: RoomConfig, name: str | None) -> list[Channel]:
    native = [channel for channel in config.channels if platform_of(channel) is not None]
    if name is None:
        found = native
    else:
        found = [channel for channel in native if channel.id == name]
    if not found:
        known = ", ".join(printable(channel.id, 40) for channel in native) or say("none", "没有")
        raise Failure(
            say(
                f"no such channel that speaks to a platform; the room's: {known}",
                f"没有这个直连平台的渠道;本直播间有:{known}",
            ),
            Exit.USAGE,
        )
    return found


# --- test and preflight ----------------------------------------------------------------------------------------------


async def _try(args: argparse.Namespace, config: RoomConfig, channels: Sequence[Channel]) -> int:
    numbers = numbers_of(args.room)
    good = True
    told: list[dict[str, object]] = []
    offered: dict[str, list[Listed]] = {}
    for channel in channels:
        if not args.json:
            sys.stdout.write(
                f"{printable(channel.title or channel.id)} ({printable(channel.feed or '', 80)})\n"
            )
        async for step in steps(channel, config, numbers, tokens_file(config, channel), offered):
            good = good and step.state != "bad"
            if args.json:
                told.append(_row(channel, step))
            else:
                sys.stdout.write(_lines(step))
                sys.stdout.flush()
    rows = compared(config, offered, numbers) if args.channel_command == "preflight" else []
    if args.json:
        whole = {"ok": good, "steps": told}
        if args.channel_command == "preflight":
            whole["figures"] = as_json(rows)
        sys.stdout.write(json.dumps(whole, ensure_ascii=False, separators=(",", ":")) + "\n")
    else:
        if rows:
            sys.stdout.write(as_text(rows, channels))
        sys.stdout.write(
            say("ready\n", "可以开播\n") if good else say("not ready: see BAD\n", "还不能开播:见 BAD 行\n")
        )
    return Exit.DONE if good else Exit.CHECK_FAILED


def _row(channel: Channel, step: Step) -> dict[str, object]:
    do = step.do.en if step.do else None
    return {"channel": channel.id, "step": step.name, "state": step.state, "says": step.says.en, "do": do}


def _lines(step: Step) -> str:
    name = say(f"{step.name:<12}", _NAMES[step.name])
    text = f"  {_MARKS[step.state]}  {name} {printable(say(*step.says), 400)}\n"
    if step.do is not None:
        text += f"{'':<{say('20', '12')}} -> {printable(say(*step.do), 400)}\n"
    return text


# --- map -------------------------------------------------------------------------------------------------------------


def _map(args: argparse.Namespace, config: RoomConfig, channels: Sequence[Channel]) -> int:
    there = numbers_of(args.room)
    found: list[Number] = []
    unclear = 0
    for channel in channels:
        try:
            offered = asyncio.run(_offered(channel, config, args.begin or ""))
        except ApiError as error:
            raise Failure(f"{printable(channel.id)}: {error}", Exit.UNREACHABLE) from None
        except ValueError:
            raise Failure(
                say(
                    "--from: write what an earlier run said after --from, in quotes",
                    "--from:照抄上一次给出的 --from 内容,加引号",
                ),
                Exit.USAGE,
            ) from None
        made, left = _proposed(channel, config, there, offered.goods)
        found += made
        unclear += left + len(offered.unusable)
        _tell_rest(channel, offered)
    if not args.write:
        sys.stdout.write(write_numbers(found))
        complain(
            say(
                f"stockwatch: {len(found)} that --write would add, {unclear} left to you",
                f"stockwatch:加 --write 会新增 {len(found)} 条,{unclear} 条需要你来定",
            )
        )
        return Exit.DONE
    if found:
        _add(paths.map_file(args.room), write_numbers(found))
    complain(
        say(
            f"stockwatch: {len(found)} added to {printable(str(paths.map_file(args.room)))}, {unclear} left to you",
            f"stockwatch:{printable(str(paths.map_file(args.room)))} 新增 {len(found)} 条,{unclear} 条需要你来定",
        )
    )
    return Exit.DONE


async def _offered(channel: Channel, config: RoomConfig, mark: str) -> Offered:
    client = open_client(channel, tokens_file(config, channel))
    try:
        return await survey(client, mark)
    finally:
        await client.aclose()


def _proposed(
    channel: Channel, config: RoomConfig, there: Sequence[Numbered], listed: Sequence[Listed]
) -> tuple[list[Number], int]:
    """Entries for what one channel offers and the map does not name; how many rows are left to a person."""
    known = {(one.product, one.sku) for one in there if one.channel == channel.id}
    taken = {one.names for one in there if one.channel == channel.id}
    new: dict[tuple[str, str], Listed] = {}
    for one in listed:
        if (one.product, one.sku) not in known:
            new.setdefault((one.product, one.sku), one)  # a list that moves meanwhile may name one twice
    # A bundle is found as a SKU is, by its id as the merchant's code or by its title; best by what it is made of, which
    # the platform says by numbers that may be found only now.
    sets = {one.id: one for one in bundles(config)}
    names = [Sku(id=one.id, title=one.title) for one in sets.values()] + list(config.skus)
    found, left = list[Number](), 0
    single = [one for one in new.values() if not one.parts]
    made_up = [one for one in new.values() if one.parts]
    for batch in (single, made_up):
        goods = Goods(config, channel.id, [*there, *(_numbered(one) for one in found)])
        rest: list[PlatformRow] = []
        for one in batch:
            listing = goods.listing_of(one.parts)
            if listing is None or listing in taken:
                rest.append(PlatformRow(one.product, one.sku, one.title, one.spec, one.outer, one.stock))
            else:
                taken.add(listing)
                found.append(Number(channel.id, one.product, one.sku or None, None, listing, ""))
        proposal = propose(rest, [sku for sku in names if sku.id not in taken])
        for match in proposal.matches:
            sku, listing = (None, match.sku) if match.sku in sets else (match.sku, None)
            taken.add(match.sku)
            found.append(Number(channel.id, match.row.product_id, match.row.sku_id or None, sku, listing, ""))
        left += _tell(channel, proposal)
    return found, left


def _numbered(one: Number) -> Numbered:
    return Numbered(one.channel, one.product_id or "", one.sku_id or "", one.sku or one.listing or "")


def _tell_rest(channel: Channel, offered: Offered) -> None:
    """What of the shop's goods was not looked at."""
    for row in offered.unusable:
        complain(say(f"! {channel.id} can't be read: {row}", f"! {channel.id} 读不了:{row}"))
    if offered.mark:
        mark = shlex.quote(printable(offered.mark, 2000))
        complain(
            say(
                f"{channel.id}: stopped after {MOST_ASKS} requests; go on with --from {mark}",
                f"{channel.id}:已请求 {MOST_ASKS} 次,先停在这里;接着做请加 --from {mark}",
            )
        )


def _tell(channel: Channel, proposal: Proposal) -> int:
    """What a person has to decide; how many of them there are."""
    for unclear in proposal.unclear:
        which = ", ".join(f"{printable(sku, 60)} {score:.2f}" for sku, score in unclear.candidates)
        complain(f"? {channel.id} {_named(unclear.row)}: {which}")
    for row in proposal.unmatched:
        complain(say(f"- {channel.id} {_named(row)}: no SKU", f"- {channel.id} {_named(row)}:没有对应 SKU"))
    return len(proposal.unclear) + len(proposal.unmatched)


def _named(row: PlatformRow) -> str:
    words = (row.product_id, row.sku_id, row.title, row.spec, row.outer_id)
    return printable(" ".join(filter(None, words)), 200)


def _add(path: Path, text: str) -> None:
    """Whole or not at all: what was there, and the new entries behind it."""
    before = path.read_text("utf-8") if path.exists() else ""
    handle, name = tempfile.mkstemp(dir=path.parent)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(before + ("\n" if before and not before.endswith("\n\n") else "") + text)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(name, path.stat().st_mode & 0o777 if path.exists() else 0o644)
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
