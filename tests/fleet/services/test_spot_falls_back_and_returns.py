"""A spot deployment through refusals, interruptions and back, in rows and cloud calls."""

from datetime import timedelta
from decimal import Decimal

import pytest

from fleet.models import AuditEntry, MarketOffer, Pod, PodStatus
from fleet.providers.base import BalanceTooLow, Rejected
from fleet.services import cloud_list
from fleet.services.alerts import pod_checks
from tests.clock import seconds
from tests.fleet.services.spot_world import World, make_spot_deployment, stored

pytestmark = pytest.mark.django_db


@pytest.fixture
def world(settings) -> World:
    return World(settings)


def test_a_replica_is_rented_at_the_spot_market_at_its_price(world):
    make_spot_deployment()

    world.tick()

    pod = Pod.objects.get()
    assert (pod.provider, pod.status) == ("spotmarket", PodStatus.PROVISIONING)
    assert pod.usd_per_pod_hour == Decimal("0.30")
    assert world.main.requests == {}


def test_a_price_above_the_spot_limit_is_rented_on_demand(world):
    make_spot_deployment(max_spot_usd_per_gpu_hour=Decimal("0.29"))

    world.tick()

    assert world.live() == [("fake", PodStatus.PROVISIONING)]


def test_without_fallback_it_waits_and_rents_nothing(world):
    make_spot_deployment(
        max_spot_usd_per_gpu_hour=Decimal("0.29"), on_demand_fallback=False
    )

    world.tick()

    assert not Pod.objects.exists()


def test_a_refusal_holds_spot_off_and_on_demand_stands_in(world):
    deployment = make_spot_deployment()
    world.spot.fail_next("create", Rejected("no capacity"))

    world.tick()
    assert world.live() == [("spotmarket", PodStatus.REQUESTED)]
    assert stored(deployment).spot_held_until == world.clock.now + seconds(300)
    assert stored(deployment).not_before is None

    world.tick(seconds=15)  # the intent goes
    world.tick(seconds=15)  # and another replica stands in

    assert world.live() == [("fake", PodStatus.PROVISIONING)]
    assert stored(deployment).launch_failures == 0


def test_a_spot_account_without_credit_holds_every_deployment_off(world):
    first, second = make_spot_deployment(), make_spot_deployment()
    world.spot.fail_next("create", BalanceTooLow("no credit"), BalanceTooLow("no credit"))

    world.tick()

    assert stored(first).spot_held_until and stored(second).spot_held_until


def interrupted(world: World) -> Pod:
    """One replica serves at the spot market and gets its notice of five seconds."""
    world.tick()
    world.all_serve()
    pod = Pod.objects.get()
    world.clock.forward(minutes=30)
    world.spot.give_notice(pod.provider_id, taken_at=world.clock.now + seconds(5))
    return pod


def looked(world: World) -> None:
    """The watch of the market sees it, as `watch_spot` does every few seconds."""
    cloud_list.compare(provider=world.spot, now=world.clock.now)


def test_a_notice_takes_the_pod_off_and_asks_for_its_replacement_at_once(world):
    make_spot_deployment()
    pod = interrupted(world)

    looked(world)
    world.tick()

    pod.refresh_from_db()
    assert pod.status == PodStatus.TERMINATING
    assert pod.status_reason == "interrupted: the provider takes it away at 12:30:05 UTC"
    assert world.live() == [("fake", PodStatus.PROVISIONING)]
    assert world.scraped == [pod.name]
    assert ("terminate", pod.provider_id) not in world.spot.calls


def test_its_end_is_booked_to_the_second_and_no_failure_is_counted(world):
    deployment = make_spot_deployment()
    pod = interrupted(world)
    looked(world)
    world.tick()
    taken_at = world.clock.now + seconds(5)
    world.clock.forward(seconds=12)
    world.spot.vanish(pod.provider_id)

    world.tick()

    pod.refresh_from_db()
    assert (pod.status, pod.billed_until) == (PodStatus.TERMINATED, taken_at)
    assert pod.interrupted_at == taken_at - seconds(5)
    row = stored(deployment)
    assert (row.launch_failures, row.launches_stopped_at) == (0, None)
    assert AuditEntry.objects.get(verb="interrupted").target == pod.name
    assert pod_checks.ghosts(world.clock.now, Decimal(0)) == []


