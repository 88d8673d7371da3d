"""Every key of a room.toml: its name, its check, an example, and what it means.

The one list that reading, writing, `config show` and `help` go by. No I/O.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from dataclasses import field as attribute

import msgspec

from stockwatch.config import checks
from stockwatch.config.problems import Words
from stockwatch.config.settings import (
    AlertSettings,
    Channel,
    Item,
    Listing,
    Playbook,
    Plays,
    RestockSource,
    RoomConfig,
    Sku,
)


@dataclass(frozen=True)
class Key:
    """One key with a value."""

    name: str
    check: checks.Check
    example: str
    """As it would be written in the file."""
    about: Words
    required: bool = False
    like: str | None = None
    """Left out, it has the value of this key of the same table."""
    to: str = ""
    """The struct's field; default: the name."""
    private: bool = False
    """Its value is never printed."""

    @property
    def field(self) -> str:
        return self.to or self.name

    @property
    def is_duration(self) -> bool:
        """Seconds inside, written as "45m"."""
        return self.name in DURATIONS


DURATIONS = frozenset({"lead_time", "latest", "reaction_time", "read_back"})


@dataclass(frozen=True)
class Table:
    """A table, or an array of tables (`many`)."""

    name: str
    make: type[msgspec.Struct]
    about: Words
    keys: tuple[Key, ...] = ()
    tables: tuple[Table, ...] = ()
    many: bool = False
    inline: bool = False
    """Written as `name = [{ … }]`, the way people write it."""
    required: bool = False
    to: str = ""
    merge: bool = False
    """Its keys are fields of the struct around it."""
    names: frozenset[str] = attribute(init=False, default=frozenset())

    def __post_init__(self) -> None:
        names = frozenset([*(key.name for key in self.keys), *(table.name for table in self.tables)])
        object.__setattr__(self, "names", names)

    @property
    def field(self) -> str:
        return self.to or self.name

    def key(self, name: str) -> Key | None:
        return next((key for key in self.keys if key.name == name), None)

    def table(self, name: str) -> Table | None:
        return next((table for table in self.tables if table.name == name), None)


def header(path: tuple[str, ...], table: Table) -> str:
    """How the table's header is written, e.g. `[[sku.restock]]`."""
    dotted = ".".join(path)
    return f"[[{dotted}]]" if table.many else f"[{dotted}]"


def walk(table: Table, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Table]]:
    """Every table of the schema with its path, from the top."""
    yield path, table
    for inner in table.tables:
        yield from walk(inner, (*path, inner.name))


_ROOM = Table(
    "room",
    RoomConfig,
    Words("Which room this is.", "这是哪个直播间。"),
    required=True,
    merge=True,
    keys=(
        Key(
            "id",
            checks.room_id,
            '"double11"',
            Words(
                "The room's id: ASCII letters, digits, - and _. It names the room's files.",
                "直播间编号:英文字母、数字、- 和 _;文件以它命名。",
            ),
            required=True,
        ),
        Key(
            "name",
            checks.text,
            '"双11 联名卫衣专场"',
            Words("The name on the screen; default: the id.", "屏幕上的名字;默认同编号。"),
            like="id",
        ),
        Key(
            "timezone",
            checks.zone,
            '"Asia/Shanghai"',
            Words(
                "Time zone of clock times; default: the offset of the first event.",
                "显示时间所用时区;默认按第一条消息的时差。",
            ),
        ),
        Key(
            "language",
            checks.choice(RoomConfig, "language"),
            '"zh"',
            Words(
                "Language of the interface, zh or en; default: from the locale.",
                "界面语言 zh 或 en;默认随系统。",
            ),
        ),
    ),
)

_LEDGER = Table(
    "ledger",
    RoomConfig,
    Words("Where the room's stock is kept.", "库存账放在哪里。"),
    merge=True,
    keys=(
        Key(
            "path",
            checks.path,
            '"double11.db"',
            Words(
                "The ledger's file, relative to this file; rooms that name the same file share their stock. "
                "Default: in the user's data directory.",
                "账本文件,相对于本文件;写同一个文件的直播间共用库存。默认在用户数据目录。",
            ),
            to="ledger_path",
        ),
    ),
)

