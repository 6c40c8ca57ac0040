"""Two providers: each is asked for its own pods, and neither's failure stops the other."""

from datetime import timedelta
from decimal import Decimal

import pytest

from fleet import cloud, tasks
from fleet.models import AuditEntry, JobResult, JobRun, Orphan, Pod, PodStatus
from fleet.providers.base import CloudPod, ProviderUnavailable
from fleet.providers.fake import FakeProvider
from fleet.selectors.account import account as account_at
from fleet.selectors.account import further_accounts
from fleet.selectors.burn import committed_usd_per_hour
from fleet.selectors.providers import job_name, provider_names
from fleet.services import cloud_list, reconcile
from fleet.services.alerts import deadman, pod_checks
from tests.clock import Clock
from tests.factories import make_balance, make_deployment, make_job_run, make_pod

pytestmark = pytest.mark.django_db


class SpotAccount(FakeProvider):
    name = "spotmarket"


@pytest.fixture(autouse=True)
def two_providers(settings):
    settings.PROVIDER_NAME, settings.SPOT_PROVIDER_NAME = "fake", "spotmarket"


@pytest.fixture
def spot(clock: Clock) -> SpotAccount:
    return SpotAccount(now=clock)


def tick(main, spot, clock) -> str:
    return reconcile.tick(
        provider=main,
        others=[spot],
        simulated=False,
        clock=clock,
        new_key=lambda: "sk-0123456789abcdef",
        last_scrape=len,
        canary=lambda: "",
    )


def billed_there(spot: SpotAccount, clock: Clock, name: str, id: str = "s1") -> None:
    spot.adopt(
        CloudPod(
            provider_id=id,
            name=name,
            status="RUNNING",
            usd_per_pod_hour=Decimal("0.30"),
            gpu_type_id="NVIDIA GeForce RTX 4090",
            gpu_count=1,
            cloud="SECURE",
            data_center_id="X",
            created_at=clock.now,
            started_at=None,
        )
    )


def ending_pod(clock: Clock) -> Pod:
    return make_pod(
        deployment=make_deployment(replicas=0),
        provider="spotmarket",
        provider_id="s1",
        status=PodStatus.TERMINATING,
        terminate_requested_at=clock.now,
    )


def test_a_pod_of_the_second_provider_is_ended_there_until_it_is_gone(account, spot, clock):
    pod = ending_pod(clock)
    billed_there(spot, clock, pod.name)

    said = tick(account, spot, clock)

    pod.refresh_from_db()
    assert pod.status == PodStatus.TERMINATED
    assert ("terminate", "s1") in spot.calls
    assert ("terminate", "s1") not in account.calls
    assert f"spotmarket: gone: {pod.name}" in said


def test_a_main_provider_that_is_silent_does_not_stop_the_end_at_the_other(
    account, spot, clock
):
    pod = ending_pod(clock)
    billed_there(spot, clock, pod.name)
    stuck = make_pod(status=PodStatus.PROVISIONING, provider="fake", health="unknown")
    account.fail_next("pods", ProviderUnavailable("timeout"))

    said = tick(account, spot, clock)

    assert "no cloud list: timeout" in said
    assert Pod.objects.get(pk=pod.pk).status == PodStatus.TERMINATED
    assert Pod.objects.get(pk=stuck.pk).status == PodStatus.PROVISIONING


def test_a_stray_in_the_second_account_is_found_and_ended(spot, clock, settings):
    billed_there(spot, clock, f"kerne-{settings.KERNE_ENV}-nobodys-1")
    cloud_list.compare(provider=spot, now=clock.now)
    assert Orphan.objects.get().provider == "spotmarket"

    clock.now += timedelta(seconds=settings.ORPHAN_GRACE_SECONDS)
    cloud_list.compare(provider=spot, now=clock.now)

    assert ("terminate", "s1") in spot.calls
    assert AuditEntry.objects.filter(verb="terminate orphan").exists()


def test_the_burn_counts_both_and_each_balance_is_held_against_its_own(clock):
    make_pod(provider="fake", usd_per_pod_hour=Decimal("0.74"), container_disk_gb=0)
    pod = make_pod(
        provider="spotmarket", usd_per_pod_hour=Decimal("0.30"), container_disk_gb=0
    )
    make_balance(provider="fake", balance_usd=Decimal("74"), read_at=clock.now)
    make_balance(provider="spotmarket", balance_usd=Decimal("3"), read_at=clock.now)

    main, (other,) = (
        account_at(now=clock.now),
        further_accounts(now=clock.now, pods=[pod]),
    )

    assert committed_usd_per_hour(*provider_names()) == Decimal("1.04")
    assert (main.runway_hours, other.runway_hours) == (100, 10)
    assert other.provider == "spotmarket"


def test_the_sign_of_life_waits_for_the_second_list_while_a_pod_is_rented_there(clock):
    for name in ("reconcile", "list_cloud", "probe"):
        make_job_run(name, started_at=clock.now)
    assert deadman.blind_jobs(now=clock.now) == []

    make_pod(provider="spotmarket")

    assert deadman.blind_jobs(now=clock.now) == ["list_cloud@spotmarket"]


def test_a_pod_at_a_provider_that_is_not_connected_is_said_loudly(clock, settings):
    settings.SPOT_PROVIDER_NAME = ""
    pod = make_pod(provider="spotmarket", requested_at=clock.now - timedelta(hours=2))

    (finding,) = pod_checks.disconnected(clock.now, Decimal(0))

    assert finding.title == (
        f"{pod.name} may be billed by spotmarket, which is not connected"
    )
    assert "Nothing here can list, probe or end it" in finding.detail


def test_play_pods_are_not_said_on_a_console_of_real_money(clock, settings):
    settings.SPOT_PROVIDER_NAME, settings.KERNE_SANDBOX = "", False
    pod = make_pod(provider="sandbox", requested_at=clock.now - timedelta(hours=2))
    pod.deployment.fleet.simulated = True
    pod.deployment.fleet.save()

    assert pod_checks.disconnected(clock.now, Decimal(0)) == []


def test_each_provider_has_job_rows_of_its_own(settings):
    """Nothing listens at either address: both fail, each in its own row."""
    settings.RUNPOD_API_URL = settings.SPOT_PROVIDER_URL = "http://127.0.0.1:9"

    tasks.list_cloud()

    runs = dict(JobRun.objects.values_list("name", "summary"))
    assert runs.keys() == {"list_cloud", "list_cloud@spotmarket"}
    assert runs["list_cloud"].startswith("fake: ")
    assert runs["list_cloud@spotmarket"].startswith("spotmarket: ")
    assert set(JobRun.objects.values_list("result", flat=True)) == {JobResult.FAILED}


def test_a_provider_that_is_not_connected_can_not_be_asked(settings):
    settings.SPOT_PROVIDER_NAME = ""

    with pytest.raises(LookupError, match="spotmarket is not connected"):
        cloud.provider_named("spotmarket")
    assert [each.name for each in cloud.providers()] == ["fake"]


def test_the_name_of_a_job_says_whose_it_is():
    assert job_name("list_cloud", "fake") == "list_cloud"
    assert job_name("list_cloud", "spotmarket") == "list_cloud@spotmarket"
