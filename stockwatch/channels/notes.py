"""What a platform's feed says of what is wrong with it, in both languages. Pure."""

from __future__ import annotations

from stockwatch.channels.wire import ApiError, Kind
from stockwatch.room.view import Text

_KINDS: dict[Kind, Text] = {
    "limited": Text("问得太密", "asked too often"),
    "token": Text("令牌不被接受", "token not taken"),
    "clock": Text("时钟不一致", "clocks differ"),
    "denied": Text("没有权限", "not let in"),
    "refused": Text("平台不接受", "refused"),
    "moved": Text("数字已变", "figure has moved"),
    "spent": Text("同名改动已办过", "done before under this name"),
    "broken": Text("平台没答上来", "platform failed"),
    "unknown": Text("不知是否办成", "may be done or not"),
}


def said(error: ApiError) -> Text:
    """What kind of thing is wrong, and what the platform or the client says of it."""
    kind = _KINDS[error.kind]
    return Text(f"{kind.zh}:{error.text.zh}", f"{kind.en}: {error.text.en}")


def look_back_failed(why: Text) -> Text:
    return Text(f"回看没成:{why.zh}", f"look-back failed: {why.en}")


def deduct_as_set(why: Text) -> Text:
    """When stock is taken is not known of some product."""
    return Text(
        f"扣减按设定,何时扣库存不明:{why.zh}",
        f"deduct as set: when stock is taken is not known: {why.en}",
    )


def refunds_unread(why: Text) -> Text:
    return Text(f"退款未读到,退几件不明:{why.zh}", f"refunds unread: how many units is not known: {why.en}")


SLOW = Text("平台答得慢", "the platform is slow to say")
UNTOLD = Text("平台没说", "the platform does not say")
