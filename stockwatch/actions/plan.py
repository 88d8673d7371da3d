"""An intent and the room as it stands -> the events to book and one sentence for who asked, or a refusal.

Pure. Event ids and documents derive from the intent's own id, so the same intent booked twice is a duplicate, never a
second restock. Quantities are units, durations seconds, instants microseconds since the epoch.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import tzinfo
from typing import Any

from stockwatch.events import MAX_FIGURE, encode, format_time
from stockwatch.room import intents
from stockwatch.room.posts import said
from stockwatch.room.room import Room
from stockwatch.room.view import Text

MAX_TEXT = 500
"""Characters of a reason or a note; longer ones are refused, not cut."""


@dataclass(frozen=True, slots=True)
class Draft:
    """An event to be: the door adds id, source and time."""

    type: str
    subject: str | None
    data: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Plan:
    """What to book for an intent, in order; all of it or, with no drafts, a refusal."""

    message: Text
    drafts: tuple[Draft, ...] = ()

    @property
    def refused(self) -> bool:
        return not self.drafts


def raw_events(plan: Plan, intent: intents.Intent, *, source: str, now_us: int, zone: tzinfo) -> list[bytes]:
    """The plan's events as bytes: ids `<intent id>:<n>`, `time` and `received` are now."""
    stamp = format_time(now_us, zone)
    return [
        encode(
            type=draft.type,
            source=source,
            id=f"{intent.id}:{n}",
            time=stamp,
            subject=draft.subject,
            data=draft.data,
        )
        for n, draft in enumerate(plan.drafts, 1)
    ]


def plan(intent: intents.Intent, room: Room, *, now_us: int, zone: tzinfo) -> Plan:
    """Decide what an intent books. Never raises for what a person typed: it refuses with a sentence."""
    if not _plain(intent.by, 64) or not intent.by.strip():
        return _no("先写上是谁在操作", "say first who acts (a name of 1-64 characters)")
    planner = _PLANNERS[type(intent)]
    return planner(intent, room, now_us, zone)


def _no(zh: str, en: str) -> Plan:
    return Plan(Text(zh, en))


def _plain(text: str, limit: int = MAX_TEXT) -> bool:
    return len(text) <= limit and all(character.isprintable() for character in text)


def _quantity(value: int, low: int = 1) -> Plan | None:
    if low <= value <= MAX_FIGURE:
        return None
    return _no(
        f"数量须在 {low} 到 {MAX_FIGURE} 之间", f"the quantity must be {low} to {MAX_FIGURE}, not {value}"
    )


def _unknown(kind_zh: str, kind_en: str, name: str) -> Plan:
    return _no(f"没有这个{kind_zh}:{name}", f"no such {kind_en}: {name}")


def _acknowledge(intent: intents.Acknowledge, room: Room, now_us: int, zone: tzinfo) -> Plan:
    link = room.catalog.links.get(intent.listing)
    if link is None:
        return _unknown("链接", "link", intent.listing)
    # Only alerts that stand on this row: those of a gift are its own link's.
    home = [sku for sku in link.skus if room.catalog.of_sku[sku][0] == link.listing]
    waiting = [
        (alert.sku, alert.id)
        for sku in home
        if (alert := room.open_alert(sku)) is not None and alert.by is None
    ]
    waiting += [(one.sku, one.id) for sku in home for one in room.figures.waiting(sku)]
    if not waiting:
        return _no("这个链接没有待认领的预警", "this link has no alert to acknowledge")
    drafts = tuple(
        Draft("alert.acknowledged", sku, {"alert": alert, "by": intent.by}) for sku, alert in waiting
    )
    return Plan(
        Text(f"已认领 {len(waiting)} 条:{link.title}", f"acknowledged {len(waiting)}: {link.title}"), drafts
    )


def _restock(intent: intents.AskRestock, room: Room, now_us: int, zone: tzinfo) -> Plan:
    if intent.sku not in room.catalog.of_sku:
        return _unknown("商品", "SKU", intent.sku)
    if (bad := _quantity(intent.quantity)) or (bad := _quantity(intent.lead_time, low=0)):
        return bad
    if not intent.source.strip() or not _plain(intent.source, 256):
        return _no("补货来源不能为空", "name the source to restock from")
    due = format_time(now_us + intent.lead_time * 1_000_000, zone)
    asked: dict[str, Any] = {
        "by": intent.by,
        "source": intent.source,
        "qty": intent.quantity,
        "lead_time_s": intent.lead_time,
        "state": intent.state,
        "document": intent.id,
    }
    if room.config.restock_webhook is not None:
        asked["webhook"] = now_us  # see room.posts
    order = {
        "document": intent.id,
        "qty": intent.quantity,
        "source": intent.source,
        "due": due,
        "state": intent.state,
        "by": intent.by,
    }
    verb_zh, verb_en = (
        ("已锁货", "confirmed")
        if intent.state == "confirmed"
        else ("已询货,待确认", "asked, not promised yet")
    )
    title = room.title(intent.sku)
    return Plan(
        Text(
            f"补货 {title} +{intent.quantity}({intent.source}):{verb_zh}",
            f"restock {title} +{intent.quantity} from {intent.source}: {verb_en}",
        ),
        (Draft("action.restock", intent.sku, asked), Draft("stock.ordered", intent.sku, order)),
    )


