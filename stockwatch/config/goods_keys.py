"""Keys of a room.toml about what is sold: SKUs with where more of them comes from, and links. No I/O."""

from __future__ import annotations

from stockwatch.config import checks
from stockwatch.config.problems import Words
from stockwatch.config.settings import Item, Listing, RestockSource, Sku
from stockwatch.config.tables import Key, Table

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

SKU = Table(
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

LISTING = Table(
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