_CHANNEL = Table(
    "channel",
    Channel,
    Words("A platform or storefront that sells the room's goods.", "一个卖货的平台或店铺。"),
    many=True,
    to="channels",
    keys=(
        Key(
            "id",
            checks.ident,
            '"douyin"',
            Words("Its id, on the board.", "渠道编号,看板上显示。"),
            required=True,
        ),
        Key(
            "title",
            checks.text,
            '"抖音"',
            Words("Its name on the screen; default: the id.", "屏幕上的名字;默认同编号。"),
        ),
        Key(
            "source",
            checks.ident,
            '"douyin/room-7"',
            Words(
                "The CloudEvents source that its events carry; default: the id.",
                "它的消息所带的 source;默认同编号。",
            ),
            like="id",
        ),
        Key(
            "feed",
            checks.feed,
            '"ws://127.0.0.1:8765"',
            Words(
                "Where its events come from: replay:FILE, ws:// or wss://, http:// or https:// (polled every "
                "second), or douyin: taobao: kuaishou: wechat: tiktok: shopify:.",
                "消息从哪里来:replay:文件、ws:// 或 wss://、http:// 或 https://(每秒轮询),"
                "或 douyin: taobao: kuaishou: wechat: tiktok: shopify:。",
            ),
        ),
        Key(
            "secret",
            checks.secret,
            '"env:DOUYIN_SECRET"',
            Words(
                "Where its secret is found: env:NAME, or file:PATH of a file of mode 0600; never the secret.",
                "密钥在哪里:env:变量名,或 file:路径(权限 0600)。绝不写密钥本身。",
            ),
            private=True,
        ),
        Key(
            "deduct",
            checks.choice(Channel, "deduct"),
            '"place"',
            Words(
                "When an order holds stock: place (拍下减) or pay (付款减).",
                "订单何时占库存:place 拍下减,pay 付款减。",
            ),
        ),
        Key(
            "shop",
            checks.ident,
            '"77977"',
            Words(
                "The shop's id with the platform (Taobao: the seller's nick; Shopify: NAME.myshopify.com); orders and "
                "pushes of another one are refused.",
                "店铺在平台的编号(淘宝写卖家昵称,Shopify 写 NAME.myshopify.com);别的店铺的订单和推送不收。",
            ),
        ),
        Key(
            "since",
            checks.instant,
            '"2026-11-11T18:00:00+08:00"',
            Words(
                "Orders placed before are none of this room's, as the opening stock leaves them out; default: since "
                "the room first followed the platform.",
                "在此之前下的单不算本场的(开场库存里没有它们);默认从第一次接上平台算起。",
            ),
        ),
        Key(
            "rate",
            checks.whole(1),
            "20",
            Words(
                "Requests a second that the platform allows this app, for each of its methods; it is slowed down by "
                "itself when refused.",
                "平台允许本应用每个接口每秒请求几次;被限流会自动放慢。",
            ),
        ),
        Key(
            "live_room",
            checks.ident,
            '"7314159265358979323"',
            Words(
                "Douyin's id of the live room whose comments (直播小玩法 data pushes) are taken; they go to /push/, "
                "the channel's id and /comments.",
                "取哪个抖音直播间的弹幕(直播小玩法数据推送);推送地址是 /push/ 加渠道编号再加 /comments。",
            ),
        ),
        Key(
            "read_back",
            checks.every(10),
            '"30s"',
            Words(
                "How often the platform's own figure of a SKU is read, to see when somebody else overwrites it "
                '(Douyin, Kuaishou, Taobao); "0s": never. With many SKUs it takes longer: at most two a second.',
                "多久读一次平台上某个 SKU 的库存,好看见谁从外面改了它(抖店、快手、淘宝);"
                '"0s" 不读。SKU 多时会更久:每秒至多请求两次。',
            ),
        ),
        Key(
            "messages",
            checks.websocket,
            '"ws://mc.api.taobao.com/"',
            Words("Taobao's message channel; default: Taobao's own.", "淘宝消息通道地址;默认淘宝官方的。"),
        ),
    ),
)

_PUSH = Table(
    "push",
    RoomConfig,
    Words("Where platforms push their messages to.", "平台把消息推送到哪里。"),
    merge=True,
    keys=(
        Key(
            "listen",
            checks.listen,
            '"127.0.0.1:8790"',
            Words(
                "HOST:PORT; a channel's address is /push/ and its id. Without it orders are found by polling. "
                "Platforms want https on a public name: put a proxy that ends TLS in front, or name a certificate.",
                "主机:端口;渠道地址是 /push/ 加渠道编号。不写则靠轮询。平台要求公网 https:前面放反向代理,或写证书。",
            ),
            to="push_listen",
        ),
        Key(
            "certificate",
            checks.path,
            '"tls/fullchain.pem"',
            Words("Certificate chain, for TLS without a proxy.", "证书链;不用代理时自己做 TLS。"),
            to="push_certificate",
        ),
        Key(
            "key",
            checks.path,
            '"tls/key.pem"',
            Words("The certificate's private key.", "证书的私钥。"),
            to="push_key",
        ),
    ),
)

