"""Which SKUs a room looks at, and when."""

from hypothesis import given
from hypothesis import strategies as st

from stockwatch.room.agenda import Agenda

SKUS = st.sampled_from("ABC")
SECONDS = st.integers(1, 9)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("stir"), SKUS, st.none()),
        st.tuples(st.just("at"), SKUS, SECONDS),
        st.tuples(st.just("anew"), SKUS, st.none() | SECONDS),
        st.tuples(st.just("take"), st.none(), SECONDS),
    )
)


@given(STEPS)
def test_a_sku_is_looked_at_once_at_the_earliest_second_it_was_asked_for(steps):
    agenda, due, stirred = Agenda(), {}, set()
    for step, sku, second in steps:
        if step == "stir":
            agenda.stir([sku])
            stirred.add(sku)
        elif step == "at":
            agenda.at(sku, second)
            due[sku] = min(second, due.get(sku, second))
        elif step == "anew":
            agenda.anew(sku, second)
            due.pop(sku, None)
            if second is not None:
                due[sku] = second
        else:
            now = {sku for sku, at in due.items() if at <= second}
            assert agenda.take(second) == (now, stirred - now)
            due = {sku: at for sku, at in due.items() if sku not in now}
            stirred = set()
        upcoming = agenda.next()
        if stirred:
            assert upcoming == 0
        elif due:
            assert upcoming is not None
            assert upcoming <= min(due.values()), "no tick is missed"
