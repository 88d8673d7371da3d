"""What the streams of a room have taught, to begin the next one with: how fast each SKU usually sells, how clustered
its orders are, how high chance drives them, what surges became, and what presenting does.

Lessons are plain numbers with names that people can read and correct. They are beliefs and no figures: the rate of a
SKU is taken as a gamma variable whose relative variance is what its streams have differed by, so that a few orders of
the new stream outweigh it. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import exp, log, sqrt
from typing import Annotated, Any

import msgspec

from stockwatch.demand.fates import COURSES

FORMAT = 1
STREAMS_MAX = 8
"""Streams that what is known counts as, at most: rooms change."""
VARIES = 0.7
"""Standard deviation of the logarithm of a SKU's usual rate from one stream to the next, believed beforehand: about a
factor of two either way."""
_VARIES_COUNTS = 2.0
"""Streams that `VARIES` counts as."""
_FADE = 0.75
"""What a stream leaves of what was counted in the streams before it."""
_SURGES_MAX = 20.0
SKUS_MAX = 2000
"""SKUs of a room, the fastest: lessons are one event, and that has a size."""
_FORGOTTEN = 20
"""Streams without a SKU after which its lessons are dropped."""

_Count = Annotated[float, msgspec.Meta(ge=0.0, le=1e9)]
_Rate = Annotated[float, msgspec.Meta(gt=0.0, le=1e7)]
_Id = Annotated[str, msgspec.Meta(min_length=1, max_length=256)]
Surges = dict[str, _Count]
"""Course -> surges that took it; see `COURSE_NAMES`."""

COURSE_NAMES = tuple(
    kind.name if kind.tau_s is None else f"{kind.name}_{kind.tau_s:.0f}s" for kind in COURSES
)


class Presenting(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What was sold while the host presented a link of the SKU."""

    times: _Count = 0.0
    orders: _Count = 0.0
    seconds: _Count = 0.0


