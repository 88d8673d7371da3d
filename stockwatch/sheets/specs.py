"""Specs (规格) and titles as people write them: taken apart for a room file, and made comparable. Pure."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from itertools import pairwise
from typing import Final

_LABELS: Final = {
    **dict.fromkeys(("颜色", "颜色分类", "色", "花色", "colour", "color"), "色"),
    **dict.fromkeys(("尺码", "尺寸", "码", "码数", "鞋码", "size"), "码"),
}
_SIZE = re.compile(
    r"(?:x{0,5}[sl]|m|[2-9]xl|均码|f|free(?:size)?|one ?size|\d{2,3}(?:\.5)?(?:码|cm)?|[小中大加]+码)(?:码)?",
    re.ASCII,
)
_BETWEEN = re.compile(r"[/;,、|+·_*]| - |\s+")
_PAIR = re.compile(r"\s*([^:=;,]{1,12})\s*[:=]\s*([^:=]+?)\s*")


def attributes(spec: str) -> dict[str, str]:
    """What a spec says, by 色 and 码 where that is plain ("黑色/M", "颜色:黑;尺码:M"), else as one 规格."""
    text = " ".join(unicodedata.normalize("NFKC", spec).split())
    if not text:
        return {}
    parts = [part.strip() for part in re.split(r"[;,、]", text) if part.strip()]
    pairs = [match for part in parts if (match := _PAIR.fullmatch(part))]
    if pairs and len(pairs) == len(parts):
        named = {_LABELS.get(match[1].lower(), match[1]): match[2] for match in pairs}
        if len(named) == len(pairs):
            return named
    words = [word for word in _BETWEEN.split(text) if word]
    if len(words) == 2:
        sizes = [is_size(word) for word in words]
        if sizes == [False, True]:
            return {"色": words[0], "码": words[1]}
        if sizes == [True, False]:
            return {"色": words[1], "码": words[0]}
    if len(words) == 1 and is_size(words[0]) and not words[0].isdigit():
        return {"码": words[0]}
    return {"规格": text}


def is_size(word: str) -> bool:
    """Whether a word is a size: M, XXL, 2XL, 均码, 38, 160cm."""
    return _SIZE.fullmatch(word.lower()) is not None


def spec_words(spec: str) -> frozenset[str]:
    """The words of a spec, so that "颜色:黑色;尺码:2XL" and "黑/XXL" are the same."""
    text = unicodedata.normalize("NFKC", spec).lower()
    words = set()
    for part in _BETWEEN.split(re.sub(r"[()\[\]【】]", " ", text)):
        _, sign, value = re.sub("[=]", ":", part).rpartition(":")
        word = (value if sign else part).strip()
        if word:
            words.add(_plain_word(word))
    return frozenset(words)


def _plain_word(word: str) -> str:
    many = re.fullmatch(r"([2-9])xl码?", word)
    if many:
        return "x" * int(many[1]) + "l"
    if is_size(word):
        return re.sub(r"(?<=[a-z0-9])(?:码|cm)$", "", word)
    return word[:-1] if len(word) > 1 and word.endswith("色") else word


def plain_title(title: str) -> str:
    """A title without case, punctuation, spaces, and what stands in 【】 (promotions)."""
    text = re.sub(r"【[^【】]*】", "", unicodedata.normalize("NFKC", title)) or title
    return re.sub(r"[\W_]+", "", text.lower())


def likeness(one: str, other: str) -> float:
    """How alike two plain titles are, 0 to 1: shared pairs of characters (Dice), or how much of the longer one the
    shorter covers when it stands in it whole, whichever is more."""
    if one == other:
        return 1.0 if one else 0.0
    short, long = sorted((one, other), key=len)
    if not short:
        return 0.0
    covered = 0.7 + 0.3 * len(short) / len(long) if len(short) >= 3 and short in long else 0.0
    mine, theirs = _pairs(one), _pairs(other)
    total = len(mine) + len(theirs)
    return max(covered, 2 * len(mine & theirs) / total if total else 0.0)


@lru_cache(maxsize=8_192)
def _pairs(text: str) -> frozenset[str]:
    return frozenset(first + second for first, second in pairwise(text[:200]))
