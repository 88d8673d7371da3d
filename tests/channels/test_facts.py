"""What a snapshot of an order makes of the books, told once, twice, in any order, and with what changed in between."""

from __future__ import annotations

import itertools
from datetime import UTC
from typing import Any

from rehearsal import BookSink

from stockwatch.channels.facts import facts_of, order_key, unknown_subject
from stockwatch.channels.goods import Goods, Numbered
from stockwatch.channels.known import Known
from stockwatch.channels.orders import Line, Order, Part, Returned
from stockwatch.config import Item, Listing, RoomConfig, Sku
from stockwatch.lab.opening import Ware

S = 1_000_000
T = 1_790_000_000 * S
WARES = [Ware("A", "a", 100), Ware("B", "b", 100), Ware("GIFT", "g", 100)]
CONFIG = RoomConfig(
    id="r", name="r",
    skus=tuple(Sku(id=ware.sku, title=ware.title) for ware in WARES),
    listings=(
        Listing(id="SET", title="set", items=(Item(sku="A", qty=2), Item(sku="GIFT", role="gift"))),
    ),
)  # fmt: skip
NUMBERS = [Numbered("dy", "1", "11", "A"), Numbered("dy", "1", "12", "B"), Numbered("dy", "2", "", "SET")]


class Shop:
    """Tells snapshots to the books."""

    def __init__(self, numbers: list[Numbered] = NUMBERS) -> None:
        self.sink = BookSink(WARES)
        self.goods = Goods(CONFIG, "dy", numbers)
        self.unmapped: list[Part] = []

    def tell(self, *lines: Line, order: str = "900", later_s: int = 0, **more: Any) -> None:
        whole = Order(order, T, T + (5 + later_s) * S, lines, **more)
        told = facts_of(
            whole,
            channel="dy",
            source="dy",
            goods=self.goods,
            known=Known(self.sink.books, "dy").as_sku,
            zone=UTC,
        )
        self.unmapped += told.unmapped
        for frame in told.frames:
            self.sink.book(frame)
        bad = {name: count for name, count in self.sink.outcomes.items() if name in ("conflict", "invalid")}
        assert not bad, bad

    def stock(self, sku: str) -> tuple[int, int, int, int]:
        """(available, reserved, sold, quarantined)."""
        found = self.sink.books.stock(sku)
        return found.available, found.reserved, found.sold, found.quarantined


def line(sku: str = "11", *, id: str = "900", product: str = "1", qty: int = 2, **more: Any) -> Line:
    return Line(id, Part(product, sku, ""), qty, **more)


def test_an_orders_life():
    shop = Shop()
    shop.tell(line())
    assert shop.stock("A") == (98, 2, 0, 0)
    shop.tell(line(paid_us=T))
    assert shop.stock("A") == (98, 0, 2, 0)
    shop.tell(line(paid_us=T, shipped=2))
    assert shop.sink.books.stock("A").shipped == 2
    shop.tell(line(paid_us=T, shipped=2, refunded=True, closed_us=T))
    assert shop.stock("A") == (98, 0, 0, 2), "what has left comes back by quarantine"


def test_only_the_last_snapshot_is_seen():
    shop = Shop()
    shop.tell(line(paid_us=T, refunded=True, closed_us=T))
    assert shop.stock("A") == (100, 0, 0, 0), "it never left, so that it lies where it lay"


def test_cancelled_before_it_was_paid():
    shop = Shop()
    shop.tell(line())
    shop.tell(line(cancelled=True, closed_us=T))
    assert shop.stock("A") == (100, 0, 0, 0)


def test_a_late_old_snapshot_takes_nothing_back():
    shop = Shop()
    shop.tell(line(paid_us=T, shipped=2))
    shop.tell(line())
    assert shop.stock("A") == (98, 0, 2, 0)


def test_parts_are_shipped_one_by_one_however_often_they_are_told():
    shop = Shop()
    for shipped in (1, 1, 3, 2, 3, 4):
        shop.tell(line(qty=4, paid_us=T, shipped=shipped))
    assert shop.sink.books.stock("A").shipped == 4
    other = Shop()
    for shipped in (1, 3):
        other.tell(line(qty=4, paid_us=T, shipped=shipped))
    assert other.sink.books.stock("A").shipped == 3


def test_a_deadline_that_moves_is_no_conflict():
    shop = Shop()
    shop.tell(line(), expires_us=T + 900 * S)
    shop.tell(line(), expires_us=T + 1800 * S)
    shop.tell(line(paid_us=T))
    assert shop.stock("A") == (98, 0, 2, 0)


def test_a_line_of_another_size_or_colour_moves():
    shop = Shop()
    shop.tell(line(paid_us=T))
    shop.tell(line("12", paid_us=T))
    assert (shop.stock("A"), shop.stock("B")) == ((100, 0, 0, 0), (98, 0, 2, 0))
    shop.tell(line("12", paid_us=T))
    for second, sku in enumerate(("11", "12", "11"), 1):
        shop.tell(line(sku, paid_us=T), later_s=second)
    assert (shop.stock("A"), shop.stock("B")) == ((98, 0, 2, 0), (100, 0, 0, 0))


