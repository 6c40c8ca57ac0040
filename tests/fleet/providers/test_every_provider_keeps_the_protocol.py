"""The contract tests: each runs against every provider, and a new one joins the list."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from fleet.providers.base import (
    BillingBucket,
    CloudPod,
    Conflict,
    GpuOffer,
    GpuProvider,
    LogLine,
    ProviderUnavailable,
    RateLimited,
    Rejected,
    RentalKind,
)
from fleet.providers.fake import FakeProvider
from tests.fleet.providers.conftest import a_request, runpod_at
from tests.fleet.providers.scripted_server import (
    RECORDINGS,
    Answer,
    recorded,
    scripted_server,
)

NOW = datetime(2026, 11, 20, 8, tzinfo=UTC)
RTX_4090 = "NVIDIA GeForce RTX 4090"
Scene = Callable[[str], GpuProvider]


def fake_scene(scene: str) -> FakeProvider:
    offer = GpuOffer(RTX_4090, "RTX 4090", 24, "SECURE", Decimal("0.69"), 8, "HIGH")
    account = FakeProvider(now=lambda: NOW, offers=[offer])
    if scene == "created lost":
        account.lose_next_answer("create")
    elif scene == "no capacity":
        account.fail_next("create", Rejected("There are no instances currently available"))
    elif scene == "too fast":
        account.fail_next("create", RateLimited("slow down", retry_after_seconds=17))
    elif scene != "empty":
        rent_one(account, scene)
    account.calls.clear()
    return account


def rent_one(account: FakeProvider, scene: str) -> None:
    pod = account.create(a_request())
    account.adopt(
        CloudPod(
            provider_id="k3n7x9q2w4",
            **{
                name: getattr(pod, name)
                for name in CloudPod.__slots__
                if name != "provider_id"
            },
        )
    )
    account.requests["k3n7x9q2w4"] = a_request()
    account.vanish(pod.provider_id)
    if scene == "stopped":
        account.set_status("k3n7x9q2w4", "EXITED")
    elif scene == "running":
        account.set_status("k3n7x9q2w4", "RUNNING")
    account.lines["k3n7x9q2w4"] = [LogLine(NOW, "container", f"line {n}") for n in range(9)]
    hour = timedelta(hours=1)
    for start in (NOW, NOW - hour):
        amounts = (Decimal("0.70"), Decimal("0.69"), Decimal("0.01"))
        account.buckets.append(BillingBucket("k3n7x9q2w4", start, start + hour, *amounts))


ANSWERS = {
    "offers": ["catalog_secure", "catalog_community"],
    "create": ["pod_created"],
    "no capacity": ["refused_400"],
    "too fast": ["refused_429"],
    "list": ["pods"],
    "running": ["pod_running"],
    "unknown": ["refused_404"],
    "stopped": ["refused_409"],
    "billing": ["billing_pods"],
}


@pytest.fixture(params=["fake", "runpod"])
def account(request: pytest.FixtureRequest) -> Iterator[Callable[..., GpuProvider]]:
    """account(scene, answers=...): a provider in that scene."""
    if request.param == "fake":
        yield lambda scene, *answers: fake_scene(scene)
        return
    with scripted_server() as server:

        def at(scene: str, *answers: str) -> GpuProvider:
            for name in answers:
                if name == "lost":
                    server.will_answer(Answer(hang_up=True))
                elif name == "gone":
                    server.will_answer(Answer(204))
                elif name == "logs":
                    body = (RECORDINGS / "logs.sse").read_bytes()
                    server.will_answer(Answer(body=body, stay_open=True))
                else:
                    server.will_answer(recorded(name))
            return runpod_at(server)

        yield at


def test_every_rental_kind_is_declared_with_date_and_source(account):
    capabilities = account("empty").capabilities()

    assert {c.kind for c in capabilities} == set(RentalKind)
    assert all(c.note and c.source and c.as_of.year >= 2026 for c in capabilities)


def test_offers_carry_the_price_of_a_single_gpu(account):
    offers = account("empty", "catalog_secure", "catalog_community").offers()

    offer = next(o for o in offers if (o.gpu_type_id, o.cloud) == (RTX_4090, "SECURE"))
    assert offer.usd_per_gpu_hour == Decimal("0.69")
    assert (offer.memory_gb, offer.max_count, offer.stock) == (24, 8, "HIGH")


def test_a_created_pod_has_an_id_its_name_and_its_whole_price(account):
    pod = account("empty", "pod_created").create(a_request())

    assert pod.provider_id
    assert (pod.name, pod.status) == ("kerne-demo-llama-1", "PROVISIONING")
    assert pod.usd_per_pod_hour == Decimal("0.69")
    assert pod.created_at == NOW
    assert pod.started_at is None


def test_a_create_whose_answer_is_lost_may_have_happened(account):
    with pytest.raises(ProviderUnavailable):
        account("created lost", "lost").create(a_request())


def test_no_capacity_is_a_refusal_that_sends_us_to_the_next_candidate(account):
    with pytest.raises(Rejected, match="no instances") as refused:
        account("no capacity", "refused_400").create(a_request())

    assert refused.value.retryable_elsewhere
    assert not refused.value.stops_everything


def test_a_rate_limit_says_how_long_to_wait(account):
    with pytest.raises(RateLimited) as limited:
        account("too fast", "refused_429").create(a_request())

    assert limited.value.retry_after_seconds == 17
    assert limited.value.retryable_later


def test_the_list_shows_the_pod(account):
    pods = account("running", "pods").pods()

    pod = next(p for p in pods if p.provider_id == "k3n7x9q2w4")
    assert (pod.name, pod.status, pod.gpu_count) == ("kerne-demo-llama-1", "RUNNING", 1)


def test_one_pod_can_be_asked_for(account):
    pod = account("running", "pod_running").pod("k3n7x9q2w4")

    assert pod is not None
    assert pod.started_at is not None


def test_a_pod_that_is_not_there_is_none(account):
    assert account("empty", "refused_404").pod("zzz") is None


def test_terminating_a_pod_that_is_gone_is_a_success(account):
    account("empty", "refused_404").terminate("zzz")


def test_a_pod_can_be_terminated(account):
    provider = account("running", "gone", "refused_404")

    provider.terminate("k3n7x9q2w4")

    assert provider.pod("k3n7x9q2w4") is None


def test_stopping_a_stopped_pod_is_a_conflict(account):
    with pytest.raises(Conflict):
        account("stopped", "refused_409").stop("k3n7x9q2w4")


def test_a_running_pod_can_be_restarted(account):
    account("running", "pod_running").restart("k3n7x9q2w4")


def test_restarting_a_stopped_pod_is_a_conflict(account):
    with pytest.raises(Conflict):
        account("stopped", "refused_409").restart("k3n7x9q2w4")


def test_logs_come_oldest_first_and_no_more_than_asked(account):
    lines = account("running", "logs").logs("k3n7x9q2w4", tail=2)

    assert len(lines) == 2
    assert all(line.text and line.source for line in lines)


def test_billing_gives_the_buckets_that_begin_in_the_window(account):
    buckets = account("running", "billing_pods").billing(
        NOW, NOW + timedelta(hours=1), bucket="hour"
    )

    assert [b.provider_pod_id for b in buckets] == ["k3n7x9q2w4"]
    assert buckets[0].total_usd == buckets[0].gpu_usd + buckets[0].disk_usd


def test_the_address_of_a_port_is_told_without_asking(account):
    url = account("empty").pod_url("k3n7x9q2w4", 8000)

    assert url.startswith("http://127.0.0.1:")
    assert url.endswith("/k3n7x9q2w4/8000")
