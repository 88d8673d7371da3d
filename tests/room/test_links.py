"""Which row shows which SKU."""

from __future__ import annotations

from stockwatch.alerts import CRITICAL
from stockwatch.config import Item, Listing, RoomConfig, Sku
from stockwatch.room.links import catalog
from stockwatch.room.room import alone
from tests.room.build import config, placed, played


def test_sizes_of_a_product_share_the_link_that_offers_it():
    links = catalog(config()).links
    assert links["L1"].sizes == ("H-M", "H-L")
    assert links["L1"].slot == 1


def test_a_bundle_keeps_its_parts_apart_from_what_it_sells():
    bundle = catalog(config()).links["L2"]
    assert bundle.sizes == ("H-M",)
    assert bundle.parts == (("SOCK", 2, "gift"),)
    assert bundle.skus == ("H-M", "SOCK")


def test_two_of_a_thing_are_a_bundle_too():
    made = catalog(
        RoomConfig(
            id="r", name="r", skus=(Sku(id="A", title="A"),),
            listings=(Listing(id="two", title="2件装", items=(Item(sku="A", qty=2),)),),
        )
    )  # fmt: skip
    assert made.links["two"].parts == (("A", 2, "item"),)
    assert made.links["A"].sizes == ("A",), "it still needs a row of its own"


def test_without_listings_a_product_rolls_up_and_a_lone_sku_stands_alone():
    made = catalog(config(listings=()))
    assert {listing: link.sizes for listing, link in made.links.items()} == {
        "HOODIE": ("H-M", "H-L"),
        "SOCK": ("SOCK",),
    }


def test_a_gift_alone_has_its_own_row_and_its_alerts_there():
    made = catalog(config())
    assert made.of_sku["SOCK"][0] == "SOCK"
    assert made.of_sku["H-M"][0] == "L1"


def test_a_sku_that_only_the_feed_knows_gets_a_link_once():
    made = catalog(config())
    assert made.meet("NEW") is True
    assert made.meet("NEW") is False
    assert made.links["NEW"].sizes == ("NEW",)


def test_a_met_sku_does_not_take_the_place_of_a_listing_of_that_name():
    made = catalog(config())
    made.meet("L1")
    assert made.links["L1"].sizes == ("H-M", "H-L")
    assert made.of_sku["L1"] == ("sku:L1",)


def test_a_main_size_that_ran_out_before_the_rush_is_still_the_main_size():
    skus = tuple(
        Sku(id=f"H-{size}", title="卫衣", product="HOODIE", attrs={"码": size}, stock=stock)
        for size, stock in (("M", 60), ("L", 5000), ("XL", 5000))
    )
    listing = Listing(id="L1", title="联名卫衣", slot=1, items=(Item(product="HOODIE"),))
    room = alone(config(skus=skus, listings=(listing,)))
    raws = [placed(10 * n, "H-M", f"m{n}") for n in range(60)]
    raws += [placed(20 * n + 1, "H-L", f"l{n}") for n in range(30)]
    raws += [placed(20 * n + 2, "H-XL", f"x{n}") for n in range(30)]
    for n in range(250):
        raws += [placed(610 + 2 * n, "H-L", f"L{n}"), placed(611 + 2 * n, "H-XL", f"X{n}")]
    played(raws, room)
    gone = room._sizes("L1", CRITICAL)
    assert gone.labels == ("M",)
    assert 0.4 < gone.share < 0.55, "half of all demand while it was there, one in ten of what was taken"
