"""When THRESHOLD and CRITICAL ring for one SKU, against when they had to: its point of no return.

The point of no return is the last moment at which ordering the fastest restock still comes before the sell-out: the
sell-out less the lead time. Asked for is THRESHOLD at least 10 minutes before it and CRITICAL before it, neither much
earlier; on what never sells out, no CRITICAL. How many units there are is drawn from the mean rate before the stream
is, so that no stream is picked for how it ends. A step is counted where its warning is due at least five minutes after
it: before, nobody can know. Streams that put no order down before the warning is due are left out for the same reason.

Decaying flashes, feeds that catch up with and without the orders' true times, refunds and presentations must not raise
CRITICAL and no more than one TREND. At last a console of 200 SKUs: how many of its THRESHOLDs and CRITICALs were false,
an hour.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from math import exp, log
from multiprocessing import Pool
from typing import NamedTuple

import numpy as np
from bench import Report, arguments
from numpy.typing import NDArray
from order_streams import wander

from stockwatch.alerts import CRITICAL, THRESHOLD, TIER_NAMES, TREND, Desk, Facts
from stockwatch.config import RoomConfig, Sku
from stockwatch.demand import Demand

SECOND_US = 1_000_000
EPOCH = 1_700_000_000
REACTION_S = 15 * 60
LEADS = (600, 1200, 1800)
LAST = 5 * 3600
SELLING = ("poisson", "compound", "cox", "step", "ramp", "train", "train, untold")
STEADY = ("poisson", "compound", "cox", "train")
TRAPS = ("flash", "late orders", "late orders without times", "refunds", "presented once")
Path = NDArray[np.float64]


class Order(NamedTuple):
    heard: int
    """The second in which it comes in."""
    time: int
    """The second it carries."""
    units: int


class Rang(NamedTuple):
    """What one SKU's stream came to; seconds from its start."""

    first: tuple[int | None, int | None, int | None]
    """When TREND, THRESHOLD and CRITICAL first rang."""
    times: tuple[int, int, int]
    """How often each rang."""
    sold_out: int | None
    lead: int
    knowable: int
    """Before this no one could know."""


def shape(scenario: str, change: int, rng: np.random.Generator) -> tuple[Path, frozenset[int]]:
    """How many times the usual rate it sells, by the second, and when its link begins to be presented."""
    t = np.arange(LAST)
    if scenario.startswith("train"):
        factor, at, pins = np.ones(LAST), int(rng.uniform(0, 1200)), []
        while at < LAST:
            factor[at : at + int(rng.uniform(180, 300))] = 4.0
            pins.append(at)
            at += int(rng.uniform(900, 1500))
        return factor, frozenset(pins if scenario == "train" else ())
    return _factor(scenario, t, change, rng), frozenset((change,) if scenario == "presented once" else ())


def _factor(scenario: str, t: NDArray[np.int64], change: int, rng: np.random.Generator) -> Path:
    if scenario == "step":
        return np.where(t >= change, 3.0, 1.0)
    if scenario == "ramp":
        return np.where(t < change, 1.0, np.minimum(6.0, 4.0 ** ((t - change) / 3600)))
    since = t - change
    if scenario == "flash":
        return 1 + rng.uniform(4, 9) * np.exp(-np.maximum(0, since) / rng.uniform(120, 400)) * (since >= 0)
    if scenario == "presented once":
        return np.where((since >= 0) & (since < 240), 4.0, 1.0)
    return np.ones(LAST)


def drawn(rate: Path, scenario: str, rng: np.random.Generator) -> tuple[list[int], list[int]]:
    """(seconds, units) of the orders."""
    if scenario not in ("poisson", "compound", *TRAPS):
        rate = rate * np.exp(wander(rng, 0.3, 300.0, LAST) - 0.045)
    counts = rng.poisson(rate)
    seconds = np.repeat(np.arange(LAST), counts)
    lumps = [1] if scenario == "poisson" else [1, 1, 1, 1, 2, 3]
    return seconds.tolist(), rng.choice(lumps, size=len(seconds)).tolist()


