"""Twenty times kill -9 of a hub at 1,000 events a second: its ledger must equal the channel's own book."""

from __future__ import annotations

import sys

from bench import Report, arguments
from e2e_kills import kill_under_load
from e2e_world import World


def main() -> int:
    args = arguments(__doc__, kills=20, rate=1000, seed=11)
    report = Report()
    with World() as world:
        account = kill_under_load(world, args.kills, args.rate, args.seed)
    wrong = [
        f"{sku}.{name}: ledger {account.ledger.get(sku, {}).get(name)}, book {units}"
        for sku, figures in account.book.items()
        for name, units in figures.items()
        if account.ledger.get(sku, {}).get(name) != units
    ]
    beside = (
        f"{account.events} events at {account.rate:,.0f}/s over {account.seconds:.0f} s, "
        f"{account.resumed} times resumed after a cursor"
    )
    report.at_most(
        f"figures that differ after {account.kills} kills",
        len(wrong),
        0,
        "figures",
        "; ".join([beside, *wrong]),
    )
    report.at_most("ledger verify", account.verify_code, 0, "exit code", account.verify_said.strip())
    return report.end()


if __name__ == "__main__":
    sys.exit(main())