_WEBHOOK = Table(
    "restock",
    RoomConfig,
    Words("Where restocks that people ask for are sent.", "要补货时发到哪里。"),
    merge=True,
    keys=(
        Key(
            "webhook",
            checks.webhook,
            '"https://erp.example.com/restock"',
            Words(
                "Each restock asked for is sent here as signed JSON (Standard Webhooks), again until it is answered; "
                'an answer {"state":"confirmed"} or "refused" moves it.',
                "每次要补货都以签名 JSON(Standard Webhooks)发到这里,没回应就重发;"
                '回 {"state":"confirmed"} 或 "refused" 即更新补货状态。',
            ),
            to="restock_webhook",
            private=True,
        ),
        Key(
            "secret",
            checks.secret,
            '"env:RESTOCK_SECRET"',
            Words(
                "What it is signed with: env:NAME, or file:PATH of a file of mode 0600; at least 16 bytes, or "
                "whsec_ and Base64.",
                "签名密钥在哪里:env:变量名,或 file:路径(权限 0600);至少 16 字节,或 whsec_ 加 Base64。",
            ),
            to="restock_secret",
            private=True,
        ),
        Key(
            "local",
            checks.flag,
            "true",
            Words(
                "Allow a webhook on this machine, or plain http, which others on the way can read.",
                "允许发到本机,或用不加密的 http(途中别人能看到)。",
            ),
            to="restock_local",
        ),
    ),
)

_RESTOCK = Table(
    "restock",
    RestockSource,
    Words("Where more units of the SKU can come from.", "这个 SKU 能从哪里补货。"),
    many=True,
    keys=(
        Key("source", checks.ident, '"周边仓"', Words("Who has them.", "货在谁那里。"), required=True),
        Key(
            "quantity",
            checks.whole(1),
            "200",
            Words("How many are usually asked for.", "一般补多少件。"),
            required=True,
        ),
        Key(
            "lead_time",
            checks.duration(1),
            '"10m"',
            Words("Time until its units may be sold, at the soonest.", "最快多久之后可以卖。"),
            required=True,
        ),
        Key(
            "latest",
            checks.duration(1),
            '"20m"',
            Words(
                "Time within which they surely may be sold; alerts count on it. Default: the lead time.",
                "最迟多久之后一定可以卖,预警按它算;默认同 lead_time。",
            ),
        ),
        Key(
            "hours",
            checks.opening_hours,
            '"09:00-23:00"',
            Words(
                "When it takes requests, room time; outside, more comes only after it opens. Default: always.",
                "接单时间(直播间时区);关门时要等开门后才算补货期;默认全天。",
            ),
        ),
        Key(
            "counts",
            checks.choice(RestockSource, "counts"),
            '"received"',
            Words(
                "When its units may be sold: once received, or once confirmed (锁货确认).",
                "何时算可卖:received 到仓,confirmed 锁货确认。",
            ),
        ),
        Key("contact", checks.text, '"王姐"', Words("Whom to call.", "联系谁。")),
    ),
)

_SKU = Table(
    "sku",
    Sku,
    Words("A physical thing that is counted.", "一种按件计数的实物。"),
    many=True,
    to="skus",
    tables=(_RESTOCK,),
    keys=(
        Key(
            "id",
            checks.ident,
            '"HOODIE-CO"',
            Words("Its id, the subject of events.", "SKU 编号,即消息的 subject。"),
            required=True,
        ),
        Key(
            "title",
            checks.text,
            '"联名款卫衣"',
            Words("Its name; default: the id.", "名称;默认同编号。"),
            like="id",
        ),
        Key(
            "product",
            checks.ident,
            '"HOODIE"',
            Words("Sizes and colours of one thing share a product.", "同一款的各尺码颜色写同一个 product。"),
        ),
        Key(
            "attrs",
            checks.attributes,
            '{ 色 = "黑", 码 = "M" }',
            Words("Colour, size and the like, each as text.", "颜色、尺码等,都写成文字。"),
        ),
        Key(
            "stock",
            checks.whole(0),
            "500",
            Words(
                "Opening count, booked once, when the ledger first meets the SKU.",
                "开账库存,账本第一次见到它时记一次。",
            ),
        ),
        Key(
            "lead_time",
            checks.duration(1),
            '"10m"',
            Words(
                "The fastest way to have more to sell; default: the shortest of its restock sources.",
                "最快多久能有货可卖;默认取补货来源中最短的。",
            ),
        ),
        Key(
            "trend_sold",
            checks.whole(1),
            "100",
            Words(
                "TREND also when this many are taken (reserved + sold + shortfall).",
                "被拍走这么多件(锁单+已售+缺货)也报趋势预警。",
            ),
        ),
        Key(
            "safety_line",
            checks.whole(0),
            "50",
            Words("A floor under the computed safety line.", "安全线的下限,算出来更低时用它。"),
        ),
        Key(
            "substitutes",
            checks.strings,
            '["HOODIE-BASIC"]',
            Words("SKUs to switch to, the best first.", "换品时用哪些 SKU,最好的在前。"),
        ),
    ),
)

