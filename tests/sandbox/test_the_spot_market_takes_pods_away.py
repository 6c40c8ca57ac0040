"""The spot market: interruptible pods, cheaper, at a price that changes, with a notice of
5 s. It is another account at another prefix, so that one client class speaks to both."""

import statistics
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from fleet.providers.base import PodRequest, RentalKind
from fleet.providers.sandbox_spot import SpotMarketProvider
from fleet.sandbox.catalog import GPU_TYPES
from fleet.sandbox.spot import SpotMarket
from tests.clock import Clock
from tests.sandbox.conftest import StartSandbox
from tests.sandbox.harness import ARGS, ENGINE_KEY, KEY, Sandbox

RTX_4090 = "NVIDIA GeForce RTX 4090"


@pytest.fixture
def sandbox(start_sandbox: StartSandbox) -> Sandbox:
    return start_sandbox(spot_interruptions_per_hour=0.0)


@pytest.fixture
def market(sandbox: Sandbox) -> SpotMarketProvider:
    return SpotMarketProvider(sandbox_url=sandbox.url, api_key=KEY)


def request(name: str = "kerne-demo-spot-1") -> PodRequest:
    return PodRequest(
        name=name,
        image="vllm/vllm-openai:v0.32.0",
        args=ARGS,
        env={"KERNE_SANDBOX_ENGINE": "replay"},
        gpu_type_id=RTX_4090,
        gpu_count=1,
        cloud="SECURE",
        disk_gb=40,
    )


def order(sandbox: Sandbox, **fault: Any) -> None:
    sandbox.ask("POST", "/spot/sandbox/faults", {"kind": "interrupt"} | fault, status=201)


def truth(sandbox: Sandbox) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = sandbox.ask("GET", "/spot/sandbox/truth")["pods"]
    return found


def test_only_interruptible_pods_are_declared(market: SpotMarketProvider):
    offered = [each.kind for each in market.capabilities() if each.offered]

    assert offered == [RentalKind.INTERRUPTIBLE]
    assert {each.kind for each in market.capabilities()} == set(RentalKind)
    assert all(
        "lay money" in each.note or "sandbox" in each.note for each in market.capabilities()
    )


def test_prices_are_below_on_demand_and_change_by_the_hour(market, sandbox):
    seen = set()
    for _ in range(6):
        (offer,) = [each for each in market.offers() if each.gpu_type_id == RTX_4090]
        assert offer.kind is RentalKind.INTERRUPTIBLE
        assert Decimal("0.74") * Decimal("0.3") <= offer.usd_per_gpu_hour
        assert offer.usd_per_gpu_hour <= Decimal("0.74") * Decimal("0.6")
        seen.add(offer.usd_per_gpu_hour)
        sandbox.clock.forward(hours=1)
    assert len(seen) > 1


def test_a_rented_pod_keeps_its_price_while_the_market_moves(market, sandbox):
    pod = market.create(request())
    sandbox.clock.forward(hours=5)

    assert market.pod(pod.provider_id).usd_per_pod_hour == pod.usd_per_pod_hour
    (bucket, *_) = market.billing(
        datetime(2026, 3, 10, 12, tzinfo=UTC),
        datetime(2026, 3, 10, 13, tzinfo=UTC),
        bucket="hour",
    )
    assert bucket.gpu_usd == pod.usd_per_pod_hour