_STEPS = {
    "confirmed": ("已锁货", "confirmed"),
    "shipped": ("已发出", "shipped"),
    "refused": ("对方没货", "refused"),
    "received": ("已收货", "received"),
}
_ORDER = {"asked": 0, "confirmed": 1, "refused": 2, "shipped": 3}
"""How far a restock has come, as the ledger ranks it; it never goes back."""


def _restock_update(intent: intents.UpdateRestock, room: Room, now_us: int, zone: tzinfo) -> Plan:
    restock = room.books.restocks().get(intent.document)
    if restock is None:
        return _unknown("补货单", "restock", intent.document)
    if restock.state == "refused":
        return _no("这单对方已说没货", "this restock was refused already")
    if restock.state == "received":
        return _no("这单已经收完货了", "this restock has been received in full already")
    if intent.state != "received" and _ORDER[intent.state] <= _ORDER[restock.state]:
        zh, en = _STEPS[restock.state]
        return _no(f"这单{zh},不用再报", f"this restock is {en} already")
    left = restock.qty - restock.received
    quantity = intent.quantity if intent.quantity is not None else max(left, 0)
    if bad := _quantity(quantity):
        return bad
    zh, en = _STEPS[intent.state]
    title = room.title(restock.sku)
    action = Draft(
        "action.restock",
        restock.sku,
        {"by": intent.by, "document": intent.document, "state": intent.state, "qty": quantity},
    )
    if intent.state == "received":
        step = Draft(
            "stock.received",
            restock.sku,
            {
                "document": intent.id,
                "qty": quantity,
                "restock": intent.document,
                "final": quantity >= left,
                "by": intent.by,
            },
        )
    else:
        data: dict[str, Any] = {
            "document": intent.document,
            "qty": quantity,
            "source": restock.source,
            "due": format_time(restock.due_us, zone),
            "state": intent.state,
            "by": intent.by,
        }
        step = Draft("stock.ordered", restock.sku, data)
    return Plan(
        Text(f"{title} 补货{zh}:{quantity} 件", f"restock of {title} {en}: {quantity}"), (action, step)
    )


def _webhook_told(intent: intents.WebhookTold, room: Room, now_us: int, zone: tzinfo) -> Plan:
    post = room.log.posts.get(intent.document)
    if post is None or not post.open:
        return _no("这单没有在等 webhook", "this restock awaits no webhook")
    told: dict[str, Any] = {
        "by": intent.by,
        "document": intent.document,
        "attempt": intent.attempt,
        "outcome": intent.outcome,
        "at_us": now_us,
    }
    if intent.status is not None:
        told["status"] = intent.status
    if intent.text != Text("", ""):
        told["text"] = {"zh": intent.text.zh, "en": intent.text.en}
    drafts = [Draft("action.webhook", post.sku, told)]
    restock = room.books.restocks().get(intent.document)
    moves = intent.outcome in ("confirmed", "refused")
    if moves and restock is not None and _ORDER[intent.outcome] > _ORDER.get(restock.state, len(_ORDER)):
        order = {
            "document": intent.document,
            "qty": restock.qty if intent.quantity is None else intent.quantity,
            "source": restock.source,
            "due": format_time(restock.due_us if intent.due_us is None else intent.due_us, zone),
            "state": intent.outcome,
            "by": intent.by,
        }
        drafts.append(Draft("stock.ordered", restock.sku, order))
    return Plan(said(intent.outcome, intent.status, intent.text), tuple(drafts))


def _pins(room: Room, listing: str, by: str, kind: str) -> tuple[Draft, ...]:
    link = room.catalog.links.get(listing)  # a platform may present what room.toml does not name
    slot = None if link is None else link.slot
    data: dict[str, Any] = {"listing": listing, "by": by}
    if slot is not None and kind == "product.pinned":
        data["slot"] = slot
    channels = [channel.id for channel in room.config.channels] or ["room"]
    return tuple(Draft(kind, None, {"channel": channel, **data}) for channel in channels)


def _substitute(intent: intents.Substitute, room: Room, now_us: int, zone: tzinfo) -> Plan:
    for sku in (intent.sku, intent.to):
        if sku not in room.catalog.of_sku:
            return _unknown("商品", "SKU", sku)
    if intent.sku == intent.to:
        return _no("替代品不能是它自己", "a product can't be its own substitute")
    if room.sellable(intent.to) <= 0:
        return _no(f"{room.title(intent.to)} 也没货了", f"{room.title(intent.to)} has nothing left to sell")
    listing = room.catalog.of_sku[intent.to][0]
    switch = Draft("action.substitute", intent.sku, {"by": intent.by, "to": intent.to, "listing": listing})
    return Plan(
        Text(
            f"换品:{room.title(intent.sku)} → {room.title(intent.to)}",
            f"switched: {room.title(intent.sku)} → {room.title(intent.to)}",
        ),
        (switch, *_pins(room, listing, intent.by, "product.pinned")),
    )


