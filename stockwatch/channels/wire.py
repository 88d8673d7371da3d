"""What the frame and a platform's adapter hand each other. Pure.

Ids stay the digits they came as: `Id` takes a JSON integer or string and nothing that went through a float. A platform
answers with a value or raises `ApiError`, whose kind says what helps.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Annotated, Any, Literal, NamedTuple, Protocol, TypeVar, runtime_checkable

import msgspec

from stockwatch.channels import phrases
from stockwatch.channels.orders import Line, Order, Part, Returned
from stockwatch.printable import printable
from stockwatch.room.view import Text

Id = Annotated[int, msgspec.Meta(ge=0)] | Annotated[str, msgspec.Meta(max_length=128)]
"""As platforms write ids: digits, quoted or not, over 2^53. `id_text` makes one string of them."""

Count = Annotated[int, msgspec.Meta(ge=0, lt=2**31)]
"""Units of an order's line. One below zero is no sale, and would be passed over without a word."""

Kind = Literal["limited", "token", "clock", "denied", "refused", "moved", "spent", "broken", "unknown"]
"""limited: asked too often. token: the access token is not taken. clock: the timestamp is not. denied: credentials or
permission; a person must act. refused: the request itself can't be met, and asking again gets the same answer. moved: a
figure is no longer what was read, and nothing was changed; read again. spent: a change of this name was made before,
and this one was not. broken: the platform failed and may do better next time. unknown: it may or may not have been
carried out."""

_PLAIN_ID = re.compile(r"[0-9A-Za-z_:.-]{1,128}")
_INEXACT = re.compile(r"[+-]?\d+(\.\d*)?[eE][+-]?\d+|[+-]?\d{16,}\.\d*")
_T = TypeVar("_T")


Pool = Literal["spot", "presale"]
"""What is here to be sent, or what is sold as pre-sale and made or bought for it. The ledger's names."""


class ApiError(Exception):
    """A request that did not bring what was asked. `str()` is one printable line of English, free of secrets; `text` is
    the same in both languages, as far as the words are ours."""

    def __init__(
        self, kind: Kind, note: str | Text, *, code: str = "", retry_after_s: float | None = None
    ) -> None:
        zh, en = (note, note) if isinstance(note, str) else (note.zh, note.en)
        self.text = Text(printable(zh, 240), printable(en, 240))
        super().__init__(self.text.en)
        self.kind: Kind = kind
        self.code = code
        """The platform's own."""
        self.retry_after_s = retry_after_s
        """Seconds to stay away, where the platform said so."""


class Forged(Exception):
    """A push that is not the platform's: wrong signature, key or shop. `str()` says what was wrong with it."""


class Malformed(Exception):
    """A push that is the platform's, but can't be understood."""


