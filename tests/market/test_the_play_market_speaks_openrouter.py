"""The sandbox's market over real HTTP: the client reads there what it would read."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from economics.models import MarketEndpoint, MarketModel, MarketPrice, MarketVolume
from economics.openrouter.client import OpenRouterClient
from economics.openrouter.errors import MarketRefused
from economics.openrouter.parse import endpoint_readings
from economics.services.demo_market import make_market
from economics.services.market_watch import read_market
from fleet.sandbox import openrouter
from tests.clock import Clock
from tests.factories import make_llama
from tests.sandbox.harness import KEY, Sandbox, settings_for

LLAMA = "meta-llama/llama-3.1-8b-instruct"
NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Sandbox]:
    sandbox = Sandbox(settings_for(tmp_path / "state"), Clock()).start()
    yield sandbox
    sandbox.stop()


def client_at(sandbox: Sandbox, *, key: str = KEY) -> OpenRouterClient:
    return OpenRouterClient(base_url=sandbox.url + openrouter.PREFIX, api_key=key)


@pytest.mark.django_db
def test_the_whole_reading_works_over_http(sandbox):
    make_llama()
    now = datetime.fromtimestamp(sandbox.clock().timestamp(), UTC)

    read = read_market(client_at(sandbox), source="simulated", now=now)

    assert read.failures == ()
    assert MarketModel.objects.get(slug=LLAMA).endpoints_read_at == now
    assert MarketEndpoint.objects.filter(model__slug=LLAMA).count() == 4
    assert MarketVolume.objects.filter(slug=LLAMA).exists()


def test_a_stranger_and_an_unknown_model_are_refused(sandbox):
    with pytest.raises(MarketRefused, match="401"):
        client_at(sandbox, key="").models()
    with pytest.raises(MarketRefused, match="404"):
        client_at(sandbox).endpoints("nobody/nothing")
    with pytest.raises(MarketRefused, match="400"):
        client_at(sandbox)._get("/datasets/rankings-daily", {"start_date": "soon"})


@pytest.mark.parametrize("slug", openrouter.BY_SLUG)
def test_every_play_offer_can_be_read(slug):
    told = openrouter.listed_endpoints(slug, NOW)

    readings, left_out = endpoint_readings(told)

    assert (len(readings), left_out) == (len(told), 0)
    assert all(each.latency_p50_seconds and each.throughput_p50 for each in readings)


def test_prices_follow_from_the_day_and_fall_only():
    slug, days = "z-ai/glm-5", [NOW + timedelta(days=n) for n in range(-60, 1)]

    def cheapest(at: datetime):
        return min(
            each.prompt
            for each in endpoint_readings(openrouter.listed_endpoints(slug, at))[0]
        )

    prices = [cheapest(day) for day in days]
    assert prices == sorted(prices, reverse=True) and prices[0] > prices[-1]


@pytest.mark.django_db
def test_the_demos_past_has_steps_and_says_that_it_is_play():
    make_llama()

    make_market(days=50, now=NOW)

    assert set(MarketModel.objects.values_list("source", flat=True)) == {"simulated"}
    steps = MarketPrice.objects.filter(endpoint__model__slug=LLAMA)
    assert steps.values("endpoint").distinct().count() == 4
    assert steps.count() > 4
    assert steps.order_by("-last_observed_at")[0].last_observed_at == NOW
