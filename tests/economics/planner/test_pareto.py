from hypothesis import given
from hypothesis import strategies as st

from economics.planner.pareto import pareto

OPTIONS = st.lists(st.tuples(st.integers(1, 30), st.integers(1, 30)), max_size=25)


def beats(one: tuple[int, int], other: tuple[int, int]) -> bool:
    return one[0] <= other[0] and one[1] >= other[1] and one != other


def front(options):
    return pareto(options, cost=lambda each: each[0], speed=lambda each: each[1])


@given(OPTIONS)
def test_the_front_is_what_no_option_beats(options):
    unbeaten = {one for one in options if not any(beats(other, one) for other in options)}

    assert set(front(options)) == unbeaten


@given(OPTIONS)
def test_along_the_front_more_speed_costs_more(options):
    drawn = front(options)

    assert drawn == sorted(drawn) == sorted(drawn, key=lambda each: each[1])
