"""Does a channel work? One step after another, each with what to do where it does not.

Asks the platform as the feed does, reads and never writes. A step that can't be taken because an earlier one failed is
left out.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Literal, NamedTuple

from stockwatch.channels.client import Client
from stockwatch.channels.facts import unknown_subject
from stockwatch.channels.goods import Goods, Numbered
from stockwatch.channels.open import open_client
from stockwatch.channels.orders import Order, Part
from stockwatch.channels.stock import MOST_ASKS, Offered, survey
from stockwatch.channels.taobao import tmc_link
from stockwatch.channels.wire import ApiError, Keys, Listed
from stockwatch.config import MESSAGES_OVER_HTTP, Channel, ConfigError, RoomConfig
from stockwatch.config.problems import Words

_S = 1_000_000
_NEEDED = {
    "douyin": ("app_key", "app_secret", "access_token"),
    "kuaishou": ("app_key", "sign_secret", "access_token", "message_secret"),
    "taobao": ("app_key", "app_secret", "access_token"),
    "wechat": ("app_key", "app_secret", "push_token", "message_secret"),
    "tiktok": ("app_key", "app_secret", "access_token", "shop_cipher"),
    "shopify": ("app_key", "app_secret", "access_token"),
}
_LOOK_BACK_S = 24 * 3600
_FEW = 5

State = Literal["ok", "note", "bad"]


class Step(NamedTuple):
    """What came of one step."""

    name: str
    state: State
    says: Words
    do: Words | None = None


async def steps(
    channel: Channel,
    config: RoomConfig,
    numbers: Sequence[Numbered],
    tokens: Path,
    offered: dict[str, list[Listed]] | None = None,
) -> AsyncIterator[Step]:
    """The steps of one channel that speaks to a platform. `tokens`: where refreshed tokens are kept. `offered` gets
    what the shop offers, under the channel's id, where it is told."""
    try:
        client = open_client(channel, tokens)
    except ConfigError as error:
        yield Step("credentials", "bad", Words(error.text(), error.text("zh")))
        return
    try:
        trial = _Trial(channel, config, numbers, client)
        async for step in trial.steps():
            yield step
        if offered is not None and trial.listed is not None:
            offered[channel.id] = trial.listed
    finally:
        await client.aclose()


