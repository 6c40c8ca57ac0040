"""Where the replicas of a spot deployment are rented: the whole policy as a table."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from fleet.scaling.spot import (
    Market,
    Place,
    Replica,
    Step,
    choose,
    hold_after_interruption,
    next_step,
)
from tests.clock import NOON, seconds

GOOD = Market(Decimal("0.30"), in_stock=True, limit=Decimal("0.40"))
S, OD = Place.SPOT, Place.ON_DEMAND


@pytest.mark.parametrize(
    ("change", "with_fallback", "without", "because"),
    [
        ({}, Place.SPOT, Place.SPOT, "spot at 0.30"),
        ({"usd_per_gpu_hour": Decimal("0.40")}, S, S, "spot at 0.40"),
        ({"usd_per_gpu_hour": Decimal("0.41")}, OD, Place.WAIT, "above the limit of 0.40"),
        ({"usd_per_gpu_hour": None}, OD, Place.WAIT, "does not list this GPU"),
        ({"in_stock": False}, OD, Place.WAIT, "none in stock"),
        ({"held_until": NOON + seconds(1)}, OD, Place.WAIT, "until 12:00:01 UTC"),
        ({"held_until": NOON}, S, S, "spot at 0.30"),
    ],
)
def test_a_replica_is_rented_where(change, with_fallback, without, because):
    market = replace(GOOD, **change)
    allowed = choose(market, fallback=True, now=NOON)
    refused = choose(market, fallback=False, now=NOON)

    assert (allowed.place, refused.place) == (with_fallback, without)
    assert because in allowed.reason and because in refused.reason


def spot(key: int, **of) -> Replica:
    return Replica(key, is_spot=True, **({"serves": True} | of))


def on_demand(key: int, **of) -> Replica:
    return Replica(key, is_spot=False, **({"serves": True} | of))


COMES = {"serves": False}
WAITS = {"serves": False, "is_requested": True}
HELD = replace(GOOD, held_until=NOON + seconds(60))
SHAKEN = replace(GOOD, interrupted_at=NOON - timedelta(minutes=14, seconds=59))
CALM = replace(GOOD, interrupted_at=NOON - timedelta(minutes=15))


@pytest.mark.parametrize(
    ("what", "replicas", "wanted", "market", "does"),
    [
        ("all are missing", [], 2, GOOD, Step(spot=2)),
        ("spot is held off", [spot(1)], 2, HELD, Step(on_demand=1)),
        ("an intent is stuck", [spot(1), spot(2, **WAITS)], 2, HELD, Step(end=(2,))),
        ("as wanted", [spot(1), spot(2)], 2, GOOD, Step()),
        ("one stands in", [spot(1), on_demand(2)], 2, GOOD, Step(spot=1)),
        ("one comes", [on_demand(2), spot(3, **COMES)], 1, GOOD, Step()),
        ("it serves", [on_demand(2), spot(3)], 1, GOOD, Step(end=(2,))),
        ("both stand in", [on_demand(1), on_demand(2)], 2, GOOD, Step(spot=1)),
        ("not all serve", [spot(1, **COMES), on_demand(2)], 2, GOOD, Step()),
        ("just interrupted", [on_demand(1)], 1, SHAKEN, Step()),
        ("calm for 15 min", [on_demand(1)], 1, CALM, Step(spot=1)),
        ("stopped", [spot(1), on_demand(2)], 0, GOOD, Step(end=(2, 1))),
        (
            "stopped while one comes",
            [on_demand(1), spot(2, **COMES)],
            0,
            GOOD,
            Step(end=(2, 1)),
        ),
        (
            "scaled down while one comes",
            [spot(1), on_demand(2), spot(3, **COMES)],
            1,
            GOOD,
            Step(end=(3, 2)),
        ),
    ],
)
def test_a_step_is(what, replicas, wanted, market, does):
    step = next_step(
        replicas,
        wanted=wanted,
        market=market,
        fallback=True,
        may_launch=True,
        may_return=True,
        now=NOON,
    )

    assert replace(step, reason="") == does, what


@pytest.mark.parametrize("market", [GOOD, HELD])
def test_nothing_is_rented_while_a_back_off_runs(market):
    step = next_step(
        [on_demand(1)],
        wanted=2,
        market=market,
        fallback=True,
        may_launch=False,
        may_return=True,
        now=NOON,
    )

    assert step == Step()


def test_nothing_returns_while_settings_are_rolled_out():
    step = next_step(
        [on_demand(1)],
        wanted=1,
        market=GOOD,
        fallback=True,
        may_launch=True,
        may_return=False,
        now=NOON,
    )

    assert step == Step()


def test_without_fallback_an_intent_waits_in_its_own_row():
    step = next_step(
        [spot(1, **WAITS)],
        wanted=1,
        market=HELD,
        fallback=False,
        may_launch=True,
        may_return=True,
        now=NOON,
    )

    assert step.end == ()


def test_there_is_never_more_than_one_above_what_is_wanted():
    """Whatever is live, a step never leads beyond wanted + 1."""
    for spots in range(4):
        for others in range(4):
            live = [spot(n) for n in range(spots)]
            live += [on_demand(10 + n) for n in range(others)]
            step = next_step(
                live,
                wanted=2,
                market=GOOD,
                fallback=True,
                may_launch=True,
                may_return=True,
                now=NOON,
            )
            after = len(live) + step.spot + step.on_demand - len(step.end)
            assert after <= 3


@pytest.mark.parametrize(
    ("count", "with_fallback", "without"),
    [(1, 300, 0), (2, 600, 15), (3, 1200, 30), (5, 3600, 120), (9, 3600, 600)],
)
def test_spot_is_left_alone_longer_each_time(count, with_fallback, without):
    assert hold_after_interruption(count, fallback=True) == seconds(with_fallback)
    assert hold_after_interruption(count, fallback=False) == seconds(without)