_ITEM = Table(
    "items",
    Item,
    Words("What one order of the link consists of.", "拍一单这个链接得到什么。"),
    many=True,
    inline=True,
    keys=(
        Key("sku", checks.ident, '"HOODIE-CO"', Words("This SKU.", "这个 SKU。")),
        Key(
            "product",
            checks.ident,
            '"HOODIE"',
            Words("Any one SKU of this product: the viewer picks.", "这款的任一 SKU,由观众选。"),
        ),
        Key("qty", checks.whole(1), "1", Words("How many of it; default 1.", "几件;默认 1。")),
        Key(
            "role",
            checks.choice(Item, "role"),
            '"gift"',
            Words(
                "item, or gift: a gift that runs out stops no sale.", "item 正品,gift 赠品;赠品没了不停售。"
            ),
        ),
    ),
)

_LISTING = Table(
    "listing",
    Listing,
    Words("A link (链接): what viewers buy.", "链接:观众买的东西。"),
    many=True,
    to="listings",
    tables=(_ITEM,),
    keys=(
        Key("id", checks.ident, '"L3"', Words("Its id.", "链接编号。"), required=True),
        Key(
            "title",
            checks.text,
            '"联名卫衣+袜子"',
            Words("Its name; default: the id.", "名称;默认同编号。"),
            like="id",
        ),
        Key("slot", checks.whole(1), "3", Words("Its number in the room (3号).", "几号链接。")),
    ),
)

_ALERTS = Table(
    "alerts",
    AlertSettings,
    Words("When to warn; the defaults are good.", "何时预警;默认值就好用。"),
    keys=(
        Key(
            "trend_false_alarm_hours",
            checks.hours,
            "60",
            Words(
                "One false TREND a SKU in this many hours: more is quieter and later.",
                "每个 SKU 这么多小时误报一次趋势;越大越安静,也越晚。",
            ),
        ),
        Key(
            "trend_rule",
            checks.choice(AlertSettings, "trend_rule"),
            '"sequential"',
            Words(
                "The rule that raises TREND; sequential: every order is weighed against what is usual; ratio: five "
                "minutes sold twice the five before.",
                "趋势预警的规则;sequential:每一单都与平时比;ratio:近五分钟卖出前五分钟的两倍。",
            ),
        ),
        Key(
            "reaction_time",
            checks.duration(0),
            '"15m"',
            Words(
                "Time a team needs from the warning to the order for more.",
                "团队从看到预警到下补货单需要多久。",
            ),
        ),
    ),
)


def _plays(name: str, about: Words) -> Table:
    return Table(
        name,
        Plays,
        about,
        keys=(
            Key(
                "say",
                checks.template,
                '"最后 {sellable} 件,手慢无"',
                Words(
                    "What the host says; {sellable}, {title}, {velocity}, {substitute} are filled in.",
                    "主播话术;{sellable}、{title}、{velocity}、{substitute} 会代入。",
                ),
            ),
            Key(
                "steps",
                checks.templates,
                '["通知仓库", "准备替代品"]',
                Words("What to do, in order.", "依次做什么。"),
            ),
        ),
    )


_PLAYBOOK = Table(
    "playbook",
    Playbook,
    Words("What to say and do at each tier.", "每级预警说什么、做什么。"),
    tables=(
        _plays("trend", Words("At TREND.", "趋势预警时。")),
        _plays("threshold", Words("At THRESHOLD.", "阈值预警时。")),
        _plays("critical", Words("At CRITICAL.", "紧急预警时。")),
    ),
)

ROOT = Table(
    "",
    RoomConfig,
    Words("All settings of one room.", "一个直播间的全部设置。"),
    tables=(_ROOM, _LEDGER, _PUSH, _WEBHOOK, _CHANNEL, _SKU, _LISTING, _ALERTS, _PLAYBOOK),
)