def _present(intent: intents.Present, room: Room, now_us: int, zone: tzinfo) -> Plan:
    if intent.listing is None:
        if room.presenting is None:
            return _no("现在没有讲解中的链接", "nothing is being presented")
        return Plan(
            Text("已结束讲解", "presenting ended"),
            _pins(room, room.presenting[0], intent.by, "product.unpinned"),
        )
    link = room.catalog.links.get(intent.listing)
    if link is None:
        return _unknown("链接", "link", intent.listing)
    return Plan(
        Text(f"讲解中:{link.title}", f"presenting: {link.title}"),
        _pins(room, intent.listing, intent.by, "product.pinned"),
    )


def _count(intent: intents.Count, room: Room, now_us: int, zone: tzinfo) -> Plan:
    if intent.sku not in room.catalog.of_sku:
        return _unknown("商品", "SKU", intent.sku)
    if bad := _quantity(intent.quantity, low=0):
        return bad
    if not intent.reason.strip() or not _plain(intent.reason):
        return _no("盘点要写原因", "a count needs its reason (at most 500 printable characters)")
    was = room.books.stock(intent.sku).on_hand
    counted: dict[str, Any] = {
        "document": intent.id,
        "qty": intent.quantity,
        "reason": intent.reason,
        "by": intent.by,
    }
    if intent.as_of is not None:
        if not 0 <= intent.as_of <= now_us // 1_000_000:
            return _no("盘点时刻不能晚于现在", "a count can't be as of a time to come")
        counted["as_of"] = format_time(intent.as_of * 1_000_000, zone)
    title = room.title(intent.sku)
    return Plan(
        Text(
            f"盘点 {title}:实物 {was} → {intent.quantity}",
            f"counted {title}: on hand {was} → {intent.quantity}",
        ),
        (
            Draft(
                "action.count",
                intent.sku,
                {"by": intent.by, "qty": intent.quantity, "was": was, "reason": intent.reason},
            ),
            Draft("stock.counted", intent.sku, counted),
        ),
    )


def _release(intent: intents.Release, room: Room, now_us: int, zone: tzinfo) -> Plan:
    if intent.sku not in room.catalog.of_sku:
        return _unknown("商品", "SKU", intent.sku)
    if not _plain(intent.reason):
        return _no("原因太长或有不可见字符", "the reason is too long or holds unprintable characters")
    stock = room.books.stock(intent.sku)
    quantity = abs(intent.quantity)
    if bad := _quantity(quantity):
        return bad
    releasing = intent.quantity > 0
    limit = stock.held if releasing else stock.available
    if quantity > limit:
        return _no(
            f"只有 {limit} 件可{'放' if releasing else '控'}",
            f"only {limit} can be {'released' if releasing else 'held back'}",
        )
    kind = "stock.unheld" if releasing else "stock.held"
    data: dict[str, Any] = {"document": intent.id, "qty": quantity, "by": intent.by}
    if intent.reason.strip():
        data["reason"] = intent.reason
    title = room.title(intent.sku)
    return Plan(
        Text(
            f"{'放单' if releasing else '控库'} {title} {quantity} 件",
            f"{'released' if releasing else 'held back'} {quantity} of {title}",
        ),
        (
            Draft("action.release", intent.sku, {"by": intent.by, "qty": intent.quantity}),
            Draft(kind, intent.sku, data),
        ),
    )


def _resolve(intent: intents.Resolve, room: Room, now_us: int, zone: tzinfo) -> Plan:
    found = next((one for one in room.books.exceptions() if one.key == intent.exception), None)
    if found is None:
        return _no("这条异常已经处理了", "this exception is settled already")
    if not _plain(intent.note):
        return _no("备注太长或有不可见字符", "the note is too long or holds unprintable characters")
    data: dict[str, Any] = {"by": intent.by, "exception": found.key, "kind": found.kind}
    if intent.note.strip():
        data["note"] = intent.note
    return Plan(Text("异常已处理", "exception resolved"), (Draft("action.resolved", found.sku, data),))


def _note(intent: intents.Note, room: Room, now_us: int, zone: tzinfo) -> Plan:
    if not intent.text.strip() or not _plain(intent.text):
        return _no("备注为空或太长", "the note is empty, too long, or holds unprintable characters")
    return Plan(Text("已记下", "noted"), (Draft("note.added", None, {"text": intent.text, "by": intent.by}),))


_PLANNERS: dict[type[Any], Callable[[Any, Room, int, tzinfo], Plan]] = {
    intents.Acknowledge: _acknowledge,
    intents.AskRestock: _restock,
    intents.UpdateRestock: _restock_update,
    intents.Substitute: _substitute,
    intents.Present: _present,
    intents.Count: _count,
    intents.Release: _release,
    intents.Resolve: _resolve,
    intents.Note: _note,
    intents.WebhookTold: _webhook_told,
}
