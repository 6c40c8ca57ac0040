"""A gate's break-even is that of the cheapest kind of rent that is allowed, by name."""

from dataclasses import replace
from decimal import Decimal

from economics.calc.decide import Candidate, Serving, Way, judge
from economics.calc.unknown import Unknown
from economics.selectors.decisions.gate_facts import (
    cheapest_to_fill,
    cheapest_when_used,
    needed_utilization,
    price_to_pay,
)
from tests.economics.candidates import SAFER, candidate

LLAMA = "llama-3.1-8b"
POLICY = replace(
    SAFER,
    gpu_price_factor=Decimal(1),
    most_utilization=Decimal("0.5"),
    most_interruptions_per_hour=None,
)
# 0.50 USD per 1M tokens: 100 M tokens of a full day earn 50 USD.
PODS = candidate("pods", rent="1", speed="100000000", at_policy="0.50", model=LLAMA)
SPOT = candidate(
    "spot",
    rent="0.60",
    price="0.50",
    speed="100000000",
    at_policy="0.50",
    model=LLAMA,
    title="a spot 4090",
    serving=Serving(Way.SPOT, useful=Decimal("0.8"), interruptions=Decimal("0.1")),
    kind_words="spot, 0.100 interruptions per pod-hour, measured",
)
WORKER = candidate(
    "worker",
    rent="2",
    speed="100000000",
    at_policy="0.50",
    model=LLAMA,
    title="a 4090",
    serving=Serving(Way.SERVERLESS, starting=Decimal("2.4"), busy_only=True),
    kind_words="serverless, 24 starts a day",
)


def test_spot_pays_with_its_reloads_lost():
    # 24 × 0.60 of the 40 USD that 80 M tokens earn
    assert needed_utilization(SPOT, POLICY) == Decimal("0.36")
    assert needed_utilization(PODS, POLICY) == Decimal("0.48")


def test_the_cheapest_kind_that_is_allowed_is_taken_and_named():
    found = [PODS, SPOT]

    assert cheapest_to_fill(found, LLAMA, POLICY) is SPOT
    price = price_to_pay(
        cheapest_when_used(found, LLAMA, POLICY), POLICY, take_rate=Decimal(0)
    )
    assert price.value == Decimal("0.36")
    assert price.source == "a spot 4090 (spot, 0.100 interruptions per pod-hour, measured)"


def test_spot_that_is_taken_away_too_often_is_not():
    strict = replace(POLICY, most_interruptions_per_hour=Decimal("0.1"))

    assert cheapest_to_fill([PODS, SPOT], LLAMA, strict) is PODS
    assert cheapest_when_used([PODS, SPOT], LLAMA, strict) is PODS
    (judged,) = judge([SPOT], strict).judged
    assert judged.refusal is not None
    assert judged.refusal.sentence == (
        "Interruptions of spot: 0.100 per pod-hour; needs less than 0.100 per pod-hour."
    )


def test_a_serverless_worker_is_filled_to_the_planned_utilization():
    # 2.4 × 2 for its starts; a worker's day of 21.6 h at half full costs 86.40, earns 45
    assert isinstance(needed_utilization(WORKER, POLICY), Unknown)
    # at 0.60 a worker-hour: 1.44 / (45 − 21.6 × 0.60 / 0.5)
    cheap = replace(WORKER, figures=SPOT.figures)
    needed = needed_utilization(cheap, POLICY)
    assert isinstance(needed, Decimal) and round(needed, 4) == Decimal("0.0755")


def test_by_the_price_that_pays_when_it_is_used_serverless_is_dearer_than_a_pod():
    cheap: Candidate = replace(WORKER, figures=PODS.figures)

    assert cheapest_when_used([cheap, PODS], LLAMA, POLICY) is PODS
