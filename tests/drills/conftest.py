"""Plain measurements on a feed: what happened when, by SKU, straight from its lines."""

from __future__ import annotations

import json
from bisect import bisect_left
from collections import defaultdict
from datetime import datetime
from types import SimpleNamespace

import pytest

ORDER_KINDS = ("order.placed", "order.requested")


def parse(lines):
    return [{"subject": None, **json.loads(line)} for line in lines]


def seconds(text, start):
    return (datetime.fromisoformat(text) - start).total_seconds()


def order_times(events, start):
    """SKU -> sorted seconds of its orders, each counted once."""
    seen, times = set(), defaultdict(list)
    for event in events:
        if event["type"] not in ORDER_KINDS or (event["source"], event["id"]) in seen:
            continue
        seen.add((event["source"], event["id"]))
        data = event["data"]
        skus = [item["sku"] for item in data["items"]] if "items" in data else [event["subject"]]
        for sku in skus:
            times[sku].append(seconds(event["time"], start))
    return {sku: sorted(instants) for sku, instants in times.items()}


def naive_surges(instants, end, least=8, factor=2):
    """Whole seconds at which five minutes hold `factor` times the five before, and at least `least` orders."""
    found = []
    for now in range(600, int(end)):
        low, mid, high = (bisect_left(instants, now - back) for back in (600, 300, 0))
        if high - mid >= least and high - mid >= factor * (mid - low):
            found.append(now)
    return found


@pytest.fixture(scope="session")
def measure():
    """The functions above, for tests that live beside this file."""
    return SimpleNamespace(parse=parse, seconds=seconds, order_times=order_times, naive_surges=naive_surges)
