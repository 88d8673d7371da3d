"""A lab's script says in words what is wrong with it, who buys what, and what somebody overwrites."""

from __future__ import annotations

import pytest

from stockwatch.lab.faults import Faults
from stockwatch.lab.opening import Ware, booth_of
from stockwatch.lab.script import ScriptError, read_script
from stockwatch.lab.shop import Buyers, Good, Shop

PLATFORMS = ("douyin", "taobao")


@pytest.mark.parametrize(("weights", "bought"), [([0.0, 1.0], {"B"}), ([0.0, 0.0], set()), ([], {"A", "B"})])
def test_who_wants_one_thing_only_buys_one_line(weights: list[float], bought: set[str]):
    goods = [Good(nth, nth, outer, outer, 10_000) for nth, outer in enumerate("AB")]
    shop = Shop(goods, first_order=1, unpaid_ttl_ms=1000, second_grain=True)
    buyers = Buyers(shop, 1, several=1.0, weights=weights)
    for nth in range(50):
        buyers.buy(nth)
    assert {line.good.outer for order in shop.orders.values() for line in order.lines} == bought


def read(text: str):
    return read_script(text, PLATFORMS, ["SOCK"])


def test_a_phase_may_overwrite_figures_and_no_order_says_so():
    (first, second) = read(
        '[[phase]]\nfor = "5s"\n[[phase]]\nfor = "1m"\nset = { douyin = { SOCK = 500 } }\n'
    )
    assert (first.set, second.set) == ({}, {"douyin": {"SOCK": 500}})
    shop = booth_of("douyin", [Ware("SOCK", "袜子", 20), Ware("CAP", "帽", 20)], Faults(), 1).face.shop
    shop.overwrite("SOCK", 500)
    assert [good.stock for good in shop.goods] == [500, 20]
    assert (shop.announced, shop.orders) == ([], {})


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("set = { jd = { SOCK = 5 } }", "set: no platform jd"),
        ("set = { douyin = { SOKC = 5 } }", "set: no SKU SOKC"),
        ("set = { douyin = { SOCK = -1 } }", "number 1"),
        ('set = { douyin = { "\\u001b[2J" = 1 } }', "set: no SKU"),
    ],
)
def test_an_overwrite_that_cannot_be_says_where_and_what(line: str, said: str):
    with pytest.raises(ScriptError, match=said.replace("[", r"\[")) as wrong:
        read(f'[[phase]]\nfor = "5s"\n{line}\n')
    assert "\x1b" not in str(wrong.value)
