"""Outlooks for property tests: steady ones, and ones with a change under way."""

from __future__ import annotations

from hypothesis import strategies as st

from stockwatch.demand.outlook import Course, Outlook


def _with_courses(outlook: Outlook, drawn: list[tuple[float, float, float | None]]) -> Outlook:
    whole = sum(weight for weight, _, _ in drawn)
    courses = tuple(
        Course(
            weight / whole,
            0.3 * outlook.rate,
            extra * outlook.rate,
            tau,
            outlook.shape,
            outlook.lumps,
            3600.0,
        )
        for weight, extra, tau in drawn
    )
    return outlook._replace(courses=courses)


def outlooks(rates: st.SearchStrategy[float], orders: st.SearchStrategy[int]) -> st.SearchStrategy[Outlook]:
    """Of those rates and orders."""
    steady = st.builds(
        Outlook, rates, orders, st.floats(0.5, 12), st.floats(1, 5), st.sampled_from([300, 1800]), st.just(())
    )
    course = st.tuples(
        st.floats(0.01, 1), st.floats(0, 3), st.sampled_from([None, 150.0, 1200.0, -1500.0, -3600.0])
    )
    return steady | st.builds(_with_courses, steady, st.lists(course, min_size=1, max_size=4))