class _Trial:
    def __init__(
        self, channel: Channel, config: RoomConfig, numbers: Sequence[Numbered], client: Client
    ) -> None:
        self._channel = channel
        self._config = config
        self._client = client
        self._goods = Goods(config, channel.id, numbers)
        self._orders: list[Order] = []
        self._last = ""
        """The latest order that the list holds, or only names."""
        self.listed: list[Listed] | None = None
        """What the shop offers; None: it does not tell."""

    async def steps(self) -> AsyncIterator[Step]:
        missing = _missing(self._client.adapter.name, self._client.keys)
        if missing:
            listed = ", ".join(missing)
            yield Step(
                "credentials", "bad", Words(f"missing: {listed}", f"缺少:{listed}"),
                Words("copy them from the platform's app page", "从平台的应用页面复制"),
            )  # fmt: skip
            return
        yield Step("credentials", "ok", Words(repr(self._client.keys), repr(self._client.keys)))
        answered = await self._answer()
        yield answered
        if answered.state == "bad":
            return
        yield self._clock()
        yield await self._detail()
        for step in await self._offered():
            yield step
        yield await self._push()

    async def _answer(self) -> Step:
        adapter, client = self._client.adapter, self._client
        try:
            while True:
                now, skew_us = client.platform_us(), client.skew_us
                since = now - min(adapter.window_us, _LOOK_BACK_S * _S)
                ask = adapter.poll(since, now, None)
                page = adapter.page(await client.ask(ask, tries=3), client.keys, ask)
                if abs(client.skew_us - skew_us) < 60 * _S:
                    break
                # The first answer tells the platform's time: the latest orders lie by that one.
        except ApiError as error:
            return Step("orders", "bad", Words(error.text.en, error.text.zh), _FIXES.get(error.kind))
        self._orders = list(page.orders)
        named = [*(order.id for order in page.orders), *page.names]
        self._last = named[-1] if named else ""
        minutes = (now - since) // (60 * _S)
        said = Words(
            f"signature and token are taken; {len(named)} orders of the last {minutes} min on the first page",
            f"签名和令牌有效;最近 {minutes} 分钟首页有 {len(named)} 单",
        )
        if page.unusable:
            count, why = len(page.unusable), page.unusable[0].why
            return Step(
                "orders", "bad", Words(f"{count} orders can't be taken: {why}", f"{count} 单用不了:{why}"),
                Words("of another shop: set shop to this shop's id; else report it, the rest is followed",
                      "属于别的店铺:把 shop 写成本店编号;否则请反馈,其余照常跟单"),
            )  # fmt: skip
        return Step("orders", "ok", said)

    def _clock(self) -> Step:
        ahead = self._client.skew_us / _S
        if abs(ahead) < 60:
            return Step("clock", "ok", Words("within a minute of the platform's", "与平台时钟相差不到一分钟"))
        return Step(
            "clock", "note", Words(f"the platform's is {ahead:.0f} s ahead", f"平台时钟快 {ahead:.0f} 秒"),
            Words("orders are asked for by its clock; set this machine's by NTP", "已按平台时钟取单;请用 NTP 校时"),
        )  # fmt: skip

    async def _detail(self) -> Step:
        if not self._last:
            return Step("detail", "note", Words("no order to read yet", "还没有订单可读"))
        adapter = self._client.adapter
        try:
            order = adapter.order(
                await self._client.ask(adapter.detail(self._last), tries=3), self._client.keys
            )
        except ApiError as error:
            return Step("detail", "bad", Words(error.text.en, error.text.zh), _FIXES.get(error.kind))
        if not self._orders:
            self._orders = [order]
        return Step(
            "detail",
            "ok",
            Words(f"order with {len(order.lines)} line(s) read", f"读到订单,{len(order.lines)} 行"),
        )

    async def _offered(self) -> list[Step]:
        try:
            found = await survey(self._client)
        except ApiError as error:
            fix = Words(
                "orders are followed all the same; `channel map` needs it", "不影响跟单;channel map 需要它"
            )
            return [Step("goods", "note", Words(error.text.en, error.text.zh), fix)]
        listed = self.listed = found.goods
        sold = {line.goods for order in self._orders for line in order.lines}
        unmapped = [one for one in listed if not self._goods.items_of(_part(one))]
        unknown = sorted(
            {unknown_subject(self._channel.id, part) for part in sold if not self._goods.items_of(part)}
        )
        told = [self._mapped(listed, unmapped, unknown), self._stocked(listed)]
        return [*told, *_left_out(found)]

    def _mapped(self, listed: list[Listed], unmapped: list[Listed], unknown: list[str]) -> Step:
        count = Words(
            f"{len(listed) - len(unmapped)} of {len(listed)} offered SKUs stand for one of the room's",
            f"平台 {len(listed)} 个 SKU 中 {len(listed) - len(unmapped)} 个已对上",
        )
        fix = Words(
            f"stockwatch channel map ROOM.toml {self._channel.id}",
            f"stockwatch channel map ROOM.toml {self._channel.id}",
        )
        if unknown:
            few = ", ".join(unknown[:_FEW])
            return Step(
                "goods", "bad", Words(f"{count.en}; sold already: {few}", f"{count.zh};已在卖:{few}"), fix
            )
        return Step("goods", "note" if unmapped else "ok", count, fix if unmapped else None)

    def _stocked(self, listed: list[Listed]) -> Step:
        """The same units are offered on every channel: more than all there are is worth a word."""
        opening = {sku.id: sku.stock for sku in self._config.skus}
        over = []
        for one in listed:
            items = self._goods.items_of(_part(one))
            if one.stock is None or len(items) != 1:
                continue
            have = opening.get(items[0].sku)
            if have is not None and one.stock * items[0].qty > have:
                over.append(f"{items[0].sku} {one.stock}>{have}")
        if not over:
            return Step(
                "stock", "ok", Words("no more is offered than the room opens with", "平台库存不超过开场库存")
            )
        few = ", ".join(over[:_FEW])
        return Step(
            "stock", "note", Words(f"more is offered than the room opens with: {few}", f"平台库存多于开场库存:{few}"),
            Words("lower it there, or count again", "在平台调低,或重新盘点"),
        )  # fmt: skip

    async def _push(self) -> Step:
        if self._client.adapter.name == "taobao":
            return await self._messages()
        listen = self._config.push_listen
        path = f"/push/{self._channel.id}"
        if listen is None:
            return Step(
                "push", "note", Words("no [push]: orders are found by polling", "没有 [push]:靠轮询发现订单"),
                Words(f'write [push] listen = "127.0.0.1:8790" and point a proxy at {path}',
                      f'写 [push] listen = "127.0.0.1:8790",反向代理到 {path}'),
            )  # fmt: skip
        host, _, port = listen.rpartition(":")
        try:
            async with asyncio.timeout(2):
                _, writer = await asyncio.open_connection(host.strip("[]"), int(port))
            writer.close()
        except (OSError, TimeoutError):
            return Step(
                "push", "note", Words(f"nobody listens on {listen} now", f"{listen} 现在没人监听"),
                Words(f"start the room; the platform's URL ends in {path}", f"启动直播间;平台推送地址以 {path} 结尾"),
            )  # fmt: skip
        return Step("push", "ok", Words(f"{listen}{path} listens", f"{listen}{path} 在监听"))

    async def _messages(self) -> Step:
        fix = Words(
            "subscribe to TMC topics for the app; its group is default",
            "给应用开通 TMC 消息,分组用 default",
        )
        if self._channel.messages == MESSAGES_OVER_HTTP:
            # Asking for them would take them from whoever follows.
            return Step("push", "note", Words("messages are asked for at the gateway", "消息向网关取"), fix)
        address = self._channel.messages or tmc_link.ADDRESS
        wrong = await tmc_link.attempt(self._client, address)
        if wrong is None:
            return Step("push", "ok", Words("the message channel lets us in", "消息通道可用"))
        return Step("push", "bad", Words(wrong, wrong), fix)