def drive(
    orders: Iterable[Order],
    stock: int,
    lead: int,
    *,
    refunds: frozenset[int] = frozenset(),
    pins: frozenset[int] = frozenset(),
    dead: range = range(0),
    since: int = 0,
    rang: list[tuple[int, int]] | None = None,
) -> tuple[list[int | None], list[int], int | None]:
    """Plays orders into a desk. Returns when each tier first rang, how often from `since` on, and the sell-out; `rang`
    collects (tier, second) of each time something rang."""
    demand = Demand()
    sku = Sku(id="A", title="卫衣", stock=stock, lead_time=lead)
    desk = Desk(RoomConfig(id="r", name="r", skus=(sku,)), demand)
    demand.alive("c", EPOCH * SECOND_US)
    first: list[int | None] = [None, None, None]
    times = [0, 0, 0]
    left, sold, due, alive = stock, 0, None, 0
    by_second: dict[int, list[Order]] = {}
    for order in orders:
        by_second.setdefault(order.heard, []).append(order)
    for second in range(LAST):
        now_us = (EPOCH + second) * SECOND_US
        came = by_second.get(second, ())
        for order in came:
            demand.tell(EPOCH + second)
            demand.take("A", "c", (EPOCH + order.time) * SECOND_US, order.units)
            left, sold = left - order.units, sold + order.units
        if second in refunds:
            left += 1
        if second in pins:
            demand.present(("A",), now_us)
        if not came and second - alive >= 15 and second not in dead:
            demand.alive("c", now_us)
            alive = second
        if not came and (due is None or due > now_us):
            continue
        if left <= 0:
            return first, times, second
        found, due = desk.evaluate("A", now_us, Facts(available=left, sold=sold))
        for event in found:
            if event.kind != "resolved":
                tier = TIER_NAMES.index(event.tier) - 1
                first[tier] = second if first[tier] is None else first[tier]
                times[tier] += second >= since
                if rang is not None:
                    rang.append((tier + 1, second))
    return first, times, None


def base_rate(rng: np.random.Generator) -> float:
    return float(rng.choice([0.05, 0.1, 0.2, 0.5, 1.0]))


def sells(job: tuple[str, int]) -> Rang:
    """A SKU whose stock is to last one to four hours; after a step, from the warning time on half an hour or more."""
    scenario, seed = job
    rng = np.random.default_rng(seed)
    base, lead = base_rate(rng), int(rng.choice(LEADS))
    change = int(rng.uniform(1800, 7200))
    factor, pins = shape(scenario, change, rng)
    mean = base * factor
    lump = 1.0 if scenario == "poisson" else 1.5
    if scenario in ("step", "ramp"):
        until = change + lead + rng.uniform(1500, 5400)
    else:
        until = lead + rng.uniform(3600, 9000)
    stock = max(5, int(lump * mean[: int(min(until, LAST - 1))].sum()))
    seconds, units = drawn(mean, scenario, rng)
    orders = [Order(second, second, qty) for second, qty in zip(seconds, units, strict=True)]
    first, times, out = drive(orders, stock, lead, pins=pins)
    knowable = change + 300 if scenario == "step" else 0
    return Rang(tuple(first), tuple(times), out, lead, knowable)


def lasts(job: tuple[str, int]) -> Rang:
    """A SKU with stock for twice as long as the stream and the lead time."""
    scenario, seed = job
    rng = np.random.default_rng(seed)
    base, lead = base_rate(rng), int(rng.choice(LEADS))
    factor, pins = shape(scenario, 0, rng)
    mean = base * factor
    stock = int(
        (1.0 if scenario == "poisson" else 1.5) * mean.mean() * (LAST + 2 * lead) * rng.uniform(1.3, 3)
    )
    seconds, units = drawn(mean, scenario, rng)
    orders = [Order(second, second, qty) for second, qty in zip(seconds, units, strict=True)]
    first, times, out = drive(orders, stock, lead, pins=pins)
    return Rang(tuple(first), tuple(times), out, lead, 0)


def trap(job: tuple[str, int]) -> Rang:
    """One thing that looks like a surge and isn't one that empties the stock: that would last for hours after it."""
    scenario, seed = job
    rng = np.random.default_rng(seed)
    base, lead = base_rate(rng), int(rng.choice(LEADS))
    change = int(rng.uniform(3600, 9000))
    factor, pins = shape(scenario, change, rng)
    mean = base * factor
    seconds, units = drawn(mean, scenario, rng)
    passing = 1.5 * (mean[change : change + 2400] - base).sum()
    stock = int(1.5 * 1.1 * (base * (LAST + 2 * lead) + passing))
    silent = int(rng.uniform(120, 900))
    orders = []
    for second, qty in zip(seconds, units, strict=True):
        heard = (
            change + silent if scenario.startswith("late") and change <= second < change + silent else second
        )
        orders.append(Order(heard, heard if scenario.endswith("without times") else second, qty))
    dead = range(change, change + silent) if scenario == "late orders without times" else range(0)
    back = (
        frozenset(range(change, change + min(300, int(base * 900)))) if scenario == "refunds" else frozenset()
    )
    first, times, out = drive(orders, stock, lead, refunds=back, pins=pins, dead=dead, since=change)
    return Rang(tuple(first), tuple(times), out, lead, 0)


