"""A lab for a room: its goods on each platform, numbers of its own, and the files a room needs to follow it.

Pure but for `write`.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import tomli_w

from stockwatch.channels.wire import Keys
from stockwatch.lab import douyin, kuaishou, shopify, taobao, tiktok, wechat
from stockwatch.lab.face import Door, Face
from stockwatch.lab.faults import Chance, Faults
from stockwatch.lab.shop import Buyers, Good, Shop
from stockwatch.lab.world import LIVE_ROOM, Booth

PLATFORMS = ("douyin", "kuaishou", "taobao")
"""What a lab holds unless others are asked for."""


class _Kind(NamedTuple):
    """One platform in a lab."""

    title: str
    face: Callable[[Shop, Door], Face]
    keys: Callable[[], Keys]
    first_order: int
    first_product: int


_KINDS = {
    "douyin": _Kind(
        "抖音", douyin.DouyinFace, douyin.lab_keys, 4_781_320_682_406_083_640, 3_561_234_567_890_123_456
    ),
    "kuaishou": _Kind(
        "快手", kuaishou.KuaishouFace, kuaishou.lab_keys, 2_607_602_240_240_301, 21_000_000_000_001
    ),
    "taobao": _Kind("淘宝", taobao.TaobaoFace, taobao.lab_keys, 192_559_684_481_084, 680_000_000_001),
    "wechat": _Kind(
        "视频号", wechat.WeChatFace, wechat.lab_keys, 3_705_115_058_471_208_928, 10_000_180_000_001
    ),
    "tiktok": _Kind(
        "TikTok Shop", tiktok.TikTokFace, tiktok.lab_keys, 576_461_413_038_785_000, 1_729_382_588_639_839_000
    ),
    "shopify": _Kind("Shopify", shopify.ShopifyFace, shopify.lab_keys, 5_678_901_234_567, 8_012_345_678_901),
}
ALL_PLATFORMS = tuple(_KINDS)


class Ware(NamedTuple):
    """What the room sells."""

    sku: str
    title: str
    stock: int
    step: int | None = None
    """What Douyin sells of it as pre-sale once its stock is gone (阶梯发货); None: nothing."""


def keys_of(platform: str) -> Keys:
    """Credentials that the lab's look-alike takes."""
    return _KINDS[platform].keys()


def booth_of(
    platform: str,
    wares: Sequence[Ware],
    faults: Faults,
    seed: int,
    *,
    unpaid_s: float = 30.0,
    share: float = 1.0,
    run: int = 0,
    at_payment: Collection[str] = (),
) -> Booth:
    """A look-alike that offers these wares, `share` of their stock each. `run` sets its orders apart from those of
    another run. `at_payment`: SKUs whose stock is taken when they are paid (付款减库存)."""
    kind = _KINDS[platform]
    first = kind.first_product
    goods = [
        Good(
            first + nth,
            first + 1_000_000 + nth,
            ware.sku,
            ware.title,
            int(ware.stock * share),
            ware.sku in at_payment,
            ware.step if platform == "douyin" else None,
        )
        for nth, ware in enumerate(wares)
    ]
    shop = Shop(
        goods,
        first_order=kind.first_order + run * 10_000,
        unpaid_ttl_ms=int(unpaid_s * 1000),
        second_grain=platform != "kuaishou",
        says_kept=platform != "wechat",
    )
    face = kind.face(shop, Door(keys_of(platform), faults))
    buyers = Buyers(
        shop,
        seed,
        several=0.0 if platform == "kuaishou" else 0.15,
        returns=platform != "tiktok",
        partly=platform in ("douyin", "taobao", "wechat"),
    )
    return Booth(face, buyers, Chance(faults, seed + 1))


def room_files(
    wares: Sequence[Ware], address: str, push: str, booths: Mapping[str, Booth], since: str
) -> dict[str, str]:
    """File name -> text: a room that follows the lab at `address` since this moment, and takes pushes at `push`."""
    channels = []
    for name in booths:
        channel = {
            "id": name,
            "title": _KINDS[name].title,
            "feed": f"{name}:http://{address}/{name}",
            "secret": f"file:{name}.keys.toml",
        }
        channel |= {"shop": keys_of(name).shop, "since": since}
        if name == "douyin":
            channel["live_room"] = str(LIVE_ROOM)
        if name == "taobao":
            channel["messages"] = f"ws://{address}/{name}/tmc"
        channels.append(channel)
    blocks: list[tuple[str, dict[str, Any]]] = [
        ("[room]", {"id": "lab", "name": "演练室", "timezone": "Asia/Shanghai"}),
        ("[ledger]", {"path": "lab.db"}),
        ("[push]", {"listen": push}),
        *(("[[channel]]", channel) for channel in channels),
        *(
            ("[[sku]]", {"id": ware.sku, "title": ware.title, "stock": ware.stock, "lead_time": "10m"})
            for ware in wares
        ),
    ]
    room = "\n".join(f"{head}\n{tomli_w.dumps(table)}" for head, table in blocks)
    maps = [
        {"channel": name, "product_id": str(good.product), "sku_id": str(good.sku), "sku": good.outer}
        for name, booth in booths.items()
        for good in booth.face.shop.goods
    ]
    files = {"lab.toml": room, "lab.map.toml": tomli_w.dumps({"map": maps})}
    for name in booths:
        keys = keys_of(name)
        set_ = {field: value for field in keys.__struct_fields__ if (value := getattr(keys, field))}
        files[f"{name}.keys.toml"] = tomli_w.dumps(set_)
    return files


def write(folder: Path, files: Mapping[str, str]) -> None:
    """Raises OSError. Credentials get mode 0600. Whoever waits for a file finds all of it, a room with its keys beside
    it."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in sorted(files, key=lambda name: not name.endswith(".keys.toml")):
        mode = 0o600 if name.endswith(".keys.toml") else 0o644
        new = folder / f".{name}.new"
        handle = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(files[name])
        os.replace(new, folder / name)


def wares_of(skus: Iterable[tuple[str, str, int]]) -> list[Ware]:
    return [Ware(*one) for one in skus]


SAMPLE = wares_of(
    (
        ("HOODIE-BK-S", "联名款卫衣 黑 S", 300),
        ("HOODIE-BK-M", "联名款卫衣 黑 M", 500),
        ("HOODIE-BK-L", "联名款卫衣 黑 L", 300),
        ("SOCK", "袜子", 800),
        ("CAP", "渔夫帽", 200),
    )
)
