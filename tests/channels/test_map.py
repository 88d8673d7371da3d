"""What a shop offers, and which of the room's goods it is: bundles, rows that can't be read, and very large shops."""

from __future__ import annotations

import json
from typing import Any

import pytest
from rehearsal import rehearsal

from stockwatch.channels.open import ADAPTERS
from stockwatch.channels.orders import Part
from stockwatch.channels.stock import survey
from stockwatch.channels.wire import Ask, Listed
from stockwatch.commands.channel import _proposed
from stockwatch.config import Channel, Item, Listing, RoomConfig, Sku
from stockwatch.lab.faults import Faults
from stockwatch.lab.opening import ALL_PLATFORMS, Ware

CALM = Faults(latency_s=0)
BAD = 3.7e18
PAGES: dict[str, tuple[Any, dict[str, Any] | None]] = {
    "douyin": ([{"id": 11}, {"id": BAD}, {"id": "1 2"}, {"id": 12}], {"product_id": "1"}),
    "taobao": (
        {"skus": {"sku": [{"sku_id": 11}, {"sku_id": BAD}, {"sku_id": -1}, {"sku_id": "12"}]}}, {"num_iids": "1"},
    ),
    "kuaishou": (
        {
            "items": [
                {"kwaiItemId": 1, "skuList": [{"kwaiSkuId": 11}, {"kwaiSkuId": BAD}]},
                {"kwaiItemId": "\u202e", "skuList": [{"kwaiSkuId": 13}]},
                {"kwaiItemId": 1, "skuList": [{"kwaiSkuId": 12}]},
            ]
        },
        None,
    ),
    "wechat": (
        {"product": {"product_id": 1, "skus": [{"sku_id": 11}, {"sku_id": BAD}, {}, {"sku_id": 12}]}},
        {"product_id": "1"},
    ),
    "tiktok": (
        {
            "products": [
                {"id": "1", "skus": [{"id": "11"}, {"id": BAD}, {"id": "12"}]}, {"id": None, "skus": [{"id": "13"}]},
            ]
        },
        None,
    ),
    "shopify": (
        {
            "productVariants": {
                "nodes": [
                    {"id": "gid://shopify/ProductVariant/11", "product": {"id": "gid://shopify/Product/1"}},
                    {"id": 5, "product": {"id": "1"}},
                    {"id": "gid://shopify/ProductVariant/\u0007", "product": {"id": "gid://shopify/Product/1"}},
                    {"id": "gid://shopify/ProductVariant/12", "product": {"id": "gid://shopify/Product/1"}},
                ],
                "pageInfo": {"hasNextPage": False},
            }
        },
        None,
    ),
}  # fmt: skip
OF_ONE = {"douyin": "sku.list", "taobao": "taobao.item.skus.get", "wechat": "channels/ec/product/get"}


@pytest.mark.parametrize("platform", ALL_PLATFORMS)
def test_a_row_that_cannot_be_read_costs_itself_and_is_told(platform: str):
    adapter: Any = ADAPTERS[platform]()
    page, params = PAGES[platform]
    ask = adapter.goods() if params is None else Ask(OF_ONE[platform], params)
    offer = adapter.offer(json.dumps(page).encode(), ask)
    assert [(one.product, one.sku) for one in offer.goods] == [("1", "11"), ("1", "12")]
    assert len(offer.unusable) in (1, 2)
    assert all("\x07" not in told and "\u202e" not in told for told in offer.unusable)


@pytest.mark.parametrize("platform", ["douyin", "wechat"])
def test_a_product_that_cannot_be_read_costs_itself_and_is_told(platform: str):
    adapter: Any = ADAPTERS[platform]()
    page = {
        "douyin": {"data": [{"product_id": 1}, {"product_id": BAD}, {"product_id": 2}]},
        "wechat": {"product_ids": [1, BAD, "2"], "next_key": ""},
    }
    offer = adapter.offer(json.dumps(page[platform]).encode(), adapter.goods())
    assert [ask.params["product_id"] for ask in offer.more] == ["1", "2"]
    assert len(offer.unusable) == 1


@pytest.mark.parametrize("platform", ["wechat", "kuaishou", "shopify"])
async def test_a_large_shop_is_surveyed_in_parts_that_join(platform: str):
    wares = [Ware(f"SKU-{n}", f"商品 {n}", n) for n in range(1, 121)]
    async with rehearsal([platform], wares, CALM, push=False, every_s=30) as world:
        client = world.feeds[platform].client
        found, parts, mark = list[Listed](), 0, ""
        while parts == 0 or mark:
            part = await survey(client, mark, most=1)
            found, parts, mark = found + part.goods, parts + 1, part.mark
            assert mark.isascii()
        assert parts >= 2
        assert [one.outer for one in found] == [one.outer for one in (await survey(client)).goods]
        for wrong in ("5", "{", "[]", "{}", '{"page":[]}', '{"page":null}', '{"a":{"b":{}}}'):
            with pytest.raises(ValueError, match="no mark"):
                await survey(client, wrong)


CONFIG = RoomConfig(
    id="r", name="r",
    skus=(Sku(id="SHIRT", title="白衬衫"), Sku(id="SOCK", title="棉袜")),
    listings=(
        Listing(id="L7", title="衬衫加两双袜", items=(Item(sku="SHIRT", qty=1), Item(sku="SOCK", qty=2))),
        Listing(id="PAIR", title="棉袜十双装", items=(Item(sku="SOCK", qty=10),)),
        Listing(id="L1", title="白衬衫", items=(Item(sku="SHIRT", qty=1),)),
    ),
)  # fmt: skip
DOUYIN = Channel(id="dy", source="dy", feed="douyin:")


def test_links_of_several_things_are_proposed_as_links():
    shirt, sock = Listed("1", "11", outer="SHIRT"), Listed("2", "22", outer="SOCK")
    parts = (Part("1", "11", ""), Part("2", "22", "", 2))
    listed = [Listed("3", "33", "福袋", parts=parts), shirt, Listed("4", "44", outer="PAIR"), sock, shirt]
    numbers, left = _proposed(DOUYIN, CONFIG, [], listed)
    found = {one.sku_id: (one.sku, one.listing) for one in numbers}
    assert found == {
        "11": ("SHIRT", None), "22": ("SOCK", None), "44": (None, "PAIR"), "33": (None, "L7"),
    }  # fmt: skip
    assert (len(numbers), left) == (4, 0)


def test_a_bundle_of_anything_else_is_left_to_a_person(capsys: pytest.CaptureFixture[str]):
    shirt = Listed("1", "11", outer="SHIRT")
    bundle = Listed("3", "33", "福袋", parts=(Part("1", "11", ""), Part("9", "99", "")))
    for one in (bundle, replace_parts(bundle, (Part("1", "11", "", 3),))):
        numbers, left = _proposed(DOUYIN, CONFIG, [], [shirt, one])
        assert ([number.sku_id for number in numbers], left) == (["11"], 1)
    assert "福袋" in capsys.readouterr().err


def replace_parts(listed: Listed, parts: tuple[Part, ...]) -> Listed:
    return listed._replace(parts=parts)