class SkuLessons(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Of one SKU."""

    usual_per_hour: dict[_Id, _Rate]
    """Channel -> orders an hour while nothing special happens."""
    streams: Annotated[float, msgspec.Meta(ge=1.0, le=1000.0)] = 1.0
    varies: Annotated[float, msgspec.Meta(ge=0.05, le=5.0)] = VARIES
    """Standard deviation of the logarithm of the usual rate between streams."""
    units_per_order: Annotated[float, msgspec.Meta(ge=1.0, le=1e6)] = 1.0
    units_squared_per_order: Annotated[float, msgspec.Meta(ge=1.0, le=1e12)] = 1.0
    clustering: Annotated[
        tuple[Annotated[float, msgspec.Meta(ge=1.0, le=400.0)], ...], msgspec.Meta(max_length=4)
    ] = ()
    """Variance over mean of the orders in 15, 45, 135 and 405 s."""
    peaks: Annotated[tuple[_Count, ...], msgspec.Meta(max_length=3)] = ()
    """Peaks of chance (over 2 nats) that were seen, by size of step."""
    peak_height: Annotated[tuple[_Count, ...], msgspec.Meta(max_length=3)] = ()
    """Their mean height over that, nats."""
    peak_hours: _Count = 0.0
    """Hours in which they came."""
    surges: Surges = {}
    surges_presented: Surges = {}
    """Of those that began as its link was presented."""
    presented: Presenting = Presenting()
    unseen: Annotated[int, msgspec.Meta(ge=0, le=1000)] = 0
    """Streams since the last one that sold it."""

    @property
    def usual(self) -> float:
        """Orders a second on all channels."""
        return sum(self.usual_per_hour.values()) / 3600.0

    @property
    def weight(self) -> float:
        """Orders that the usual rate counts as: shape of the gamma distribution."""
        return 1.0 / self.varies**2


class Lessons(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Of a room."""

    format: int = FORMAT
    streams: Annotated[float, msgspec.Meta(ge=0.0, le=1e6)] = 0.0
    surges: Surges = {}
    surges_presented: Surges = {}
    skus: dict[_Id, SkuLessons] = {}


NONE = Lessons()


class BadLessons(ValueError):
    """Not lessons; says which member is wrong."""


def lessons_of(data: Any) -> Lessons:
    """From plain data: a file's, an event's. Raises BadLessons."""
    try:
        found = msgspec.convert(data, Lessons)
    except msgspec.ValidationError as error:
        raise BadLessons(str(error)) from error
    if found.format != FORMAT:
        raise BadLessons(f"format {found.format}: this version reads {FORMAT}")
    for sku, one in found.skus.items():
        if not one.usual:
            raise BadLessons(f"skus.{sku}.usual_per_hour: tells of no channel how fast it sells")
    told: list[Lessons | SkuLessons] = [found, *found.skus.values()]
    for part in told:
        for course in (*part.surges, *part.surges_presented):
            if course not in COURSE_NAMES:
                raise BadLessons(f"surges: no course is called {course!r}; known: {', '.join(COURSE_NAMES)}")
    return found


def data_of(lessons: Lessons) -> dict[str, Any]:
    """As plain data, rounded to four digits; members that say nothing are left out."""
    data: dict[str, Any] = _said(msgspec.to_builtins(lessons))
    data["format"] = lessons.format
    return data


def _said(value: Any) -> Any:
    if isinstance(value, dict):
        said = {key: _said(one) for key, one in value.items()}
        return {key: one for key, one in said.items() if one not in (0, {}, [])}
    if isinstance(value, list | tuple):
        return [_said(one) for one in value]
    return float(f"{value:.4g}") if isinstance(value, float) else value


def fastest(skus: Mapping[str, SkuLessons], count: int) -> dict[str, SkuLessons]:
    """So many of them, by SKU: those that usually sell fastest."""
    return dict(sorted(sorted(skus.items(), key=lambda one: -one[1].usual)[:count]))


def surges_of(shares: list[float]) -> Surges:
    """Shares in the order of COURSES, by name; as many surges as count at most."""
    whole = sum(shares)
    scale = min(1.0, _SURGES_MAX / whole) if whole else 1.0
    return {
        name: share * scale
        for name, share in zip(COURSE_NAMES, shares, strict=True)
        if share * scale >= 0.005
    }


def shares_of(surges: Mapping[str, float]) -> list[float]:
    """Shares in the order of COURSES."""
    return [surges.get(name, 0.0) for name in COURSE_NAMES]


def one_more(before: SkuLessons | None, stream: SkuLessons) -> SkuLessons:
    """What is known of a SKU after one more stream, of which `stream` tells all but how streams differ.

    Surges, peaks and clustering of `stream` have begun with those of `before` and hold them already. The usual rate is
    the geometric mean over streams, its variance that of the logarithms with `VARIES` as a prior (normal with a
    conjugate prior on the variance; A. Gelman et al., Bayesian Data Analysis, section 3.3).
    """
    if before is None:
        return stream
    known = min(before.streams, STREAMS_MAX - 1)
    apart = log(stream.usual / before.usual)
    usual = before.usual * exp(apart / (known + 1.0))
    squares = before.varies**2 * (known - 1.0 + _VARIES_COUNTS) + apart**2 * known / (known + 1.0)
    varies = sqrt(squares / (known + _VARIES_COUNTS))
    rates = {
        channel: usual * 3600.0 * (rate / 3600.0 / stream.usual)
        for channel, rate in stream.usual_per_hour.items()
    }
    was, shown = before.presented, stream.presented
    return msgspec.structs.replace(
        stream,
        usual_per_hour=rates,
        streams=before.streams + 1.0,
        varies=min(max(varies, 0.05), 5.0),
        presented=Presenting(
            was.times * _FADE + shown.times,
            was.orders * _FADE + shown.orders,
            was.seconds * _FADE + shown.seconds,
        ),
    )


def not_sold(before: SkuLessons) -> SkuLessons | None:
    """What is known of a SKU after a stream without it; None when that is too long ago."""
    if before.unseen >= _FORGOTTEN:
        return None
    return msgspec.structs.replace(before, unseen=before.unseen + 1)
