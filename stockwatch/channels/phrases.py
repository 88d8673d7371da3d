"""What the adapters say of a request that did not bring what was asked, in both languages. Pure.

`asked` is the request as the platform names it; what the platform itself says stays in its own words.
"""

from __future__ import annotations

from stockwatch.room.view import Text

OTHER_SHOP = Text("这是别的店铺的订单", "an order of another shop")
NO_LINES = Text("订单里没有商品行", "an order without lines")
TWO_LINES_ONE_ID = Text("两行编号相同", "two lines of one id")
NO_ID = Text("编号无效", "an id that is none")
NO_TIME = Text("时间无效", "a time that is none")
SOLD_FASTER = Text("卖得比改库存还快", "it sold faster than the figure could be changed")

NOT_ALL = Text("要求全部成功,而目前不能全改", "it was to be all or none, and not all can be changed so far")
NOT_ASKED = Text("没有再问", "it was not asked for")
NO_SHOP = Text(
    "通道的 shop 不对;写 店名.myshopify.com", "the channel's shop is none; write NAME.myshopify.com"
)
INSTALL_AGAIN = Text(
    "Shopify 的令牌不能刷新;请重新安装应用", "Shopify's tokens are not refreshed; install the app again"
)
NO_VARIANT = Text("productVariant:没有这个规格", "productVariant: no such variant")
NOT_TRACKED = Text(
    "productVariant:没有跟踪库存;请在店铺里打开",
    "productVariant: its stock is not tracked; switch that on in the shop",
)
NO_PLACE = Text(
    "productVariant:没有供网店发货的地点存它",
    "productVariant: no place that serves online orders keeps it",
)


def too_many_places(most: int) -> Text:
    return Text(
        f"productVariant:存放地点多于 {most} 处", f"productVariant: it is kept at more than {most} places"
    )


def authorize_again(why: Text | str) -> Text:
    return _with(why, "请重新授权应用", "authorize the app again")


def id_and_secret_not_taken(why: Text | str) -> Text:
    return _with(why, "平台不接受这个应用的编号和密钥", "the app's id and secret are not taken")


def no_token(asked: str) -> Text:
    return Text(f"{asked}:答复里没有令牌", f"{asked}: no token in the answer")


def no_order(asked: str) -> Text:
    return Text(f"{asked}:没有这笔订单", f"{asked}: no such order")


def no_sku(asked: str, sku: str) -> Text:
    return Text(f"{asked}:没有这个规格 {sku}", f"{asked}: there is no SKU {sku}")


def no_figure(asked: str) -> Text:
    return Text(f"{asked}:答复里没有库存数", f"{asked}: no figure in the answer")


def nothing_named(asked: str, name: str) -> Text:
    return Text(f"{asked}:答复里没有 {name}", f"{asked}: the answer holds no {name}")


def no_warehouse(asked: str) -> Text:
    return Text(f"{asked}:没有仓库存它", f"{asked}: no warehouse keeps it")


def less_there(asked: str) -> Text:
    return Text(f"{asked}:现有的比要减的少", f"{asked}: less is there than was to be taken")


def perhaps_changed(why: Text) -> Text:
    return Text(f"也许已改,没能读回:{why.zh}", f"changed perhaps, and not read back: {why.en}")


def not_read(platform: str) -> Text:
    return Text(
        f"{platform}:这个版本还不读它的库存和商品",
        f"{platform}: its figures and goods are not read by this version",
    )


def not_put(platform: str) -> Text:
    return Text(f"{platform}:库存只能增减,不能直接设", f"{platform}: its figures are changed, not put")


def not_all_or_none(platform: str) -> Text:
    return Text(f"{platform}:不能要求全部成功", f"{platform} changes no figures all or none")


def one_product(most: int | str) -> Text:
    return Text(
        f"要求全部成功时,只能是同一商品的 {most} 个以内规格",
        f"all or none goes for up to {most} SKUs of one product",
    )


def by_warehouse(asked: str) -> Text:
    return Text(f"{asked}:它的库存按仓库管理", f"{asked}: its stock is kept by warehouse")


def unsaid(asked: str) -> Text:
    return Text(f"{asked}:没说这个规格怎样", f"{asked}: no word of this SKU")


def no_step(platform: str) -> Text:
    return Text(f"{platform}:这个规格没有阶梯库存", f"{platform}: the SKU has no step stock")


def _with(why: Text | str, zh: str, en: str) -> Text:
    said = Text(why, why) if isinstance(why, str) else why
    return Text(f"{said.zh};{zh}", f"{said.en}; {en}")
