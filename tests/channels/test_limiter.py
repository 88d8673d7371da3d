"""How often a platform may be asked: never more than the rate within any second."""

from __future__ import annotations

import pytest

from stockwatch.channels.limiter import Limiter


@pytest.mark.parametrize("rate", [1.0, 2.5, 20.0, 200.0])
def test_no_second_holds_more_than_the_rate_also_after_a_rest(rate: float) -> None:
    limiter, now, sent = Limiter(rate), 100.0, list[float]()
    while now < 112.0:
        pause = limiter.wait(now)
        if pause:
            now += max(pause, 1e-6)
        else:
            sent.append(now)
            if len(sent) == int(rate * 3):
                now += 2.0
    for nth, first in enumerate(sent):
        assert sum(first <= at < first + 1.0 for at in sent[nth:]) <= max(1, int(rate))
    assert len(sent) >= 8.5 * int(rate)