def test_many_interruptions_are_no_crash_loop_and_stop_no_launches(world):
    deployment = make_spot_deployment(on_demand_fallback=False)
    for _ in range(4):
        world.tick(seconds=200)
        world.all_serve()
        pod = Pod.objects.filter(status=PodStatus.SERVING).get()
        world.spot.give_notice(pod.provider_id, taken_at=world.clock.now + seconds(5))
        looked(world)
        world.clock.forward(seconds=6)
        world.spot.vanish(pod.provider_id)
        world.tick()

    assert Pod.objects.filter(interrupted_at__isnull=False).count() == 4
    assert not stored(deployment).is_given_up


def test_a_pod_taken_while_it_loads_is_not_a_replica_that_was_never_ready(world):
    deployment = make_spot_deployment()
    world.tick()
    pod = Pod.objects.get()
    world.spot.give_notice(pod.provider_id, taken_at=world.clock.now + seconds(5))
    looked(world)
    world.clock.forward(seconds=7)
    world.spot.vanish(pod.provider_id)
    world.tick()

    assert Pod.objects.get(pk=pod.pk).status == PodStatus.TERMINATED
    assert stored(deployment).launch_failures == 0
    assert ("logs", pod.provider_id) not in world.spot.calls


def test_a_notice_that_nobody_saw_is_an_interruption_all_the_same(world):
    make_spot_deployment()
    world.tick()
    world.all_serve()
    pod = Pod.objects.get()
    world.clock.forward(minutes=30)
    world.spot.vanish(pod.provider_id)
    looked(world)
    looked(world)

    pod.refresh_from_db()
    assert (pod.status, pod.interrupted_at) == (PodStatus.TERMINATED, world.clock.now)
    assert "its notice was not seen" in pod.status_reason
    assert pod.billed_until == world.clock.now


def test_a_pod_that_is_not_taken_as_announced_is_ended_and_billed_on(world):
    make_spot_deployment()
    pod = interrupted(world)
    looked(world)
    world.tick(seconds=20)

    pod.refresh_from_db()
    assert ("terminate", pod.provider_id) in world.spot.calls
    assert (pod.status, pod.billed_until) == (PodStatus.TERMINATED, world.clock.now)


def test_it_returns_to_spot_which_serves_before_on_demand_ends(world):
    make_spot_deployment()
    pod = interrupted(world)
    looked(world)
    world.tick()
    world.spot.vanish(pod.provider_id)
    world.all_serve()
    world.tick(seconds=15)
    assert world.live() == [("fake", PodStatus.SERVING)]

    world.tick(minutes=14)  # calm for less than 15 minutes
    assert world.live() == [("fake", PodStatus.SERVING)]

    world.tick(minutes=1)
    both = [("fake", PodStatus.SERVING), ("spotmarket", PodStatus.PROVISIONING)]
    assert world.live() == both

    world.tick(seconds=15)  # it loads: nothing ends yet
    assert world.live() == both

    world.all_serve()
    world.tick(seconds=15)
    assert world.live() == [("spotmarket", PodStatus.SERVING)]


def test_spot_that_is_gone_from_the_catalog_is_not_asked(world):
    make_spot_deployment()
    MarketOffer.objects.filter(provider="spotmarket").update(stock="NONE")

    world.tick()

    assert world.live() == [("fake", PodStatus.PROVISIONING)]
    assert [call for call in world.spot.calls if call[0] == "create"] == []


def test_a_second_run_of_a_step_changes_nothing(world):
    make_spot_deployment(replicas=2)
    world.tick()
    before = Pod.objects.count()

    world.tick()
    world.tick(seconds=1)

    assert Pod.objects.count() == before == 2


def test_stopping_ends_both_kinds_and_none_follows(world):
    deployment = make_spot_deployment()
    world.tick()
    world.all_serve()
    deployment.replicas = 0
    deployment.save()

    world.tick(seconds=15)
    world.tick(minutes=20)

    assert world.live() == []
    assert world.spot.pods() == []
    assert Pod.objects.get().billed_until <= world.clock.now - timedelta(minutes=19)
