"""OpenRouter's answers as readings: every digit of a price, and no guess where none is."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from economics.openrouter.parse import (
    amount,
    endpoint_readings,
    model_readings,
    volume_readings,
)
from tests.clock import NOON
from tests.market.market_server import model, offer, priced

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.decimals() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=10,
)


@pytest.mark.parametrize(
    ("text", "price"),
    [
        ("0.000000002", "2E-9"),
        ("0.0000027500000000000004", "0.0000027500000000000004"),
        ("2e-9", "2E-9"),
        ("0", "0"),
        ("1", "1"),
    ],
)
def test_a_price_keeps_every_digit(text, price):
    found = amount(text)

    assert found == Decimal(price)
    assert found is not None and f"{found:f}" == f"{Decimal(price):f}"


@pytest.mark.parametrize(
    "told",
    [
        *("-1", "", "free", "NaN", "1,5", "2", "1e5", "٣", " 1", "0." + "1" * 29, None),
        *(0.000001, 1, True, [], {}),
    ],
)
def test_what_is_no_price_is_none(told):
    assert amount(told) is None


def test_an_offer_is_read_in_our_units():
    (found,), left_out = endpoint_readings([offer()])

    assert left_out == 0
    assert (found.provider, found.tag, found.quantization) == ("Alder", "alder/fp8", "fp8")
    assert (found.prompt, found.cached_prompt) == (Decimal("6E-7"), Decimal("1.2E-7"))
    assert found.uptime_1d == Decimal("0.98") and found.status == 0
    assert found.latency_p50_seconds == Decimal("0.85")
    assert found.discount == 0 and not found.is_conditional


@pytest.mark.parametrize(
    ("told", "seconds"), [((850, 1200), "0.85"), ((Decimal("0.25"), 3), "0.25")]
)
def test_a_latency_is_taken_for_the_unit_that_the_whole_answer_can_have(told, seconds):
    offers = [
        offer(f"P{n}", latency_last_30m={"p50": value}) for n, value in enumerate(told)
    ]

    found, _ = endpoint_readings(offers)

    assert found[0].latency_p50_seconds == Decimal(seconds)


def test_what_is_not_told_is_none_and_not_0():
    bare = priced() | dict.fromkeys(
        ["uptime_last_30m", "latency_last_30m", "throughput_last_30m", "status"]
    )

    (found,), _ = endpoint_readings([bare])

    assert found.cached_prompt is None and found.discount is None
    assert found.uptime_30m is None and found.latency_p50_seconds is None
    assert found.throughput_p50 is None and found.status is None


def test_a_router_without_a_price_of_its_own_is_left_out_and_counted():
    found, left_out = endpoint_readings([priced(prompt="-1"), offer("Birch")])

    assert ([each.provider for each in found], left_out) == (["Birch"], 1)


def test_tiers_are_marked_because_the_price_is_not_all_of_it():
    (found,), _ = endpoint_readings([priced(overrides=[{"min_prompt_tokens": 200000}])])

    assert found.is_conditional


def test_models_are_read_with_the_day_of_their_launch():
    (found,), left_out = model_readings([model(), model("nonsense"), "x", None])

    assert left_out == 3
    assert found.launched_at == datetime(2026, 2, 11, tzinfo=UTC)
    assert found.hugging_face_id == "zai-org/GLM-5"


def test_rankings_leave_out_the_sum_of_the_others():
    told = [
        {
            "date": "2026-03-01",
            "model_permaslug": "z-ai/glm-5",
            "total_tokens": "25700000000",
        },
        {"date": "2026-03-01", "model_permaslug": "other", "total_tokens": "9"},
        {"date": "soon", "model_permaslug": "a/b", "total_tokens": "9"},
        {"date": "2026-03-01", "model_permaslug": "a/b", "total_tokens": "-1"},
    ]

    found, as_of = volume_readings(told, {"as_of": "2026-03-02T01:00:00+01:00"}, now=NOON)

    assert [(each.slug, each.day, each.tokens) for each in found] == [
        ("z-ai/glm-5", date(2026, 3, 1), Decimal(25_700_000_000))
    ]
    assert as_of == datetime(2026, 3, 2, tzinfo=UTC)


@given(st.lists(JSON, max_size=5), JSON)
def test_no_answer_breaks_the_reader(told, meta):
    endpoint_readings(told)
    model_readings(told)
    volume_readings(told, meta, now=NOON)


@given(JSON)
def test_no_field_of_an_offer_breaks_the_reader(value):
    for name in offer():
        endpoint_readings([offer() | {name: value}])
    for name in ("prompt", "completion", "discount", "overrides"):
        endpoint_readings([priced(**{name: value})])
