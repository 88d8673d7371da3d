"""What a person is offered before they decide: ways to restock with their effect, substitutes with their figures."""

from __future__ import annotations

from collections.abc import Sequence

from stockwatch.instants import second_of_day
from stockwatch.room import intents
from stockwatch.room.clock import SECOND_US
from stockwatch.room.room import Room
from stockwatch.room.view import Candidate, Eta, RestockOption, RestockProposal, SubstituteProposal, Text

MAX_CANDIDATES = 9
"""One digit picks one."""


def propose(request: intents.Propose, room: Room) -> intents.Proposal:
    """Answer a Propose; a SKU that nobody knows gets an empty proposal."""
    if request.kind == "restock":
        return intents.Proposal(id=request.id, restock=restock(room, request.sku, request.quantity))
    return intents.Proposal(id=request.id, substitute=substitutes(room, request.sku))


def restock(room: Room, sku: str, quantity: int | None) -> RestockProposal:
    """Each configured source with the tier and sell-out that ordering from it would give; the best one first."""
    now = room.now_us // SECOND_US
    stock, facts = room.books.stock(sku), room.facts(sku)
    assessed = room.desk.assess(sku, now * SECOND_US, facts)
    alert = room.open_alert(sku)
    settings = room.skus.get(sku)
    options = []
    for source in settings.restock if settings else ():
        units = source.quantity if quantity is None else quantity
        if units < 1:
            continue
        waits = source.waits(second_of_day(now * SECOND_US, room.desk.zone))
        due = now + waits + source.surely
        extra = room.expected.arrival(source, source.source, units, due * SECOND_US, now * SECOND_US)
        tier_after, eta_after = room.desk.preview(sku, now * SECOND_US, facts, extra)
        options.append(
            RestockOption(
                source=source.source,
                quantity=units,
                lead_time=source.surely,
                waits=waits,
                counts=source.counts,
                contact=source.contact,
                due=due,
                tier_after=tier_after,
                eta_after=_clock_eta(now, eta_after),
            )
        )
    # The lowest tier wins, then the latest sell-out, then the fastest.
    options.sort(key=lambda o: (o.tier_after, -(o.eta_after.p50 or 2**62), o.due, o.source))
    best = tuple(_marked(option, best=n == 0) for n, option in enumerate(options))
    return RestockProposal(
        sku=sku,
        title=room.title(sku),
        tier=alert.tier if alert else 0,
        available=stock.available,
        velocity=room.demand.velocity(sku, now * SECOND_US).per_min,
        eta=_clock_eta(now, assessed.eta),
        options=best,
    )


def substitutes(room: Room, sku: str) -> SubstituteProposal:
    """What could take the demand for a SKU: those named in room.toml, then others of its product; most stock first."""
    now = room.now_us // SECOND_US
    settings = room.skus.get(sku)
    named = settings.substitutes if settings else ()
    kin = [
        other.id
        for other in room.config.skus
        if settings is not None and settings.product is not None and other.product == settings.product
    ]
    found = []
    for other in dict.fromkeys((*named, *kin)):
        if other == sku or other not in room.catalog.of_sku:
            continue
        sellable = room.sellable(other)
        if sellable <= 0:
            continue
        listing = room.catalog.of_sku[other][0]
        title = room.title(other)
        found.append(
            Candidate(
                sku=other,
                listing=listing,
                slot=room.catalog.links[listing].slot,
                title=title,
                sellable=sellable,
                velocity=room.demand.velocity(other, now * SECOND_US).per_min,
                configured=other in named,
                say=substitute_line(title, room.catalog.links[listing].slot, sellable),
            )
        )
    found.sort(key=lambda c: (not c.configured, -c.sellable, c.sku))
    return SubstituteProposal(sku=sku, title=room.title(sku), candidates=tuple(found[:MAX_CANDIDATES]))


def substitute_line(title: str, slot: int | None, sellable: int) -> Text:
    """What the host says to send viewers to a substitute, with its true number."""
    zh = f"{slot}号 {title}" if slot is not None else title
    en = f"link {slot}, {title}" if slot is not None else title
    return Text(
        f"没抢到的宝宝看{zh},现货还有 {sellable} 件", f"If you missed it, look at {en}: {sellable} in stock"
    )


def _marked(option: RestockOption, *, best: bool) -> RestockOption:
    return RestockOption(
        source=option.source,
        quantity=option.quantity,
        lead_time=option.lead_time,
        waits=option.waits,
        counts=option.counts,
        contact=option.contact,
        due=option.due,
        tier_after=option.tier_after,
        eta_after=option.eta_after,
        best=best,
    )


def _clock_eta(now: int, eta: Sequence[float | None]) -> Eta:
    return Eta(*(None if seconds is None else now + round(seconds) for seconds in eta))