def _part(one: Listed) -> Part:
    return Part(one.product, one.sku, one.outer)


def _missing(platform: str, keys: Keys) -> list[str]:
    return [name for name in _NEEDED[platform] if not getattr(keys, name)]


_FIXES = {
    "denied": Words(
        "check app_key and the secrets, and the app's permissions", "检查 app_key、各密钥和应用权限"
    ),
    "token": Words("authorize the app again", "重新授权应用"),
    "clock": Words("set this machine's clock (NTP)", "校准本机时钟(NTP)"),
    "limited": Words("other programs use up the app's calls; try later", "别的程序占满了调用额度;稍后再试"),
    "broken": Words("check the network and the platform's status page", "检查网络和平台状态页"),
}


def _left_out(found: Offered) -> list[Step]:
    """What of the shop's goods could not be looked at."""
    steps = []
    if found.unusable:
        few = "; ".join(found.unusable[:_FEW])
        count = len(found.unusable)
        said = Words(f"{count} rows can't be read: {few}", f"{count} 行读不了:{few}")
        fix = Words("report them; the rest is looked at", "请反馈;其余照常检查")
        steps.append(Step("goods", "note", said, fix))
    if found.mark:
        said = Words(
            f"the shop is large: only what {MOST_ASKS} requests bring was looked at",
            f"店铺商品很多:只检查了 {MOST_ASKS} 次请求取到的部分",
        )
        steps.append(Step("goods", "note", said))
    return steps
