"""What nobody ordered: ended by a click, until it is gone; a volume adopted."""

from decimal import Decimal

import pytest

from economics.models import ResourceCostLine
from economics.services.billing import read_billing
from fleet.models import ActionKind, AuditEntry, Deployment, NetworkVolume, StrayResource
from fleet.providers.errors import Conflict
from fleet.providers.resources import (
    CloudWorker,
    EndpointRequest,
    ResourceBucket,
    VolumeRequest,
)
from fleet.services.refused import Refused
from tests.clock import NOON, seconds
from tests.factories import make_offer
from tests.fleet.services.actions.conftest import confirmed, plan_of
from tests.fleet.services.resource_rows import RTX_4090, calls, make_volume, tick

pytestmark = pytest.mark.usefixtures("deployment")


def add(account, clock, kind: str, name: str = "by-hand") -> str:
    """The parameter that names a stray that was listed once."""
    if kind == "volume":
        made = account.create_volume(VolumeRequest(name, 730, "EU-RO-1")).provider_id
    else:
        request = EndpointRequest(name, "img", "", {}, RTX_4090, 1, 0, 3, 20)
        made = account.create_endpoint(request).provider_id
        account.endpoint_workers[made] = [CloudWorker("w", "IDLE", RTX_4090, 1, None)]
    tick(account, clock)
    return f"{kind}:{made}"


def end(stray: str, clock, typed: str = "by-hand"):
    plan = plan_of(ActionKind.END_STRAY, stray=stray, now=clock.now)
    return confirmed(plan, now=clock.now, answers={"typed": typed})


def test_the_plan_of_a_volume_says_that_its_data_is_lost(account, clock):
    plan = plan_of(ActionKind.END_STRAY, stray=add(account, clock, "volume"), now=clock.now)

    assert plan.title == "End the network volume by-hand?"
    assert "730 GB on it are erased" in plan.losses[0]
    assert "somebody may be using it" in plan.losses[1]
    assert f"{plan.saved_usd_per_hour:f}" == "0.07"


@pytest.mark.parametrize(
    ("kind", "name", "typed"),
    [
        ("volume", "by-hand", "by-hand"),
        ("volume", "kerne-demo-forgotten", "kerne-demo-forgotten"),
        ("endpoint", "by-hand", "by-hand"),
        ("endpoint", "kerne-demo-forgotten", ""),
    ],
)
def test_a_volume_and_a_foreign_name_are_typed(account, clock, kind, name, typed):
    stray = add(account, clock, kind, name)

    assert plan_of(ActionKind.END_STRAY, stray=stray, now=clock.now).typed == typed


def test_without_the_typed_name_nothing_ends(account, clock):
    stray = add(account, clock, "volume")

    with pytest.raises(Refused, match="type by-hand exactly"):
        end(stray, clock, typed="by-hnd")
    clock.forward(hours=1)
    tick(account, clock)

    assert account.cloud_volumes


def test_what_an_endpoint_saves_is_its_workers_or_unknown(account, clock):
    stray = add(account, clock, "endpoint")
    plan = plan_of(ActionKind.END_STRAY, stray=stray, now=clock.now)
    assert any("unknown" in note for note in plan.notes)
    make_offer(provider="fake", kind="serverless", cloud="", usd_per_gpu_hour=Decimal(2))
    tick(account, clock)

    plan = plan_of(ActionKind.END_STRAY, stray=stray, now=clock.now)

    assert plan.saved_usd_per_hour == 2


@pytest.mark.parametrize("kind", ["volume", "endpoint"])
def test_it_is_gone_by_the_providers_word_and_audited(account, clock, kind):
    end(add(account, clock, kind), clock)
    assert account.cloud_volumes or account.cloud_endpoints
    for _ in range(3):
        clock.forward(seconds=30)
        tick(account, clock)

    assert account.cloud_volumes == account.cloud_endpoints == {}
    assert StrayResource.objects.get().gone_at is not None
    assert calls(account, f"delete_{kind}") == 1
    for verb in (f"want end of stray {kind}", f"end stray {kind}"):
        assert AuditEntry.objects.get(verb=verb).acting_user == "ada"