def test_an_interruption_gives_five_seconds_and_then_the_pod_is_gone(market, sandbox):
    pod = market.create(request())
    for _ in range(2):
        sandbox.clock.forward(seconds=2)
        market.pod(pod.provider_id)
    chat = {"model": "llama-3.1-8b", "messages": [{"role": "user", "content": "hi"}]}
    headers = {"Authorization": f"Bearer {ENGINE_KEY}"}
    url = market.pod_url(pod.provider_id, 8000)

    def asked() -> int:
        path = f"{url}/v1/chat/completions"
        return sandbox.http.post(path, json=chat, headers=headers, timeout=5).status_code

    assert asked() == 200
    assert market.pod(pod.provider_id).taken_at is None
    order(sandbox)

    noticed = market.pod(pod.provider_id)

    assert (noticed.status, noticed.taken_at) == (
        "RUNNING",
        sandbox.clock.forward(seconds=5),
    )
    sandbox.clock.forward(seconds=-1)
    assert asked() == 503  # the engine had its SIGTERM
    assert "vllm:" in sandbox.http.get(f"{url}/metrics", timeout=5).text
    sandbox.clock.forward(seconds=1)
    assert market.pod(pod.provider_id) is None
    assert market.pods() == []
    (told,) = truth(sandbox)
    assert told["end_reason"] == "interrupted by the provider"
    assert told["alive_seconds"] == 4 + 5
    assert told["tokens"]["completion"] == 16


def test_interruptions_come_at_the_rate_asked_for_and_by_the_seed():
    pods = [f"pod-{number}" for number in range(2000)]
    hours = [SpotMarket(0.5, "a").seconds_until_interruption(pod) / 3600 for pod in pods]

    assert statistics.mean(hours) == pytest.approx(2.0, rel=0.05)
    again = [SpotMarket(0.5, "a").seconds_until_interruption(pod) / 3600 for pod in pods]
    assert again == hours
    other = SpotMarket(0.5, "b").seconds_until_interruption("pod-1")
    assert other / 3600 != hours[1]
    assert SpotMarket(0.0, "a").seconds_until_interruption("pod-1") is None


def test_a_clock_that_jumps_finds_the_pod_taken_at_its_second(start_sandbox):
    sandbox = start_sandbox(Clock(), spot_interruptions_per_hour=2.0)
    market = SpotMarketProvider(sandbox_url=sandbox.url, api_key=KEY)
    pod = market.create(request())
    seconds = SpotMarket(2.0, "spot").seconds_until_interruption(pod.provider_id)
    sandbox.clock.forward(hours=100)

    (told,) = truth(sandbox)

    assert told["status"] == "TERMINATED"
    assert told["alive_seconds"] in (int(seconds + 5), int(seconds + 6))


def test_a_spot_pod_is_not_stopped_and_started(market, sandbox):
    pod = market.create(request())

    problem = sandbox.send(
        "POST", f"/spot/v2/pods/{pod.provider_id}/action", {"action": "stop"}
    )

    assert problem.status_code == 409
    market.terminate(pod.provider_id)
    assert market.pods() == []


def test_it_is_an_account_of_its_own(market, sandbox):
    market.create(request())

    assert sandbox.ask("GET", "/v2/pods")["pods"] == []
    assert sandbox.ask("GET", "/sandbox/truth")["pods"] == []
    sandbox.clock.forward(hours=1)
    assert market.balance().balance_usd < 500 == sandbox.balance()
    assert sandbox.send("GET", "/spot/v2/network-volumes").status_code == 404
    assert sandbox.send("POST", "/spot/v2/serverless", {}).status_code == 404


def test_pods_of_the_other_account_are_never_interrupted(sandbox):
    sandbox.ask("POST", "/sandbox/faults", {"kind": "interrupt"}, status=201)
    pod = sandbox.serving()
    sandbox.clock.forward(hours=1)

    assert sandbox.pod(pod["id"])["status"] == "RUNNING"


def test_its_state_survives_a_restart(start_sandbox):
    clock = Clock()
    first = start_sandbox(clock, spot_interruptions_per_hour=0.0)
    pod = SpotMarketProvider(sandbox_url=first.url, api_key=KEY).create(request())
    first.stop()
    second = start_sandbox(clock, spot_interruptions_per_hour=0.0)

    again = SpotMarketProvider(sandbox_url=second.url, api_key=KEY).pod(pod.provider_id)

    assert again is not None
    assert again.usd_per_pod_hour == pod.usd_per_pod_hour


def test_every_type_sold_is_a_type_of_the_catalog():
    sold = SpotMarket(0.1, "a").gpu_types(0)

    assert sold.keys() == GPU_TYPES.keys()
    assert all(gpu.serverless is None and gpu.community is None for gpu in sold.values())
