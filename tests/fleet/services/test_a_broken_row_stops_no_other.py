"""What breaks for one pod is told, and the work on the others goes on."""

from dataclasses import replace
from decimal import Decimal

import pytest

from fleet.models import EngineSample, Health, Orphan, Pod, PodStatus
from fleet.providers.base import ProviderUnavailable, RateLimited
from fleet.services import cloud_list, probing, reconcile, replicas
from fleet.services.jobs import JobFailed
from fleet.vllm.client import ProbeResult
from tests.clock import NOON, Clock, seconds
from tests.factories import make_deployment, make_pod, make_requested_pod
from tests.fleet.services.test_a_probe_is_booked import answer, counters
from tests.fleet.services.test_the_cloud_list_settles_every_difference import stray

pytestmark = pytest.mark.django_db(transaction=True)


def tick(account, clock, *, last_scrape=len) -> str:
    return reconcile.tick(
        provider=account,
        simulated=False,
        clock=clock,
        new_key=lambda: "sk-0123456789abcdef",
        last_scrape=last_scrape,
        canary=lambda: "",
    )


def ending(provider_id: str, account, clock, **columns: object) -> Pod:
    """A pod of the fake account that was told to stop."""
    account.adopt(stray(f"kerne-demo-{provider_id}", clock, provider_id=provider_id))
    defaults: dict[str, object] = {
        "name": f"kerne-demo-{provider_id}",
        "provider": "fake",
        "provider_id": provider_id,
        "status": PodStatus.TERMINATING,
        "terminate_requested_at": NOON,
        "deployment": make_deployment(replicas=0),
        "billed_from": NOON,
    }
    return make_pod(**(defaults | columns))


class OddAccount:
    """The fake account, where one call breaks in a way that nobody foresaw."""

    name = "fake"

    def __init__(self, account, method: str, fault: Exception, subject: str = "") -> None:
        self.account, self.method, self.fault = account, method, fault
        self.subject = subject

    def __getattr__(self, method: str):
        def call(*arguments):
            if method == self.method and (not arguments or self.subject in arguments):
                raise self.fault
            return getattr(self.account, method)(*arguments)

        return call


def test_a_pod_that_can_not_be_deleted_keeps_no_other_pod_alive(account, clock):
    stuck = ending("a-stuck", account, clock)
    good = ending("b-good", account, clock)
    odd = OddAccount(account, "terminate", ValueError("odd id"), "a-stuck")

    with pytest.raises(JobFailed, match=f"broke: {stuck.name}: ValueError"):
        tick(odd, clock)

    assert Pod.objects.get(pk=stuck.pk).status == PodStatus.TERMINATING
    assert Pod.objects.get(pk=good.pk).status == PodStatus.TERMINATED


def test_a_last_scrape_that_breaks_does_not_keep_pods_alive(account, clock):
    pod = ending("a", account, clock)

    def broken(pods) -> None:
        raise OSError("too many open files")

    with pytest.raises(JobFailed, match="last scrape: OSError"):
        tick(account, clock, last_scrape=broken)

    assert Pod.objects.get(pk=pod.pk).status == PodStatus.TERMINATED


def test_without_a_provider_deadlines_and_terminations_go_on(account, clock):
    late = make_pod(
        provider="fake",
        status=PodStatus.PROVISIONING,
        health=Health.LOADING,
        ready_by=NOON - seconds(60),
        probed_at=NOON,
    )
    account.fail_next("pods", ProviderUnavailable("502"))

    said = tick(account, clock)

    assert f"over the deadline: {late.name}" in said
    assert "no cloud list: 502" in said
    assert ("terminate", late.provider_id) in account.calls


def test_a_list_that_breaks_on_our_side_stops_no_termination(account, clock):
    pod = ending("a", account, clock)
    odd = OddAccount(account, "pods", KeyError("cost"))

    with pytest.raises(JobFailed, match="cloud list: KeyError"):
        tick(odd, clock)

    assert Pod.objects.get(pk=pod.pk).status == PodStatus.TERMINATED


def test_a_deployment_that_breaks_does_not_keep_the_others_from_their_pods(account, clock):
    broken = make_deployment()
    make_deployment()
    # Its next name is taken by a row that it should not have.
    make_requested_pod(
        name=replicas.pod_name(broken.slug, 1), deployment=make_deployment(replicas=1)
    )

    with pytest.raises(JobFailed, match=f"deployment {broken.pk}: IntegrityError"):
        tick(account, clock)

    assert Pod.objects.count() == 2