def test_a_delete_that_is_refused_is_shown_and_sent_again(account, clock):
    stray = add(account, clock, "volume")
    end(stray, clock)
    account.fail_next("delete_volume", Conflict("it is mounted", status=409))
    clock.forward(seconds=60)
    tick(account, clock)
    assert StrayResource.objects.get().end_refused == "it is mounted"
    clock.forward(seconds=60)
    tick(account, clock)

    assert account.cloud_volumes == {}
    assert StrayResource.objects.get().end_refused == ""


@pytest.mark.parametrize("stray", ["volume:nope", "endpoint:fake-volume-1", "x", "pod:1"])
def test_what_is_not_listed_can_not_be_ended(account, clock, stray):
    add(account, clock, "volume")

    with pytest.raises(Refused, match="is not in the provider's lists"):
        plan_of(ActionKind.END_STRAY, stray=stray, now=clock.now)


def test_one_that_was_told_already_is_not_told_again(account, clock):
    stray = add(account, clock, "volume")
    end(stray, clock)

    with pytest.raises(Refused, match="told to end already"):
        plan_of(ActionKind.END_STRAY, stray=stray, now=clock.now)


def adopt(stray: str, clock):
    parameters = {"stray": stray, "deployment": "llama-a"}
    plan = plan_of(ActionKind.ADOPT_VOLUME, now=clock.now, **parameters)
    confirmed(plan, now=clock.now)
    return plan


def test_an_adopted_volume_keeps_the_deployments_weights(account, clock):
    stray = add(account, clock, "volume")
    clock.forward(seconds=60)
    tick(account, clock)

    plan = adopt(stray, clock)
    for _ in range(2):
        clock.forward(seconds=60)
        tick(account, clock)

    volume = NetworkVolume.objects.get()
    assert plan.delta_usd_per_hour == 0
    assert (volume.status, volume.size_gb, volume.data_center_id) == (
        "live",
        730,
        "EU-RO-1",
    )
    assert volume.billed_from == NOON
    assert StrayResource.objects.get().gone_at is not None
    assert AuditEntry.objects.get(verb="adopt volume").acting_user == "ada"


def test_hours_before_it_was_first_seen_are_booked_by_the_bill(account, clock):
    stray = add(account, clock, "volume")
    adopt(stray, clock)
    made = stray.partition(":")[2]
    hour = seconds(3600)
    account.volume_buckets = [
        ResourceBucket(made, NOON - hour, NOON, Decimal("0.07"), Decimal(0)),
        ResourceBucket(made, NOON, NOON + hour, Decimal("0.07"), Decimal(0)),
    ]

    for _ in range(2):
        read_billing(provider=account, now=NOON + 2 * hour)

    amounts = ResourceCostLine.objects.values_list("hour_start", "amount_usd")
    booked = sorted(amount for amount in amounts if amount[1])
    assert booked == [
        (NOON - hour, Decimal("0.07")),
        (NOON, Decimal("0.07")),
        (NOON + hour, Decimal("0.07")),
    ]


def test_an_endpoint_is_not_adopted_because_its_model_is_not_told(account, clock):
    with pytest.raises(Refused, match="names neither its model nor its GPU"):
        adopt(add(account, clock, "endpoint"), clock)


def test_a_deployment_has_one_volume(account, clock):
    stray = add(account, clock, "volume")
    make_volume(deployment=Deployment.objects.get())

    with pytest.raises(Refused, match="already, and a pod mounts one"):
        adopt(stray, clock)


def test_one_of_the_community_cloud_mounts_none(account, clock):
    stray = add(account, clock, "volume")
    Deployment.objects.update(cloud="COMMUNITY")

    with pytest.raises(Refused, match="it needs the secure cloud"):
        adopt(stray, clock)


def test_one_that_was_not_listed_lately_is_not_adopted(account, clock):
    stray = add(account, clock, "volume")
    clock.forward(minutes=6)

    with pytest.raises(Refused, match="wait for the next list"):
        adopt(stray, clock)