def beside(seed: int) -> tuple[int, int]:
    """(interruptions, false ones) in three hours of one of many SKUs, fast or slow, with stock for half an hour or for
    days. A THRESHOLD is false if the SKU lasts an hour longer than lead and reaction time, a CRITICAL if it lasts a
    quarter of an hour longer than the lead time and the decision."""
    rng = np.random.default_rng(seed)
    base, lead = exp(rng.uniform(log(0.002), log(2.0))), int(rng.choice(LEADS))
    seconds, units = drawn(np.full(LAST, base), "cox", rng)
    stock = max(3, int(1.5 * base * exp(rng.uniform(log(1800), log(200_000)))))
    orders = [Order(second, second, qty) for second, qty in zip(seconds, units, strict=True)]
    rang: list[tuple[int, int]] = []
    _, _, out = drive(orders, stock, lead, rang=rang)
    lasts_s = LAST + 3600 if out is None else out
    rang = [(tier, at) for tier, at in rang if tier >= THRESHOLD and at < 3 * 3600]
    false = sum(
        lasts_s - at > (lead + REACTION_S + 3600 if tier == THRESHOLD else lead + 300 + 900)
        for tier, at in rang
    )
    return len(rang), false


def timing(report: Report, scenario: str, told: list[Rang]) -> None:
    gone = [one for one in told if one.sold_out is not None]
    for tier, name, ahead, much, share, early_share in (
        (THRESHOLD, "THRESHOLD", 600, 3600, 0.99, 0.15),
        (CRITICAL, "CRITICAL", 0, 900, 0.97, 0.10),
    ):
        counted = [one for one in gone if one.sold_out - one.lead - ahead >= max(one.knowable, 600)]
        spare = []
        for one in counted:
            rang = [at for at in one.first[tier - 1 :] if at is not None]
            spare.append(one.sold_out - one.lead - min(rang, default=one.sold_out))
        if not spare:
            report.holds(f"{name}, {scenario}: streams to judge", False)
            continue
        in_time = sum(minutes >= ahead for minutes in spare) / len(spare)
        early = sum(minutes > much for minutes in spare) / len(spare)
        middle = float(np.median(spare)) / 60
        report.at_least(
            f"{name} in time, {scenario}",
            in_time,
            share,
            "",
            f"median {middle:.0f} min before the point of no return, {len(spare)} streams",
        )
        report.at_most(f"{name} more than {much // 60} min before it, {scenario}", early, early_share, "")


def main() -> int:
    args = arguments(__doc__, streams=0, seed=700_000)
    report = Report()
    streams = args.streams or (400 if args.full else 80)
    jobs = (
        [(sells, name) for name in SELLING]
        + [(lasts, name) for name in STEADY]
        + [(trap, name) for name in TRAPS]
    )
    with Pool(os.cpu_count()) as pool:
        for n, (what, scenario) in enumerate(jobs):
            told = pool.map(
                what, [(scenario, args.seed + 10_000 * n + m) for m in range(streams)], chunksize=4
            )
            if what is sells:
                timing(report, scenario, told)
            elif what is lasts:
                rang = sum(one.times[CRITICAL - 1] > 0 for one in told if one.sold_out is None)
                report.at_most(f"CRITICAL on what never sells out, {scenario}", rang / streams, 0.02, "")
            else:
                false = sum(one.times[CRITICAL - 1] > 0 for one in told)
                report.at_most(
                    f"streams with a false CRITICAL, {scenario}", false, 0, "", f"{streams} streams"
                )
                twice = sum(one.times[TREND - 1] > 1 for one in told)
                report.at_most(f"streams with more than one TREND, {scenario}", twice, 0, "")
        consoles = 5 if args.full else 1
        found = pool.map(beside, range(args.seed, args.seed + 200 * consoles), chunksize=4)
    rings, false = (sum(one[n] for one in found) / consoles / 3 for n in (0, 1))
    report.at_most("200 SKUs: false interruptions", false, 1, "an hour", f"of {rings:.1f}")
    return report.end()


if __name__ == "__main__":
    sys.exit(main())
