import pytest
from hypothesis import given
from hypothesis import strategies as st

from economics.calc.pod_use import Reading, Span, Use, spans_between, use_seconds
from tests.economics.formula_page import worked_rows

SECONDS = st.integers(min_value=-100, max_value=4000)
SPANS = st.lists(st.builds(Span, SECONDS, SECONDS, st.sampled_from(Use)), max_size=12)


@pytest.mark.parametrize("row", worked_rows("pod-use"))
def test_the_worked_examples_of_the_page_hold(row):
    readings = [
        Reading(int(second), int(work), requests != "0")
        for second, work, requests in (each.split(":") for each in row["samples"].split())
    ]
    silent = [Span(*map(int, each.split("-")), Use.DOWN) for each in row["silent"].split()]

    used = use_seconds(
        0,
        int(row["seconds"]),
        ready_second=int(row["ready"]) if row["ready"] else None,
        spans=[*spans_between(readings, longest_gap=120), *silent],
    )

    assert {use.value: str(count) for use, count in used.items()} == {
        use.value: row[use.value] for use in Use
    }


@given(st.integers(0, 3600), st.integers(0, 3600), SPANS, st.none() | SECONDS)
def test_every_second_has_exactly_one_use(first, length, spans, ready):
    used = use_seconds(first, first + length, ready_second=ready, spans=spans)

    assert sum(used.values()) == length
    assert all(count >= 0 for count in used.values())


@given(st.integers(0, 300), st.integers(0, 300), st.integers(0, 300), SPANS)
def test_two_parts_of_an_hour_add_up_to_it(first, one, two, spans):
    def used(begin, end):
        return use_seconds(begin, end, ready_second=40, spans=spans)

    middle, last = first + one, first + one + two
    left, right, whole = used(first, middle), used(middle, last), used(first, last)

    assert all(left[use] + right[use] == whole[use] for use in Use)


def test_an_end_before_the_beginning_is_refused():
    with pytest.raises(ValueError, match="lies before"):
        use_seconds(10, 9, ready_second=0, spans=[])