def test_after_a_429_no_further_delete_is_sent_in_this_tick(account, clock):
    for name in ("a", "b", "c"):
        ending(name, account, clock)
    account.fail_next("terminate", RateLimited("slow down"))

    tick(account, clock)
    assert [call for call in account.calls if call[0] == "terminate"] == [
        ("terminate", "a")
    ]

    tick(account, clock)
    assert not Pod.objects.exclude(status=PodStatus.TERMINATED).exists()


def test_a_foreign_pod_with_odd_words_hides_no_pod_of_ours(account, clock):
    mine = ending("mine", account, clock)
    account.adopt(stray("x" * 300, clock, provider_id="long-name"))
    account.adopt(stray("zero\x00byte\ud800", clock, provider_id="zero"))
    account.adopt(stray("odd", clock, provider_id="\x00"))
    account.adopt(replace(account.pod("mine"), status="A_STATUS_LONGER_THAN_OUR_COLUMN"))

    done = cloud_list.compare(provider=account, now=clock.now)

    assert Orphan.objects.get(provider_id="long-name").name == "x" * 120
    assert Orphan.objects.get(provider_id="zero").name == "zerobyte"
    assert [trouble.partition(": ")[2] for trouble in done.troubles] == ["DataError"]
    mine.refresh_from_db()
    assert (mine.listed_at, mine.provider_status) == (NOON, "A_STATUS_LONGER_THAN")


def test_a_missing_pod_that_can_not_be_asked_for_leaves_the_rest_settled(account, clock):
    missing = ending("gone", account, clock, list_misses=1, billed_from=NOON - seconds(999))
    account.vanish("gone")
    account.adopt(stray("someone-elses", clock, provider_id="foreign"))
    Orphan.objects.create(
        provider="fake",
        provider_id="closed",
        name="closed",
        ours=False,
        usd_per_pod_hour=Decimal(1),
        first_seen_at=NOON,
        last_seen_at=NOON,
    )
    account.fail_next("pod", ProviderUnavailable("timeout"))

    cloud_list.compare(provider=account, now=clock.now)

    assert Pod.objects.get(pk=missing.pk).status == PodStatus.TERMINATING
    assert Orphan.objects.get(provider_id="closed").gone_at == NOON


@pytest.mark.parametrize(
    "numbers",
    [
        {"requests_running": 10**15},
        {"requests_waiting": 2**31},
        {"process_start_time": Decimal(10) ** 15},
        {"process_start_time": Decimal(-1)},
        {"prompt_tokens": 2**63},
    ],
)
def test_an_engine_that_counts_nonsense_is_answered_and_blinds_nobody(numbers):
    odd, good = make_pod(probed_at=NOON), make_pod(probed_at=NOON)
    troubles: list[str] = []

    states = probing.book(
        [(odd, answer(read=counters(**numbers))), (good, answer(read=counters()))],
        now=NOON,
        troubles=troubles,
    )

    assert (states, troubles) == (["ready", "ready"], [])
    assert [sample.pod for sample in EngineSample.objects.all()] == [good]
    odd.refresh_from_db()
    assert odd.metrics_error == "/metrics has numbers that no engine reaches"


def test_an_answer_that_can_not_be_booked_is_told_and_the_round_is_kept():
    odd, good = make_pod(probed_at=NOON), make_pod(probed_at=NOON)
    troubles: list[str] = []
    too_long: ProbeResult = answer(version="v" * 41)

    states = probing.book([(odd, too_long), (good, answer())], now=NOON, troubles=troubles)

    assert states == ["ready"]
    assert troubles == [f"{odd.name}: DataError"]
    good.refresh_from_db()
    assert (good.probed_at, good.health) == (NOON, Health.READY)


class SoftLimit(Exception):
    """As celery's: an Exception of no family of ours."""


def test_a_time_limit_ends_a_tick_instead_of_being_taken_for_a_broken_row(account, clock):
    ending("a", account, clock)

    with pytest.raises(SoftLimit):
        tick(OddAccount(account, "terminate", SoftLimit(), "a"), clock)


def test_replicas_are_settled_before_anything_is_asked_of_the_provider(account, clock):
    make_deployment()
    account.fail_next("pods", ProviderUnavailable("502"))

    assert tick(account, Clock()).startswith("1 replicas changed")
