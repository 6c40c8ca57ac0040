from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fleet.sandbox.demand import DemandParams, Tokens, demand_between, parse_demand
from tests.clock import MIDNIGHT, at

moments = st.integers(0, 20 * 86_400 * 10**6).map(
    lambda microseconds: MIDNIGHT + timedelta(microseconds=microseconds)
)
params = st.builds(
    DemandParams,
    st.integers(0, 10**9),
    st.integers(0, 10**9),
    st.integers(0, 1_000_000),
    st.text(max_size=5),
)
MODEST = DemandParams(3_600_000, 900_000, 250_000, "x")


@settings(deadline=None)
@given(st.tuples(moments, moments, moments).map(sorted), params)
def test_demand_over_adjoining_intervals_is_additive(cuts, asked):
    first, second, third = cuts

    whole = demand_between(first, third, asked)

    assert (
        demand_between(first, second, asked) + demand_between(second, third, asked) == whole
    )
    assert min(whole.uncached_prompt, whole.cached_prompt, whole.completion) >= 0


def test_the_mean_of_a_week_is_what_was_asked_for():
    week = demand_between(MIDNIGHT, MIDNIGHT + timedelta(days=7), MODEST)

    assert week.prompt / 168 == pytest.approx(3_600_000, rel=0.02)
    assert week.completion / 168 == pytest.approx(900_000, rel=0.02)
    assert week.cached_prompt / week.prompt == pytest.approx(0.25, rel=1e-4)


def test_the_afternoon_is_busier_than_the_night_and_a_seed_is_repeatable():
    assert (
        demand_between(at(15), at(16), MODEST).completion
        > 2 * demand_between(at(3), at(4), MODEST).completion
    )
    assert demand_between(at(3), at(4), MODEST) == demand_between(at(3), at(4), MODEST)
    other = DemandParams(3_600_000, 900_000, 250_000, "y")
    assert demand_between(at(3), at(4), MODEST) != demand_between(at(3), at(4), other)


def test_no_time_and_backwards_time_ask_for_nothing():
    assert demand_between(at(3), at(3), MODEST) == Tokens()
    assert demand_between(at(4), at(3), MODEST) == Tokens()


def test_a_demand_is_read_from_its_text():
    hourly = "prompt_tokens_per_hour=3600000, completion_tokens_per_hour=900000"

    assert parse_demand(f"{hourly},cached_share=0.25,seed=x") == MODEST


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("prompt_tokens_per_hour", "name=value"),
        ("prompt=5", "unknown"),
        ("prompt_tokens_per_hour=many", "many"),
        ("prompt_tokens_per_hour=-1", "0 to 10^12"),
        ("cached_share=1.5", "0 to 1"),
        ("cached_share=half", "0 to 1"),
        ("cached_share=0.1234567", "6 decimals"),
    ],
)
def test_a_demand_that_makes_no_sense_is_refused_with_a_sentence(text, told):
    with pytest.raises(ValueError, match="demand: ") as refused:
        parse_demand(text)
    assert told in str(refused.value)


def test_a_time_without_a_zone_is_refused():
    with pytest.raises(ValueError, match="with its zone"):
        demand_between(datetime(2026, 3, 10), at(3), MODEST)  # noqa: DTZ001
