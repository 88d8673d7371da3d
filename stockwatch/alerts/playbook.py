"""What an alert says: its one-sentence reason, the next steps, and the talk track, in Chinese and English.

Templates come from room.toml and titles from outside: only whitelisted names in braces are replaced, once,
by plain text; `str.format` is never used on them. Words of scarcity (最后, 仅剩, last, only) are kept only
when everything that could still be released is no more than the number said: false scarcity is a violation
of the platforms' rules. Texts may still hold anything a title holds: whoever shows them must escape them.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, tzinfo

import msgspec

from stockwatch.alerts.tiers import CRITICAL, NONE, THRESHOLD, TREND, Assessment
from stockwatch.config import Playbook, Plays
from stockwatch.demand.outlook import Forecast

_SECOND_US = 1_000_000


class Words(msgspec.Struct, frozen=True):
    """One text in both languages."""

    zh: str
    en: str


class Advice(msgspec.Struct, frozen=True):
    """What to do and what to say at a tier."""

    steps: tuple[Words, ...]
    say: Words


def clock_text(now_us: int, after_s: float, zone: tzinfo) -> Words:
    """The clock time `after_s` from now, `HH:MM`, and that it is on another day where it is."""
    now = datetime.fromtimestamp(now_us // _SECOND_US, UTC).astimezone(zone)
    then = datetime.fromtimestamp(now_us // _SECOND_US + round(after_s), UTC).astimezone(zone)
    days = (then.date() - now.date()).days
    at = f"{then:%H:%M}"
    if not days:
        return Words(at, at)
    return Words(("次日 " if days == 1 else f"{days} 天后 ") + at, f"{at} (+{days} d)")


# --- the reason (R12) ----------


def reason(what: Assessment, now_us: int, zone: tzinfo) -> Words:
    """Why the tier holds, in one sentence with its numbers."""
    ratio = f"×{what.recent / what.before:.1f}" if what.before else ""
    pace_zh = f"近 5 分钟 {what.recent} 单,前 5 分钟 {what.before} 单" + (f"({ratio})" if ratio else "")
    pace_en = f"{_orders(what.recent)} in the last 5 min, {what.before} in the 5 before" + (
        f" ({ratio})" if ratio else ""
    )
    if what.cause == "gone":
        head_zh, head_en = (
            f"已售罄:可卖 0 件,已拍 {what.taken} 件",
            f"sold out: 0 left to sell, {what.taken} taken",
        )
    elif what.cause == "sellout":
        left = what.available
        head_zh, head_en = f"可用 {left} 件,{pace_zh}", f"{left} available, {pace_en}"
    elif what.cause == "line":
        total = what.available + what.held
        held_zh = f"(未放 {what.held})" if what.held else ""
        held_en = f" ({what.held} held back)" if what.held else ""
        by_hand = what.safety_line == what.floor
        line_zh = f"{'手设' if by_hand else ''}安全线 {what.safety_line} 件"
        line_en = f"{'hand-set ' if by_hand else ''}safety line {what.safety_line}"
        head_zh = f"剩 {total} 件{held_zh},已到{line_zh}"
        head_en = f"{total} left{held_en}, at or under the {line_en}"
        if what.recent:
            head_zh += f";近 5 分钟 {what.recent} 单"
            head_en += f"; {_orders(what.recent)} in the last 5 min"
    elif what.cause == "sold":
        head_zh, head_en = (
            f"已拍 {what.taken} 件,到达起量线",
            f"{what.taken} taken, the trend line is reached",
        )
        if what.recent:
            head_zh += f";{pace_zh}"
            head_en += f"; {pace_en}"
    else:
        head_zh, head_en = pace_zh, pace_en
    tail_zh, tail_en = "", ""
    if what.cause != "gone":
        out_zh, out_en = _sell_out(what.eta, now_us, zone)
        tail_zh, tail_en = out_zh, out_en
    supply_zh, supply_en = _supply(what, now_us, zone)
    if not tail_zh:
        return Words(f"{head_zh};{supply_zh}", f"{head_en}; {supply_en}")
    return Words(f"{head_zh};{tail_zh},{supply_zh}", f"{head_en}; {tail_en}, {supply_en}")


def resolved_reason(tier: int, what: Assessment, now_us: int, zone: tzinfo) -> Words:
    """Why an alert of `tier` has ended."""
    if tier == TREND:
        return Words(
            f"10 分钟没有再加速:近 5 分钟 {what.recent} 单,前 5 分钟 {what.before} 单",
            f"no acceleration for 10 min: {_orders(what.recent)} in the last 5 min, {what.before} in the 5 before",
        )
    total = what.available + what.held
    coming_zh = f",在途 {what.coming} 件" if what.coming else ""
    coming_en = f" and {what.coming} on their way" if what.coming else ""
    if tier == THRESHOLD:
        return Words(
            f"剩 {total} 件{coming_zh},稳定高于安全线 {what.safety_line} 件",
            f"{total} left{coming_en}, steadily above the safety line {what.safety_line}",
        )
    out_zh, out_en = _sell_out(what.eta, now_us, zone)
    return Words(
        f"剩 {total} 件{coming_zh};{out_zh},来得及补货",
        f"{total} left{coming_en}; {out_en}, a restock can come in time",
    )


def _orders(count: int) -> str:
    return f"{count} order" if count == 1 else f"{count} orders"


def _sell_out(eta: Forecast, now_us: int, zone: tzinfo) -> tuple[str, str]:
    if eta.p50_s is None:
        return "按此 24 小时内不会售罄", "at this pace not sold out within 24 h"
    middle = clock_text(now_us, eta.p50_s, zone)
    early = clock_text(now_us, eta.p10_s or 0, zone)
    late = Words("24 小时后", "after 24 h") if eta.p90_s is None else clock_text(now_us, eta.p90_s, zone)
    if early == middle == late:
        return f"按此 {middle.zh} 售罄", f"at this pace sold out at {middle.en}"
    return (
        f"按此 {middle.zh} 售罄({early.zh}–{late.zh})",
        f"at this pace sold out at {middle.en} ({early.en}–{late.en})",
    )


def _supply(what: Assessment, now_us: int, zone: tzinfo) -> tuple[str, str]:
    if what.arrival_us is not None:
        at = clock_text(now_us, (what.arrival_us - now_us) / _SECOND_US, zone)
        return f"在途 {what.coming} 件 {at.zh} 到", f"{what.coming} on their way by {at.en}"
    if what.lead_s is None:
        return "没有补货来源", "no restock source"
    at = clock_text(now_us, what.lead_s, zone)
    return f"补货最快 {at.zh} 到", f"a restock by {at.en} at the earliest"


# --- what to do and say ----------

_STEPS: dict[int, tuple[Words, ...]] = {
    TREND: (
        Words("确认起量来源(讲解、引流、达人)", "find what drives it (presenting, traffic, a guest)"),
        Words("问仓库能调多少、多久到", "ask the warehouse how many and how soon"),
        Words("备好替代品:{substitute}", "have the substitute ready: {substitute}"),
    ),
    THRESHOLD: (
        Words("现在下补货单", "order the restock now"),
        Words("把可卖数 {sellable} 报给主播", "tell the host what can be sold: {sellable}"),
        Words("上架替代品:{substitute}", "put the substitute on: {substitute}"),
    ),
    CRITICAL: (
        Words("切到替代品:{substitute}", "switch to the substitute: {substitute}"),
        Words("主播改口,不再承诺现货", "the host stops promising this one from stock"),
        Words("追补货,或转预售、停售", "chase the restock, or switch to pre-sale, or stop selling"),
    ),
}
_NO_SUBSTITUTE: dict[int, int] = {TREND: 2, THRESHOLD: 2, CRITICAL: 0}
"""The step that needs a substitute: left out when none is configured."""
_SAY: dict[int, Words] = {
    TREND: Words(
        "{title}现在一分钟走 {velocity} 件,想要的先拍,客服在排货。",
        "{title} is going at {velocity} a minute: order first if you want it, we are arranging more.",
    ),
    THRESHOLD: Words(
        "{title}还能卖 {sellable} 单,拍了记得付款,未付会自动释放。",
        "{sellable} more orders of {title}: remember to pay, unpaid ones are released.",
    ),
    CRITICAL: Words(
        "{title}只有 {sellable} 单了,没抢到的可以看看{substitute}。",
        "{sellable} of {title} to go: if you miss it, look at {substitute}.",
    ),
}
_SAY_PLAIN = Words(
    "{title}只有 {sellable} 单了,拍到请尽快付款。", "{sellable} of {title} to go: please pay soon."
)
_SAY_GONE = Words(
    "{title}这波没了,没补到货之前我不乱承诺;可以看看{substitute}。",
    "{title} is gone for now and I promise nothing before more is here; look at {substitute}.",
)
_SAY_GONE_PLAIN = Words(
    "{title}这波没了,没补到货之前我不乱承诺,可以点预约。",
    "{title} is gone for now and I promise nothing before more is here: ask to be told.",
)


def advice(tier: int, what: Assessment, playbook: Playbook, title: str, substitute: str | None) -> Advice:
    """Steps and talk track of `tier`, the room's own where room.toml has them, with the figures filled in.

    `substitute`: how the best substitute is called on screen, None if there is none. Tier NONE has no steps.
    """
    if tier == NONE:
        return Advice((), Words("", ""))
    own: Plays = (playbook.trend, playbook.threshold, playbook.critical)[tier - 1]
    zh, en = _figures(what, title, substitute, zh=True), _figures(what, title, substitute, zh=False)
    if own.steps:
        steps = tuple(Words(fill(step, zh), fill(step, en)) for step in own.steps)
    else:
        missing = _NO_SUBSTITUTE[tier] if substitute is None else -1
        steps = tuple(
            Words(fill(step.zh, zh), fill(step.en, en))
            for at, step in enumerate(_STEPS[tier])
            if at != missing
        )
    if own.say is not None:
        template = Words(own.say, own.say)
    elif tier == CRITICAL and what.sellable == 0:
        template = _SAY_GONE_PLAIN if substitute is None else _SAY_GONE
    elif tier == CRITICAL and substitute is None:
        template = _SAY_PLAIN
    else:
        template = _SAY[tier]
    said = Words(
        honest(template.zh, zh, what.sellable, what.releasable),
        honest(template.en, en, what.sellable, what.releasable),
    )
    return Advice(steps, said)


def _figures(what: Assessment, title: str, substitute: str | None, *, zh: bool) -> dict[str, str]:
    none = "(未设)" if zh else "(none set)"
    values = {
        "title": title,
        "substitute": none if substitute is None else substitute,
        "sellable": str(what.sellable),
        "available": str(what.available),
        "held": str(what.held),
        "total": str(what.releasable),
        "velocity": f"{what.per_min:g}",
        "safety_line": str(what.safety_line),
        "taken": str(what.taken),
    }
    return values | {
        "可卖": values["sellable"],
        "可用": values["available"],
        "本波剩": values["available"],
        "未放": values["held"],
        "总可卖": values["total"],
        "件/分": values["velocity"],
    }


_NAME = re.compile(r"\{([^{}]{1,24})\}")


def fill(template: str, figures: dict[str, str]) -> str:
    """Replace `{name}` for the names in `figures`; anything else in braces stays as it is."""
    return _NAME.sub(lambda found: figures.get(found[1], found[0]), template)


_SCARCE = re.compile(
    r"(最后|仅剩下?|只剩下?|(?<![A-Za-z])(?:the\s+)?(?:last|only)(?![A-Za-z]))(\s*)([0-9]{1,9}|\{[^{}]{1,24}\})?",
    re.IGNORECASE,
)


def honest(template: str, figures: dict[str, str], sellable: int, releasable: int) -> str:
    """Fill a talk track, without words of scarcity that the stock doesn't bear out.

    Judged on the template, so that a title that holds such a word is left alone: the number is the one that
    follows the word, else what can be sold. `最后 {sellable} 件` becomes `现有 12 件` while more could be
    released.
    """

    def judge(found: re.Match[str]) -> str:
        word, space, number = found[1], found[2], found[3]
        value = sellable
        if number is not None:
            text = figures.get(number[1:-1], "") if number.startswith("{") else number
            if text.isascii() and text.isdigit():
                value = int(text)
            else:
                return found[0]
        if releasable <= value:
            return found[0]
        if word.isascii():
            return number or ""
        return f"{'现有' if number is not None else '现在'}{space}{number or ''}"

    return fill(_SCARCE.sub(judge, template), figures)
