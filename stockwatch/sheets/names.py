"""What the columns of a run-down sheet are called, in Chinese and English, and what each name means. Pure.

A role is what a column holds. `stock` is never taken from a name that could mean another figure.
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from dataclasses import dataclass
from typing import Final

from stockwatch.config.problems import Words
from stockwatch.feeds.csv_columns import plain_name

ROLES: Final[dict[str, Words]] = {
    "slot": Words("link number", "链接号"),
    "running": Words("running number", "序号"),
    "name": Words("product name", "商品名称"),
    "code": Words("SKU code", "商家编码"),
    "style": Words("style code", "货号"),
    "spec": Words("spec", "规格"),
    "colour": Words("colour", "颜色"),
    "size": Words("size", "尺码"),
    "stock": Words("opening stock", "库存"),
    "transit": Words("in transit", "在途"),
    "lead_time": Words("restock time", "补货天数"),
    "safety_line": Words("safety line", "安全库存"),
    "price": Words("live price", "直播价"),
    "section": Words("section", "福利/主推"),
    "time": Words("time on air", "上播时间"),
    "substitutes": Words("substitutes", "替代款"),
    "bundle": Words("bundle", "组合装"),
    "gift": Words("gift", "赠品"),
    "channel": Words("platform", "平台"),
    "product_id": Words("product id", "商品ID"),
    "sku_id": Words("SKU id", "SKU ID"),
    "channel_stock": Words("stock on a platform", "平台库存"),
}
"""Every role, and how it is called on the screen."""

_NAMES: Final[dict[str, str]] = {
    "slot": "链接号 链接序号 链接编号 链接 几号链接 上架序号 讲解序号 坑位 坑位号 号链接 小黄车序号 "
    "购物车序号 slot link linkno linknumber cartno position",
    "running": "序号 编号 行号 no number index 序 seq 顺序 排序",
    "name": "商品名称 商品名 品名 产品名称 产品名 商品标题 产品标题 宝贝名称 宝贝标题 名称 款名 商品 产品 "
    "款式 标题 商品简称 简称 productname product itemname item title name",
    "code": "商家编码 sku编码 商家sku编码 规格编码 规格商家编码 skucode sku sku码 商品编码 产品编码 编码 "
    "sellersku outerid outerskuid merchantcode itemcode 条码 商品条码 barcode",
    "style": "货号 款号 商品货号 商品款号 spu 产品货号 款式编码 款号编码 style stylecode styleno spucode",
    "spec": "规格 商品规格 规格名称 颜色尺码 颜色规格 颜色分类 颜色及尺码 属性 销售属性 sku规格 sku名称 "
    "款式规格 口味 spec specification variant option options attributes",
    "colour": "颜色 色号 颜色名称 花色 色 colour color",
    "size": "尺码 尺寸 码数 码 型号 size sizes",
    "stock": "库存 现货 可用库存 仓库可用 现货库存 库存数量 库存数 总库存 实物库存 仓库库存 备货数量 备货量 "
    "直播库存 可售库存 可卖库存 stock onhand available inventory stockqty qty quantity openingstock "
    "开账库存 数量 仓库现货 现有库存",
    "transit": "在途 在途数量 在途库存 采购在途 调货在途 intransit transit",
    "lead_time": "补货天数 补货周期 补货时间 补货期 到货天数 到货周期 补货时长 返单周期 返单天数 leadtime leaddays "
    "restockdays restocktime",
    "safety_line": "安全库存 安全线 预警库存 库存预警 safetystock safetyline",
    "price": "到手价 直播价 直播间价 直播到手价 直播价格 活动价 价格 售价 单价 券后价 liveprice price "
    "unitprice",
    "section": "福利主推 分类 类型 品类定位 定位 货品定位 商品类型 排品类型 福利 主推 备播 级别 角色 section "
    "kind role",
    "time": "排期 上播时间 讲解时间 上架时间 开播时间 直播时间 时间 日期 直播日期 上链接时间 airtime schedule "
    "time date",
    "substitutes": "备品 替代款 替代品 替换款 换品 备选款 备选 替代 平替 备用款 substitute substitutes alternative "
    "alternatives",
    "bundle": "组合装 组合 套装 套装内容 组合内容 组合明细 套餐 bundle bundleof contains",
    "gift": "赠品 赠送 送 买赠 随单赠品 gift gifts giveaway",
    "channel": "平台 渠道 店铺 平台店铺 销售平台 channel platform shop",
    "product_id": "商品id 商品链接id 链接id 宝贝id 产品id id 商品编号 productid itemid numiid listingid",
    "sku_id": "skuid 规格id skuid编号",
}
"""What the column of each role may be called, best first, as `plain_name` gives names."""

_OTHER_NAMES: Final = (
    "图片 主图 商品图 图 照片 备注 说明 卖点 话术 利益点 链接地址 网址 url 负责人 供应商 成本 成本价 "
    "吊牌价 原价 日常价 市场价 佣金 佣金比例 毛利 毛利率 销量 历史销量 目标销量 销售额 面料 材质 产地 "
    "品牌 类目 重量 快递 发货地 发货时间 虚拟库存 虚库存 锁定库存 占用库存 已售 限购 优惠券 券 单位 "
    "image picture photo note notes remark remarks cost brand category supplier sellingpoints unit "
    "weight"
)
_OTHERS: Final = frozenset(_OTHER_NAMES.split())
"""Columns that are known and hold nothing for a room file."""

CHANNELS: Final[dict[str, tuple[str, tuple[str, ...]]]] = {
    "douyin": ("抖店", ("抖音小店", "抖音", "抖店", "douyin", "doudian")),
    "taobao": ("淘宝", ("淘宝", "天猫", "taobao", "tmall", "点淘")),
    "kuaishou": ("快手", ("快手小店", "快手", "kuaishou")),
    "xiaohongshu": ("小红书", ("小红书", "xiaohongshu", "rednote", "xhs")),
    "wechat_channels": ("视频号", ("微信小店", "视频号", "wechatchannels")),
}
"""Channel id to its name on the screen and the words that mean it, the longest first."""


SURE: Final = 0.9
"""The score of a name that is known; under it a name only resembles one."""


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a column's name says. `score`: 1 a known name, less for one that only contains or resembles it."""

    role: str
    score: float
    rank: int
    """Place among the names of the role, the best is 0."""
    channel: str | None = None


