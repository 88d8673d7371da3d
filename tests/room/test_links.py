"""Which row shows which SKU."""

from __future__ import annotations

from stockwatch.config import Item, Listing, RoomConfig, Sku
from stockwatch.room.links import catalog
from tests.room.build import config


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