def test_goods_without_a_sku_are_booked_under_their_numbers_and_move_once_they_are_mapped():
    shop = Shop(numbers=[])
    shop.tell(line(paid_us=T))
    assert shop.unmapped == [Part("1", "11", "")]
    assert shop.sink.books.stock(unknown_subject("dy", shop.unmapped[0])).shortfall == 2
    shop.goods = Goods(CONFIG, "dy", NUMBERS)
    shop.tell(line(paid_us=T))
    assert shop.stock("A") == (98, 0, 2, 0)
    assert shop.sink.books.stock("dy:1/11").shortfall == 0


def test_the_merchants_code_is_enough():
    shop = Shop(numbers=[])
    shop.tell(Line("900", Part("77", "78", "B"), 3))
    assert shop.stock("B") == (97, 3, 0, 0)


def test_a_link_of_several_things_and_a_gift():
    shop = Shop()
    shop.tell(line("", product="2", qty=3))
    assert (shop.stock("A"), shop.stock("GIFT")) == ((94, 6, 0, 0), (97, 3, 0, 0))
    shop.tell(line("", product="2", qty=3, cancelled=True))
    assert (shop.stock("A"), shop.stock("GIFT")) == ((100, 0, 0, 0), (100, 0, 0, 0))


def test_a_bundle_that_the_platform_takes_apart():
    shop = Shop()
    bundle = Line("900", Part("9", "99", ""), 2, parts=(Part("1", "11", "", 1), Part("1", "12", "", 3)))
    shop.tell(bundle)
    assert (shop.stock("A"), shop.stock("B")) == ((98, 2, 0, 0), (94, 6, 0, 0))


def test_presale_is_a_pool_of_its_own():
    shop = Shop()
    shop.tell(line(presale=True))
    assert shop.stock("A") == (100, 0, 0, 0)
    assert shop.sink.books.rows("A")["A", "main", "presale"].shortfall == 2


def test_lines_of_one_order_stand_apart():
    shop = Shop()
    shop.tell(line(id="901", qty=1), line("12", id="902", qty=1, cancelled=True))
    assert (shop.stock("A"), shop.stock("B")) == ((99, 1, 0, 0), (100, 0, 0, 0))
    whole = Order("900", T, T, ())
    assert order_key(whole, line(id="900")) == "900"
    assert order_key(whole, line(id="901")) == "900/901"


def test_where_stock_is_taken_at_payment():
    shop = Shop()
    shop.tell(line(), holds=False)
    assert shop.stock("A") == (100, 0, 0, 0)
    shop.tell(line(paid_us=T), holds=False)
    assert shop.stock("A") == (98, 0, 2, 0)


def back(id: str, qty: int, kept: bool = False) -> Returned:
    return Returned(id, qty, kept, T)


def test_one_of_three_is_refunded_however_often_and_in_whichever_order_it_is_told():
    snapshots = [
        line(qty=3, paid_us=T),
        line(qty=3, paid_us=T, returned=(back("r1", 1, True),)),
        line(qty=3, paid_us=T, shipped=3, returned=(back("r1", 1, True),)),
        line(qty=3, paid_us=T, shipped=3, returned=(back("r1", 1, True), back("r2", 1))),
    ]
    for told in itertools.permutations(snapshots):
        shop = Shop()
        for snapshot in (*told, *told):
            shop.tell(snapshot)
        assert shop.stock("A") == (98, 0, 1, 1), "one never left, one comes back, one is the buyer's"
        assert shop.sink.books.stock("A").shipped == 1


def test_no_more_is_refunded_than_was_bought():
    shop = Shop()
    shop.tell(line(qty=2, paid_us=T, shipped=2, returned=(back("r1", 2), back("r2", 2), back("r3", 0))))
    assert shop.stock("A") == (98, 0, 0, 2)
    shop.tell(line(qty=2, paid_us=T, shipped=2, refunded=True, closed_us=T))
    assert shop.stock("A") == (98, 0, 0, 2)


def test_the_rest_of_a_line_is_refunded_too():
    shop = Shop()
    shop.tell(line(qty=3, paid_us=T, returned=(back("r1", 1, True),)))
    assert shop.stock("A") == (98, 0, 2, 0)
    shop.tell(line(qty=3, paid_us=T, refunded=True, closed_us=T))
    assert shop.stock("A") == (100, 0, 0, 0)


def test_lines_of_one_order_take_stock_each_in_its_own_time():
    shop = Shop()
    shop.tell(line(id="901", holds=True), line("12", id="902", holds=False))
    assert (shop.stock("A"), shop.stock("B")) == ((98, 2, 0, 0), (100, 0, 0, 0))