def normal(text: str) -> str:
    """Full-width letters, digits and punctuation as ASCII, one space for any, lower case."""
    return " ".join(unicodedata.normalize("NFKC", text).lower().split())


def channel_of(text: str) -> str | None:
    """The channel that a text names by one of its words; None if none or several."""
    plain = re.sub(r"[\W_]+", "", normal(text))
    found = {channel for channel, (_, words) in CHANNELS.items() if any(word in plain for word in words)}
    return found.pop() if len(found) == 1 else None


def channel_title(channel: str) -> str:
    """A channel's name on the screen."""
    return CHANNELS[channel][0] if channel in CHANNELS else channel


def meaning_of(name: str) -> Meaning | None:
    """What a column of that name holds; None if the name tells nothing."""
    text = normal(name)[:80]
    channel = channel_of(text)
    if channel is not None:
        for word in CHANNELS[channel][1]:
            text = text.replace(word, "")
        text = re.sub(r"[(\[【]\s*[)\]】]", "", text)
    found = _of_parts(text)
    if found is None or found.role not in _PER_CHANNEL:
        return found if channel is None else None
    role = "channel_stock" if channel is not None and found.role == "stock" else found.role
    return Meaning(role, found.score, found.rank, channel)


_COULD_BE_STOCK: Final = frozenset(["数量", "备货数量", "备货量", "qty", "quantity"])
"""Names that a sheet may give to the stock or to another figure: never taken without asking."""
_NEVER_ALIKE: Final = (
    "图",
    "图片",
    "地址",
    "话术",
    "说明",
    "备注",
    "日期",
    "人",
    "金额",
    "率",
    "比例",
    "照片",
    "成本",
)
"""Endings of names that hold another thing, whatever known name is in them (产品图片, 库存金额)."""
_PER_CHANNEL: Final = frozenset({"product_id", "sku_id", "stock"})


def known_otherwise(name: str) -> bool:
    """Whether a column of that name is known to hold nothing for a room file."""
    plain = plain_name(normal(name))
    return plain in _OTHERS or plain.endswith(_NEVER_ALIKE)


def _of_parts(text: str) -> Meaning | None:
    """A name, or several names of one column joined by a slash, which must agree."""
    whole = _exact(plain_name(text))
    if whole is not None:
        return whole
    parts = [part for part in re.split(r"[/|、,\\]", text) if part.strip()]
    found = [meaning for part in parts if (meaning := _exact(plain_name(part))) is not None]
    if len(parts) > 1 and found:
        roles = {meaning.role for meaning in found}
        if len(roles) > 1 and roles <= {"spec", "colour", "size"}:
            return Meaning("spec", 0.9, 0)
        if roles == {"code", "style"}:
            return Meaning("code", 0.9, 0)
        if roles <= {"slot", "running"}:
            return Meaning("slot", 0.9, 0)
        if len(roles) > 1:
            return None
        return Meaning(found[0].role, 0.95 if len(found) == len(parts) else 0.8, found[0].rank)
    return _like(plain_name(text))


def _exact(plain: str) -> Meaning | None:
    for role, names in _LISTS.items():
        if plain in names:
            if plain in _COULD_BE_STOCK:
                return Meaning(role, 0.8, names.index(plain))
            return Meaning(role, 1.0, names.index(plain))
    return None


def _like(plain: str) -> Meaning | None:
    """By the longest known name that it contains; for Latin names also by the nearest."""
    if not plain or plain in _OTHERS or len(plain) > 24 or plain.endswith(_NEVER_ALIKE):
        return None
    inside = [
        (len(name), -rank, role)
        for role, names in _LISTS.items()
        for rank, name in enumerate(names)
        if len(name) >= (2 if not name.isascii() else 5) and name in plain
    ]
    if inside:
        length, rank, role = max(inside)
        return Meaning(role, 0.5 + 0.3 * length / len(plain), -rank)
    if plain.isascii() and len(plain) >= 4:
        close = difflib.get_close_matches(plain, _LATIN, n=1, cutoff=0.85)
        if close:
            known = _exact(close[0])
            assert known is not None
            return Meaning(known.role, 0.6, known.rank)
    return None


_LISTS: Final[dict[str, list[str]]] = {role: names.split() for role, names in _NAMES.items()}
_LATIN: Final = [name for names in _LISTS.values() for name in names if name.isascii()]
