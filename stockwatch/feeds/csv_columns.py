"""Which column of an order export is what: by the names that platforms and shops use, or by a MAP.toml.

Owns the names, and the settings of an import. Reads only the MAP.toml it is told to.
"""

from __future__ import annotations

import codecs
import difflib
import re
import tomllib
from collections.abc import Sequence
from datetime import tzinfo
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from stockwatch.config import ConfigError
from stockwatch.events import is_id
from stockwatch.printable import printable

NAMES: Final[dict[str, str]] = {
    "order": "主订单编号 订单编号 订单号 主订单号 订单id 平台单号 交易号 order orderid orderno ordernumber "
    "ordername ordersn invoiceno invoice invoiceid invoicenumber transactionid",
    "line": "行号 line lineno linenumber lineid orderline",
    "sku": "商家编码 sku编码 商家sku编码 规格编码 规格商家编码 skuid 商家skuid sku 货号 商品货号 商品编码 "
    "stockcode lineitemsku itemsku sellersku outerskuid itemcode productcode productid 商品id",
    "qty": "数量 商品数量 购买数量 件数 宝贝数量 宝贝总数量 成交数量 下单数量 qty quantity lineitemquantity "
    "itemquantity units",
    "time": "订单创建时间 下单时间 订单提交时间 创建时间 拍下时间 成交时间 订单时间 时间 日期 "
    "invoicedate orderdate ordertime createdat ordercreatetime createtime created orderedat purchasedate "
    "datetime date time timestamp",
    "paid": "订单付款时间 付款时间 支付时间 支付完成时间 paidat paytime paymenttime paymentdate paiddate",
    "shipped": "发货时间 shippedat shiptime shipdate shippeddate fulfilledat",
    "closed": "关闭时间 订单关闭时间 取消时间 退款时间 cancelledat canceledat canceltime "
    "closedat refundedat refundtime",
    "status": "订单状态 交易状态 状态 orderstatus status financialstatus",
    "amount": "实付金额 买家实付金额 订单应付金额 应付金额 总金额 金额 amount lineamount totalprice total",
    "price": "单价 商品单价 直播价 unitprice price lineitemprice itemprice",
    "buyer": "买家id 买家会员名 买家昵称 用户id customerid buyerid customer buyer",
}
"""What the column of each role may be called, best first, in the form that `plain_name` gives names."""
NEEDED: Final = ("order", "sku", "qty", "time")
_SETTINGS: Final = ("channel", "timezone", "day_first", "encoding", "columns")
_MAX_MAP_BYTES = 1 << 20


class ImportSettings(msgspec.Struct, frozen=True, kw_only=True):
    """How to read an export."""

    source: str = "import"
    """CloudEvents source of its events: the channel of MAP.toml."""
    zone: tzinfo = ZoneInfo("Asia/Shanghai")
    """Of times that are written without an offset."""
    day_first: bool | None = None
    """Whether 3/12/2025 is in December; None: see from the other dates of the file."""
    encoding: str | None = None
    columns: dict[str, str] = {}
    """Role to column name; goes before what the names say."""


def columns_of(header: Sequence[str], settings: ImportSettings) -> dict[str, int]:
    """Role to position, for the roles that the header has. Complete when all of NEEDED are there."""
    plain = [plain_name(name) for name in header]
    found: dict[str, int] = {}
    for role, names in NAMES.items():
        wanted = [plain_name(settings.columns[role])] if role in settings.columns else names.split()
        position = next((plain.index(name) for name in wanted if name in plain), None)
        if position is not None:
            found[role] = position
    return found


def load_settings(path: Path) -> ImportSettings:
    """Read a MAP.toml. Raises ConfigError naming file, key, value and the fix."""
    shown = printable(str(path))
    try:
        with open(path, "rb") as file:
            text = file.read(_MAX_MAP_BYTES).decode()
        table = tomllib.loads(text)
    except OSError as error:
        raise ConfigError(f"{shown}: can't be read: {printable(error.strerror or str(error))}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ConfigError(f"{shown}: no TOML: {printable(str(error))}") from None
    _known(shown, "", table, _SETTINGS)
    columns = _table(shown, table)
    _known(shown, "columns.", columns, tuple(NAMES))
    names = {role: _text(shown, f"columns.{role}", name) for role, name in columns.items()}
    source = _text(shown, "channel", table.get("channel", "import"))
    if not is_id(source):
        raise ConfigError(f"{shown}: channel: 1-256 characters without control characters")
    day_first = table.get("day_first")
    if day_first is not None and not isinstance(day_first, bool):
        raise ConfigError(f"{shown}: day_first: write true (3/12 is in December) or false")
    encoding = _text(shown, "encoding", table["encoding"]) if "encoding" in table else None
    if encoding is not None:
        _check_encoding(shown, encoding)
    return ImportSettings(
        source=source,
        zone=_zone(shown, _text(shown, "timezone", table.get("timezone", "Asia/Shanghai"))),
        day_first=day_first,
        encoding=encoding,
        columns=names,
    )


def plain_name(name: str) -> str:
    """A column's name without case, spaces and punctuation, and without what stands in brackets."""
    bare = re.sub(r"[(\uff08].*?[)\uff09]", "", name) or name
    return re.sub(r"[\W_]+", "", bare).lower()


def _known(shown: str, prefix: str, table: dict[str, Any], known: Sequence[str]) -> None:
    for key in table:
        if key not in known:
            near = difflib.get_close_matches(key, known, 1)
            fix = f"did you mean {near[0]}?" if near else f"known: {', '.join(known)}"
            raise ConfigError(f"{shown}: {prefix}{printable(key, 60)}: unknown key; {fix}")


def _table(shown: str, table: dict[str, Any]) -> dict[str, Any]:
    columns = table.get("columns", {})
    if not isinstance(columns, dict):
        raise ConfigError(f'{shown}: columns: write a table, [columns], with lines like order = "订单编号"')
    return columns


def _text(shown: str, key: str, value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise ConfigError(f"{shown}: {key}: expected a text, got {printable(repr(value), 60)}")
    return value


def _zone(shown: str, name: str) -> tzinfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ConfigError(
            f'{shown}: timezone: no zone {printable(name, 60)!r}; write one like "Asia/Shanghai"'
        ) from None


def _check_encoding(shown: str, encoding: str) -> None:
    try:
        b"".decode(encoding)
        if not codecs.lookup(encoding)._is_text_encoding:
            raise LookupError
    except (LookupError, ValueError):
        raise ConfigError(
            f"{shown}: encoding: no text encoding {printable(encoding, 60)!r}; write utf-8 or gb18030"
        ) from None