class Keys(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A shop's credentials with one platform. Never printed: its repr names the keys that are set."""

    app_key: str = ""
    app_secret: str = ""
    access_token: str = ""
    refresh_token: str = ""
    sign_secret: str = ""
    """Kuaishou: signs requests."""
    message_secret: str = ""
    """Kuaishou: opens pushes, Base64. WeChat: EncodingAESKey."""
    push_token: str = ""
    """WeChat: signs pushes."""
    comments_secret: str = ""
    """Douyin: signs live comments (直播小玩法 data pushes); another one than the shop app's."""
    shop: str = ""
    """The shop's id with the platform; orders of another one are refused. "": any. Shopify: NAME.myshopify.com."""
    shop_cipher: str = ""
    """TikTok Shop: the shop as requests name it; `shop` is what pushes name."""

    def __repr__(self) -> str:
        return f"Keys({', '.join(name for name in self.__struct_fields__ if getattr(self, name))} set)"

    __str__ = __repr__

    def __rich_repr__(self) -> Any:
        yield repr(self)


class Call(NamedTuple):
    """A request, byte for byte as it is signed."""

    verb: Literal["GET", "POST"]
    path: str
    """From the platform's base URL, with its query. A whole URL where the platform is asked elsewhere; where the base
    URL was chosen by hand, it is asked there all the same."""
    body: bytes = b""
    headers: Mapping[str, str] = {}


class Ask(NamedTuple):
    """A request before it is signed: the platform's name of it, and what it asks."""

    method: str
    params: Mapping[str, Any]


class Nudge(NamedTuple):
    """A push says: look at this order."""

    order: str
    message: str
    """Its id, the same in every delivery of it."""
    at_us: int | None
    """When the platform sent it."""


class Received(NamedTuple):
    """What a push came to."""

    nudges: tuple[Nudge, ...]
    reply: bytes
    """What tells the platform that it arrived."""
    unknown: int = 0
    """Messages in it of a kind that concerns no stock, or that we do not know."""
    reply_type: str = "application/json"


class Unusable(NamedTuple):
    """A row of a list that is no order of ours."""

    row: bytes
    why: str


class Page(NamedTuple):
    """One answer of a poll."""

    orders: tuple[Order, ...]
    more: str | None
    """What to hand to `poll` for the next page; None: this was the last."""
    unusable: tuple[Unusable, ...] = ()
    """Orders in it that are another shop's or can't be read. Each costs itself only."""
    names: tuple[str, ...] = ()
    """Orders that the list only names; their detail is still to be asked for."""


class Tokens(NamedTuple):
    """What a refresh brought."""

    access_token: str
    refresh_token: str
    expires_s: int


class Listed(NamedTuple):
    """One SKU that a platform offers. "" and None are what it does not say."""

    product: str
    sku: str
    title: str = ""
    spec: str = ""
    outer: str = ""
    stock: int | None = None
    parts: tuple[Part, ...] = ()
    """What a bundle is made of, where the platform says so."""
    step: int | None = None
    """Units of pool `presale` (阶梯库存), which `stock` does not hold; None: it has none apart."""


class Offer(NamedTuple):
    """One answer of a listing."""

    goods: tuple[Listed, ...]
    more: tuple[Ask, ...]
    """What is to be asked next, each in turn: what belongs to this page first, the next page last."""
    unusable: tuple[str, ...] = ()
    """Rows of it that can't be read, and why. Each costs itself only."""


class Wanted(NamedTuple):
    """A SKU's figure is to change."""

    product: str
    sku: str
    delta: int
    """Units to add, or below zero to take; never 0."""
    pool: Pool = "spot"
    """Which of its figures; the other one stays."""


class Adapter(Protocol):
    """All that differs between platforms. Pure: time comes in, requests and values go out."""

    name: str
    base_url: str
    window_us: int
    """The longest stretch of update times that one poll may ask for."""
    acknowledgement: bytes
    """What tells the platform that a push arrived."""

    def call(self, ask: Ask, keys: Keys, now_us: int) -> Call:
        """A signed request."""

    def answer(self, ask: Ask, status: int, body: bytes) -> bytes:
        """The JSON of what was asked, out of its envelope. Raises ApiError."""

    def refresh(self, keys: Keys, now_us: int) -> Call | None:
        """Ask for a new access token; None where tokens do not expire."""

    def tokens(self, status: int, body: bytes) -> Tokens:
        """Raises ApiError."""

    def detail(self, order: str) -> Ask: ...

    def order(self, answer: bytes, keys: Keys) -> Order:
        """Raises ApiError: broken where the answer has no such shape, refused for another shop's."""

    def poll(self, since_us: int, until_us: int, more: str | None) -> Ask:
        """Orders whose last change lies in the stretch, oldest first."""

    def page(self, answer: bytes, keys: Keys, ask: Ask) -> Page:
        """Raises ApiError."""

    def receive(self, headers: Mapping[str, str], body: bytes, keys: Keys) -> Received:
        """A push, verified. Header names are lower case; ":query" is the address's query as it came, which no header
        can be called. Raises Forged, Malformed."""


@runtime_checkable
class Echoes(Protocol):
    """An adapter whose platform asks, by GET, whether the address is ours before it pushes there."""

    def echo(self, headers: Mapping[str, str], keys: Keys) -> bytes:
        """What tells it so, as plain text. `headers` as for `receive`. Raises Forged."""


@runtime_checkable
class RenewsBySecret(Protocol):
    """An adapter whose `refresh` needs the app's secret and no refresh token."""

    renews_by_secret: bool


@runtime_checkable
class Stocked(Protocol):
    """An adapter that reads and changes its platform's figures, and lists what the shop offers."""

    repeatable: bool
    """Whether a change that is told twice, byte for byte, counts once."""

    def stock(self, product: str, sku: str) -> Ask:
        """Ask what may still be sold of a SKU."""

    def stock_in(self, answer: bytes, sku: str) -> int:
        """Units of pool `spot`, of that answer. Raises ApiError."""

    def change(self, product: str, sku: str, delta: int, once: str, reading: bytes) -> Ask:
        """Add to a SKU's figure, or take from it. `once` names the change, where the platform takes such a name;
        `reading` is the answer of `stock` just before, for platforms that are told what the figure was or shall be.
        Raises ApiError where that answer does not allow it."""

    def goods(self) -> Ask:
        """Ask what the shop offers."""

    def offer(self, answer: bytes, ask: Ask) -> Offer:
        """Raises ApiError."""


@runtime_checkable
class Puts(Protocol):
    """A stocked adapter whose platform takes a figure as well as a change of it."""

    def put(self, product: str, sku: str, units: int) -> Ask:
        """Make a SKU's figure this one, whatever it is; what was sold and not read yet is undone by it."""


@runtime_checkable
class Batches(Protocol):
    """A stocked adapter that changes several figures by one request."""

    batch: int
    """SKUs in one request, at most."""

    def several(self, wanted: Sequence[Wanted], once: str, readings: Sequence[bytes], *, whole: bool) -> Ask:
        """Change all of them, at most `batch` and no figure twice. `readings`: the answers of `stock` just before, in
        the same order. `whole`: those of one product, all or none; else each stands or falls by itself. Raises ApiError
        where those answers do not allow it."""

    def came_of(self, answer: bytes, wanted: Sequence[Wanted], *, whole: bool) -> tuple[ApiError | None, ...]:
        """What that answer says of each, in the same order: None where it was changed; of kind "unknown" where the
        answer does not tell. Raises ApiError where it can't be read."""


@runtime_checkable
class Stepped(Protocol):
    """A stocked adapter whose platform keeps a second figure of some SKUs, for what it sells as pre-sale once what is
    here is gone (阶梯发货). `Stocked.stock_in` and `change` concern the first."""

    def step_in(self, answer: bytes, sku: str) -> int | None:
        """Units of pool `presale`, of an answer of `stock`; None where the SKU has no such figure. Raises ApiError."""

    def change_step(self, product: str, sku: str, delta: int, once: str, reading: bytes) -> Ask:
        """As `Stocked.change`, of that figure."""


@runtime_checkable
class Overwrites(Protocol):
    """A stocked adapter whose platform is told what a figure shall be, so that a sale in between is undone by it."""

    def undone(self, before: bytes, after: bytes, sku: str) -> bool:
        """Whether sales came between two readings, which a change in between may have undone. Raises ApiError."""


@runtime_checkable
class AfterSales(Protocol):
    """An adapter whose orders say that some units of a line were refunded, and not how many (`Line.unsaid`)."""

    def after_sale(self, name: str) -> Ask:
        """`name`: as the line calls it."""

    def returned(self, answer: bytes, line: Line) -> tuple[Returned, ...]:
        """What was refunded of this line. Raises ApiError."""


@runtime_checkable
class Products(Protocol):
    """An adapter whose products say when the platform takes stock, where an order does not."""

    def product(self, product: str) -> Ask: ...

    def holds(self, answer: bytes) -> bool | None:
        """Whether it is taken at placement (拍下减库存); None: the answer does not say. Raises ApiError."""


def id_text(value: int | str) -> str:
    """An id as one string. Raises ApiError when it is none."""
    text = str(value)
    if not _PLAIN_ID.fullmatch(text):
        raise ApiError("broken", phrases.NO_ID)
    return text


def decoded(decode: Callable[[bytes], _T], body: bytes, what: str) -> _T:
    """A body by its decoder. Raises ApiError that says where it is not what it must be."""
    try:
        return decode(body)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
        raise ApiError("broken", f"{what}: {error}") from None


def reader(type_: type[_T]) -> Callable[[bytes], _T]:
    """A decoder for which a member that is null is one that is missing, and a number in quotes that number: platforms
    write both ways, and an order is not lost for a note that nobody wrote. Only rows that need the second look pay for
    it."""
    strict = msgspec.json.Decoder(type_).decode

    def read(raw: bytes) -> _T:
        try:
            return strict(raw)
        except msgspec.ValidationError as error:
            try:
                return msgspec.convert(_said(msgspec.json.decode(raw)), type_, strict=False)
            except msgspec.ValidationError:
                raise error from None

    return read


def _said(value: Any) -> Any:
    """Without nulls. Raises ValidationError for a text that as a number would pass through a float and lose digits."""
    if isinstance(value, dict):
        return {name: _said(held) for name, held in value.items() if held is not None}
    if isinstance(value, list):
        return [_said(held) for held in value]
    if isinstance(value, str) and _INEXACT.fullmatch(value):
        raise msgspec.ValidationError("a number that is not exact")
    return value


def readable(
    rows: Iterable[msgspec.Raw] | None, read: Callable[[bytes], Iterable[_T]], what: str
) -> tuple[list[_T], list[str]]:
    """What the rows of a page say, and for each that can't be read where and why."""
    found: list[_T] = []
    unusable: list[str] = []
    for raw in rows or ():
        row = bytes(raw)
        try:
            found += list(read(row))
        except (ApiError, msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
            begins = row[:80].decode("utf-8", "replace")
            unusable.append(printable(f"{what}: {error}: {begins}", 240))
    return found, unusable


def exact_json(value: Any, *, sort: bool = False) -> str:
    """A value as the text that is signed and sent: no spaces, UTF-8 as it is, members by name if asked."""
    return json.dumps(value, ensure_ascii=False, sort_keys=sort, separators=(",", ":"), allow_nan=False)
