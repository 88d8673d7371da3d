"""What each command takes: its arguments, and what they must be.

Imports nothing but argparse until a mistake is made.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import TYPE_CHECKING

from stockwatch.narration import say

if TYPE_CHECKING:
    from stockwatch.parser import Parser

LAB_PLATFORMS = ("douyin", "kuaishou", "taobao", "wechat", "tiktok", "shopify")
"""Those of stockwatch.lab.opening, whose platforms cost an import."""


def _room(command: Parser, *, optional: bool = False, or_url: bool = False) -> None:
    text = say("a room.toml, or the id of a running room", "room.toml,或正在跑的直播间编号")
    if or_url:
        text += say(", or a hub's URL", ",或后台的网址")
    command.add_argument("room", metavar="ROOM", nargs="?" if optional else None, help=text)


def _screen(command: Parser) -> None:
    """What every screen can be told."""
    command.add_argument(
        "--read-only", action="store_true", help=say("look, but change nothing", "只看,不改任何东西")
    )
    command.add_argument("--as", dest="as_", metavar="NAME", type=_text, help=say("who acts", "操作人"))
    command.add_argument("--lang", choices=("zh", "en"), help=say("language of the screen", "界面语言"))
    command.add_argument("--theme", metavar="THEME", help=say("colour theme", "配色"))
    command.add_argument("--ascii", action="store_true", help=say("ASCII glyphs only", "只用 ASCII 符号"))
    command.add_argument("--no-bell", action="store_true", help=say("alerts don't ring", "预警不响铃"))


def _json(command: Parser) -> None:
    command.add_argument("--json", action="store_true", help=say("JSON on stdout", "在 stdout 输出 JSON"))


def _run(command: Parser) -> None:
    _room(command)
    command.add_argument("--detach", action="store_true", help=say("start the hub only", "只启动后台"))
    _screen(command)


def _attach(command: Parser) -> None:
    _room(command, optional=True, or_url=True)
    _screen(command)


def _stop(command: Parser) -> None:
    _room(command, optional=True)


def _hub(command: Parser) -> None:
    _room(command)
    command.add_argument("--listen", metavar="HOST:PORT", help=say("also listen there", "同时监听此地址"))


def _replay(command: Parser) -> None:
    feeds = say("recorded feeds, JSON Lines, merged by time", "录制的消息(JSON Lines),按时间合并")
    command.add_argument("feeds", metavar="FEED", nargs="+", type=_path, help=feeds)
    room = say("default: the .toml beside the first feed", "默认:第一个 FEED 旁边同名的 .toml")
    command.add_argument("--room", metavar="ROOM.toml", help=room)
    speed = say("a factor, or max (default: 1; max with --headless)", "倍速,或 max(默认 1;--headless 时 max)")
    command.add_argument("--speed", metavar="N|max", type=_speed, help=speed)
    begin = say("start there, e.g. 2025-11-11T22:40:00+08:00", "从这里开始,如 2025-11-11T22:40:00+08:00")
    command.add_argument("--from", dest="from_", metavar="TIME", help=begin)
    command.add_argument("--until", metavar="TIME", help=say("end there", "到这里为止"))
    command.add_argument("--headless", action="store_true", help=say("no screen", "不开屏幕"))
    _json(command)
    command.add_argument(
        "--strict", action="store_true", help=say("exit 1 if a line was set aside", "有坏行就退出 1")
    )
    batch = say("events per batch; changes no figure (default 4096)", "每批多少条;不影响任何数字(默认 4096)")
    command.add_argument("--batch", metavar="N", type=_at_least_one, default=4096, help=batch)
    _screen(command)


def _later(command: Parser) -> None:
    command.add_argument("rest", nargs="*", metavar="…", help=argparse.SUPPRESS)


def _feed(command: Parser) -> None:
    actions = command.add_subparsers(dest="feed_command", metavar=say("WHAT", "做什么"), required=True)
    serve = _inner(actions, "serve", "serve recordings as a live WebSocket", "把录制当直播转播(WebSocket)")
    serve.add_argument(
        "feeds", metavar="FEED", nargs="+", type=_path, help=say("JSON Lines files", "JSON Lines 文件")
    )
    serve.add_argument("--ws", metavar="HOST:PORT", required=True, help=say("where to listen", "监听地址"))
    serve.add_argument("--speed", metavar="N|max", type=_speed, default="1", help=say("factor", "倍速"))
    serve.add_argument(
        "--keep-time", action="store_true", help=say("leave times as recorded", "时间保持录制原样")
    )
    serve.add_argument(
        "--once", action="store_true", help=say("end after one client got all", "送完一个客户端就结束")
    )
    check = _inner(actions, "check", "validate a feed; exit 1 if a line is bad", "检查消息;有坏行退出 1")
    check.add_argument(
        "feeds", metavar="FEED", nargs="+", type=_path, help=say("JSON Lines files", "JSON Lines 文件")
    )
    _json(check)
    imported = _inner(actions, "import", "turn an order export into a feed", "把订单导出表变成消息")
    imported.add_argument("file", metavar="FILE.csv", type=_path, help=say("the export", "导出表"))
    imported.add_argument(
        "--map", metavar="MAP.toml", type=_path, help=say("which column is what", "哪一列是什么")
    )


def _ledger(command: Parser) -> None:
    actions = command.add_subparsers(dest="ledger_command", metavar=say("WHAT", "做什么"), required=True)
    apply = _inner(
        actions,
        "apply",
        "events on stdin, one answer a line, after it is durable",
        "从 stdin 记账,落盘后逐行应答",
    )
    _ledger_file(apply)
    apply.add_argument(
        "--room", metavar="ROOM.toml", type=_path, required=True, help=say("its settings", "直播间设置")
    )
    apply.add_argument(
        "--strict", action="store_true", help=say("exit 1 if a line was set aside", "有坏行就退出 1")
    )
    for name, en, zh in (
        ("show", "balances", "看库存"),
        ("verify", "full audit; exit 1 if anything does not add up", "全面查账;对不上退出 1"),
        ("export", "movements as CSV, or JSON with --json", "流水导出 CSV,加 --json 导出 JSON"),
    ):
        action = _inner(actions, name, en, zh)
        _ledger_file(action)
        _json(action)
        if name == "export":
            action.add_argument("--events", action="store_true", help=say("events as received", "原始消息"))
            action.add_argument("--actions", action="store_true", help=say("what people did", "操作记录"))
    audit = _inner(
        actions,
        "audit",
        "every movement of a SKU, newest first: when, which message, by whom, why",
        "一个商品的每笔变动,从新到旧:时间、来源消息、谁、为什么",
    )
    _ledger_file(audit)
    audit.add_argument(
        "sku", metavar="SKU", nargs="?", type=_text, help=say("all of them if left out", "不写则全部")
    )
    audit.add_argument("--order", metavar="ORDER", type=_text, help=say("of one order", "某个订单的"))
    audit.add_argument(
        "--search",
        metavar="TEXT",
        type=_text,
        help=say("rows that hold every word of it", "含有全部这些词的行"),
    )
    audit.add_argument(
        "--limit",
        metavar="N",
        type=_at_least_one,
        default=50,
        help=say("rows, 50 unless told", "行数,默认 50"),
    )
    _json(audit)
    exceptions = _inner(
        actions,
        "exceptions",
        "what does not add up with the world and nobody has resolved",
        "对不上、还没人处理的事",
    )
    _ledger_file(exceptions)
    _json(exceptions)
    backup = _inner(
        actions,
        "backup",
        "a copy, also while the room is live",
        "备份,直播中也可以",
    )
    _ledger_file(backup)
    backup.add_argument(
        "to", metavar="FILE", type=_path, help=say("the copy; must not exist", "备份文件,须不存在")
    )
    _json(backup)
    rebuild = _inner(
        actions,
        "rebuild",
        "stock rows and snapshots made anew from the journal alone",
        "只凭流水重建库存行与快照",
    )
    _ledger_file(rebuild)
    _json(rebuild)


def _ledger_file(command: Parser) -> None:
    command.add_argument("ledger", metavar="LEDGER", type=_path, help=say("the ledger's file", "账本文件"))


def _config(command: Parser) -> None:
    actions = command.add_subparsers(dest="config_command", metavar=say("WHAT", "做什么"), required=True)
    check = _inner(
        actions,
        "check",
        "every problem of a room.toml; exit 1 if any",
        "找出 room.toml 的全部问题;有则退出 1",
    )
    check.add_argument("room", metavar="ROOM.toml", type=_path, help=say("the file", "文件"))
    show = _inner(actions, "show", "every setting, and where its value comes from", "每个设置的值及其来处")
    show.add_argument("room", metavar="ROOM.toml", type=_path, help=say("the file", "文件"))
    _json(show)
    path = _inner(actions, "path", "where stockwatch keeps its files", "stockwatch 的文件在哪里")
    path.add_argument(
        "room", metavar="ROOM.toml", nargs="?", type=_path, help=say("of this room", "这个直播间的")
    )
    _json(path)


def _room_files(command: Parser) -> None:
    actions = command.add_subparsers(dest="room_command", metavar=say("WHAT", "做什么"), required=True)
    taught = _inner(actions, "lessons", "what its streams have taught", "以前的直播学到了什么")
    _room(taught)
    _json(taught)
    new = _inner(
        actions,
        "new",
        "a room.toml from the run-down sheet that you have",
        "用现成的排品表生成 room.toml",
    )
    new.epilog = say(
        "Columns it knows, in any order: 链接号 商品名称 商家编码 货号 规格 颜色 尺码 库存 直播价 上播时间 "
        "福利/主推 替代款 赠品 组合装 补货天数 在途 抖店商品ID 抖店SKU ID (also 淘宝…, 快手…), their usual other "
        "names, and English ones. Which column is the stock is never guessed: where several could be, it asks.",
        "认得的列(顺序随意):链接号 商品名称 商家编码 货号 规格 颜色 尺码 库存 直播价 上播时间 福利/主推 "
        "替代款 赠品 组合装 补货天数 在途 抖店商品ID 抖店SKU ID(淘宝…、快手… 同样),以及常见的别名和英文名。"
        "哪一列是库存从不乱猜:有几列都像就会问。",
    )
    new.add_argument(
        "sheet",
        metavar="SHEET",
        nargs="?",
        type=_path,
        help=say(".xlsx, .csv or .tsv", ".xlsx、.csv 或 .tsv"),
    )
    new.add_argument(
        "-o",
        "--output",
        metavar="FILE",
        type=_path,
        help=say("default: room.toml here", "默认:当前目录的 room.toml"),
    )
    channel = say("platforms that sell, like 抖店 淘宝", "在哪些平台卖,如 抖店 淘宝")
    new.add_argument(
        "--channel", metavar="NAME", nargs="+", action="extend", default=[], type=_text, help=channel
    )
    column = say(
        "what a column is, like 库存=现货 or stock=F; stock=- for none",
        "哪列是什么,如 库存=现货、库存=F;库存=- 是没有",
    )
    new.add_argument("--column", metavar="WHAT=COLUMN", action="append", default=[], type=_text, help=column)
    sheet = say("which worksheet", "哪张工作表")
    new.add_argument("--sheet", dest="sheet_name", metavar="NAME", type=_text, help=sheet)
    new.add_argument("--hidden", action="store_true", help=say("take hidden rows too", "隐藏的行也用"))
    id = say("the room's id; default: from the file's name", "直播间编号;默认取自文件名")
    new.add_argument("--id", metavar="ID", type=_text, help=id)
    new.add_argument("--name", metavar="NAME", type=_text, help=say("the name on the screen", "屏幕上的名字"))
    for flag, en, zh in (
        ("--dry-run", "write nothing, print the room.toml", "不写文件,只打印 room.toml"),
        ("--strict", "write nothing and exit 1 if a cell can't be used", "有用不了的格就不写,退出 1"),
        ("--force", "replace what is there; the old file stays as .bak", "替换已有文件,旧的留作 .bak"),
        ("--example", "write an example sheet to start from", "写一份样表,照着填"),
    ):
        new.add_argument(flag, action="store_true", help=say(en, zh))
    _json(new)


def _channel(command: Parser) -> None:
    actions = command.add_subparsers(dest="channel_command", metavar="ACTION", required=True)
    for name, en, zh in (
        ("test", "what works of one channel, step by step, and what to do; exit 1 if something does not",
         "一步步检查一个渠道,并说明怎么修;有问题退出 1"),
        ("preflight", "the same for every channel of the room", "开播前检查本直播间的全部渠道"),
        ("map", "which goods of the platform are which SKU: proposed on stdout, or added to the room's map",
         "平台商品对应哪个 SKU:在 stdout 给出建议,或写入对照文件"),
    ):  # fmt: skip
        inner = _inner(actions, name, en, zh)
        inner.add_argument("room", metavar="ROOM.toml", type=_path, help=say("its settings", "直播间设置"))
        if name == "preflight":
            inner.set_defaults(channel=None)
        else:
            which = say("the channel's id", "渠道编号")
            more = {"nargs": "?"} if name == "map" else {}
            inner.add_argument("channel", metavar="CHANNEL", type=_text, help=which, **more)  # type: ignore[arg-type]
        if name == "map":
            write = say("add them to ROOM.map.toml", "写入 ROOM.map.toml")
            inner.add_argument("--write", action="store_true", help=write)
            begin = say(
                "go on where an earlier run of a large shop stopped", "店铺商品很多时,从上次停下的地方接着做"
            )
            inner.add_argument("--from", dest="begin", metavar="MARK", type=_text, help=begin)
        else:
            _json(inner)


def _lab(command: Parser) -> None:
    folder = say("where the room's files are, or are written", "直播间文件所在(没有就写到这里)的目录")
    command.add_argument("dir", metavar="DIR", type=_path, help=folder)
    room = say("sell this room's SKUs; default: a few samples", "卖这个直播间的 SKU;默认卖几样样品")
    command.add_argument("--room", metavar="ROOM.toml", type=_path, help=room)
    platform = say(
        "which platforms, one each time; default: douyin, kuaishou and taobao",
        "哪些平台,可写多次;默认 douyin、kuaishou、taobao",
    )
    command.add_argument("--platform", choices=LAB_PLATFORMS, action="append", default=[], help=platform)
    command.add_argument(
        "--script", metavar="FILE", type=_path, help=say("phases of a stream", "按剧本演(TOML)")
    )
    command.add_argument(
        "--for", dest="for_", metavar="TIME", type=_text, help=say("how long buyers buy", "买家买多久")
    )
    for flag, default, en, zh in (
        ("--rate", 2.0, "orders a second on each platform", "每个平台每秒几单"),
        ("--chat", 0.0, "comments a second on Douyin", "抖音每秒几条弹幕"),
        ("--lost", 0.0, "share of pushes that are lost", "丢失的推送占比"),
        ("--duplicated", 0.02, "share of pushes that come twice", "重复的推送占比"),
        ("--late", 0.3, "seconds that pushes are late, on average", "推送平均晚几秒"),
        ("--latency", 0.05, "seconds of every answer", "每次应答几秒"),
        ("--limit", 0.0, "requests a second and method; 0: no limit", "每个接口每秒限几次;0 不限"),
        ("--token-life", 0.0, "seconds that a token lasts; 0: for ever", "令牌有效几秒;0 永久"),
        ("--failing", 0.0, "share of requests that fail", "失败的请求占比"),
        ("--skew", 0.0, "seconds that the platforms' clocks are ahead", "平台时钟快几秒"),
        ("--haste", 1.0, "how much quicker buyers pay and parcels leave", "买家付款、发货快几倍"),
        ("--unpaid", 30.0, "seconds until an unpaid order is closed", "未付款几秒后关单"),
        (
            "--step",
            0.0,
            "units of each SKU that Douyin sells as pre-sale afterwards",
            "抖音卖完转预售,每个 SKU 几件",
        ),
    ):
        command.add_argument(
            flag, metavar="N", type=_number, default=default, help=f"{say(en, zh)} ({default:g})"
        )
    command.add_argument(
        "--seed", metavar="N", type=int, default=1, help=say("of everything drawn", "随机种子")
    )
    listen = say("where the look-alikes answer (127.0.0.1:8100)", "模拟器的地址(127.0.0.1:8100)")
    command.add_argument(
        "--listen", metavar="HOST:PORT", type=_address, default="127.0.0.1:8100", help=listen
    )
    push = say("where the room takes pushes (127.0.0.1:8790)", "直播间收推送的地址(127.0.0.1:8790)")
    command.add_argument("--push", metavar="HOST:PORT", type=_address, default="127.0.0.1:8790", help=push)
    command.add_argument(
        "--no-push", action="store_true", help=say("send none: polling only", "不推送,只靠轮询")
    )


def _number(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = -1.0
    if not 0 <= number <= 1_000_000:
        raise argparse.ArgumentTypeError(say(f"{text}: a number from 0 is needed", f"{text}:需要 0 以上的数"))
    return number


def _address(text: str) -> str:
    host, _, port = text.rpartition(":")
    if not host or not (port.isascii() and port.isdigit()) or not 0 < int(port[:6]) < 65536:
        raise argparse.ArgumentTypeError(say(f"{text}: HOST:PORT is needed", f"{text}:需要 主机:端口"))
    return text


def _help(command: Parser) -> None:
    command.add_argument(
        "key",
        metavar="KEY",
        nargs="*",
        type=_text,
        help=say("e.g. replay, sku.lead_time, CRITICAL", "如 replay、sku.lead_time、CRITICAL"),
    )


def _inner(actions: argparse._SubParsersAction[Parser], name: str, en: str, zh: str) -> Parser:
    about = say(en, zh)
    inner = actions.add_parser(name, help=about, description=about)
    inner.set_defaults(parser_=inner)
    return inner


def _path(text: str) -> object:
    from pathlib import Path

    if not text or "\0" in text:
        raise argparse.ArgumentTypeError(say("a file is needed", "需要文件"))
    return Path(text)


def _speed(text: str) -> str:
    """`max`, or a factor above 0, with or without a leading x or ×."""
    if text == "max":
        return text
    number = text[1:] if text[:1] in ("x", "×") else text
    try:
        factor = float(number)
    except ValueError:
        factor = 0.0
    if not 0 < factor <= 1_000_000:
        raise argparse.ArgumentTypeError(
            say(
                f"{text}: write a factor above 0, like 60 or 0.5, or max",
                f"{text}:写大于 0 的倍速,如 60、0.5,或 max",
            )
        )
    return number


def _text(text: str) -> str:
    """Words for people: bytes that the locale could not read are UTF-8, or shown as what they are not."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _at_least_one(text: str) -> int:
    if not (text.isascii() and text.isdigit()) or not 1 <= len(text) <= 9 or int(text) < 1:
        raise argparse.ArgumentTypeError(
            say(f"{text}: a whole number from 1 is needed", f"{text}:需要 1 以上的整数")
        )
    return int(text)


ARGUMENTS: dict[str, Callable[[Parser], None]] = {
    "run": _run,
    "attach": _attach,
    "ps": _json,
    "stop": _stop,
    "hub": _hub,
    "replay": _replay,
    "drill": _later,
    "report": _later,
    "prompter": _later,
    "feed": _feed,
    "ledger": _ledger,
    "room": _room_files,
    "channel": _channel,
    "lab": _lab,
    "config": _config,
    "doctor": _json,
    "help": _help,
}
"""By command."""
