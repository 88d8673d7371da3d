"""What to do and what to say at a tier: the next steps and the talk track, in Chinese and English.

Templates come from room.toml and titles from outside: only whitelisted names in braces are replaced, once,
by plain text; `str.format` is never used on them. Words of scarcity (最后, 仅剩, last, only) are kept only
when everything that could still be released is no more than the number said: false scarcity is a violation
of the platforms' rules. Texts may still hold anything a title holds: whoever shows them must escape them.
"""

from __future__ import annotations

import re

import msgspec

from stockwatch.alerts.reasons import Words
from stockwatch.alerts.tiers import CRITICAL, NONE, THRESHOLD, TREND, Assessment
from stockwatch.config import Playbook, Plays


class Advice(msgspec.Struct, frozen=True):
    """What to do and what to say at a tier."""

    steps: tuple[Words, ...]
    say: Words


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
