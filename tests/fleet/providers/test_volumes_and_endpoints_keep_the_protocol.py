"""Volumes and endpoints of every provider: the one in memory, and the RunPod client at a
running sandbox, whose routes are held to RunPod's published contract by its own tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from fleet.providers.base import Conflict, Rejected
from fleet.providers.fake import FakeProvider
from fleet.providers.resources import (
    EndpointRequest,
    FullProvider,
    ResourceBucket,
    VolumeRequest,
)
from fleet.providers.runpod import RunPodProvider
from tests.clock import Clock
from tests.sandbox.harness import KEY, Sandbox, settings_for

RTX_4090 = "NVIDIA GeForce RTX 4090"


def a_volume(**changes: Any) -> VolumeRequest:
    given = {"name": "kerne-demo-weights-1", "size_gb": 100, "data_center_id": "EU-RO-1"}
    return VolumeRequest(**given | changes)


def an_endpoint(**changes: Any) -> EndpointRequest:
    given: dict[str, Any] = {
        "name": "kerne-demo-chat-1",
        "image": "runpod/worker-v1-vllm:v2.7.0",
        "args": "",
        "env": {"MODEL_NAME": "meta-llama/Llama-3.1-8B-Instruct"},
        "gpu_type_id": RTX_4090,
        "gpu_count": 1,
        "workers_min": 0,
        "workers_max": 3,
        "disk_gb": 20,
    }
    return EndpointRequest(**given | changes)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(params=["fake", "sandbox"])
def account(
    request: pytest.FixtureRequest, tmp_path: Path, clock: Clock
) -> Iterator[FullProvider]:
    if request.param == "fake":
        yield FakeProvider(now=clock)
        return
    sandbox = Sandbox(settings_for(tmp_path / "state"), clock).start()
    yield RunPodProvider(
        api_key=KEY,
        base_url=sandbox.url,
        graphql_url=f"{sandbox.url}/graphql",
        proxy_url=sandbox.url + "/proxy/{pod_id}/{port}",
    )
    sandbox.stop()


def test_a_volume_is_created_listed_found_and_deleted(account: FullProvider):
    made = account.create_volume(a_volume())

    assert (made.name, made.size_gb) == ("kerne-demo-weights-1", 100)
    assert (made.data_center_id, made.tier) == ("EU-RO-1", "STANDARD")
    assert account.volumes() == [made]
    assert account.volume(made.provider_id) == made
    account.delete_volume(made.provider_id)
    assert account.volume(made.provider_id) is None
    account.delete_volume(made.provider_id)  # gone already is a success


def test_a_volume_grows_and_never_shrinks(account: FullProvider):
    made = account.create_volume(a_volume())

    assert account.grow_volume(made.provider_id, size_gb=200).size_gb == 200
    with pytest.raises(Rejected):
        account.grow_volume(made.provider_id, size_gb=150)


def test_a_mounted_volume_is_a_conflict(account: FullProvider):
    made = account.create_volume(a_volume())
    if isinstance(account, FakeProvider):
        account.mounted.add(made.provider_id)
    account.create_endpoint(an_endpoint(volume_ids=(made.provider_id,)))

    with pytest.raises(Conflict):
        account.delete_volume(made.provider_id)


def test_an_endpoint_is_created_listed_changed_and_deleted(account: FullProvider):
    made = account.create_endpoint(an_endpoint())

    assert (made.name, made.workers_min, made.workers_max) == ("kerne-demo-chat-1", 0, 3)
    assert account.endpoints() == [made]
    changed = account.set_workers(
        made.provider_id, least=1, most=2, idle_timeout_seconds=10
    )
    assert (changed.workers_min, changed.workers_max) == (1, 2)
    assert account.endpoint(made.provider_id) == changed
    account.delete_endpoint(made.provider_id)
    assert account.endpoint(made.provider_id) is None
    account.delete_endpoint(made.provider_id)


def test_workers_are_told_with_what_they_run_on(tmp_path: Path, clock: Clock):
    sandbox = Sandbox(settings_for(tmp_path / "state"), clock).start()
    account = RunPodProvider(api_key=KEY, base_url=sandbox.url)
    made = account.create_endpoint(an_endpoint(workers_min=1))
    clock.forward(seconds=10)

    (worker,) = account.workers(made.provider_id)

    assert (worker.status, worker.gpu_type_id, worker.gpu_count) == ("IDLE", RTX_4090, 1)
    sandbox.stop()


def test_bills_are_told_in_exact_decimals(tmp_path: Path, clock: Clock):
    sandbox = Sandbox(
        settings_for(tmp_path / "state", serverless_fee_share=Decimal("0.1")), clock
    ).start()
    account = RunPodProvider(api_key=KEY, base_url=sandbox.url)
    start = clock.now
    volume = account.create_volume(a_volume(size_gb=730))
    endpoint = account.create_endpoint(an_endpoint(workers_min=1, disk_gb=73))
    end = clock.forward(hours=1)

    (stored,) = account.volume_billing(start, end, bucket="hour")
    (served,) = account.serverless_billing(start, end, bucket="hour")

    assert stored == ResourceBucket(
        volume.provider_id, start, end, Decimal("0.07"), Decimal(0)
    )
    assert served.provider_id == endpoint.provider_id
    assert served.fee_usd == Decimal("0.1116")
    assert served.total_usd == Decimal("1.116") + Decimal("0.01") + Decimal("0.1116")
    sandbox.stop()


def test_the_fake_account_tells_the_bill_it_was_given(clock: Clock):
    account = FakeProvider(now=clock)
    hour = timedelta(hours=1)
    bucket = ResourceBucket("v", clock.now, clock.now + hour, Decimal("0.07"), Decimal(0))
    account.volume_buckets.append(bucket)

    assert account.volume_billing(clock.now, clock.now + hour, bucket="hour") == [bucket]
    assert account.volume_billing(clock.now - hour, clock.now, bucket="hour") == []


BAD: list[tuple[Callable[..., object], dict[str, object], str]] = [
    (a_volume, {"size_gb": 9}, "size_gb is 9"),
    (a_volume, {"size_gb": 4097}, "from 10 to 4096"),
    (a_volume, {"size_gb": True}, "whole number"),
    (a_volume, {"name": "Weights"}, "volume's name"),
    (a_volume, {"data_center_id": " "}, "EU-RO-1"),
    (a_volume, {"tier": "FAST"}, "tier is 'FAST'"),
    (an_endpoint, {"workers_min": 4}, "may not exceed"),
    (an_endpoint, {"workers_max": 1000}, "workers_max"),
    (an_endpoint, {"idle_timeout_seconds": 0}, "idle_timeout_seconds is 0"),
    (an_endpoint, {"image": "a b"}, "image is 'a b'"),
    (an_endpoint, {"env": {"a": "b"}}, "env has the key"),
    (an_endpoint, {"gpu_count": 9}, "from 1 to 8"),
]


@pytest.mark.parametrize(("request_of", "changes", "said"), BAD)
def test_a_bad_request_is_refused_before_anything_is_sent(request_of, changes, said):
    with pytest.raises(ValueError, match=said):
        request_of(**changes)


def test_secrets_of_an_endpoint_stay_out_of_its_words():
    request = an_endpoint(env={"HF_TOKEN": "hf_planted"}, args="--api-key sk-planted")

    assert "planted" not in repr(request)
