"""Order exports to feeds: the columns of real shops, units taken back, and rows that can't be used."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stockwatch.config import ConfigError
from stockwatch.events import Event, decode
from stockwatch.exits import Failure
from stockwatch.feeds.csv_columns import ImportSettings, load_settings
from stockwatch.feeds.csv_import import NoHeader, import_rows
from stockwatch.feeds.csv_text import read_text
from stockwatch.feeds.csv_values import BadValue, clean, day_comes_first, instant, minor_units, whole

SHANGHAI = ZoneInfo("Asia/Shanghai")


def _import(text: str, **settings: Any) -> tuple[list[dict[str, Any]], list[tuple[int, str]]]:
    bad: list[tuple[int, str]] = []
    lines = [line + "\n" for line in text.strip("\n").split("\n")]
    raws = list(import_rows(lines, ImportSettings(**settings), lambda number, why: bad.append((number, why))))
    assert all(isinstance(decode(raw), Event) for raw in raws)
    return [json.loads(raw) for raw in raws], bad


def _short(events: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    return [(e["type"].partition(".")[2], e["subject"], *list(e["data"].values())[:3]) for e in events]


RETAIL = """
InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country
536365,85123A,"WHITE, HANGING HEART",6,2010-12-01 08:26:00,2.55,17850.0,United Kingdom
536365,71053,WHITE METAL LANTERN,2,2010-12-01 08:26:00,3.39,17850.0,United Kingdom
536366,71053,WHITE METAL LANTERN,3,2010-12-01 08:28:00,3.39,13047.0,United Kingdom
C536379,71053,WHITE METAL LANTERN,-1,2010-12-01 09:41:00,3.39,17850.0,United Kingdom
C536380,71053,WHITE METAL LANTERN,-9,2010-12-01 09:42:00,3.39,17850.0,United Kingdom
"""


def test_an_invoice_export_becomes_orders_and_cancellations() -> None:
    events, bad = _import(RETAIL)
    assert _short(events) == [
        ("placed", "85123A", "536365", 1, 6),
        ("placed", "71053", "536365", 2, 2),
        ("placed", "71053", "536366", 1, 3),
        ("cancelled", "71053", "536365", 2, 1),
    ]
    assert events[0] == {
        "specversion": "1.0",
        "id": "536365:1:placed",
        "source": "import",
        "type": "order.placed",
        "subject": "85123A",
        "time": "2010-12-01T08:26:00.000+08:00",
        "data": {"order": "536365", "line": 1, "qty": 6, "amount": 1530},
    }
    assert events[3]["id"] == "C536379:1:back"
    assert [number for number, _ in bad] == [6]
    assert "17850" not in json.dumps(events)


def test_a_chinese_export_says_what_was_paid_shipped_and_closed() -> None:
    events, bad = _import('''
订单导出 2025-11-11
主订单编号,子订单编号,商品名称,商家编码,商品数量,订单提交时间,支付完成时间,发货时间,订单状态,订单应付金额（元）
\t6919000000000000001,x,联名卫衣,HOODIE-M,1,2025-11-11 20:00:03,2025-11-11 20:00:40,2025-11-12 09:00:00,已完成,¥199.00
"=""6919000000000000002""",x,联名卫衣,HOODIE-L,2,2025/11/11 20:00:04,,,已关闭,398
6919000000000000003,x,联名卫衣,HOODIE-L,1,2025年11月11日 20:00:05,2025-11-11 20:01:00,,已退款,199
6919000000000000004,x,联名卫衣,HOODIE-L,1,2025-11-11 20:00:06,,,待发货,199
''')
    assert bad == []
    assert [(e["data"]["order"][-1], e["type"], e["time"][11:19]) for e in events] == [
        ("1", "order.placed", "20:00:03"),
        ("2", "order.placed", "20:00:04"),
        ("2", "order.cancelled", "20:00:04"),
        ("3", "order.placed", "20:00:05"),
        ("4", "order.placed", "20:00:06"),
        ("4", "order.paid", "20:00:06"),
        ("1", "order.paid", "20:00:40"),
        ("3", "order.paid", "20:01:00"),
        ("3", "order.refunded", "20:01:00"),
        ("1", "order.shipped", "09:00:00"),
    ]
    assert events[0]["data"]["amount"] == 19900
    assert events[8]["data"]["restock"] is True


def test_units_of_a_paid_line_come_back_as_a_refund_over_several_lines() -> None:
    events, bad = _import("""
order,sku,qty,created_at,paid_at
A,K,2,2025-11-11 10:00:00,2025-11-11 10:01:00
A,K,3,2025-11-11 10:00:00,2025-11-11 10:01:00
A,K,-4,2025-11-11 11:00:00,
A,K,-2,2025-11-11 12:00:00,
""")
    assert _short(events)[-2:] == [("refunded", "K", "A", 2, 3), ("refunded", "K", "A", 1, 1)]
    assert [e["id"] for e in events[-2:]] == ["A:3:back-1", "A:3:back-2"]
    assert [number for number, _ in bad] == [5]


def test_newest_first_exports_come_out_in_the_order_of_time() -> None:
    events, _ = _import(
        "order,sku,qty,time\nB,K,-1,2025-11-11 12:00\nA,K,2,2025-11-11 11:00\nA,L,1,2025-11-11 11:00\n"
    )
    assert _short(events) == [
        ("placed", "K", "A", 1, 2),
        ("placed", "L", "A", 2, 1),
        ("cancelled", "K", "A", 1, 1),
    ]


def test_rows_that_cannot_be_used_are_named_and_the_rest_goes_on() -> None:
    events, bad = _import(
        "order,sku,qty,time\n"
        "A,,1,2025-11-11 10:00\n"
        ",K,1,2025-11-11 10:00\n"
        "B,K,0,2025-11-11 10:00\n"
        "C,K,1.5,2025-11-11 10:00\n"
        "D,K,many,2025-11-11 10:00\n"
        "E,K,1,2025-02-30 10:00\n"
        "F,K,1,yesterday\n"
        "G,K\n"
        "\n"
        f"{'H' * 300},K,1,2025-11-11 10:00\n"
        "I\x07,K,1,2025-11-11 10:00\n"
        "J,K,99999999999,2025-11-11 10:00\n"
        f'K,"{"x" * 140_000}",1,2025-11-11 10:00\n'
        "L,K,1,2025-11-11 10:00\n"
    )
    assert [e["data"]["order"] for e in events] == ["L"]
    assert sorted(number for number, _ in bad) == [2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 13, 14]


def test_a_line_that_comes_twice_is_set_aside() -> None:
    events, bad = _import("order,line,sku,qty,time\nA,7,K,1,2025-11-11 10:00\nA,7,L,1,2025-11-11 10:00\n")
    assert _short(events) == [("placed", "K", "A", 7, 1)]
    assert [number for number, _ in bad] == [3]


def test_the_same_export_gives_the_same_bytes_and_overlapping_ones_the_same_ids() -> None:
    whole_day, _ = _import(RETAIL)
    again, _ = _import(RETAIL)
    morning, _ = _import("\n".join(RETAIL.strip().split("\n")[:4]))
    assert whole_day == again
    assert morning == whole_day[:3]


@pytest.mark.parametrize("delimiter", ["\t", ";"])
def test_other_delimiters_are_seen(delimiter: str) -> None:
    text = "order,sku,qty,time\nA,K,1,2025-11-11 10:00\n".replace(",", delimiter)
    assert len(_import(text)[0]) == 1


def test_an_export_without_the_columns_says_which() -> None:
    with pytest.raises(NoHeader, match="qty, time"):
        _import("订单编号,商家编码,标题\nA,K,x\n")
    with pytest.raises(NoHeader):
        _import("")


def test_settings_go_before_names() -> None:
    events, _ = _import(
        "id,order,article,pieces,when\nx,A,K,1,11/12/2025 10:00\n",
        columns={"order": "id", "sku": "Article", "qty": "pieces", "time": "when"},
        zone=ZoneInfo("Europe/London"),
        source="douyin/room-7",
        day_first=True,
    )
    assert (events[0]["data"]["order"], events[0]["source"]) == ("x", "douyin/room-7")
    assert events[0]["time"] == "2025-12-11T10:00:00.000+00:00"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2025-11-11 20:00:03", "2025-11-11T20:00:03+08:00"),
        ("2025-11-11 20：00：03", "2025-11-11T20:00:03+08:00"),
        ("2025/1/2 8:05", "2025-01-02T08:05:00+08:00"),
        ("2025年1月2日 8时5分", "2025-01-02T08:05:00+08:00"),
        ("2025-11-11T12:00:03.250Z", "2025-11-11T12:00:03.250+00:00"),
        ("2025-11-11 12:00:03-0500", "2025-11-11T12:00:03-05:00"),
        ("2025-11-11", "2025-11-11T00:00:00+08:00"),
        ("12/1/2010 8:26", "2010-12-01T08:26:00+08:00"),
        ("12/1/10 12:05 AM", "2010-12-01T00:05:00+08:00"),
        ("1762862403", "2025-11-11T12:00:03+00:00"),
        ("1762862403250", "2025-11-11T12:00:03.250+00:00"),
    ],
)
def test_times_as_shops_write_them(text: str, expected: str) -> None:
    from stockwatch.events import parse_time

    assert instant(text, SHANGHAI, day_first=False) == parse_time(expected)


@pytest.mark.parametrize(
    "text", ["", "0000-01-01", "2025-13-01", "25:61", "2025-11-11 24:00", "1/1/2025 13:00 PM"]
)
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(BadValue):
        instant(text, SHANGHAI, day_first=False)


def test_numbers_money_and_spreadsheet_armour() -> None:
    assert [whole(text) for text in ("1", "-12", "3.0", "1,200", "+5")] == [1, -12, 3, 1200, 5]
    assert [minor_units(text) for text in ("2.55", "¥1,299.00", "199元", "￥-3")] == [
        255,
        129900,
        19900,
        -300,
    ]
    assert [minor_units(text) for text in ("", "free", "1" * 20)] == [None, None, None]
    assert [clean(cell) for cell in ('="0012"', "\t6919", "'0012", " x ")] == ["0012", "6919", "0012", "x"]
    assert day_comes_first(["2025-01-02", "3/4/2025", "13/4/2025"]) is True
    assert day_comes_first(["3/4/2025", "4/13/2025"]) is False
    assert day_comes_first(["3/4/2025"]) is None


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
def test_text_is_read_whatever_wrote_it(tmp_path: Path, encoding: str, ends: str) -> None:
    path = tmp_path / "orders.csv"
    path.write_bytes(ends.join(["订单编号,标题", "1,联名\u2028卫衣"]).encode(encoding))
    assert read_text(path, None) == ["订单编号,标题\n", "1,联名\u2028卫衣\n"]


def test_text_that_cannot_be_read_is_said(tmp_path: Path) -> None:
    path = tmp_path / "orders.csv"
    path.write_bytes(b"caf\xe9\n")
    assert read_text(path, None)[0] == "café\n" or read_text(path, "latin-1")[0] == "café\n"
    with pytest.raises(Failure, match="is not utf-8"):
        read_text(path, "utf-8")
    with pytest.raises(Failure, match="gone"):
        read_text(tmp_path / "gone.csv", None)


def test_a_map_is_read(tmp_path: Path) -> None:
    path = tmp_path / "map.toml"
    path.write_text(
        'channel = "douyin"\ntimezone = "Europe/London"\nday_first = true\nencoding = "gb18030"\n'
        '[columns]\norder = "单号"\nsku = "款"\n'
    )
    assert load_settings(path) == ImportSettings(
        source="douyin",
        zone=ZoneInfo("Europe/London"),
        day_first=True,
        encoding="gb18030",
        columns={"order": "单号", "sku": "款"},
    )


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("chanel = 'x'", "channel"),
        ("[columns]\nquantity = 'x'", "columns.quantity"),
        ("[columns]\nqty = 5", "columns.qty"),
        ("columns = 5", "columns"),
        ("channel = ''", "channel"),
        ("channel = 5", "channel"),
        ("timezone = 'Mars/Base'", "Mars/Base"),
        ("timezone = '../../etc/passwd'", "timezone"),
        ("encoding = 'klingon'", "encoding"),
        ("encoding = 'hex'", "encoding"),
        ("day_first = 'yes'", "day_first"),
        ("= broken", "TOML"),
    ],
)
def test_a_map_with_mistakes_names_the_key_and_the_fix(tmp_path: Path, text: str, says: str) -> None:
    path = tmp_path / "map.toml"
    path.write_text(text)
    with pytest.raises(ConfigError) as caught:
        load_settings(path)
    assert says in str(caught.value)
    assert "map.toml" in str(caught.value)
    with pytest.raises(ConfigError):
        load_settings(tmp_path / "gone.toml")


_CELLS = st.one_of(
    st.text(max_size=12),
    st.sampled_from(
        [
            "A",
            "CA",
            "K",
            "-1",
            "2",
            "1.0",
            "2025-11-11 10:00",
            "3/4/2025",
            "已关闭",
            '"',
            '="x"',
            "\x00",
            "9" * 30,
        ]
    ),
)


@settings(max_examples=150, deadline=None)
@given(rows=st.lists(st.lists(_CELLS, max_size=9), max_size=12), delimiter=st.sampled_from([",", ";", "\t"]))
def test_whatever_stands_in_the_rows_each_is_used_or_named(rows: list[list[str]], delimiter: str) -> None:
    header = delimiter.join(["order", "line", "sku", "qty", "time", "paid_at", "status", "price", "buyer"])
    lines = [header + "\n", *(delimiter.join(row) + "\n" for row in rows)]
    bad: list[int] = []
    events = [
        decode(raw) for raw in import_rows(lines, ImportSettings(), lambda number, why: bad.append(number))
    ]
    assert all(isinstance(event, Event) for event in events)
    assert len({event.id for event in events if isinstance(event, Event)}) == len(events)
